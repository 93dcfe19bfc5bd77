"""What a strategy was at a moment: run again up to it from a snapshot, or warmed up on the tape before it where that cannot be."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.clock import iso
from core.compile.__main__ import build
from core.compile.blueprint import Blueprint
from core.compile.instance import Instance
from core.compile.python import PythonInstance
from core.conditions.loading import load as load_rules
from core.conditions.standing import is_standing, standing_of, view_of
from core.desk_view import ConditionsView, NearRow
from core.errors import CockpitError, one_line
from core.kernels.records import BLOCK_NAMES, BLOCKED, CANCELLED, FILL, PLACED, SIGNALLED, WHY_NAMES
from core.reach import is_reached, reach_from
from core.research.audit_past import Mark
from core.research.audit_run import THROWN, Run, Unauditable, check_layouts, own_exits
from core.research.inquest.place import NEAR_NS, Place
from core.store.ledger_reader import read_source, read_state
from core.store.reader import read_ticks, ticks_since
from core.strategy import PYTHON
from core.types import MINUTE, Records, Symbols, join

#: Told the share (0..1) that is done.
Told = Callable[[float], None]

#: A strategy that lives on single prints is warmed up on those of so long, at most.
PRINTS_NS = 360 * MINUTE

#: At most so many things that happened shortly before are told, the last ones.
MOST_NEAR = 50


@dataclass
class Seen:
    """A strategy at a moment.

    Attributes:
        basis: what this rests on, in words.
        replayed: its books are those it had; else it was only warmed up, and they are empty.
        prints: how many it was run over.
        latched: what ended its last position, by number; 0 nothing that holds on.
        warm: (seen, needed) bars or prints.
    """

    basis: str
    replayed: bool = False
    prints: int = 0
    position: float = 0.0
    entry: float = math.nan
    aim: float = 0.0
    opinion: float = math.nan
    blocked: int = 0
    latched: int = 0
    warm: tuple[int, int] = (0, 0)
    near: list[NearRow] = field(default_factory=list)
    conditions: ConditionsView | None = None


class _Near:
    """What the loop reports of the time just before a moment."""

    def __init__(self, symbols: list[str], from_ns: int, to_ns: int) -> None:
        self.symbols, self.from_ns, self.to_ns = symbols, from_ns, to_ns
        self.rows: list[NearRow] = []

    def hear(self, reports: Records) -> None:
        """Keep those that are to be told."""
        for report in reports.compress((reports["ts"] >= self.from_ns) & (reports["ts"] <= self.to_ns)):
            told = _told(report, self.symbols[int(report["leg"])].rpartition(":")[2])
            if told is not None:
                self.rows = [*self.rows[-MOST_NEAR + 1 :], NearRow(int(report["ts"]), *told)]


def _told(report: Any, symbol: str) -> tuple[str, str] | None:
    """Kind and words of a report; None where it is none of the strategy's doing."""
    kind, qty, price = int(report["kind"]), float(report["qty"]), float(report["price"])
    side = "buy" if qty > 0 else "sell"
    what = f"{side} {abs(qty):g} {symbol}" + (f" at {price:,.8g}" if price else "")  # an order has none before it is filled
    if kind == BLOCKED:
        return "blocked", f"{what}: {BLOCK_NAMES[int(report['why'])]}"
    if kind == SIGNALLED:
        return "signal", f"target {qty:g} of {symbol} at {price:,.8g}"
    if kind in (FILL, PLACED, CANCELLED):
        words = {FILL: "fill", PLACED: "order", CANCELLED: "cancelled"}[kind]
        return words, what if kind == FILL else f"{what}: {WHY_NAMES[int(report['why'])]}"
    return None


def replayed(home: Path, place: Place, at_ns: int, told: Told) -> Seen:
    """Run it again from the best snapshot that can be taken up.

    Raises:
        Unauditable: there is none; the message says why.
        CockpitError: a file cannot be read.
    """
    why = "the prints it saw are no longer all on the tape"
    for mark in place.marks:
        try:
            return _replay(home, place, mark, at_ns, told)
        except Unauditable as error:
            why = str(error)
    raise Unauditable(why)


