"""How far a long run is, on one line of stderr."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest

from cockpit.cli.figure import Figure
from cockpit.cli.progress import Progress, line
from core.research.source import Source, share
from core.types import Records


class Sized(Source):
    """A source of known length."""

    def __init__(self, rows: int | None, total: int | None, read: int = 0) -> None:
        super().__init__("x", "ticks", "trades", "binance:X")
        self.total_rows, self.total_bytes, self._read = rows, total, read

    @property
    def bytes_read(self) -> int:
        return self._read

    def batches(self) -> Iterator[Records]:
        raise NotImplementedError


class Terminal(io.StringIO):
    """A stderr somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("source", "done", "part"),
    [(Sized(200, None), 50, 0.25), (Sized(None, 1000, 500), 7, 0.5), (Sized(None, None), 7, None), (Sized(10, None), 20, 1.0)],
)
def test_the_share_comes_from_rows_or_bytes_where_either_is_known(source: Source, done: int, part: float | None) -> None:
    assert share(source, done) == part


def test_the_line_says_how_far_how_fast_and_how_long_still() -> None:
    assert line(0.5, 20_000_000, 2.0) == "[" + "#" * 15 + "·" * 15 + "]  50%  20.0 M rows  10.0 M/s  2 s left"
    assert line(None, 1_000_000, 1.0) == "1.0 M rows  1.0 M/s"


def test_the_line_is_taken_away_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Terminal()
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setattr("cockpit.cli.progress.PATIENCE", 0.0)
    with Progress() as progress:
        progress(Sized(100, None), 50)
    text = seen.getvalue()
    assert " 50%" in text
    assert text.endswith("\r")
    assert text.rpartition("\r" + " ")[2].strip() == ""


def test_of_several_sources_the_line_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Terminal()
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setattr("cockpit.cli.progress.PATIENCE", 0.0)
    with Progress() as progress:
        progress.stage("read 2/6")
        progress(Sized(10_000_000_000, None), 5_000_000_000)
    (shown,) = [part for part in seen.getvalue().split("\r") if "%" in part]
    assert shown.startswith("read 2/6 [")
    assert len(shown.rstrip()) < 80


def test_where_nobody_looks_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setattr("cockpit.cli.progress.PATIENCE", 0.0)
    with Progress() as progress:
        progress(Sized(100, None), 50)
    assert seen.getvalue() == ""


def test_a_figure_is_never_longer_than_the_terminal_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    with Figure() as figure:
        figure._last = figure._began = -1000.0
        figure.show(0.5, "BTCUSDT 2024-08-01\x1b[2J  " + "far too much to say " * 5)
    drawn = terminal.getvalue().split("\r")[1]
    assert drawn.startswith("[##########··········]  50%  BTCUSDT 2024-08-01")
    assert len(drawn) == 59
    assert drawn.isprintable()
