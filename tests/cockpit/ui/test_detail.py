"""The pane on one strategy: its parameters, and the stops that are on."""

from __future__ import annotations

from cockpit.panes.detail import detail_lines
from tests.cockpit.ui.fake_engine import strategy_row


def test_stops_stand_beside_the_parameters_where_any_is_on() -> None:
    assert "stops" not in "".join(part.text for part in detail_lines(strategy_row(), 80, 12)[0])
    (first, *_) = detail_lines(strategy_row(stops=(2.0, None, 0.5)), 80, 12)
    assert "".join(part.text for part in first).endswith("stops loss 2 %  trailing 0.5 %")
