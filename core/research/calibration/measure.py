"""What a symbol's fills cost: its fee, slippage, impact and latency, and the terms that give a backtest the same.

Slippage of an order is s · (average price / last print before its first fill - 1), s = +1 for a buyer: the implementation shortfall of
Perold (1988) from arrival on; from the decision's print on it holds the way there too, which the loop's latency makes by itself. The
half spread is in it. Impact is the square-root law (Almgren et al., Direct Estimation of Equity Market Impact, 2005; Tóth et al. 2011),

    slippage_i = a + b · √(quantity_i / quantity printed in the minute before_i) + noise,

fitted by least squares. A backtest knows one volume only: V = mean(v_i^-1/2)^-2 gives an order of any size the same cost on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.research.calibration.estimates import Spread, least_squares, spread
from core.research.calibration.evidence import Evidence, orders_of
from core.research.calibration.nearby import before, series_of
from core.store.venue_fills import VenueFill
from core.types import Records

Floats = NDArray[np.float64]

#: With fewer of them a figure is shown and no term made of it.
LEAST = 30

#: A coefficient below so many standard errors may as well be none.
SURE = 2.0

#: Bounds of the buckets of size, as shares of the minute's volume.
BUCKETS = (0.0, 0.001, 0.01, 0.1, float("inf"))


class Bucket(msgspec.Struct, frozen=True):
    """Slippage of the orders of some size: `low <= quantity / the minute's volume < high` (None: without end), in basis points."""

    low: float
    high: float | None
    count: int
    median: float
    p90: float


class Impact(msgspec.Struct, frozen=True):
    """The square-root law, in basis points at the whole minute's volume.

    Attributes:
        coefficient, error: b above and its standard error; base, base_error: a.
        volume: V above, base currency.
        wild: orders the fit is without.
    """

    coefficient: float
    error: float
    base: float
    base_error: float
    volume: float
    count: int
    wild: int


class Measured(msgspec.Struct, frozen=True):
    """One symbol.

    Attributes:
        fills, orders: how many of a venue; first_ns, last_ns: of the first and last fill.
        fee: basis points of value, by who it is known to have been charged: taker, maker, unknown.
        slippage: basis points, of orders that did not rest or are not known to; from_decision: from the decision's print on.
        latency: ms from the decision's print to the first fill.
        missing: orders without a slippage, by why.
        terms: what is measured well enough, by the names of `core.terms.Terms`; plain: the same without impact.
    """

    symbol: str
    fills: int
    orders: int
    first_ns: int
    last_ns: int
    fee: dict[str, Spread]
    slippage: Spread | None
    from_decision: Spread | None
    buckets: list[Bucket]
    impact: Impact | None
    latency: Spread | None
    missing: dict[str, int]
    terms: dict[str, float]
    plain: dict[str, float]


class Calibration(msgspec.Struct, frozen=True):
    """All symbols, and where it is from.

    Attributes:
        source: the home, or the file of fills.
        least: fills a term needs.
        modelled: fills that show nothing of a venue, by their mode.
    """

    source: str
    least: int
    modelled: dict[str, int]
    symbols: list[Measured]


def calibrate(evidence: Evidence, tape: Path, source: str, symbols: Sequence[str] = (), least: int = LEAST) -> Calibration:
    """Measure every symbol there are fills of.

    Args:
        symbols: only these; none: all.

    Raises:
        StoreError: the tape cannot be read.
    """
    by_symbol: dict[str, list[VenueFill]] = {}
    for fill in evidence.fills:
        by_symbol.setdefault(fill.symbol, []).append(fill)
    wanted = [one for one in sorted(by_symbol) if not symbols or one in symbols]
    return Calibration(source, least, dict(evidence.modelled), [measure(one, by_symbol[one], tape, least) for one in wanted])


def measure(symbol: str, fills: Sequence[VenueFill], tape: Path, least: int = LEAST) -> Measured:
    """One symbol's fills, at least one.

    Raises:
        StoreError: the tape cannot be read.
    """
    every = orders_of(fills)
    taken = every.compress(every["maker"] != 1)
    arrival = before(tape, symbol, taken["ts"])
    slips = taken["side"] * (taken["price"] / arrival.price - 1.0) * 1e4
    known = taken.compress(taken["decided"] >= 0)
    decision = before(tape, symbol, known["decided"] + 1)
    whole = known["side"] * (known["price"] / decision.price - 1.0) * 1e4
    waited = (known["ts"] - known["decided"]) / 1e6
    share = np.divide(taken["qty"], arrival.volume, out=np.full(len(taken), np.nan), where=arrival.volume > 0)
    seen = np.isfinite(slips)
    sized = seen & np.isfinite(share)
    slippage, latency, impact = spread(slips[seen]), spread(waited[waited >= 0]), _impact(slips[sized], share[sized], arrival.volume[sized])
    fee = _fees(fills)
    plain = _terms(fee, slippage, None, latency, least)
    return Measured(
        symbol=symbol, fills=len(fills), orders=len(every), first_ns=int(every["ts"].min()), last_ns=max(fill.ts_ns for fill in fills),
        fee=fee, slippage=slippage, from_decision=spread(whole[np.isfinite(whole)]), buckets=_buckets(slips[sized], share[sized]),
        impact=impact, latency=latency, missing=_missing(tape, symbol, every, seen, arrival.hidden),
        terms=_terms(fee, slippage, impact, latency, least), plain=plain,
    )  # fmt: skip


def _fees(fills: Sequence[VenueFill]) -> dict[str, Spread]:
    """Rates in basis points of each fill's value."""
    rates: dict[str, list[float]] = {}
    for fill in fills:
        if fill.fee is not None:
            who = "unknown" if fill.maker is None else "maker" if fill.maker else "taker"
            rates.setdefault(who, []).append(1e4 * fill.fee / (fill.qty * fill.price))
    return {who: found for who, values in sorted(rates.items()) if (found := spread(np.array(values))) is not None}


