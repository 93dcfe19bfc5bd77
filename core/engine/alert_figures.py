"""The figures rules watch that are looked at in rounds: P&L, equity, drawdown, silence, health, delays, room on the disk."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import structlog

from core.engine import overview
from core.workers.frames import Figures

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.roster import Roster

#: Kinds of series that are looked at in rounds: the tape cannot say what they were.
FIGURES = ("pnl", "equity", "drawdown", "stale", "health", "latency", "disk")

log = structlog.get_logger("alerts")

_HEALTH = {"": 0.0, "warning": 1.0, "critical": 2.0}


class Figure(NamedTuple):
    """A figure of now, and words for what it stands for."""

    value: float
    words: str = ""


class Room(NamedTuple):
    """The size of a disk, and what is left on it, in bytes."""

    total: int
    free: int


class Disk:
    """The disk a home is on.

    Attributes:
        room: as of the last look; None before the first.
    """

    def __init__(self, home: Path) -> None:
        self.room: Room | None = None
        self._home = home

    async def look(self) -> None:
        """Have a look, on another thread: a disk may be slow to say."""
        try:
            total, _, free = await asyncio.to_thread(shutil.disk_usage, self._home)
            self.room = Room(total, free)
        except OSError as error:
            log.warning("the room on the disk is not known", error=str(error))


class Fall:
    """How far the account is below its peak, across restarts; a strategy that comes or goes with its profit is neither rise nor fall.

    Attributes:
        peak: the highest profit so far, in quote currency; None before any is known.
        percent: below the peak, of the equity there; None while not every strategy's figures are known.
    """

    def __init__(self) -> None:
        self.peak: float | None = None
        self.percent: float | None = None
        self._profit = 0.0
        self._members: frozenset[str] | None = None

    def look(self, roster: Roster) -> None:
        """Take the figures of now."""
        known = [(entry.id, entry.figures.equity, entry.terms.capital) for entry in roster if entry.figures is not None]
        if not known or any(entry.figures is None and entry.state != "failed" for entry in roster):
            return
        capital = sum(row[2] for row in known)
        profit, members = sum(row[1] for row in known) - capital, frozenset(row[0] for row in known)
        if self.peak is not None and self._members not in (None, members):
            self.peak += profit - self._profit
        self.peak = profit if self.peak is None else max(self.peak, profit)
        self._profit, self._members = profit, members
        height = capital + self.peak
        self.percent = (self.peak - profit) / height * 100 if height > 0 else 0.0


class Falls:
    """How far strategies are below their peaks. A fall that came and went between two looks counts where it was the deepest so far."""

    def __init__(self) -> None:
        self._deepest: dict[str, float] = {}

    def look(self, figures: Figures) -> float:
        """The fall of a strategy now, or the deepest since the last look where it is a new deepest; percent of the peak."""
        deepest = figures.drawdown_ratio * 100
        before = self._deepest.get(figures.id, deepest)
        self._deepest[figures.id] = deepest
        if deepest > before:
            return deepest
        return max(0.0, (figures.peak - figures.equity) / figures.peak * 100) if figures.peak > 0 else 0.0


def figure(engine: Engine, kind: str, what: str) -> Figure | None:
    """What a series is at now; None where it is not known."""
    if kind == "health":
        return _health(engine)
    if kind == "stale":
        return _silence(engine, what)
    if kind == "latency":
        slowest = engine.passage.stages[what].recent(engine.clock.now_ns()).quantile(0.99)
        return None if slowest is None else Figure(slowest / 1e6)
    if kind == "disk":
        room = engine.sentinel.disk.room
        return None if room is None else Figure(room.free / 1e9 if what == "GB" else room.free / room.total * 100)
    if kind == "equity" and what == "all":
        return _equity(engine.roster)
    if kind == "drawdown" and what == "all":
        fall = engine.sentinel.fall.percent
        return None if fall is None else Figure(fall)
    entry = engine.roster.entries.get(what)
    if entry is None or entry.figures is None:
        return None
    if kind == "drawdown":
        return Figure(engine.sentinel.falls.look(entry.figures))
    return Figure(entry.figures.equity - (entry.terms.capital if kind == "pnl" else 0.0))


def _equity(roster: Roster) -> Figure | None:
    """Of all strategies; not known while one of them is not."""
    known = [entry.figures for entry in roster]
    return Figure(sum(one.equity for one in known if one is not None)) if known and all(one is not None for one in known) else None


def _silence(engine: Engine, what: str) -> Figure | None:
    """Seconds since a symbol, or any, was heard of, counted from the engine's start; what was silent before is no less so by that."""
    market = engine.market
    names = market.watched if what == "all" else [what]
    seen = [market.of(engine.symbols[name]).seen_ns for name in names if name in market.watched]
    if not seen:
        return None
    seconds = max(0.0, (engine.clock.now_ns() - max(*seen, engine.started_ns)) / 1e9)
    before = engine.sentinel.book.last(f"stale {what}")
    return Figure(seconds if any(seen) or before is None else max(seconds, before))


def _health(engine: Engine) -> Figure | None:
    """The worst trouble there is; not known while the first connection is being made."""
    feeds = engine.system.feeds()
    found = overview.troubles(engine, feeds)
    if found and found[0].level == "critical":
        return Figure(_HEALTH["critical"], found[0].text)
    for feed in feeds:
        if feed.state not in ("live", "connecting"):
            return Figure(_HEALTH["warning"], f"{feed.venue} {feed.state}{': ' + feed.detail if feed.detail else ''}")
    if found:
        return Figure(_HEALTH["warning"], found[0].text)
    return None if any(feed.state == "connecting" for feed in feeds) else Figure(_HEALTH[""])
