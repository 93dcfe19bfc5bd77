"""A replay inside an engine: its feed, going on where this home's tape ends, and what people do to its pace."""

from __future__ import annotations

import asyncio
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from core.clock import SystemClock, iso
from core.commands import ReplayPace, ReplaySeek, ReplayStep
from core.engine.stages import Passage
from core.errors import UsageError
from core.replay.clock import ReplayClock
from core.replay.feed import ReplayFeed
from core.replay.goals import BarClose, BarEnd, Moment, NextPrint
from core.replay.recording import Place, Recording, told
from core.store.reader import read_ticks
from core.store.span import tape_series, tape_windows
from core.types import DAY, SECOND, BarKind, Symbols, bar_kind
from core.view import ReplayView

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("replay")

#: Ticks that may wait for a worker, and for the tape, before the replay waits for them.
MOST_WAITING, MOST_UNWRITTEN = 20_000, 100_000

#: Seconds a step may take before it is answered; it goes on after that.
STEP_S = 5.0

#: A step of one print.
PRINT = BarKind("tick", 1)


def of(engine: Engine) -> Replay:
    """The replay of an engine in mode replay."""
    assert engine.replay is not None
    return engine.replay


class Replay:
    """What an engine in mode replay has besides; made before it starts.

    Attributes:
        recording: what is played.
        back_to: the engine is to begin anew, and to go to this moment (ns; 0: the beginning); None: it is not.
        was_running: it did not stand still when it was told so.
        opened: what is to be there before the first print is there; commands wait for it.
    """

    feed: ReplayFeed

    def __init__(self, engine: Engine, recording: Recording) -> None:
        assert isinstance(engine.clock, ReplayClock)
        self.engine = engine
        self.recording = recording
        self.clock = engine.clock
        engine.replay = self
        engine.passage = Passage(SystemClock())  # what a tick costs us, whatever time it is there
        engine.lab.clock = SystemClock()
        self.back_to: int | None = None
        self.was_running = True
        self.opened = asyncio.Event()
        self.opened.set()
        engine.market.recorded = True

    async def make_feed(self) -> ReplayFeed:
        """The feed, behind what this home's tape has of it already."""
        engine = self.engine
        after = await asyncio.to_thread(places, engine.home / "tape.db", engine.venue.stream)
        self.feed = ReplayFeed(
            self.recording,
            self.clock,
            engine.symbols,
            after=after,
            next_seq=engine.last_seq + 1,
            on_batch=engine.incoming.take,
            on_state=engine.incoming.connection,
            on_end=self._ended,
            on_news=lambda: engine.panes.touch("header"),
            room=self._room,
        )
        log.info("replay", recording=told(self.recording), at=iso(self.clock.now_ns()))
        return self.feed

    async def obey(self, command: ReplayPace | ReplayStep | ReplaySeek, actor: str) -> dict[str, Any]:
        """Do it, once it is journalled.

        Raises:
            UsageError: there is no such time, interval or symbol here.
        """
        engine = self.engine
        await self.opened.wait()
        bar = self._bar(command) if isinstance(command, ReplayStep) else None
        if isinstance(command, ReplaySeek):
            self._check(command)
        command_id = await engine.journal.enter(command, actor)
        engine.ledger.took_effect(command_id, engine.last_seq)
        if isinstance(command, ReplayPace):
            speed = self.clock.speed if command.speed is None else inf if command.speed == "max" else command.speed
            self.feed.pace(speed, not command.paused and not self.feed.ended)
        elif isinstance(command, ReplayStep):
            assert bar is not None
            until = await self._until(*bar)
            if not self.feed.ended:
                goal = self.feed.play(until)
                with_in = asyncio.wait_for(goal.done.wait(), STEP_S)
                await asyncio.gather(with_in, return_exceptions=True)
        else:
            self._go(command)
        return self.status()

    def _bar(self, command: ReplayStep) -> tuple[BarKind, str | None]:
        """The kind of bar that is stepped, and whose: None anybody's.

        Raises:
            UsageError: there is no such kind, or no such symbol here.
        """
        kind, names = bar_kind(command.interval), self.recording.names
        if kind.by == "time" and not SECOND <= kind.size <= DAY:
            raise UsageError(f"a step is a tick or a bar of 1s to 1d: {command.interval!r} is not")
        name = None if command.symbol is None else self.engine.bare(command.symbol)
        if name is not None and name not in names:
            raise UsageError(f"{name} is not in this recording: it has {', '.join(names)}")
        if name is None and kind != PRINT and kind.by != "time":
            if len(names) > 1:
                raise UsageError(f"{kind.text} is counted for each symbol: say which of {', '.join(names)}")
            (name,) = names
        return kind, None if name is None else f"{self.recording.venue}:{name}"

    async def _until(self, kind: BarKind, symbol: str | None) -> NextPrint | BarClose | BarEnd:
        """Where a step of now ends; the replay stands still."""
        engine = self.engine
        self.feed.pace(self.clock.speed, False)
        if kind == PRINT:
            return NextPrint()
        index = None if symbol is None else engine.symbols[symbol]
        if kind.by == "time":
            return BarClose((self.clock.now_ns() // int(kind.size) + 1) * int(kind.size), index)
        assert symbol is not None
        assert index is not None
        while True:
            engine.incoming.absorb()
            seq = engine.last_seq
            cuts = await engine.charts.cuts(symbol, kind)
            self.feed.pace(self.clock.speed, False)
            engine.incoming.absorb()
            if engine.last_seq == seq:  # else somebody played on meanwhile
                return BarEnd(cuts, index)

    def _check(self, command: ReplaySeek) -> None:
        begin, end, to_ns = self.recording.begin_ns, self.recording.end_ns, command.to_ns
        if to_ns is not None and (to_ns < begin or (end and to_ns > end)):
            raise UsageError(f"{iso(to_ns)} is not in this recording: it goes from {iso(begin)}" + (f" to {iso(end)}" if end else ""))

    def _go(self, command: ReplaySeek) -> None:
        """Forward: play on to there. Back: this engine ends, and one that is new goes there."""
        to_ns = self.recording.begin_ns if command.to_ns is None else command.to_ns
        if to_ns >= self.clock.now_ns() and command.to_ns is not None:
            if not self.feed.ended:
                self.feed.play(Moment(to_ns))
        else:
            self.back_to, self.was_running = to_ns, self.clock.running and not self.feed.ended
            self.engine.stopping.set()

    def view(self) -> ReplayView:
        """For the header."""
        clock, feed = self.clock, self.feed
        goal = feed.goal
        state = (
            "seeking"
            if self.back_to is not None
            else "ended"
            if feed.ended
            else "seeking"
            if goal is not None or not self.opened.is_set()
            else "playing"
            if clock.running
            else "paused"
        )
        return ReplayView(
            state=state,
            speed=0.0 if clock.speed == inf else clock.speed,
            begin_ns=self.recording.begin_ns,
            end_ns=self.recording.end_ns,
            next_ns=feed.next_ns,
            goal_ns=self.back_to or (0 if goal is None or goal.until.ns is None else goal.until.ns),
        )

    def status(self) -> dict[str, Any]:
        """The same as plain values."""
        view = self.view()
        return {
            "state": view.state,
            "speed": view.speed or "max",
            "now": iso(self.clock.now_ns()),
            "begin": iso(view.begin_ns),
            "end": iso(view.end_ns) if view.end_ns else None,
            "next": iso(view.next_ns) if view.next_ns else None,
            "goal": iso(view.goal_ns) if view.goal_ns else None,
            "symbols": self.recording.names,
        }

    def _room(self) -> bool:
        engine = self.engine
        return engine.tape.backlog < MOST_UNWRITTEN and not any(
            w.behind or w.waiting > MOST_WAITING for w in engine.pool.workers if w.slots
        )

    def _ended(self) -> None:
        self.engine.alarms.note("info", f"end of the recording: {told(self.recording)}")


def places(path: Path, stream: str) -> dict[str, Place]:
    """The last print of each symbol on a tape.

    Raises:
        StoreError: it cannot be read.
    """
    found: dict[str, Place] = {}
    for symbol, kind in tape_series(path):
        if kind == stream:
            for start, stop in reversed(tape_windows(path, symbol, stream, 1)):
                last = read_ticks(path, symbol, stream, from_ns=start, to_ns=stop, symbols=Symbols([symbol]))[-1:]
                if len(last):
                    found[symbol] = Place(int(last["ts"][0]), int(last["id"][0]))
                    break
    return found