def _buckets(slips: Floats, share: Floats) -> list[Bucket]:
    found = []
    for low, high in pairwise(BUCKETS):
        some = slips[(share >= low) & (share < high)]
        if len(some):
            median, p90 = np.percentile(some, (50, 90)).tolist()
            found.append(Bucket(low, None if np.isinf(high) else high, len(some), median, p90))
    return found


def _impact(slips: Floats, share: Floats, volume: Floats) -> Impact | None:
    root = np.sqrt(share)
    fitted = least_squares(np.column_stack([np.ones(len(root)), root]), slips)
    if fitted is None:
        return None
    (base, coefficient), (base_error, error) = fitted.values.tolist(), fitted.errors.tolist()
    if base < 0.0 < coefficient:
        # A backtest cannot be paid for trading: all of it is impact then.
        through = least_squares(root[:, None], slips)
        if through is not None:
            fitted, base, base_error = through, 0.0, 0.0
            coefficient, error = float(through.values[0]), float(through.errors[0])
    typical = float(np.mean(volume[fitted.kept] ** -0.5) ** -2)
    return Impact(coefficient, error, base, base_error, typical, int(fitted.kept.sum()), int((~fitted.kept).sum()))


def _missing(tape: Path, symbol: str, every: Records, seen: NDArray[np.bool_], hidden: NDArray[np.bool_]) -> dict[str, int]:
    """Orders that have no slippage, by why."""
    unseen = int((~seen).sum())
    gaps = int(hidden.sum())
    there = series_of(tape, symbol) is not None
    counts = {
        "rested in the book": int((every["maker"] == 1).sum()),
        "a gap of the tape before it": gaps,
        "no print in the minute before it" if there else "not on the tape": unseen - gaps,
    }
    return {why: count for why, count in counts.items() if count}


def _terms(fee: dict[str, Spread], slippage: Spread | None, impact: Impact | None, latency: Spread | None, least: int) -> dict[str, float]:
    """What is sure enough, four digits of each: what is printed is what is used."""
    found: dict[str, float] = {}
    enough = {who: one.median for who, one in fee.items() if one.count >= least}
    if (taker := enough.get("taker", enough.get("unknown"))) is not None:
        found["fee_bps"] = max(taker, 0.0)
    if "maker" in enough:
        found["maker_fee_bps"] = enough["maker"]
    if impact and impact.count >= least and impact.coefficient > SURE * impact.error and impact.coefficient > 0.0:
        found |= {"slippage_bps": impact.base, "impact_bps": impact.coefficient, "impact_volume": impact.volume}
    elif slippage and slippage.count - slippage.wild >= least:
        found["slippage_bps"] = max(slippage.mean, 0.0)
    if latency and latency.count >= least:
        found["latency_ms"] = latency.median
    return {name: float(f"{value:.4g}") for name, value in found.items()}
