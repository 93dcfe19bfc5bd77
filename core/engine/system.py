"""What keeps the engine going, in figures: workers, feeds, files, latencies, memory, loop. Gathered only when somebody asks."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from core.errors import StoreError
from core.store.coverage import Coverage, coverage
from core.store.summary import gap_totals, sealed_ticks
from core.system_view import AnalystRow, CoverageRow, FeedHealth, LinkRow, ProcessHealth, StageRow, StoreHealth, SystemView, WorkerRow
from core.workers.vitals import Vitals

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.server import Door

log = structlog.get_logger("system")

#: Files are looked at this often while somebody watches, in seconds.
LOOK_S = 2.0


class Files:
    """Sizes of a home's databases, the room on their disk, and the tape's gaps; what must be read is read on another thread."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.sizes: dict[str, int | None] = {}
        self.free: int | None = None
        self.coverage: list[Coverage] | None = None  # not looked yet
        self.sealed: int | None = None
        self.gaps: dict[str, list[int]] | None = None
        self._looked = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    def look_soon(self) -> None:
        """Have a look if the last one is a while ago."""
        now = asyncio.get_running_loop().time()
        if now - self._looked >= LOOK_S and (self._looking is None or self._looking.done()):
            self._looked = now
            self._looking = asyncio.create_task(self.look())

    async def look(self) -> None:
        """Have a look now."""
        await asyncio.to_thread(self._look)

    def _look(self) -> None:
        for name in ("tape.db", "tape.db-wal", "ledger.db", "ledger.db-wal"):
            try:
                self.sizes[name] = os.stat(self.home / name).st_size
            except OSError:
                self.sizes[name] = None
        try:
            self.free = shutil.disk_usage(self.home).free
            self.gaps = gap_totals(self.home / "tape.db")
            self.sealed = sealed_ticks(self.home / "tape.db")
            self.coverage = coverage(self.home / "tape.db", time.time_ns())
        except (OSError, StoreError) as error:
            log.warning("cannot look at the files", error=str(error))


