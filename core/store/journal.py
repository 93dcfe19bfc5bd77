"""The journal as it is read: rows of `commands` with what they say decoded, the same for a start of the engine and for an audit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from core.commands import Reduce, Register, Said, SetLimits, SetStops
from core.lever_orders import Executed, Unplaced

#: Kinds of commands that act on running strategies, and of what a venue did with their orders.
LEVERS = ("pause", "resume", "flatten", "reduce", "stops", "limits", "unregister", "executed", "unplaced")

#: What goes with those that say more than whom they are for.
SAID: dict[str, type[SetLimits | SetStops | Reduce | Executed | Unplaced]] = {
    "limits": SetLimits,
    "stops": SetStops,
    "reduce": Reduce,
    "executed": Executed,
    "unplaced": Unplaced,
}

#: Kinds of what the engine notes by itself about one strategy.
ABOUT_ONE = ("gone", "failed", "edited")


class Line(NamedTuple):
    """One row of the journal.

    Attributes:
        after: the seq it took effect after; None where it has not.
        ids: strategies it was said to, or the one it is about.
        lever: what those strategies are told: pause | resume | flatten | reduce | stops | limits | close | drop | executed | unplaced; ''
            nothing.
        said: what goes with it: limits, stops, a share, an execution, an order that came to nothing.
        order: the registration, where it is one.
        payload: all that was said.
    """

    after: int | None
    ts_ns: int
    kind: str
    ids: list[str]
    lever: str
    said: Said
    order: Register | None
    payload: dict[str, Any]


def lines_of(rows: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    """Rows of `commands` decoded, in the order given.

    Raises:
        ValueError: a row is none we could have written (msgspec's errors are such).
    """
    for row in rows:
        kind, payload = row["kind"], json.loads(row["payload"])
        ids = payload.pop("ids", None)
        order = None
        if kind == "register":
            order = msgspec.convert({key: value for key, value in payload.items() if key != "plan"}, Register)
        if ids is None:
            ids = [payload["id"]] if kind in ABOUT_ONE else []
        yield Line(row["after_seq"], row["ts_ns"], kind, ids, _lever(kind, payload), _said(kind, payload), order, payload)


def _said(kind: str, payload: dict[str, Any]) -> Said:
    return msgspec.convert(payload, SAID[kind]) if kind in SAID else None


def _lever(kind: str, payload: dict[str, Any]) -> str:
    if kind == "unregister":
        return "drop" if payload.get("keep") else "close"
    return kind if kind in LEVERS else ""
