"""Pane 1 of the lab: the runs and studies over history, what waits, what is under way and how far, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import sign_tone
from cockpit.report import over_words, params_words, reading_words, sources_words, span_words
from cockpit.study import best_params, range_names
from cockpit.study import progress_words as study_progress
from cockpit.text import clean
from core.study_view import StudyRow
from core.view import LabView, RunRow

#: State -> (what it is called here, its tone).
STATES = {
    "queued": ("◌ queued", "warn"),
    "running": ("● running", "up"),
    "done": ("✓ done", "plain"),
    "failed": ("✖ failed", "bad"),
    "cancelled": ("✖ cancelled", "muted"),
}

#: Verdict of a study -> its tone.
VERDICT_TONES = {"holds": "up", "doubtful": "warn", "overfit": "down"}

SECOND = 1_000_000_000
DAY = 86_400 * SECOND

#: So many words of the engine without a run that it said it took: one may have been on its way, more mean that there is none.
PATIENCE = 2

_BAR = 6
_STATE = 6


class Made(NamedTuple):
    """What a row was made of: the run, whether it is marked, and the day, or of one under way the second."""

    row: RunRow | StudyRow
    marked: bool
    when: int


class RunsPane(LiveGrid):
    """One line a run, the newest on top."""

    NUMBER = 1
    TITLE = "Runs"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", least=1, most=1),
        Column("run", least=6, most=10),
        Column("strategy", least=8, most=18),
        Column("source", least=12, most=28, drop=2),
        Column("span", "right", least=7, most=8, drop=4, means="from the first to the last print or bar it traded"),
        Column("asked", "right", least=8, most=14, drop=9),
        Column("state", least=11, most=26),
        Column("net P&L", "point", least=8, means="after fees, an open position at the last price, quote currency"),
        Column("%", "point", least=6, drop=1, means="net P&L in percent of the capital"),
        Column("dd %", "point", least=5, drop=3, means="worst fall of equity from a peak, in percent of it"),
        Column("Sharpe", "point", least=5, drop=6, means="of daily changes, a year's worth; of two days or more"),
        Column("trades", "right", least=6, drop=7, means="round trips that were closed"),
        Column("win %", "right", least=5, drop=8, means="trades that won something after their fees"),
        Column("params", least=16, most=70, drop=5, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.marked = ""
        self.writing: list[str] = []
        self._held: dict[str, RunRow | StudyRow] = {}
        self._view: LabView | None = None
        self._made: dict[str, tuple[Made, Row]] = {}
        self._expected: RunRow | StudyRow | None = None
        self._lacking = 0

    def take(self, view: LabView) -> None:
        """Keep the engine's rows; what is expected stays on top of them until it is among them."""
        self._view = view
        self._held = {row.id: row for row in view.rows}
        if self._expected is not None:
            self._lacking += 1
            if self._expected.id in self._held or self._lacking > PATIENCE:
                self._expected = None
            else:
                self._held = {self._expected.id: self._expected, **self._held}

    def expect(self, row: RunRow | StudyRow, now: float) -> None:
        """A run that was just asked for is listed before the engine's next word, and the cursor is on it at once."""
        if row.id not in self._held:
            self._expected, self._lacking = row, 0
            self._held = {row.id: row, **self._held}
        self.seek("")  # a filter would hide it
        self.listing.want(row.id)
        self.paint(now, row.asked_ns)

    def paint(self, now: float, now_ns: int) -> None:
        """Show what is held as of `now_ns`."""
        made: dict[str, tuple[Made, Row]] = {}
        for row in self._held.values():
            of = Made(row, row.id == self.marked, now_ns // (SECOND if row.state == "running" else DAY))
            old = self._made.get(row.id)
            made[row.id] = old if old is not None and old[0] == of else (of, _made(of, now_ns))
        self._made = made
        empty = (
            "No run yet: press b to run a strategy over recorded data.",
            "s tries many parameter sets of one: a study, which says whether to believe the best.",
            "It runs beside the live ones, in a process of its own, and never slows them down.",
        )
        self.show([row for _, row in made.values()], now, note=self._said(), empty=empty)

    def _said(self) -> str:
        """How many there are, and whose files are being written."""
        said = counts(self._view)
        return f"writing the files of {clean(', '.join(self.writing))} … · {said}" if self.writing else said

    def get(self, key: str) -> RunRow | None:
        """The run of an id."""
        row = self._held.get(key)
        return row if isinstance(row, RunRow) else None

    @property
    def chosen(self) -> RunRow | None:
        """The run under the cursor; None where it is a study."""
        return self.get(self.listing.cursor_key)

    @property
    def chosen_study(self) -> StudyRow | None:
        """The study under the cursor; None where it is a run."""
        row = self._held.get(self.listing.cursor_key)
        return row if isinstance(row, StudyRow) else None


def _made(of: Made, now_ns: int) -> Row:
    return study_row(of.row, now_ns) if isinstance(of.row, StudyRow) else run_row(of.row, now_ns, of.marked)


def run_row(row: RunRow, now_ns: int, marked: bool = False) -> Row:
    """One line: figures, or how far it is, or why there are none."""
    word, tone = STATES.get(row.state, (clean(row.state), "warn"))
    if row.state == "running":
        word = progress_words(row, now_ns)
    elif row.state == "done":
        word = f"{word} {seconds(row)}"
    cells = (
        Cell("A" if marked else "", "key"),
        *_asked(row, row.order.strategy, over_words(row.order), now_ns),
        Cell(word, tone),
        *_came_out(row.figures or {}, row.order.terms.capital),
        Cell(params_words(row.order.params), "muted"),
    )
    return Row(row.id, cells, span=_why_nothing(row, word, tone))


def study_row(row: StudyRow, now_ns: int) -> Row:
    """One line: the figures of its best, or how far it is and what is best so far, or why there is nothing."""
    word, tone = STATES.get(row.state, (clean(row.state), "warn"))
    sign, name = word.split(" ", 1)
    done = row.state == "done"
    word = f"{sign} study {seconds(row) if done else name}"
    what = f"{row.verdict or 'no verdict'}, best of {row.done:,}: {best_params(row)}" if done else ", ".join(range_names(row.order))
    cells = (
        Cell(""),
        *_asked(row, ", ".join(row.order.strategies), sources_words(row.order.sources), now_ns),
        Cell(word, tone),
        *_came_out((row.best or {}) if done else {}, row.order.terms.capital),
        Cell(what, VERDICT_TONES.get(row.verdict or "", "muted") if done else "muted"),
    )
    if row.state == "running":
        return Row(row.id, cells, span=(_STATE, Cell(f"study {study_progress(row, now_ns)}", tone)))
    return Row(row.id, cells, span=_why_nothing(row, word, tone))


def _why_nothing(row: RunRow | StudyRow, word: str, tone: str) -> tuple[int, Cell] | None:
    """Of one that came to nothing why, in place of figures."""
    over = row.state in ("failed", "cancelled")
    return (_STATE, Cell(f"{word}: {clean(row.line)}" if row.line else word, tone)) if over else None


def _asked(row: RunRow | StudyRow, strategy: str, source: str, now_ns: int) -> tuple[Cell, ...]:
    """What was asked for: run, strategy, source, span, when."""
    span = (span_words(row.first_ns, row.last_ns), float(row.last_ns - row.first_ns)) if row.last_ns else ("", None)
    return (
        Cell(clean(row.id), "strong"),
        Cell(clean(strategy)),
        Cell(source),
        Cell(span[0], "muted", span[1]),
        Cell(figures.moment(row.asked_ns, now_ns), "muted"),
    )


def _came_out(found: Mapping[str, Any], capital: float) -> tuple[Cell, ...]:
    """The figures, from net P&L to the share of trips won; blank where there are none yet."""
    net, win = found.get("net_pnl"), found.get("win_rate")
    share = None if net is None else 100 * net / capital
    return (
        Cell(figures.signed(net) if found else "", sign_tone(net or 0.0), net),
        Cell(figures.signed(share) if found else "", sign_tone(share or 0.0), share),
        Cell(figures.magnitude(found.get("max_drawdown_pct")) if found else "", "plain", found.get("max_drawdown_pct")),
        Cell(figures.number(found.get("sharpe")) if found else "", "plain", found.get("sharpe")),
        Cell(f"{found['trades']:,}" if "trades" in found else "", "plain", found.get("trades")),
        Cell(f"{100 * win:.0f}" if win is not None else figures.NONE if found else "", "plain", win),
    )


def progress_words(row: RunRow, now_ns: int) -> str:
    """`████▌       43 %  2 s left`; rows where nobody knows how many there are; how far it has read, before anything is traded; for how
    long nothing was heard of it."""
    if row.reading:
        return reading_words(row.rows, row.share)
    if row.share is None:
        so_far = figures.age(max(0.0, (now_ns - row.started_ns) / 1e9)) if row.started_ns else ""
        return f"● running  {figures.short(row.rows)} rows" if row.rows else f"● preparing  {so_far}"
    left = f"  {figures.age(max(0.0, (row.eta_ns - now_ns) / 1e9))} left" if row.eta_ns else ""
    return f"{figures.bar(row.share, _BAR)} {100 * row.share:3.0f} %{left}"


def seconds(row: RunRow | StudyRow) -> str:
    """How long it took, its process's start and the compiling too."""
    return figures.span((row.ended_ns - row.started_ns) / 1e3) if row.started_ns else ""


def counts(view: LabView | None) -> str:
    """`1 of 2 at once, 3 queued · 41 ever`."""
    if view is None:
        return ""
    running, queued = (sum(row.state == state for row in view.rows) for state in ("running", "queued"))
    words = [f"{running} of {view.processes} running"] if running else []
    words += [f"{queued} queued"] if queued else []
    return ", ".join(words) + (" · " if words and view.total else "") + (f"{view.total:,} in this home" if view.total else "")
