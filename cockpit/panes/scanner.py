"""Pane 4 of the analyst: every two symbols, tested and ranked by how unlikely chance is; while a scan runs, how far it is."""

from __future__ import annotations

from collections import Counter

from cockpit import figures
from cockpit.analyst_view import Scan, ScanRow
from cockpit.inquiry import Question
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.pair_text import chance, ratio, z_tone
from cockpit.panes.prices import names_of
from cockpit.text import clean

INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")

#: q below this is unlikely to be chance.
LIKELY = 0.05

#: Pairs that are named for each reason.
NAMED = 20

#: Columns before those that a reason takes the place of.
_FROM = 2


class ScannerPane(LiveGrid):
    """One line a pair.

    Attributes:
        interval: of the bars of the next scan.
    """

    NUMBER = 4
    TITLE = "Scanner"
    COLUMNS = (
        Column("pair", least=13, most=28),
        Column("", least=1, most=1, means="◆ q below 0.05: of such pairs one in twenty is chance"),
        Column("p", "right", least=7, means="Engle and Granger: chance that two random walks look so"),
        Column("q", "right", least=7, means="p corrected for how many pairs were tested (Benjamini-Hochberg)"),
        Column("z", "point", least=5, means="how wide the spread is now, in deviations of the window"),
        Column("half-life", "point", least=9, drop=2, means="bars after which half of a deviation is gone"),
        Column("hedge", "right", least=7, drop=3, means="money in the second for each 1 in the first, least squares"),
        Column("corr", "right", least=5, drop=1, means="of changes from bar to bar"),
        Column("bars", "right", least=5, drop=4, means="both have them"),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.question: Question[Scan] = Question("scan_state", Scan)
        self.question.about({})
        self.interval = "5m"
        self._shown: tuple[object, ...] = ()

    @property
    def scan(self) -> Scan | None:
        """The newest one that is known."""
        return self.question.found

    @property
    def running(self) -> bool:
        """Whether one is under way."""
        return self.scan is not None and self.scan.stage == "running"

    @property
    def pair(self) -> tuple[str, str] | None:
        """The symbols under the cursor."""
        rows = self.scan.rows if self.scan is not None else []
        return next(((row.a, row.b) for row in rows if key_of(row) == self.listing.cursor_key), None)

    def step(self, steps: int) -> None:
        """The next longer or shorter interval for the next scan."""
        self.interval = INTERVALS[(INTERVALS.index(self.interval) + steps) % len(INTERVALS)]

    def paint(self, now: float) -> None:
        """Show what is known."""
        found, standing = self.scan, self.question.standing
        shown = (found, standing, self.interval, self.framed)
        if shown == self._shown:
            return  # over a thousand rows that do not change need no comparing ten times a second
        self._shown = shown
        if found is None:
            self.show([], now, empty=self.question.empty, note=standing[0])
            return
        names = names_of({name for row in found.rows for name in (row.a, row.b)})
        rows = [scan_row(row, names) for row in found.rows]
        progress = stage_words(found, self.interval)
        if standing[1] == "warn" and not self.framed:  # there is no edge to say it in
            progress = f"{standing[0]} · {progress}"
        rest = Row("state", tuple(Cell("") for _ in self.COLUMNS), span=(0, Cell(progress, "warn" if found.stage == "failed" else "muted")))
        empty = (progress,) if found.stage != "idle" else (
            f"s tests every two symbols for cointegration, on bars of {self.interval} (i changes that).",
            "The best are ranked here; enter shows one in 2.",
        )  # fmt: skip
        self.show(rows, now, rest=rest if found.rows else None, note=standing[0] or self._told(found), empty=empty)

    def _told(self, found: Scan) -> str:
        likely = sum(row.q is not None and row.q < LIKELY for row in found.rows)
        return f"{likely} of {figures.many(len(found.rows), 'pair')} q < {LIKELY:g}" if found.rows else f"bars of {self.interval}"


def key_of(row: ScanRow) -> str:
    """What tells a pair from others."""
    return f"{row.a} {row.b}"


def scan_row(row: ScanRow, names: dict[str, str]) -> Row:
    """One line; a pair that was not tested says why."""
    likely = row.q is not None and row.q < LIKELY
    tone = "strong" if likely else "plain"
    cells = (
        Cell(f"{names[row.a]} / {names[row.b]}", tone),
        Cell("◆" if likely else "", "strong"),
        Cell(chance(row.pvalue), "plain", None if row.pvalue is None else -row.pvalue),
        Cell(chance(row.q), tone, None if row.q is None else -row.q),
        Cell(figures.signed(row.zscore), z_tone(row.zscore), row.zscore),
        Cell(figures.number(row.half_life, 1), "plain", None if row.half_life is None else -row.half_life),
        Cell(ratio(row.hedge_ratio), "plain", row.hedge_ratio),
        Cell(figures.signed(row.correlation), "plain", row.correlation),
        Cell(figures.NONE if row.n is None else f"{row.n:,}", "muted", row.n),
    )
    why = clean(row.why or "")
    return Row(key_of(row), cells, span=(_FROM, Cell(why, "muted")) if why else None)


def stage_words(found: Scan, interval: str) -> str:
    """Where a scan is, or how it ended, and what can be done."""
    done, total = found.done or 0, found.total or 0
    if found.stage == "running":
        share = done / total if total else 0.0
        left = "" if found.eta_s is None else f", {figures.uptime(found.eta_s)} left"
        return f"{figures.bar(share, 12)} {100 * share:.0f} %  {done:,} of {total:,} pairs{left} · x cancels"
    if found.stage == "failed":
        return f"The scan failed{': ' + clean(found.note) if found.note else ''}. s starts another."
    if found.stage == "cancelled":
        return f"Cancelled after {done:,} of {total:,} pairs. s starts another."
    if found.stage == "idle":
        return f"s starts a scan on bars of {interval}."
    tested, untested = found.tested, found.untested
    without = sum(untested.values()) if isinstance(untested, dict) else untested
    words = f"{figures.many(tested, 'pair')} tested" if tested is not None else "done"
    words += f" on {clean(found.interval)} bars" if found.interval else ""
    words += f", {without:,} not (w: why)" if without else ""
    if found.window and any(row.zscore is None and not row.why and (row.n or 0) < found.window for row in found.rows):
        words += f"; z needs {found.window:,} bars"
    return f"{words} · s again on {interval}"


def why_lines(found: Scan) -> list[str]:
    """Why pairs were not tested, the commonest reason first."""
    names = names_of({name for row in found.rows for name in (row.a, row.b)})
    count: Counter[str] = Counter(clean(row.why or "") for row in found.rows if row.why)
    if isinstance(found.untested, dict):
        count = Counter({clean(why): number for why, number in found.untested.items()})
    lines: list[str] = []
    for why, number in count.most_common():
        lines += [f"{figures.many(number, 'pair')}: {why}"]
        rows = [row for row in found.rows if clean(row.why or "") == why]
        lines += [f"    {names[row.a]} / {names[row.b]}, {row.n or 0:,} bars in common" for row in rows[:NAMED]]
    return lines or ["Every pair was tested."]
