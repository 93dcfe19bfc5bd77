"""Round trips in groups: by the hour, the weekday and the month (UTC) they ended in, by side, by what ended them, and by the market they
were entered in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.kernels.records import WHY_NAMES
from core.research.metrics import finite
from core.research.regimes import TRENDS, VOLATILITIES, Regimes
from core.types import DAY, MINUTE, Records

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOUR = 60 * MINUTE
_FIRST_WEEKDAY = 3  # 1970-01-01 was a Thursday


def tables(
    trips: Records, interval_ns: int = 0, regimes: Regimes | None = None, *, funding: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Of each group that has trips one row: its name, `trades`, `win_rate`, `gross`, `fees`, `net`, `expectancy`; JSON-ready.

    Args:
        interval_ns: length of a bar, 0 for ticks: a trip ended in the bar of its last fill, whose close may lie in the next hour.
        regimes: what watched the run; without, there are no tables by volatility and trend.
        funding: whether the run asked for it: then a row has how much of its `fees` that is.
    """
    ended = trips["exit_ns"] - interval_ns
    sums = ("gross", "fees", "funding", "net") if funding else ("gross", "fees", "net")
    months = ended.astype("M8[ns]").astype("M8[M]")
    found = {
        "by_hour": _grouped("hour", ended % DAY // _HOUR, trips, int, sums),
        "by_weekday": _grouped("weekday", (ended // DAY + _FIRST_WEEKDAY) % 7, trips, WEEKDAYS.__getitem__, sums),
        "by_month": _grouped("month", months.astype(np.int64), trips, lambda month: str(np.datetime64(month, "M")), sums),
        "by_side": _grouped("side", -trips["side"], trips, lambda side: "long" if side < 0 else "short", sums),
        "by_exit": _grouped("reason", trips["why"], trips, WHY_NAMES.__getitem__, sums),
    }
    if regimes is not None:
        volatility, trend = regimes.of(trips)
        found["by_volatility"] = _grouped("volatility", volatility, trips, VOLATILITIES.__getitem__, sums)
        found["by_trend"] = _grouped("trend", trend, trips, TRENDS.__getitem__, sums)
    return found


def _grouped(title: str, keys: NDArray[np.int64], trips: Records, named: Any, sums: Sequence[str]) -> list[dict[str, Any]]:
    """Rows in the order of their keys; of each of these fields the sum."""
    found, which = np.unique(keys, return_inverse=True)
    count = np.bincount(which, minlength=len(found))
    won = np.bincount(which, trips["net"] > 0.0, len(found))
    added = {name: np.bincount(which, trips[name], len(found)) for name in sums}
    return [
        {
            title: named(int(key)),
            "trades": int(count[at]),
            "win_rate": float(won[at] / count[at]),
            **{name: finite(values[at]) for name, values in added.items()},
            "expectancy": finite(added["net"][at] / count[at]),
        }
        for at, key in enumerate(found)
    ]