class System:
    """The figures of one engine.

    Attributes:
        door: where viewers and programs come in, once it is open.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.door: Door | None = None
        self.files = Files(engine.home)
        self._vitals = Vitals()

    def view(self) -> SystemView:
        """The pane. Sizes and gaps are as of a moment ago."""
        self.files.look_soon()
        channels, sources = self.engine.dispatch.rows(), self.engine.sources.rows()
        return SystemView(self.workers(), self.feeds(), self.store(), self.stages(), self.process(), self.analyst(), channels, sources)

    def coverage(self) -> list[CoverageRow] | None:
        """What the tape holds of the symbols that are streamed, as of a moment ago; None before the first look."""
        self.files.look_soon()
        watched = set(self.engine.market.watched)
        if self.files.coverage is None:
            return None
        return [CoverageRow(*strip) for strip in self.files.coverage if strip.symbol in watched]

    def status(self) -> dict[str, Any]:
        """The same for `status`, as plain values by name; have `files` look first."""
        engine = self.engine
        return {
            "feeds": [engine.feed.health()],
            "workers": engine.pool.figures(),
            "latency": engine.passage.figures(),
            "store": _named(self.store()),
            "analyst": engine.analyst.figures(),
            "memory": engine.memory.figures(),
            "loop": engine.pauses.figures(),
            "door": self._at_the_door(),
            "channels": [_named(row) for row in self.engine.dispatch.rows()],
            "sources": [_named(row) for row in self.engine.sources.rows()],
        }

    def _at_the_door(self) -> dict[str, Any]:
        return self.door.figures() if self.door is not None else {"connections": 0, "screens": 0, "refused": {}}

    def workers(self) -> list[WorkerRow]:
        """One a place of the pool."""
        return [WorkerRow(**row) for row in self.engine.pool.figures()]

    def analyst(self) -> AnalystRow:
        """The process beside."""
        figures = self.engine.analyst.figures()
        return AnalystRow(**{name: figures[name] for name in AnalystRow.__struct_fields__})

    def stages(self) -> list[StageRow]:
        """In the order of the way, of the last minute."""
        return [StageRow(name, row["p50_us"], row["p99_us"], row["max_us"], int(row["count"] or 0)) for name, row in self._stages().items()]

    def _stages(self) -> dict[str, dict[str, float | int | None]]:
        return self.engine.passage.figures()

    def store(self) -> StoreHealth:
        """Both files."""
        engine, sizes = self.engine, self.files.sizes
        commit = self._stages().get("on_disk", {}).get("p50_us")
        return StoreHealth(
            ticks=engine.tape.total,
            backlog=engine.tape.backlog,
            lag_ms=None if commit is None else commit / 1e3,
            trouble=engine.tape.trouble or "",
            tape_bytes=sizes.get("tape.db"),
            tape_wal_bytes=sizes.get("tape.db-wal"),
            ledger_backlog=engine.ledger.backlog,
            ledger_trouble=engine.ledger.trouble or "",
            ledger_bytes=sizes.get("ledger.db"),
            ledger_wal_bytes=sizes.get("ledger.db-wal"),
            disk_free_bytes=self.files.free,
            settling=engine.settler.backlog,
            gaps=self.files.gaps,
            sealed=self.files.sealed,
        )

    def process(self) -> ProcessHealth:
        """The engine itself."""
        engine = self.engine
        memory, loop = engine.memory.figures(), engine.pauses.figures()
        cpu, _ = self._vitals.look(os.getpid())
        return ProcessHealth(
            used_mb=memory.get("used_mb"),
            budget_mb=memory.get("budget_mb"),
            shedding=memory.get("shedding", ""),
            cpu_pct=cpu,
            recent_ticks=engine.recent.count,
            loop_p99_us=loop.get("p99_minute_us"),
            loop_max_us=loop.get("max_minute_us"),
            long_pauses=loop.get("long_by", {}),
            refused=self._at_the_door()["refused"],
        )

    def shedding(self) -> str:
        """What is given up for want of memory, in words; '' nothing is."""
        memory = self.engine.memory.figures()
        if not memory.get("stage"):
            return ""
        return f"memory {memory['used_mb']:,.0f} of {memory['budget_mb']:,} MB: {memory['shedding']}"

    def feeds(self) -> list[FeedHealth]:
        """One a venue."""
        return [feed_health(self.engine.feed.health(), self.engine.clock.now_ns())]


def feed_health(said: dict[str, Any], now_ns: int) -> FeedHealth:
    """A feed's figures (`core.feed.health`) as a screen shows them: spans of time as moments, which need not be sent anew."""

    def ahead(seconds: float | None) -> int:
        return now_ns + int(seconds * 1e9) if seconds else 0

    links = [
        LinkRow(
            symbols=link["symbols"],
            state=link["state"],
            detail=link["detail"],
            retry_ns=ahead(link["retry_in_s"]),
            opened_ns=0 if link["age_s"] is None else now_ns - int(link["age_s"] * 1e9),
            heard_ns=0 if link["silent_s"] is None else now_ns - int(link["silent_s"] * 1e9),
            sockets=link["sockets"],
        )
        for link in said["connections"]
    ]
    return FeedHealth(
        venue=said["venue"],
        state=said["state"],
        detail=said["detail"],
        retry_ns=ahead(said["retry_in_s"]),
        latency_ms=said["latency_ms"],
        skew_ms=said["skew_ms"],
        skew_error_ms=said["skew_error_ms"],
        clock_steps=said["clock_steps"],
        trouble=said["trouble"],
        breakers=said["breaker"],
        hold_until_ns=ahead(said["held_s"]),
        paused=said["paused"],
        links=links,
        budgets=[
            ("REST weight", said["rest_weight_used"], said["rest_weight_limit"]),
            ("connects", said["connects_used"], said["connects_limit"]),
        ],
        counters=said["counters"],
        reasons=said["reasons"],
        degraded=said["degraded"],
        waiting=said["waiting"],
        unlisted=said["unlisted"],
        flags=said["flags"],
        odd=said["odd"],
        jumps=[(jump["symbol"], jump["ts_ns"], jump["price"], jump["before"]) for jump in said["jumps"]],
        frozen=said["frozen"],
    )


def _named(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