def _replay(home: Path, place: Place, mark: Mark, at_ns: int, told: Told) -> Seen:
    assert place.life is not None
    ledger, symbols = home / "ledger.db", Symbols()
    life = with_changes(place.life, taken=mark)
    plan, state = _kept_plan(ledger, life.plan), read_state(ledger, mark.rowid)
    if plan is None or state is None:
        raise Unauditable("its plan was not kept" if plan is None else "the states it passed were not kept")
    near = _Near(life.order.symbols, at_ns - NEAR_NS, at_ns)
    try:
        run = Run(life, plan, state, symbols, lambda _rowid: None, lambda _seq: None, place.sources, near.hear)
    except THROWN as error:  # bytes that are no state of this strategy, and its own code
        raise Unauditable(one_line(str(error))) from error
    prints, first = 0, 0
    with own_exits():
        for batch in ticks_since(home / "tape.db", mark.seq, life.order.symbols, symbols=symbols, to_seq=place.through):
            prints, first = prints + len(batch), first or int(batch["ts"][0])
            run.feed(batch, int(batch["seq"][-1]))
            told((int(batch["ts"][-1]) - first) / max(at_ns - first, 1))
        run.feed(join([]), place.through)
    seen = _state_of(run.instance, life.order.id or "", place.seen_ns, f"replayed {prints:,} prints from the snapshot of {iso(mark.ts_ns)}")
    seen.replayed, seen.prints, seen.near = True, prints, near.rows
    return seen


def warmed(home: Path, folders: list[Path], place: Place, at_ns: int, why: str) -> Seen:
    """What it would have seen, had it been warmed up at the moment: with empty books.

    Raises:
        CockpitError: the tape holds no print to warm up on, or there is no code to run.
    """
    order = place.order
    plan = _plan_for(home / "ledger.db", folders, place)
    instance = (PythonInstance if plan.kind == PYTHON else Instance)(plan, order.terms)
    symbols = Symbols()
    instance.trade({symbols.add(symbol): leg for leg, symbol in enumerate(order.symbols)})
    start = reach_from(at_ns, plan.warmup, plan.interval) if plan.interval and plan.warmup else at_ns - PRINTS_NS
    parts = []
    for symbol in order.symbols:
        ticks = read_ticks(home / "tape.db", symbol, from_ns=start, to_ns=at_ns + 1, symbols=symbols)
        parts.append(ticks.compress(is_reached(ticks["ts"], at_ns, max(plan.warmup, 1), plan.interval)))
    ticks = join(parts)
    if not len(ticks):
        raise CockpitError("the tape holds no print shortly before that moment")
    try:
        with own_exits():
            instance.warm(ticks.take(np.argsort(ticks["ts"], kind="stable")))
    except THROWN as error:  # the strategy's own code
        raise CockpitError(one_line(f"it failed when it was warmed up: {error}")) from error
    seen = _state_of(instance, order.id or "", int(ticks["ts"].max()), f"warmed up on {len(ticks):,} prints, with empty books: {why}")
    seen.prints = len(ticks)
    return seen


def _kept_plan(ledger: Path, hash_: str) -> Blueprint | None:
    text = read_source(ledger, hash_)
    return None if text is None else msgspec.json.decode(text, type=Blueprint)


def _plan_for(ledger: Path, folders: list[Path], place: Place) -> Blueprint:
    """The code it ran with last that fits this version, else that of its file."""
    order, kept = place.order, _kept_plan(ledger, place.lives[-1].plan) if place.lives else None
    if kept is not None:
        with contextlib.suppress(Unauditable):
            check_layouts(kept)
            return kept
    return build(folders, order.name, order.params, order.terms)


def _state_of(instance: Instance, id_: str, seen_ns: int, basis: str) -> Seen:
    book, plan = instance.books[0], instance.plan
    seen = Seen(
        basis, position=float(book["position"]), entry=float(book["entry"]), aim=float(book["aim"]), opinion=float(book["opinion"]),
        blocked=int(book["blocked"]), latched=int(book["latched"]), warm=(instance.seen(), plan.warmup),
    )  # fmt: skip
    if Path(plan.path).suffix == ".toml" and is_standing(instance.layouts["STATE"]):
        outline = plan.outline or load_rules(Path(plan.path), plan.source).outline
        seen.conditions = view_of(outline, plan.values, standing_of(id_, instance.state[0], seen_ns))
    return seen
