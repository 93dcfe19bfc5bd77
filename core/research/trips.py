"""Closed round trips of a run, flat to flat or to a flip, as the book counts them: made of its fills, and of the funding between them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.kernels.records import FUNDING
from core.types import Records, join

#: One round trip. Prices and money in quote currency, quantities in base currency, times in ns UTC.
TRIP = np.dtype(
    [
        ("entry_ns", "i8"),  # of its first fill
        ("exit_ns", "i8"),  # of its last
        ("duration_ns", "i8"),
        ("entry", "f8"),  # average price of what it bought (short: sold), by quantity
        ("exit", "f8"),  # and of how it got out
        ("qty", "f8"),  # the most it held
        ("value", "f8"),  # of all that entered it, at the prices paid
        ("gross", "f8"),  # result before fees
        ("fees", "f8"),  # of its fills, and what funding cost
        ("funding", "f8"),  # how much of the fees that is, below 0 where it was received
        ("net", "f8"),  # result after fees: what makes it won or lost
        ("net_pct", "f8"),  # of `value`
        ("mae", "f8"),  # worst result of a unit while it was held, 0 or below; NaN where nobody watched
        ("mfe", "f8"),  # best one, 0 or above
        ("mae_pct", "f8"),  # both in percent of the average entry of their moment
        ("mfe_pct", "f8"),
        ("first_fill", "i8"),  # number of the fill that began it
        ("last_fill", "i8"),  # and of the one that ended it; a flip is the last of one trip and the first of the next
        ("fills", "i8"),
        ("side", "i2"),  # +1 long, -1 short
        ("why", "i2"),  # reason of the last fill: SIGNAL, STOP_LOSS, …
        ("leg", "i4"),
    ]
)

#: The fields that only somebody who sees the prints can fill in (`core.research.excursions`).
WATCHED = ("mae", "mfe", "mae_pct", "mfe_pct")


class Parts(NamedTuple):
    """What fills did to a position, in order; a flip has two parts: it closes one trip and opens the next.

    Attributes:
        fill: index of the fill.
        opens: whether it took up a position or added to one.
        qty, fee: its share of the fill's, unsigned.
        realised: the fill's, where it closes.
        trip: number of the round trip, from 0.
        ends: whether it ended the trip.
    """

    fill: NDArray[np.int64]
    opens: NDArray[np.bool_]
    qty: NDArray[np.float64]
    fee: NDArray[np.float64]
    realised: NDArray[np.float64]
    trip: NDArray[np.int64]
    ends: NDArray[np.bool_]

    def until(self, end: int) -> Parts:
        """The first so many of them."""
        return Parts(*(column[:end] for column in self))  # type: ignore[arg-type]  # each keeps its own type


def closed_trips(reports: Records, seen: NDArray[np.float64] | None = None) -> Records:
    """The round trips that are closed, in the order they were, as TRIP records.

    Sums are made in the book's own order: results agree with the account's to the bit.

    Args:
        reports: FILL reports of one leg, from flat, and FUNDING ones between them where there are any, as the run made them.
        seen: shape (trips, 4), the columns `WATCHED` of each; None: nobody watched.
    """
    funding = reports["kind"] == FUNDING
    fills = reports.compress(~funding)
    parts = parts_of(fills)
    last = np.flatnonzero(parts.ends)
    first = np.concatenate([[0], last[:-1] + 1])[: len(last)]
    begun, ended = fills.take(parts.fill[first]), fills.take(parts.fill[last])
    trips = np.zeros(len(last), TRIP)
    trips["entry_ns"], trips["exit_ns"], trips["duration_ns"] = begun["ts"], ended["ts"], ended["ts"] - begun["ts"]
    trips["first_fill"], trips["last_fill"], trips["fills"] = begun["n"], ended["n"], last - first + 1
    trips["side"] = np.where(begun["qty"] > 0.0, 1, -1)
    trips["why"], trips["leg"] = ended["why"], ended["leg"]
    if len(last):
        closed = parts.until(last[-1] + 1)
        _sum_up(trips, fills, closed, first)
        _charge(trips, closed, np.cumsum(~funding)[funding], reports["fee"][funding])
    for column, name in enumerate(WATCHED):
        trips[name] = math.nan if seen is None else seen[:, column]
    return trips


def trips_of_legs(reports: Records, legs: int) -> Records:
    """The same of a strategy of several legs, a round trip of each leg by itself, in the order they were closed."""
    trips = join([closed_trips(reports.compress(reports["leg"] == leg)) for leg in range(legs)], TRIP)
    return trips.take(np.lexsort((trips["leg"], trips["last_fill"])))


def parts_of(fills: Records) -> Parts:
    """Fills of one leg, from flat, as what they did; fees are split as the book splits them."""
    before, after, size = position_before(fills), fills["position"], np.abs(fills["qty"])
    closes, flips = closing(before, fills)
    fill = np.repeat(np.arange(len(fills)), 1 + flips)
    second = np.zeros(len(fill), np.bool_)
    second[1:] = fill[1:] == fill[:-1]
    taken = np.where(closes, np.minimum(size, np.abs(before)), size)
    closing_fee = np.where(closes, fills["fee"] * (taken / np.where(size > 0.0, size, 1.0)), fills["fee"])
    ends = (closes & ((after == 0.0) | flips))[fill] & ~second
    trip = np.zeros(len(fill), np.int64)
    np.cumsum(ends[:-1], out=trip[1:])
    return Parts(
        fill=fill,
        opens=~closes[fill] | second,
        qty=np.where(second, np.abs(after)[fill], taken[fill]),
        fee=np.where(second, (fills["fee"] - closing_fee)[fill], closing_fee[fill]),
        realised=np.where(second, 0.0, fills["realised"][fill]),
        trip=trip,
        ends=ends,
    )


def position_before(fills: Records) -> NDArray[np.float64]:
    """The position before each fill; flat before the first."""
    before = np.zeros(len(fills))
    before[1:] = fills["position"][:-1]
    return before


def closing(before: NDArray[np.float64], fills: Records) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which fills take away from the position before them, and which of these turn it into one of the other side."""
    closes = (before != 0.0) & ((before > 0.0) != (fills["qty"] > 0.0))
    return closes, closes & (fills["position"] != 0.0) & ((fills["position"] > 0.0) != (before > 0.0))


