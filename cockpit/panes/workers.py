"""Pane 1 of the system screen: the worker processes, what each carries and what it costs."""

from __future__ import annotations

from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.text import clean
from core.system_view import WorkerRow

#: State -> (what it is called here, its tone).
STATES = {
    "starting": ("◌ starting", "warn"),
    "running": ("● running", "up"),
    "behind": ("◐ behind", "warn"),
    "restarting": ("↻ restarting", "warn"),
    "gone": ("✖ gone", "bad"),
}


class WorkersPane(LiveGrid):
    """One line a worker; the last column says why the process before this one ended."""

    NUMBER = 1
    TITLE = "Workers"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("no", "right", least=2),
        Column("pid", "right", least=7, drop=5),
        Column("state", least=10, most=12),
        Column("strategies", least=10, most=26, drop=3),
        Column("cpu %", "point", least=5),
        Column("rss MB", "point", least=6),
        Column("queue ticks", "right", least=5),
        Column("behind seq", "right", least=5, drop=4),
        Column("p99 µs", "right", least=6),
        Column("restarts", "right", least=3, drop=1),
        Column("why the last one ended", least=12, most=200, drop=6, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: list[WorkerRow] = []
        self._made: dict[str, tuple[WorkerRow, Row]] = {}

    def take(self, workers: list[WorkerRow]) -> None:
        """Keep the engine's rows."""
        self._held = workers

    def paint(self, now: float) -> None:
        """Show what is held."""
        made: dict[str, tuple[WorkerRow, Row]] = {}
        for worker in self._held:
            key = str(worker.number)
            old = self._made.get(key)
            made[key] = old if old is not None and old[0] == worker else (worker, worker_row(worker))
        self._made = made
        empty = ("No worker runs: they start with the first strategy.", "F1, then r registers one.")
        self.show([row for _, row in made.values()], now, note=self.note, empty=empty)
        self.beat(now)

    @property
    def note(self) -> str:
        """`2 of 2 running, 3 restarts`."""
        if not self._held:
            return ""
        running = sum(worker.state == "running" for worker in self._held)
        restarts = sum(worker.restarts for worker in self._held)
        again = f", {restarts} restart{'s' if restarts != 1 else ''}" if restarts else ""
        return f"{running} of {len(self._held)} running{again}"

    @property
    def chosen(self) -> WorkerRow | None:
        """The worker under the cursor."""
        found = self._made.get(self.listing.cursor_key)
        return None if found is None else found[0]


def worker_row(worker: WorkerRow) -> Row:
    """One line."""
    word, tone = STATES.get(worker.state, (clean(worker.state), "warn"))
    waiting = worker.queue_ticks + worker.in_flight_ticks
    behind = "warn" if worker.state == "behind" else "muted"
    return Row(
        str(worker.number),
        (
            Cell(str(worker.number), "strong"),
            Cell(str(worker.pid) if worker.pid else figures.NONE, "muted"),
            Cell(word, tone),
            Cell(", ".join(map(clean, worker.strategies)) or figures.NONE),
            Cell(figures.number(worker.cpu_pct, 1), "plain", worker.cpu_pct),
            Cell(figures.number(worker.rss_mb, 0), "plain", worker.rss_mb),
            Cell(f"{waiting:,}", behind, float(waiting)),
            Cell(f"{worker.behind_seq:,}", behind, float(worker.behind_seq)),
            Cell(figures.number(worker.p99_us, 0), "plain", worker.p99_us),
            Cell(str(worker.restarts), "warn" if worker.restarts else "muted", float(worker.restarts)),
            Cell(clean(worker.last_end), "muted"),
        ),
    )


def worker_lines(worker: WorkerRow) -> list[str]:
    """A worker in full."""
    facts = (
        ("process", f"pid {worker.pid}" if worker.pid else "none at the moment"),
        ("state", clean(worker.state)),
        ("strategies", ", ".join(map(clean, worker.strategies)) or "none"),
        ("CPU", f"{figures.number(worker.cpu_pct, 1)} % of a core"),
        ("memory", f"{figures.number(worker.rss_mb, 1)} MB"),
        ("waiting", f"{worker.queue_ticks:,} ticks in the engine, {worker.in_flight_ticks:,} on their way"),
        ("behind", f"{worker.behind_seq:,} seq"),
        ("latency", f"p99 {figures.span(worker.p99_us)} from receiving a tick until its strategies have seen it"),
        ("restarts", str(worker.restarts)),
        ("last end", clean(worker.last_end) or "no process before this one"),
    )
    return [f"  {name:<12} {value}" for name, value in facts]
