"""A change is bright for half a second, faint for another, and then gone."""

from __future__ import annotations

from cockpit.panes.columns import Cell
from cockpit.panes.glow import Glow


def test_a_change_fades_in_two_steps_and_is_gone() -> None:
    glow = Glow()
    glow.light("btc", 1, Cell("1", value=1.0), Cell("2", value=2.0), 100.0)
    assert glow.of("btc") == {1: (2, 1)}
    assert glow.fade(100.4) == {}
    assert glow.fade(100.5) == {"btc": {1}}
    assert glow.of("btc") == {1: (1, 1)}
    assert glow.fade(101.0) == {"btc": {1}}
    assert glow.of("btc") == {}
    assert glow.fade(200.0) == {}


def test_a_change_on_a_lit_cell_is_bright_again() -> None:
    glow = Glow()
    glow.light("btc", 1, Cell("1", value=1.0), Cell("2", value=2.0), 100.0)
    glow.fade(100.6)
    glow.light("btc", 1, Cell("2", value=2.0), Cell("1", value=1.0), 100.7)
    assert glow.of("btc") == {1: (2, -1)}
    assert glow.fade(101.1) == {}


def test_a_text_has_no_direction() -> None:
    glow = Glow()
    glow.light("btc", 0, Cell("a"), Cell("b"), 0.0)
    assert glow.of("btc") == {0: (2, 0)}
