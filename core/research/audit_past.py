"""What the ledger says of a home's strategies, as stretches that can be run again: where each began, what it was told, where it ended.

An incarnation is a strategy from a kept start state on: through restarts of engine and workers, until it failed, left, or was
started anew because its file was edited or it had failed.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.commands import Register, Said, SetStops
from core.store.heard import HEARING, dropped_through, read_told
from core.store.journal import Line, lines_of
from core.store.ledger_reader import count_fills, read_commands, read_sessions, read_snapshots
from core.types import Records

#: No seq is higher.
NEVER = 1 << 62


class Pulled(NamedTuple):
    """A lever of the past: the seq it took effect after, when it was journalled, which; its number among those the strategy was told."""

    after: int
    ts_ns: int
    lever: str
    said: Said
    number: int = 0


class Mark(NamedTuple):
    """A snapshot on the ledger: its row, the tick after which it was taken, when, its layout and source; how many levers it holds."""

    rowid: int
    seq: int
    ts_ns: int
    layout: str
    source_hash: str
    told: int = 0


@dataclass
class Incarnation:
    """One strategy from a start state on.

    Attributes:
        order: the registration, with its terms and symbols.
        start: the state it started from.
        why: registered | edited | resumed.
        plan: the hash its plan is kept under.
        levers: what it was told after its start, in order.
        heard: what it heard of sources beyond the tape after its start, HEARING records in order.
        marks: other snapshots of it that are still kept, in order.
        taken: where a replay begins: `start`, or the oldest of `marks` that still has all its ticks; None when there is none.
        end: the last seq it is replayed through.
        over: it failed or left.
        broke: it failed.
        closing: it was closing when it started.
        stops: that were set before it started; None: those of its registration.
        heir: the incarnation that took over its books.
        deaf: it is what it heard that is no longer kept in full, and not its ticks.
    """

    id: str
    order: Register
    start: Mark
    why: str
    plan: str
    levers: list[Pulled] = field(default_factory=list)
    heard: Records = field(default_factory=lambda: np.empty(0, HEARING))
    marks: list[Mark] = field(default_factory=list)
    taken: Mark | None = None
    end: int = NEVER
    over: bool = False
    broke: bool = False
    closing: bool = False
    stops: SetStops | None = None
    heir: Incarnation | None = None
    deaf: bool = False


@dataclass
class Past:
    """A home's ledger as an audit needs it.

    Attributes:
        incarnations: by strategy, in order.
        orders: every registration there ever was, by id.
        settled: the seq through which a running engine vouches for its strategies; 0 when none runs.
        horizons: by strategy, the last seq whose effects are known to be on the ledger.
        fills: by strategy: how many, lowest and highest seq.
        sources: (source, symbol) by the numbers in what was heard.
        unheard: what was heard through this seq is no longer kept; -1 all is.
    """

    sessions: int
    incarnations: dict[str, list[Incarnation]]
    orders: dict[str, Register]
    settled: int
    horizons: dict[str, int]
    fills: dict[str, tuple[int, int, int]]
    modes: list[tuple[int, str]]
    sources: list[tuple[str, str]]
    unheard: int

    def ids(self) -> list[str]:
        """Every strategy that is registered or has fills, oldest first."""
        return list(dict.fromkeys([*self.orders, *self.fills]))

    def mode_at(self, seq: int) -> str | None:
        """What the engine that gave this seq was for; None when no session is noted."""
        at = bisect_right(self.modes, seq, key=lambda session: session[0])
        return self.modes[max(at - 1, 0)][1] if self.modes else None


def read_past(path: Path, strategy: str | None, horizon: int = 0, running: Collection[str] = ()) -> Past:
    """Read it. Where replays begin is not said yet: that is `bound`'s, which must know the tape.

    Args:
        path: the ledger.
        strategy: of this one only.
        horizon: through this seq everything that concerns the `running` strategies is on the ledger, their engine says; of the
            others their newest snapshot or fill tells.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    lines = list(lines_of(read_commands(path)))
    snapshots = read_snapshots(path, strategy, states=False)
    sessions = read_sessions(path)
    fills = {id_: span for id_, span in count_fills(path).items() if strategy in (None, id_)}
    registered = [line.order for line in lines if line.order is not None]
    orders = {order.id: order for order in registered if order.id is not None and strategy in (None, order.id)}
    horizons = {id_: span[2] for id_, span in fills.items()}
    for row in snapshots:
        horizons[row["strategy_id"]] = max(horizons.get(row["strategy_id"], 0), row["seq"])
    horizons.update(dict.fromkeys(running, horizon))
    incarnations = _incarnations(snapshots, orders)
    _tell(incarnations, lines)
    told = read_told(path, strategy)
    for life in (life for id_ in told.rows for life in incarnations.get(id_, [])):
        life.heard = _heard_in(life, told.rows[life.id])
    modes = sorted((row["first_seq"], row["mode"]) for row in sessions)
    unheard = dropped_through(path)
    return Past(len(sessions), incarnations, orders, horizon, horizons, fills, modes, told.sources, unheard)


