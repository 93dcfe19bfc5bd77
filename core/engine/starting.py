"""Bringing a strategy up: built, warmed on history, placed on a worker, its first state saved as what an audit begins with."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from core.commands import Register
from core.compile import service
from core.compile.blueprint import Blueprint
from core.compile.layout import layout_of, same_books
from core.engine import history, warm
from core.engine.roster import Entry
from core.types import Records, join
from core.workers import frames
from core.workers.frames import Assignment, Snapshot, Start

if TYPE_CHECKING:
    from core.engine.engine import Engine

PastFill = tuple[int, float, float, float, int, float, int]


async def build(engine: Engine, order: Register) -> Blueprint:
    """The plan of a strategy that is asked for, made by the compiler process from its file as it is now.

    Raises:
        CockpitError: there is no such strategy, it does not load, or a parameter is refused.
    """
    return msgspec.convert(
        await service.build(engine.folders, order.name, order.params, order.terms, external=engine.external is not None),
        Blueprint,
        builtin_types=(bytes,),
    )


async def build_all(engine: Engine, orders: list[Register]) -> list[Blueprint | str]:
    """The plans of several strategies, or one line on why there is none."""
    wanted = [(order.name, order.params, order.terms) for order in orders]
    found = await service.build_all(engine.folders, wanted, external=engine.external is not None) if orders else []
    return [plan if isinstance(plan, str) else msgspec.convert(plan, Blueprint, builtin_types=(bytes,)) for plan in found]


async def start(engine: Engine, entry: Entry, command_id: str | None = None) -> None:
    """Assign a strategy to a worker and warm it up; from here on it gets every tick of its symbols.

    From its `forebear`, if it has one, books and account are taken over; what still holds of all that one was told (`standing`) is
    said again.

    Args:
        command_id: the command that learns after which tick the strategy started.
    """
    plan, heir = entry.plan, entry.forebear
    assert plan is not None
    readable = heir if heir is not None and fits(heir, plan) else None  # else its fills tell
    legs = {engine.symbols.add(symbol): leg for leg, symbol in enumerate(entry.order.symbols)}
    kept = await _keep(engine, plan)
    fills = await _fills_since(engine, entry, readable.seq if readable else 0) if heir else []
    if engine.external is not None and heir is not None:
        engine.external.tellings.begin_again(entry.id, await engine.ledger.count_fills(entry.id))
    orders = await engine.ledger.last_order(entry.id) if heir else 0
    past, synced = await history.gather(engine, entry, plan)
    worker = await engine.pool.place()
    # from here to the end nothing awaits: the ticks of `past` and those sent from now on leave no hole
    past = _with_recent(engine, plan, past, synced, legs)
    entry.since = engine.last_seq
    entry.levers = []
    assignment = Assignment(
        id=entry.id, plan=plan, terms=entry.order.terms, legs=legs, seq=entry.since, slot=worker.take_on(entry.id), fills=fills,
        told=entry.told,
        snapshot=readable.data if readable else None, layout=readable.layout if readable else "", book_only=heir is not None, orders=orders,
    )  # fmt: skip
    name = entry.id.encode()
    told = [frames.message(frames.LEVER, msgspec.structs.replace(lever, number=0)) for lever in entry.standing]
    warming = frames.frame(frames.WARM, len(name).to_bytes(2, "little") + name + past.tobytes(), entry.since)
    # one that was never told anything began with its registration: what is journalled for it meanwhile is told to it, not before it
    begun_ns = engine.clock.now_ns() if entry.told else entry.begun_ns
    first = frames.message(frames.SNAP, Start(entry.id, json.dumps({"start": entry.cause, "plan": kept, "ts_ns": begun_ns})))
    entry.opening = assignment, b"".join([warming, *told, first])
    worker.send(frames.message(frames.ASSIGN, assignment) + entry.opening[1])
    worker.want(worker.wanted | set(legs))
    if command_id is not None:
        engine.ledger.took_effect(command_id, entry.since)
    entry.state, entry.detail, entry.traceback = ("warming" if plan.warmup else "running"), "", ""
    engine.sources.look(entry)


def _with_recent(engine: Engine, plan: Blueprint, past: Records, synced: int, legs: dict[int, int]) -> Records:
    engine.incoming.absorb()
    fresh = engine.recent.since(synced)
    if fresh is None or not len(fresh):
        return past
    return warm.within_reach(join([past, fresh.compress(np.isin(fresh["symbol"], list(legs)))]), plan)


async def _keep(engine: Engine, plan: Blueprint) -> str:
    """The plan on the ledger, whole, as an audit needs it; returns the hash it lies under."""
    text = msgspec.json.encode(plan)
    name = hashlib.sha256(text).hexdigest()
    await engine.ledger.add_source(name, f"plan of {plan.name}", text.decode())
    return name


def fits(snapshot: Snapshot, plan: Blueprint) -> bool:
    """Whether a plan can take over the books of a snapshot; not where an older cockpit kept them in another way."""
    return same_books(snapshot.layout, layout_of(plan))


async def _fills_since(engine: Engine, entry: Entry, after: int) -> list[PastFill]:
    """The strategy's fills from a seq on, as its book takes them: those of just that tick may be in it already."""
    await engine.settler.drain()
    legs = {symbol: leg for leg, symbol in enumerate(entry.order.symbols)}
    rows = [row for row in await engine.ledger.fills(entry.id) if row["seq"] >= after]
    signed = [(row["qty"] if row["side"] == "buy" else -row["qty"], row) for row in rows]
    return [
        (legs[row["symbol"]], qty, row["position"], row["price"], row["ts_ns"], row["fee"], int(row["fill_id"].rpartition(":")[2]))
        for qty, row in signed
    ]


def assign_again(engine: Engine, entry: Entry, slot: int) -> bytes:
    """The frames that take a strategy up where its newest snapshot was taken, or where it began when it had none yet."""
    snapshot, plan = entry.snapshot, entry.plan
    if snapshot is None:
        assert entry.opening is not None
        assignment, rest = entry.opening
        return frames.message(frames.ASSIGN, msgspec.structs.replace(assignment, slot=slot)) + rest
    assert plan is not None
    legs = {engine.symbols.add(symbol): leg for leg, symbol in enumerate(entry.order.symbols)}
    assignment = Assignment(
        id=entry.id, plan=plan, terms=entry.terms_at(snapshot.told), legs=legs, snapshot=snapshot.data, layout=snapshot.layout,
        seq=snapshot.seq, slot=slot, told=snapshot.told,
    )  # fmt: skip
    return frames.message(frames.ASSIGN, assignment)
