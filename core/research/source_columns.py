"""The columns of a block as numbers, whichever reader made them, and the records and refusals that come of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.types import BAR, DAY, SECOND, TICK, Origin, Records

Int64s = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Columns of numbers, by meaning.
VALUES = ("price", "qty", "bid", "ask", "open", "high", "low", "close")
#: Bars from here on are months, which differ in length.
SHORTEST_MONTH = 28 * DAY


@dataclass(slots=True)
class Columns:
    """One block, by column, all of one length.

    Attributes:
        lines: the line of each row, to name it.
        times: ns; of a bar its open.
        values: price, qty, bid, ask, open, high, low, close: those the file has.
        ids: trade ids, None where the file has none.
        sides: +1 buyer took, -1 seller took, 0 unknown.
        closes: close times of bars in ns, as written.
        forms: how the times are written, as `source_times.forms`.
    """

    lines: Int64s
    times: Int64s
    values: dict[str, Floats]
    ids: Int64s | None = None
    sides: NDArray[np.int8] | None = None
    closes: Int64s | None = None
    forms: frozenset[str] = frozenset()


def check(columns: Columns, name: str) -> None:
    """Refuse prices that are not finite and positive, quantities that are not finite and >= 0, and ranges that hold not.

    Raises:
        SourceError: names the first such row.
    """
    values = columns.values
    for role in ("price", "open", "high", "low", "close"):
        if role in values:
            _refuse(columns, name, ~((values[role] > 0) & (values[role] < np.inf)), role, "a positive number")
    if "qty" in values:
        _refuse(columns, name, ~((values["qty"] >= 0) & (values["qty"] < np.inf)), "qty", "a number of 0 or more")
    if "high" in values:
        _refuse(
            columns,
            name,
            values["high"] < np.maximum(np.maximum(values["open"], values["close"]), values["low"]),
            "high",
            "the highest of its bar",
        )
        _refuse(columns, name, values["low"] > np.minimum(values["open"], values["close"]), "low", "the lowest of its bar")


def _refuse(columns: Columns, name: str, wrong: NDArray[np.bool_], role: str, what: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise SourceError(f"{name}:{columns.lines[row]}: {role} {columns.values[role][row]:g} is not {what}")


def ticks(columns: Columns, number: int) -> Records:
    """TICK records; rows without ids are numbered from `number` on. A missing quantity is 0: not known."""
    out = np.empty(len(columns.times), TICK)
    _common(out, columns)
    out["ts"] = columns.times
    out["price"] = columns.values["price"]
    out["id"] = np.arange(number, number + len(out)) if columns.ids is None else columns.ids
    out["side"] = 0 if columns.sides is None else columns.sides
    return out


def bars(columns: Columns, interval: int, name: str) -> Records:
    """BAR records: `ts` is the open time plus the interval, `id` the number of the interval (of months: of the day) since 1970.

    Raises:
        SourceError: a bar that closes before it opens.
    """
    out = np.empty(len(columns.times), BAR)
    _common(out, columns)
    out["start"] = columns.times
    out["ts"] = columns.times + (interval if columns.closes is None else lengths(columns, name))
    out["price"] = columns.values["close"]
    for role in ("open", "high", "low"):
        out[role] = columns.values[role]
    out["id"] = columns.times // (interval if interval < SHORTEST_MONTH else DAY)
    out["side"] = 0
    return out


def lengths(columns: Columns, name: str) -> Int64s:
    """How long each bar lasts by its own close time, which venues write one unit before the end (…:59.999).

    Raises:
        SourceError: a bar that closes before it opens.
    """
    if columns.closes is None:
        raise ValueError("these bars have no close times")
    length = columns.closes - columns.times
    rest = length % SECOND
    for short in (1_000_000, 1_000, 1):
        length = np.where(rest == SECOND - short, length + short, length)
    if (length <= 0).any():
        row = int(np.argmax(length <= 0))
        raise SourceError(f"{name}:{columns.lines[row]}: the bar closes before it opens")
    return length


def _common(out: Records, columns: Columns) -> None:
    for role in ("recv", "seq", "symbol", "leg"):
        out[role] = 0
    out["qty"] = columns.values.get("qty", 0.0)
    out["bid"] = columns.values.get("bid", np.nan)
    out["ask"] = columns.values.get("ask", np.nan)
    out["origin"] = Origin.IMPORT