def bound(past: Past, cuts: dict[str, int], listens: Callable[[Incarnation], bool] = lambda _life: False) -> None:
    """Say where each replay begins and ends.

    Args:
        cuts: by symbol, the lowest seq on the tape, where there were others below it.
        listens: whether an incarnation hears sources beyond the tape; asked only where not all is kept of what they said.
    """
    for id_, lives in past.incarnations.items():
        cut = max(cuts.get(symbol, 0) for symbol in past.orders[id_].symbols)
        for life in lives:
            life.levers.sort(key=lambda pulled: pulled.after)  # those of one seq stay in the order they were journalled
            if life.over and (not past.settled or life.end <= past.settled):  # its end was noted when all else was
                past.horizons[id_] = max(past.horizons[id_], life.end)
            life.end = min(life.end, past.horizons[id_], life.heir.start.seq if life.heir else NEVER)
            life.marks = [mark for mark in life.marks if life.start.seq <= mark.seq <= life.end]
            whole = past.unheard + 1 if past.unheard >= life.start.seq and listens(life) else 0
            life.deaf = whole > cut - 1
            # a state of the tick before the cut is as good as any later one
            life.taken = next((mark for mark in (life.start, *life.marks) if mark.seq >= max(cut - 1, whole)), None)


def _incarnations(snapshots: Iterable[dict[str, Any]], orders: dict[str, Register]) -> dict[str, list[Incarnation]]:
    """Every start state of a strategy whose registration is known, and the snapshots after it."""
    found: dict[str, list[Incarnation]] = defaultdict(list)
    for row in snapshots:
        id_, payload = row["strategy_id"], json.loads(row["payload"])
        taken_ns = payload.get("ts_ns", row["ts_ns"])  # when it was asked for, else when it was kept
        mark = Mark(row["rowid"], row["seq"], taken_ns, row["layout_hash"], row["source_hash"], int(payload.get("told", 0)))
        if "start" in payload and id_ in orders:
            life = Incarnation(id_, orders[id_], mark, payload["start"], payload.get("plan", ""))
            if found[id_]:
                found[id_][-1].heir = life
            found[id_].append(life)
        elif found[id_]:
            found[id_][-1].marks.append(mark)
    return {id_: lives for id_, lives in found.items() if lives}


def _tell(incarnations: dict[str, list[Incarnation]], lines: Iterable[Line]) -> None:
    """Give each incarnation the levers it was told, and its end where the journal has it."""
    told: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.lever:
            for id_ in line.ids:
                told[id_] += 1
        if line.after is None:  # it has not acted yet
            continue
        if line.kind in ("failed", "gone"):
            life = _ended(incarnations.get(line.ids[0], []), line.after, line.ts_ns)
            if life is not None:
                life.end, life.over, life.broke = min(life.end, line.after), True, life.broke or line.kind == "failed"
        elif line.lever:
            for id_ in line.ids:
                _pull(incarnations.get(id_, []), Pulled(line.after, line.ts_ns, line.lever, line.said, told[id_]))
    for id_, lives in incarnations.items():
        for life in lives:
            life.marks = [mark for mark in life.marks if mark.told <= told[id_]]  # the journal was read before later ones were kept


def _heard_in(life: Incarnation, rows: Records) -> Records:
    """What was heard in the time of an incarnation; what came before is not in the state it started from."""
    before = (rows["at"] < life.start.ts_ns) & (rows["after"] <= life.start.seq)
    after = rows["at"] >= life.heir.start.ts_ns if life.heir is not None else np.zeros(len(rows), np.bool_)
    return rows.compress(~before & ~after)


def _ended(lives: list[Incarnation], after: int, ts_ns: int) -> Incarnation | None:
    """The incarnation that ended after a tick. Its start state may have been kept a moment later than its end was noted: the seq
    tells, and the time only between two that meet at this seq."""
    begun = [life for life in lives if life.start.seq <= after]
    if len(begun) > 1 and begun[-1].start.seq == after and ts_ns < begun[-1].start.ts_ns:
        return begun[-2]
    return begun[-1] if begun else None


def _pull(lives: list[Incarnation], pulled: Pulled) -> None:
    """A lever acts on the incarnation of its time; those that came after it started with it."""
    for life in lives:
        before = pulled.ts_ns < life.start.ts_ns and pulled.after <= life.start.seq
        heir = life.heir
        if before:
            life.closing |= pulled.lever == "close"
            if isinstance(pulled.said, SetStops):
                life.stops = pulled.said
        elif heir is None or pulled.ts_ns < heir.start.ts_ns:
            life.levers.append(pulled)
            if pulled.lever == "drop":
                life.end, life.over = min(life.end, pulled.after), True
