"""What was in force for a strategy at a moment, as the journal has it: a pause, limits, that it had failed or left."""

from __future__ import annotations

from pathlib import Path

from core.commands import SetLimits
from core.desk_view import HeldRow
from core.store.journal import Line, lines_of
from core.store.ledger_reader import read_commands

_MODES = {"stop_new": "no new positions", "reduce_only": "positions may only get smaller", "halt": "halted: nothing is ordered"}


def held_at(ledger: Path, id_: str, through: int, at_ns: int) -> list[HeldRow]:
    """What held of all that was said to a strategy by then.

    Args:
        through: ticks through this seq had come; what took effect later was not said yet.

    Raises:
        StoreError: the file cannot be read.
    """
    held: dict[str, HeldRow] = {}
    for row in read_commands(ledger):
        (line,) = lines_of([row])
        if line.ts_ns <= at_ns if line.after is None else line.after < through or (line.after <= through and line.ts_ns <= at_ns):
            _take(held, line, id_, str(row["actor"]))
    return list(held.values())


def _take(held: dict[str, HeldRow], line: Line, id_: str, by: str) -> None:
    if line.order is not None and line.order.id == id_:
        held.clear()
        held["registered"] = HeldRow("registered", "", line.ts_ns, by)
    elif id_ not in line.ids:
        return
    elif line.kind == "failed":
        held["failed"] = HeldRow("failed", str(line.payload.get("line", "")), line.ts_ns, by)
    elif line.kind == "gone":
        held["gone"] = HeldRow("gone", "it had been taken out", line.ts_ns, by)
    elif line.lever == "pause":
        held.setdefault("paused", HeldRow("paused", "targets are not ordered", line.ts_ns, by))
    elif line.lever == "resume" or line.kind == "edited":
        held.pop("failed", None)
        if line.lever:
            held.pop("paused", None)
    elif line.lever == "close":
        held["closing"] = HeldRow("closing", "it closes its position and leaves", line.ts_ns, by)
    elif isinstance(line.said, SetLimits):
        words = limits_words(line.said)
        reason = str(line.payload.get("reason") or "")
        held.pop("limits", None)
        if words:
            held["limits"] = HeldRow("limits", ", ".join([*words, *([reason] if reason else [])]), line.ts_ns, by)


def limits_words(limits: SetLimits) -> list[str]:
    """Each limit in words; none where none is set."""
    found = [_MODES[limits.mode]] if limits.mode in _MODES else []
    if limits.max_position is not None:
        found.append(f"position {limits.max_position:g} at most")
    if limits.max_spread_pct is not None:
        found.append(f"spread {limits.max_spread_pct:g} % at most")
    if limits.price_low is not None:
        found.append(f"price {limits.price_low:g} at least")
    if limits.price_high is not None:
        found.append(f"price {limits.price_high:g} at most")
    return found
