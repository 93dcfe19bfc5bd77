"""The one door for commands: checked, journalled, then acted on in-band after the ticks that went before.

A command's journal row is committed first with no `after_seq`; the row learns it when the command takes effect,
and that write stands in the ledger's queue before anything the command causes.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import structlog

from core.commands import Command, Flatten, Pause, Register, Resume, SetLimits, Stop, Unregister, Unwatch, Watch
from core.compile import service
from core.compile.blueprint import Blueprint
from core.engine import warm
from core.engine.roster import Entry
from core.errors import SourceError, UsageError
from core.store.reader import read_ticks
from core.strategy import warm_from
from core.types import TICK, Records
from core.workers import frames
from core.workers.frames import Assignment, Lever

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("commands")

FIRST_WINDOW_NS = 60_000_000_000


class Commands:
    """What people and programs may do to a running engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.used_ids: set[str] = set()
        self._streaming = asyncio.Lock()  # what is streamed changes one command at a time

    async def submit(self, command: Command, actor: str) -> Any:
        """Check, journal and act; returns what there is to answer.

        Raises:
            CockpitError: it was refused; nothing changed.
        """
        if isinstance(command, Register):
            return await self.register(command, actor)
        if isinstance(command, Unregister):
            entry = self.engine.roster[command.id]
            await self._pull([entry], command, actor, "drop" if command.keep or entry.state == "failed" else "close")
            return {"id": command.id, "keep": command.keep}
        if isinstance(command, (Pause, Resume, Flatten)):
            entries = self.engine.roster.chosen(command.id)
            await self._pull(entries, command, actor, type(command).__name__.lower())
            return {"ids": [entry.id for entry in entries]}
        if isinstance(command, SetLimits):
            entries = self.engine.roster.chosen(command.id)
            await self._pull(entries, command, actor, "limits", command)
            return {"ids": [entry.id for entry in entries]}
        if isinstance(command, (Watch, Unwatch)):
            return await self.watch(command, actor)
        return await self.stop(command, actor)

    async def _journal(self, command: Command, actor: str, **more: Any) -> str:
        command_id = uuid.uuid4().hex
        payload = msgspec.to_builtins(command) | more
        kind = payload.pop("type")
        await self.engine.ledger.journal(command_id, self.engine.clock.now_ns(), actor, kind, json.dumps(payload))
        log.info("command", command_id=command_id, actor=actor, kind=type(command).__name__, id=more.get("id") or payload.get("id"))
        return command_id

    async def _pull(self, entries: list[Entry], command: Command, actor: str, lever: str, limits: SetLimits | None = None) -> None:
        """Act at once on those that run, and on each that is still starting as soon as it does."""
        starting = [entry for entry in entries if entry.state == "starting"]
        running = [entry for entry in entries if entry not in starting]
        if running or not starting:
            await self._act(running, command, actor, lever, limits)
        for entry in starting:
            await entry.begun.wait()
            if entry.id in self.engine.roster:
                await self._act([entry], command, actor, lever, limits)

    async def _act(self, entries: list[Entry], command: Command, actor: str, lever: str, limits: SetLimits | None) -> None:
        engine = self.engine
        command_id = await self._journal(command, actor, ids=[entry.id for entry in entries])
        engine.ledger.took_effect(command_id, engine.last_seq)
        for entry in entries:
            worker = engine.pool.holding(entry.id)
            if worker is not None:
                worker.send(frames.message(frames.LEVER, Lever(id=entry.id, lever=lever, limits=limits)))
            elif lever == "drop":
                engine.answers.remove(entry.id)
        engine.pool.broadcast(frames.frame(frames.STATUS))

    async def register(self, command: Register, actor: str) -> dict[str, Any]:
        """Build, warm up and start a strategy."""
        engine = self.engine
        if not engine.trade:
            raise UsageError("this engine records only: stop it and start one that runs strategies")
        names = [engine.bare(symbol) for symbol in command.symbols]
        id_ = engine.roster.free_id(command.name, command.id, self.used_ids)
        plan = msgspec.convert(await service.build(engine.folders, command.name, command.params), Blueprint, builtin_types=(bytes,))
        if len(names) != plan.legs or len(set(names)) != len(names):
            raise UsageError(
                f"{command.name} trades {plan.legs} symbol{'s' * (plan.legs > 1)}, not {len(names)}: {', '.join(names) or 'none'}"
            )
        id_ = engine.roster.free_id(command.name, command.id, self.used_ids)
        symbols = [f"{engine.venue.name}:{name}" for name in names]
        order = msgspec.structs.replace(command, symbols=symbols, id=id_)
        entry = engine.roster.entries[id_] = Entry(id_, order, plan)
        self.used_ids.add(id_)
        command_id = None
        try:
            async with self._streaming:
                await engine.add_symbols(names)
            await engine.ledger.add_source(plan.source_hash, plan.name, plan.source)
            command_id = await self._journal(order, actor, plan={"values": plan.values, "source_hash": plan.source_hash})
            await self.start(entry, command_id)
        except BaseException:
            engine.roster.entries.pop(id_, None)
            if command_id is not None:  # it is in the journal: the next start must not take it up
                engine.answers.remove(id_)
            raise
        finally:
            entry.begun.set()
        engine.panes.touch("strategies", "header")
        return {"id": id_}

    async def start(self, entry: Entry, command_id: str | None, snapshot: frames.Snapshot | None = None) -> None:
        """Assign a strategy to a worker and warm it up; from here on it gets every tick of its symbols.

        With a snapshot, only its books and account are taken over: the strategy was edited.
        """
        engine, plan = self.engine, entry.plan
        assert plan is not None
        legs = {engine.symbols.add(symbol): leg for leg, symbol in enumerate(entry.order.symbols)}
        fills = await self._fills_since(entry, snapshot.seq) if snapshot else []
        history, synced = await self._history(entry, plan)
        worker = await engine.pool.place()
        # from here to the end nothing awaits: the ticks after `history` and those sent from now on leave no hole
        fresh = engine.recent.since(synced)
        if fresh is not None and len(fresh):
            history = np.concatenate([history, fresh[np.isin(fresh["symbol"], list(legs))]])
        worker.strategies.add(entry.id)
        assignment = Assignment(
            id=entry.id, plan=plan, terms=entry.terms, legs=legs, seq=engine.last_seq,
            snapshot=snapshot.data if snapshot else None, layout=snapshot.layout if snapshot else "", book_only=snapshot is not None,
            fills=fills,
        )  # fmt: skip
        name = entry.id.encode()
        body = len(name).to_bytes(2, "little") + name + history.tobytes()
        worker.send(frames.message(frames.ASSIGN, assignment) + frames.frame(frames.WARM, body, engine.last_seq))
        worker.want(worker.wanted | set(legs))
        if command_id is not None:
            engine.ledger.took_effect(command_id, engine.last_seq)
        entry.state = "warming" if plan.warmup else "running"

    async def _fills_since(self, entry: Entry, seq: int) -> list[tuple[int, float, float, float, int]]:
        """The strategy's fills after a tick, as its book takes them."""
        legs = {symbol: leg for leg, symbol in enumerate(entry.order.symbols)}
        rows = [row for row in await self.engine.ledger.fills(entry.id) if row["seq"] > seq]
        signed = [(row["qty"] if row["side"] == "buy" else -row["qty"], row) for row in rows]
        return [(legs[row["symbol"]], qty, row["position"], row["price"], row["ts_ns"]) for qty, row in signed]

    async def _history(self, entry: Entry, plan: Blueprint) -> tuple[Records, int]:
        """Ticks to warm up on, and the seq they go through."""
        engine = self.engine
        await engine.tape.flush()
        synced = engine.tape.synced_seq
        parts = []
        for symbol in entry.order.symbols if plan.warmup else ():
            last = engine.market.of(engine.symbols[symbol]).last_ts or await engine.venue_now()
            have = await _recorded(engine, symbol, plan, last)
            have = warm.needed(have[have["seq"] <= synced], plan, last)
            older = await warm.venue_history(engine.venue, engine.feed.rest.call, engine.bare(symbol), plan, have, last)
            parts += [older, have]
        if not parts:
            return np.empty(0, TICK), synced
        history = np.concatenate(parts)
        if len(entry.order.symbols) > 1:
            history = history[np.argsort(history["ts"], kind="stable")]
        return history, synced

    async def watch(self, command: Watch | Unwatch, actor: str) -> dict[str, Any]:
        """Stream more or fewer symbols."""
        engine = self.engine
        names = list(dict.fromkeys(engine.bare(symbol) for symbol in command.symbols))
        async with self._streaming:
            if isinstance(command, Watch):
                await engine.add_symbols(names)
                await self._journal(command, actor)
            else:
                await self._unwatch(command, names, actor)
        engine.panes.touch("prices")
        return {"symbols": engine.market.watched}

    async def _unwatch(self, command: Unwatch, names: list[str], actor: str) -> None:
        engine = self.engine
        traded = engine.roster.symbols()
        for name in names:
            full = f"{engine.venue.name}:{name}"
            if full in traded:
                raise UsageError(f"{name} is traded by a strategy: unregister it first")
            if full not in engine.market.watched:
                raise UsageError(f"{name} is not streamed")
        await self._journal(command, actor)
        await engine.feed.unwatch(names)
        for name in names:
            engine.market.watched.remove(f"{engine.venue.name}:{name}")

    async def stop(self, command: Stop, actor: str) -> dict[str, Any]:
        """End the engine; with `flatten`, ask every strategy to close first (fills come with the next prints)."""
        if command.flatten and len(self.engine.roster):
            await self._pull(list(self.engine.roster), Flatten(id=None), actor, "flatten")
            await self.engine.answers.flat()
        await self._journal(command, actor)
        self.engine.stopping.set()
        return {"stopping": True}


async def _recorded(engine: Engine, symbol: str, plan: Blueprint, last: int) -> Records:
    """What is on the tape for warming up: its bars, or for `tick` a window that grows until it holds enough prints."""
    if plan.interval:
        return await _read(engine, symbol, warm_from(last, plan.warmup, plan.interval))
    window = FIRST_WINDOW_NS
    while len(have := await _read(engine, symbol, max(last - window, 0))) < plan.warmup and window < last:
        window *= 8
    return have


async def _read(engine: Engine, symbol: str, start: int) -> Records:
    """What strategies were given of a symbol since `start`, as far as it is on the tape."""

    def read() -> Records:
        try:
            return read_ticks(
                engine.home / "tape.db", symbol, engine.venue.stream, from_ns=start or None, as_delivered=True, symbols=engine.symbols
            )
        except SourceError:  # nothing of it yet
            return np.empty(0, TICK)

    return await asyncio.to_thread(read)
