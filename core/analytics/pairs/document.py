"""A measured pair as one JSON-ready document; what does not exist is None, and `absent` says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from core.analytics.pairs.adf import UnitRoot
from core.analytics.pairs.align import Aligned
from core.analytics.pairs.closes import Closes
from core.analytics.pairs.figures import Figures, How, earlier_bars
from core.analytics.pairs.johansen import TRACE, Johansen
from core.analytics.pairs.scan import Row
from core.analytics.pairs.verdicts import LIKELY, verdicts
from core.clock import iso
from core.research.metrics import finite
from core.types import SECOND, interval_text


def document(a: Closes, b: Closes, aligned: Aligned, found: Figures, how: How, carry: int) -> dict[str, Any]:
    """All of it: half-life in bars and seconds, times ns UTC and ISO-8601."""
    interval = interval_text(a.interval_ns)
    span = (int(aligned.times[0]), int(aligned.times[-1]) + a.interval_ns) if len(aligned.times) else (None, None)
    half_life = _finite(found.half_life)
    return {
        "legs": [a.symbol, b.symbol], "interval": interval, "window": how.window, "method": how.method,
        "prices": "log" if how.log else "plain",
        "hedge_ratio": {name: _finite(ratio) for name, ratio in found.hedge_ratio.items()},
        "zscore": _finite(found.zscore),
        "half_life": half_life, "half_life_s": None if half_life is None else half_life * a.interval_ns / SECOND,
        "correlation": _finite(found.correlation), "rolling_correlation": _finite(found.rolling_correlation),
        "rolling_beta": _finite(found.rolling_beta),
        "adf": _test(found.adf), "coint": _test(found.coint),
        "lags": {"adf": found.adf.lags if found.adf else None, "coint": found.coint.lags if found.coint else None},
        "earlier": {**_test(found.earlier), "n": earlier_bars(found.n)},
        "johansen": _johansen(found.johansen),
        "hurst": _finite(found.hurst),
        "n": found.n,
        "bars": {"span": aligned.span, "left_out": aligned.left_out, "carried": aligned.carried, "carry": carry},
        "from": iso(span[0]) if span[0] is not None else None, "to": iso(span[1]) if span[1] is not None else None,
        "from_ns": span[0], "to_ns": span[1],
        "verdicts": [verdict._asdict() for verdict in verdicts(found, how, a.symbol, b.symbol, interval)],
        "absent": found.absent,
        "notes": notes_of(a, b, aligned),
    }  # fmt: skip


def notes_of(a: Closes, b: Closes, aligned: Aligned) -> list[str]:
    """What to know about the bars."""
    notes = [f"{leg.symbol}: {note}" for leg in (a, b) for note in leg.notes]
    if not len(a.times) or not len(b.times):
        return [*notes, *(f"{leg.symbol}: no bar of {interval_text(leg.interval_ns)} is over" for leg in (a, b) if not len(leg.times))]
    if not aligned.span:
        one, other = (a, b) if a.times[0] <= b.times[0] else (b, a)
        return [*notes, f"{one.symbol} ends {iso(int(one.times[-1]) + one.interval_ns)}, {other.symbol} begins {iso(int(other.times[0]))}"]
    for one, other in ((a, b), (b, a)):
        beyond = int((one.times > other.times[-1]).sum()) + int((one.times < other.times[0]).sum())
        if beyond:
            notes.append(f"{beyond:,} bars of {one.symbol} lie outside the span of {other.symbol}: not used")
    if aligned.left_out:
        notes.append(f"{aligned.left_out:,} of {aligned.span:,} bars of the common span are left out: a leg has no close there")
    if aligned.carried:
        notes.append(f"{aligned.carried:,} bars have a close carried forward")
    return notes


def _finite(value: float | None) -> float | None:
    return None if value is None else finite(value)


def _test(test: UnitRoot | None) -> dict[str, float | None]:
    return {"stat": None, "pvalue": None} if test is None else {"stat": _finite(test.stat), "pvalue": _finite(test.pvalue)}


def _johansen(found: Johansen | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "trace": list(found.trace), "critical_95": [row[1] for row in TRACE], "largest_eigenvalue": list(found.largest),
        "hedge_ratio": found.hedge_ratio, "relations": found.relations,
    }  # fmt: skip


def scan_document(legs: Sequence[Closes], rows: Sequence[Row], how: How, carry: int, top: int, elapsed_s: float) -> dict[str, Any]:
    """A scan, ranked; its first `top` rows.

    Args:
        rows: as `scan` gives them.
        elapsed_s: seconds it took, without reading.
    """
    tested = [row for row in rows if row.q is not None]
    why = Counter(row.why for row in rows if row.q is None)
    interval_ns = legs[0].interval_ns
    return {
        "interval": interval_text(interval_ns), "window": how.window, "method": how.method, "prices": "log" if how.log else "plain",
        "carry": carry, "symbols": [leg.symbol for leg in legs],
        "tested": len(tested), "untested": dict(why.most_common()),
        "below": {"p": _below(row.pvalue for row in tested), "q": _below(row.q for row in tested), "at": LIKELY},
        "correction": "Benjamini-Hochberg",
        "pairs": [_row(legs, row, interval_ns) for row in tested[:top]],
        "elapsed_s": elapsed_s,
        "notes": [f"{leg.symbol}: {note}" for leg in legs for note in leg.notes],
    }  # fmt: skip


def _below(values: Iterable[float | None]) -> int:
    return sum(value is not None and value < LIKELY for value in values)


def _row(legs: Sequence[Closes], row: Row, interval_ns: int) -> dict[str, Any]:
    half_life = _finite(row.half_life)
    return {
        "legs": [legs[row.a].symbol, legs[row.b].symbol], "n": row.n,
        "hedge_ratio": _finite(row.hedge_ratio), "zscore": _finite(row.zscore),
        "half_life": half_life, "half_life_s": None if half_life is None else half_life * interval_ns / SECOND,
        "correlation": _finite(row.correlation),
        "coint": {"stat": _finite(row.stat), "pvalue": row.pvalue}, "q": row.q,
    }  # fmt: skip