def _sum_up(trips: Records, fills: Records, parts: Parts, first: NDArray[np.intp]) -> None:
    """Fill in what is made of all parts of a trip; `bincount` adds one after the other, as the book does."""
    price = fills["price"][parts.fill]
    for name, mine in (("entry", parts.opens), ("exit", ~parts.opens)):
        value = np.bincount(parts.trip, np.where(mine, parts.qty * price, 0.0), len(trips))
        qty = np.bincount(parts.trip, np.where(mine, parts.qty, 0.0), len(trips))
        only = np.bincount(parts.trip, mine, len(trips)) == 1  # one price is its own average, to the bit
        trips[name] = np.where(only, np.bincount(parts.trip, np.where(mine, price, 0.0), len(trips)), value / qty)
        if name == "entry":
            trips["value"] = value
    trips["qty"] = np.maximum.reduceat(np.where(parts.opens, np.abs(fills["position"])[parts.fill], 0.0), first)
    trips["gross"] = np.bincount(parts.trip, parts.realised, len(trips))


def _charge(trips: Records, parts: Parts, before: NDArray[np.int64], cost: NDArray[np.float64]) -> None:
    """Fill in what was paid for a trip, in the order it was, and what is left of it then.

    Args:
        before: how many fills came before each time that funding was booked.
        cost: what it cost then; what came after the last part belongs to a trip that is open.
    """
    at = np.searchsorted(parts.fill, before)
    at, cost = at[at < len(parts.fill)], cost[at < len(parts.fill)]
    trip = parts.trip[at]  # what comes next is done to what is held
    trips["funding"] = np.bincount(trip, cost, len(trips))
    trips["fees"] = np.bincount(np.insert(parts.trip, at, trip), np.insert(parts.fee, at, cost), len(trips))
    trips["net"] = trips["gross"] - trips["fees"]
    trips["net_pct"] = 100.0 * trips["net"] / trips["value"]
