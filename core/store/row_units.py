"""The units a row of the tape counts in: the coarsest that give back every bit of its tick, chosen for each tick and noted in its `flags`.

SQLite takes one to eight bytes for an integer, and none for 0 and 1: a price in cents, a quote's distance from it in ticks and a time in
microseconds are half as long as in units that suit every venue.

`flags = side + 1 + 3 * origin + 15 * unit`, where unit 0 is what rows of the first version are in (ns since 1970, eight places), and else
`unit = 1 + places of qty + 9 * (places of prices - 2) + 63 * clock`: prices of two places in microseconds keep `flags` in one byte.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.types import Records

#: 2028-01-01: microseconds from here fit SQLite's six-byte integers from mid-2023 to mid-2032.
EPOCH = 1_830_297_600_000_000_000
_SIX_BYTES = 1 << 47

#: Clocks: what `ts` counts since EPOCH, and what `lag` counts, in ns. Old prints are of whole ms: these fit six bytes at any time.
_TS_UNITS = (1_000, 1_000_000, 1_000, 1)
_LAG_UNITS = (1_000, 1_000, 1, 1)

#: Decimal places; prices have at least two. Numbers of so many that are below 2^53 go through a division unharmed.
_MOST = 8
_FEWEST_OF_PRICES = 2
_EXACT = 2.0**53
_POWERS = np.array([float(10**places) for places in range(_MOST + 2)])
_MINUS_ZERO = -(1 << 63)

_PLAIN = 15
_PRICES = _PLAIN * (_MOST + 1)
_CLOCKS = _PRICES * (_MOST + 1 - _FEWEST_OF_PRICES)

#: Bits that hold any `flags`.
FLAG_BITS = 12

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def _case(value: str, cases: list[str]) -> str:
    """SQL: the case at this index, the last one beyond."""
    return f"CASE {value} {' '.join(f'WHEN {n} THEN {case}' for n, case in enumerate(cases[:-1]))} ELSE {cases[-1]} END"


#: SQL of a row `t` of `tick_rows`: its times in ns, and what its prices and its quantity are divided by where they are integers.
TS_NS = f"""CASE WHEN t.flags < {_PLAIN} THEN t.ts
    ELSE {EPOCH} + t.ts * {_case(f"(t.flags - {_PLAIN}) / {_CLOCKS}", list(map(str, _TS_UNITS)))} END"""
LAG_NS = f"""CASE WHEN t.flags < {_PLAIN} THEN t.lag
    ELSE t.lag * {_case(f"(t.flags - {_PLAIN}) / {_CLOCKS}", list(map(str, _LAG_UNITS)))} END"""
PRICE_SCALE = f"""CASE WHEN t.flags < {_PLAIN} THEN 1e{_MOST}
    ELSE {_case(f"(t.flags - {_PLAIN}) / {_PRICES} % {_CLOCKS // _PRICES}", [f"1e{k}" for k in range(_FEWEST_OF_PRICES, _MOST + 1)])} END"""
QTY_SCALE = f"""CASE WHEN t.flags < {_PLAIN} THEN 1e{_MOST}
    ELSE {_case(f"(t.flags - {_PLAIN}) / {_PLAIN} % {_PRICES // _PLAIN}", [f"1e{k}" for k in range(_MOST + 1)])} END"""


class Numbers(NamedTuple):
    """Prices and quantities as a row has them.

    Attributes:
        price, qty, bid, ask: (n,) integers, a quote as its distance from the price; objects where some are floats or None.
        price_places, qty_places: (n,) decimal places of those that are integers, the fewest there are of the others.
    """

    price: NDArray[Any]
    qty: NDArray[Any]
    bid: NDArray[Any]
    ask: NDArray[Any]
    price_places: Ints
    qty_places: Ints


def count(ticks: Records) -> tuple[Ints, Ints, Numbers, Ints]:
    """(ts, lag, numbers, flags) of TICK records: `ts` and `lag` in units of the clock that `flags` names."""
    numbers = _numbers(ticks)
    ts, lag, clock = _times(ticks["ts"] - EPOCH, ticks["recv"] - ticks["ts"])
    flags = ticks["origin"].astype("i8") * 3 + ticks["side"] + (1 + _PLAIN)
    flags += numbers.qty_places * _PLAIN
    flags += (numbers.price_places - _FEWEST_OF_PRICES) * _PRICES
    flags += clock * _CLOCKS
    return ts, lag, numbers, flags


def _times(ts: Ints, lag: Ints) -> tuple[Ints, Ints, Ints]:
    """ns as (ts, lag, clock)."""
    us, lag_us = ts // 1000, lag // 1000
    clock = np.zeros(len(ts), "i8")
    whole, whole_lag = us * 1000 == ts, lag_us * 1000 == lag
    far = np.abs(us) >= _SIX_BYTES
    if whole.all() and whole_lag.all() and not far.any():
        return us, lag_us, clock
    ms = ts // 1_000_000
    clock[far & (ms * 1_000_000 == ts)] = 1
    clock[~whole_lag] = 2
    clock[~whole] = 3
    return np.choose(clock, (us, ms, us, ts)), np.choose(clock, (lag_us, lag_us, lag, lag)), clock


def _numbers(ticks: Records) -> Numbers:
    """Prices, quotes and quantity: units where all of a tick are exactly that, else the numbers themselves; None unknown."""
    prices = np.empty((3, len(ticks)))
    prices[0], prices[1], prices[2] = ticks["price"], ticks["bid"], ticks["ask"]
    qty = np.ascontiguousarray(ticks["qty"])
    unknown = np.isnan(prices)
    known = np.where(unknown, prices[0], prices) if unknown.any() else prices
    price_places, (price, bid, ask), whole = _whole(known, _FEWEST_OF_PRICES)
    qty_places, (units,), whole_qty = _whole(qty[np.newaxis], 0)
    whole &= whole_qty
    columns: list[NDArray[Any]] = [price, units, price - bid, ask - price]
    if not whole.all():
        price_places[~whole], qty_places[~whole] = _FEWEST_OF_PRICES, 0
        for n, raw in enumerate((prices[0], qty, prices[1], prices[2])):
            columns[n] = columns[n].astype(object)
            columns[n][~whole] = raw[~whole]
    for n, none in enumerate(unknown[1:], 2):
        if none.any():
            columns[n] = columns[n].astype(object)
            columns[n][none] = None
    return Numbers(columns[0], columns[1], columns[2], columns[3], price_places, qty_places)


def _whole(values: Floats, fewest: int) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """The fewest places in which all numbers of a column are integers that give back every bit.

    Args:
        values: (m, n); m numbers of each tick.

    Returns:
        (n,) places, (m, n) units, (n,) whether there are such.
    """
    places = np.full(values.shape[1], fewest, "i1")
    none_yet = np.ones(values.shape[1], bool)
    back = np.empty_like(values)
    with np.errstate(over="ignore", invalid="ignore"):
        for power in _POWERS[fewest : _MOST + 1]:
            np.multiply(values, power, out=back)
            np.rint(back, out=back)
            np.divide(back, power, out=back)
            none_yet &= (back != values).any(axis=0)
            if not none_yet.any():
                break
            places += none_yet.view("i1")
        units = values * _POWERS.take(places)
        np.rint(units, out=units)
        good = ~none_yet
        if not np.abs(units).max(initial=0) < _EXACT:
            good &= (np.abs(units) < _EXACT).all(axis=0)
        if values.view("i8").min(initial=0) == _MINUS_ZERO:
            good &= (values.view("i8") != _MINUS_ZERO).all(axis=0)
        return places.astype("i8"), units.astype("i8"), good


class Units(NamedTuple):
    """What rows are in, looked up by their `flags`."""

    ts: Ints
    epoch: Ints
    lag: Ints
    price: Floats
    qty: Floats
    side: NDArray[np.int8]
    origin: NDArray[np.int8]

    def of(self, flags: Ints) -> Units:
        """(n,) each, for these rows."""
        ts, epoch, lag = self.ts.take(flags), self.epoch.take(flags), self.lag.take(flags)
        return Units(ts, epoch, lag, self.price.take(flags), self.qty.take(flags), self.side.take(flags), self.origin.take(flags))


def _tables() -> Units:
    flags = np.arange(1 << FLAG_BITS)
    unit = flags // _PLAIN - 1
    old = unit < 0
    nanoseconds = len(_TS_UNITS) - 1
    clock = np.where(old, nanoseconds, np.minimum(unit // (_CLOCKS // _PLAIN), nanoseconds))
    price_places = np.where(old, _MOST, unit // (_PRICES // _PLAIN) % (_CLOCKS // _PRICES) + _FEWEST_OF_PRICES)
    qty_places = np.where(old, _MOST, unit % (_PRICES // _PLAIN))
    return Units(
        np.array(_TS_UNITS).take(clock), np.where(old, 0, EPOCH), np.array(_LAG_UNITS).take(clock),
        _POWERS.take(price_places), _POWERS.take(qty_places),
        (flags % 3 - 1).astype("i1"), (flags // 3 % 5).astype("i1"),
    )  # fmt: skip


UNITS = _tables()
