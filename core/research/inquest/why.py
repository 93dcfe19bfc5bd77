"""The answer to "why no trade?": what a strategy saw at a moment, what was in force, and which of it decided."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from core.clock import iso
from core.desk_view import ConditionRow, ConditionsView, HeldRow, NearRow, SignalRow, WhyView
from core.errors import CockpitError
from core.kernels.records import BLOCK_NAMES, WHY_NAMES
from core.research.audit_run import Unauditable
from core.research.inquest.held import held_at
from core.research.inquest.place import NEAR_NS, Place, find_place
from core.research.inquest.seen import Seen, Told, replayed, warmed
from core.research.inquest.words import Inquiry
from core.store.ledger_reader import read_until

#: What holds a strategy back from all it wants, the strongest first.
_DECIDES = ("failed", "gone", "closing", "paused")

#: Phases in which it is the conditions of a group that decide, and the group.
_WAITS = {"monitoring": "signal", "signal detected": "entry", "position active": "close"}


def inquire(inquiry: Inquiry, told: Told = lambda share: None) -> WhyView:
    """What it saw and did then.

    Raises:
        UsageError: no such strategy was ever registered here.
        StoreError: a file is missing or cannot be read.
    """
    home, at_ns, id_ = Path(inquiry.home), inquiry.at_ns, inquiry.id
    place = find_place(home, id_, at_ns)
    held = held_at(home / "ledger.db", id_, place.through, at_ns)
    seen = _seen(home, [Path(folder) for folder in inquiry.folders], place, at_ns, told)
    signal, near = _of_ledger(home / "ledger.db", id_, at_ns)
    view = WhyView(id_, place.order.name, place.order.symbols, at_ns, "", seen.basis, signal=signal, conditions=seen.conditions)
    view.seen_ns = place.seen_ns or (seen.conditions.at_ns if seen.conditions is not None else 0)
    if seen.replayed:
        view.near, view.position = seen.near, seen.position
        view.entry = seen.entry if seen.position else None
        view.target = seen.opinion if math.isfinite(seen.opinion) else None
        held += _of_books(seen)
    else:
        view.near, (view.position, view.target) = near, _ledger_state(home / "ledger.db", id_, at_ns, signal)
    view.held = [row for row in held if row.kind != "registered"]
    view.answer = _answer(view, place, seen)
    return view


def _seen(home: Path, folders: list[Path], place: Place, at_ns: int, told: Told) -> Seen:
    """Run again, else warmed up, else nothing but the reason why."""
    try:
        if place.life is None:
            raise Unauditable("it did not run then")
        return replayed(home, place, at_ns, told)
    except Unauditable as error:
        why = str(error)
    try:
        return warmed(home, folders, place, at_ns, why)
    except CockpitError as error:
        return Seen(f"from the ledger alone: {why}; {error}")


def _of_ledger(ledger: Path, id_: str, at_ns: int) -> tuple[SignalRow | None, list[NearRow]]:
    """The newest signal by then, and the signals and fills shortly before."""
    signals = read_until(ledger, "signals", id_, at_ns, 50)
    fills = read_until(ledger, "fills", id_, at_ns, 50)
    signal = None
    if signals:
        names = ("symbol", "side", "target", "confidence", "reason", "price")
        signal = SignalRow(signals[-1]["ts_ns"], id_, *(signals[-1][name] for name in names))
    rows = [NearRow(row["ts_ns"], "signal", f"target {row['target']:g} of {_bare(row)} at {row['price']:,.8g}") for row in signals]
    rows += [NearRow(row["ts_ns"], "fill", f"{row['side']} {row['qty']:g} {_bare(row)} at {row['price']:,.8g}") for row in fills]
    return signal, sorted((row for row in rows if row.ts_ns >= at_ns - NEAR_NS), key=lambda row: row.ts_ns)


def _bare(row: dict[str, Any]) -> str:
    return str(row["symbol"]).rpartition(":")[2]


def _ledger_state(ledger: Path, id_: str, at_ns: int, signal: SignalRow | None) -> tuple[float, float | None]:
    """Position after the newest fill by then, and the target in force."""
    fills = read_until(ledger, "fills", id_, at_ns, 1)
    return (fills[-1]["position"] if fills else 0.0), signal.target if signal is not None else None


def _of_books(seen: Seen) -> list[HeldRow]:
    """What its own book held it back by."""
    found = []
    if seen.latched:
        found.append(HeldRow("latched", f"{WHY_NAMES[seen.latched]} ended its position: its target must change first"))
    if seen.blocked:
        found.append(HeldRow("blocked", BLOCK_NAMES[seen.blocked]))
    return found


def _answer(view: WhyView, place: Place, seen: Seen) -> str:
    held = {row.kind: row for row in view.held}
    if not place.lives or place.life is None:
        since = f": it first ran at {iso(place.lives[0].start.ts_ns)}" if place.lives else ""
        return f"it did not run then{since}"
    for kind in _DECIDES:
        if kind in held:
            row = held[kind]
            return f"{kind} since {iso(row.since_ns)}{f' by {row.by}' if row.by else ''}: {row.text}"
    if seen.replayed and seen.aim != seen.position:
        return f"an order works: it leads from {seen.position:g} to {seen.aim:g}"
    for kind in ("blocked", "latched"):
        if kind in held:
            return f"its target was not ordered: {held[kind].text}"
    if view.conditions is not None:
        return conditions_words(view.conditions)
    if view.target is None:
        seen_words = f": {seen.warm[0]:,} of {seen.warm[1]:,} bars or prints of its warm-up" if seen.warm[0] < seen.warm[1] else ""
        return f"it had given no target yet{seen_words}"
    since = f" since {iso(view.signal.ts_ns)}" if view.signal is not None else ""
    return f"it held what it wanted: target {view.target:g} (of its size){since}, position {view.position:g}"


def conditions_words(view: ConditionsView) -> str:
    """The phase, why, and which conditions are in the way of the next one."""
    said = f"{view.phase}: {view.reason}"
    group = _WAITS.get(view.phase)
    rows = [row for row in view.rows if row.group == group]
    if not rows or rows[0].verdict == "TRUE":
        return said
    missing = ", ".join(_missing(row) for row in rows[1:] if row.verdict != "TRUE" and " " in row.text)
    return f"{said}; {group} needs {rows[0].text} of its conditions: {missing}" if missing else said


def _missing(row: ConditionRow) -> str:
    value = f" ({row.value:,.8g})" if row.value is not None else ""
    return f"{row.text} is {row.verdict}{value}"
