"""The one door for commands: checked, entered in the journal, then acted on in-band, before the ticks that still wait.

A command's journal row is committed first with no `after_seq`; the row learns it when the command takes effect, and that
write stands in the ledger's queue before anything the command causes. Strategies may be at different ticks: what is said
to several is a row for each.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from core.advice_orders import DismissAdvice, MuteAdvice
from core.commands import (
    AckAlert,
    Backtest,
    CancelRun,
    Command,
    Flatten,
    NoteRun,
    NoteStudy,
    Optimize,
    Pause,
    Reduce,
    Register,
    RemoveAlert,
    RemoveVariant,
    ReplayPace,
    ReplaySeek,
    ReplayStep,
    Resume,
    SetAlert,
    SetLimits,
    SetStops,
    SetVariant,
    SnoozeAlert,
    Stop,
    Unregister,
    Unwatch,
    Watch,
)
from core.desk_orders import DeskCommand
from core.engine.filters import with_filters
from core.engine.ids import free_id
from core.engine.roster import Entry
from core.engine.starting import build, start
from core.engine.watchlist import Watchlist
from core.errors import CockpitError, UsageError
from core.term_rules import refuse_idle
from core.workers import frames
from core.workers.frames import Lever

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Commands that are told to strategies as they are, by what their lever is called.
LEVERS = {Pause: "pause", Resume: "resume", Flatten: "flatten", Reduce: "reduce", SetStops: "stops"}


class Commands:
    """What people and programs may do to a running engine.

    Attributes:
        used_ids: of every strategy there ever was.
        watchlist: what is streamed.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.used_ids: set[str] = set()
        self.watchlist = Watchlist(engine)

    async def submit(self, command: Command, actor: str) -> Any:
        """Check, journal and act; returns what there is to answer.

        Raises:
            CockpitError: it was refused; nothing changed.
        """
        answer = await self._obey(command, actor)
        self.engine.copilot.noticed(command)
        return answer

    async def _obey(self, command: Command, actor: str) -> Any:
        if isinstance(command, (DismissAdvice, MuteAdvice)):
            return await self.engine.copilot.obey(command, actor)
        if isinstance(command, Register):
            return await self.register(command, actor)
        if isinstance(command, Unregister):
            entry = self.engine.roster[command.id]
            await self.pull([entry], command, actor, "drop" if command.keep or entry.state == "failed" else "close")
            return {"id": command.id, "keep": command.keep}
        if isinstance(command, (Pause, Resume, Flatten, Reduce, SetStops)):
            return await self.steer(command, actor)
        if isinstance(command, SetLimits):
            return await self.engine.limiting.obey(command, actor)
        if isinstance(command, (Watch, Unwatch)):
            return await self.watchlist.obey(command, actor)
        if isinstance(command, (SetAlert, RemoveAlert, AckAlert, SnoozeAlert)):
            return await self.engine.sentinel.submit(command, actor)
        if isinstance(command, (Backtest, Optimize, CancelRun, NoteRun, NoteStudy)):
            return await self.engine.lab.obey(command, actor)
        if isinstance(command, DeskCommand):
            return await self.engine.session.obey(command, actor)
        if isinstance(command, (SetVariant, RemoveVariant)):
            return await self.engine.variants.obey(command, actor)
        if isinstance(command, (ReplayPace, ReplayStep, ReplaySeek)):
            return await self._replay(command, actor)
        return await self.stop(command, actor)

    async def _replay(self, command: ReplayPace | ReplayStep | ReplaySeek, actor: str) -> dict[str, Any]:
        replay, name = self.engine.replay, self.engine.venue.name
        if replay is None:
            raise UsageError(f"this engine streams {name} and plays no recording: `cockpit replay` opens one that does")
        return await replay.obey(command, actor)

    async def steer(self, command: Pause | Resume | Flatten | Reduce | SetStops, actor: str) -> dict[str, Any]:
        """One that has failed can only be resumed, by its name."""
        entries = self.engine.roster.chosen(command.id)
        if command.id is None:
            entries = [entry for entry in entries if entry.state != "failed"]
        elif entries[0].state == "failed":
            if not isinstance(command, Resume):
                raise UsageError(f"{command.id} has failed and nothing runs it: resume it first, or unregister it")
            await self._start_again(entries[0], command, actor)
            return {"ids": [command.id]}
        await self.pull(entries, command, actor, LEVERS[type(command)])
        return {"ids": [entry.id for entry in entries]}

    async def pull(self, entries: list[Entry], command: Command, actor: str, lever: str) -> None:
        """Act at once on those that run, and on each that is still starting as soon as it does."""
        starting = [entry for entry in entries if entry.state == "starting"]
        await self._act([entry for entry in entries if entry not in starting], command, actor, lever)
        for entry in starting:
            await entry.begun.wait()
            if entry.id in self.engine.roster:
                await self._act([entry], command, actor, lever)

    async def _act(self, entries: list[Entry], command: Command, actor: str, lever: str) -> None:
        async with self.engine.supply.telling:  # what is journalled first is done first
            await self._act_now(entries, command, actor, lever)

    async def _act_now(self, entries: list[Entry], command: Command, actor: str, lever: str) -> None:
        engine = self.engine
        limiting = engine.limiting
        limits = {entry.id: limiting.applied(entry) for entry in entries} if lever == "limits" else {}
        whom = [limiting.said(entry) if lever == "limits" else {"ids": [entry.id]} for entry in entries]
        rows = await asyncio.gather(*(engine.journal.enter(command, actor, **each) for each in whom))
        for entry, command_id in zip(entries, rows, strict=True):
            after = engine.last_seq
            if lever == "drop" and entry.state == "failed":
                said = {"id": entry.id, "line": entry.detail, "cause": "left"}
                engine.journal.note("failed", said, entry.reported)  # not by its leave, later
                engine.answers.remove(entry.id)
            elif entry.id in engine.roster:
                goes_with = command if isinstance(command, (SetStops, Reduce)) else limits.get(entry.id)
                told = Lever(id=entry.id, lever=lever, said=goes_with, number=entry.told + 1)
                after = engine.supply.pull(entry, told)
            engine.ledger.took_effect(command_id, after)
        engine.pool.broadcast(frames.frame(frames.STATUS))

    async def register(self, command: Register, actor: str) -> dict[str, Any]:
        """Build, warm up and start a strategy."""
        engine = self.engine
        if not engine.trade:
            raise UsageError("this engine records only: stop it and start one that runs strategies")
        refuse_idle(command.terms)
        engine.memory.admit("a strategy")
        names = [engine.bare(symbol) for symbol in command.symbols]
        id_ = free_id(command.name, command.id, self.used_ids | engine.roster.entries.keys())
        if engine.external is not None:
            command = await engine.external.fit(command, names)
        command, note = await with_filters(engine, command, names)
        plan = await build(engine, command)
        if len(names) != plan.legs or len(set(names)) != len(names):
            raise UsageError(
                f"{command.name} trades {plan.legs} symbol{'s' * (plan.legs > 1)}, not {len(names)}: {', '.join(names) or 'none'}"
            )
        id_ = free_id(command.name, command.id, self.used_ids | engine.roster.entries.keys())
        symbols = [f"{engine.venue.name}:{name}" for name in names]
        order = msgspec.structs.replace(command, symbols=symbols, id=id_)
        entry = engine.roster.entries[id_] = Entry(id_, order, plan)
        entry.begun_ns = engine.clock.now_ns()
        self.used_ids.add(id_)
        command_id = None
        try:
            await self.watchlist.add(names)
            await engine.ledger.add_source(plan.source_hash, plan.name, plan.source)
            command_id = await self.engine.journal.enter(order, actor, plan={"values": plan.values, "source_hash": plan.source_hash})
            prepared = await engine.limiting.prepare(entry)
            await start(engine, entry, command_id)
            engine.limiting.begin(entry, prepared)  # nothing was awaited since: it sees no tick without them
        except BaseException:
            engine.roster.entries.pop(id_, None)
            if command_id is not None:  # it is in the journal: the next start must not take it up
                engine.answers.remove(id_)
            raise
        finally:
            entry.begun.set()
        engine.halts.look(entry)
        engine.panes.touch("strategies", "header")
        return {"id": id_, **note}

    async def _start_again(self, entry: Entry, command: Resume, actor: str) -> None:
        """A strategy that failed begins anew, from its file as it is now: warmed up, with the books it had."""
        engine = self.engine
        plan = await build(engine, entry.order)
        if plan.legs != len(entry.order.symbols):
            raise UsageError(f"its file was edited: it trades {plan.legs} symbols now, and was registered on {len(entry.order.symbols)}")
        await engine.ledger.add_source(plan.source_hash, plan.name, plan.source)
        command_id = await self.engine.journal.enter(command, actor, ids=[entry.id])
        entry.stance.pop("pause", None)
        entry.told += 1
        entry.begin_again(plan, "resumed")
        try:
            await start(engine, entry, command_id)
        except CockpitError as error:
            entry.fail(str(error))
            raise
        engine.alarms.resolve(f"strategy {entry.id}")
        engine.panes.touch("strategies", "header")

    async def stop(self, command: Stop, actor: str) -> dict[str, Any]:
        """End the engine; with `flatten`, ask every strategy to close first (fills come with the next prints)."""
        if command.flatten and len(self.engine.roster):
            await self.steer(Flatten(id=None), actor)
            await self.engine.answers.flat()
        await self.engine.journal.enter(command, actor)
        self.engine.stopping.set()
        return {"stopping": True}
