"""How good recorded prints of one symbol are over a range: counts, holes, jumps, stillness, delays; window by window, in flat memory."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analytics.delays import Delays
from core.config import QualityConfig
from core.feed.band import MOVES, UNKNOWN, widest_move
from core.feed.spans import Span, cut, overlap
from core.store.scan import scan_ticks
from core.store.span import tape_rows
from core.types import MINUTE, Origin, Records, Symbols

HOUR = 60 * MINUTE

#: Holes, jumps and stretches of stillness that are listed; the others are only counted.
LISTED = 100


class Survey:
    """Takes the prints of one symbol in windows of time, each in the order of ids, and says how good they are.

    Args:
        terms: what is a jump, and from how long on a price stands still.
        dense: the venue's ids have no holes of their own.
    """

    def __init__(self, terms: QualityConfig, *, dense: bool = True) -> None:
        self._terms = terms
        self._dense = dense
        self._before: Any = None  # the print with the newest id
        self._changed = 0
        self._first: list[Any] = []
        self._newest_ns = 0
        self._hours: Counter[int] = Counter()
        self._origins: Counter[int] = Counter()
        self._holes: list[Span] = []
        self._counts: Counter[str] = Counter()
        self._most_back = 0
        self._still_ns = 0
        self._still: list[tuple[int, int, int, float]] = []
        self._jumps: list[tuple[float, int, int, float, float]] = []
        self._ring: NDArray[np.float64] = np.empty(0)
        self._widest = UNKNOWN
        self._delays = Delays()

    @property
    def ticks(self) -> int:
        """Prints taken so far."""
        return self._counts["ticks"]

    def take(self, ticks: Records) -> None:
        """TICK records of the next window, by id."""
        if not len(ticks):
            return
        self._counts["ticks"] += len(ticks)
        self._hours.update(_counted(ticks["ts"] // HOUR))
        self._origins.update(_counted(ticks["origin"]))
        with np.errstate(invalid="ignore"):
            self._counts["crossed"] += int((ticks["bid"] >= ticks["ask"]).sum())
        live = ticks.compress(ticks["origin"] == Origin.LIVE)
        self._delays.take(live["recv"] - live["ts"])
        first = self._before is None
        if first:
            self._before, self._changed = ticks[0].copy(), int(ticks["ts"][0])
            self._first = [int(ticks["id"][0]), int(ticks["ts"].min())]
        columns = {name: np.append(self._before[name], ticks[name]) for name in ("id", "ts", "price", "qty", "side")}
        if first:
            columns = {name: values[1:] for name, values in columns.items()}
        self._look_for_holes(columns["id"])
        self._look_at_times(columns)
        self._look_at_prices(columns)
        self._first[1] = min(self._first[1], int(ticks["ts"].min()))
        self._newest_ns = max(self._newest_ns, int(ticks["ts"].max()))
        if ticks["id"][-1] >= self._before["id"]:
            self._before = ticks[-1].copy()

    def _look_for_holes(self, ids: NDArray[np.int64]) -> None:
        if not self._dense:
            return
        top = int(self._before["id"])
        for at in np.flatnonzero(np.diff(ids) > 1).tolist():
            first, last = max(int(ids[at]), top) + 1, int(ids[at + 1]) - 1
            if first <= last:
                self._holes.append((first, last))
        for id_ in ids[ids < top].tolist() if self._holes else ():  # their times are of a window before
            self._holes = cut(self._holes, id_, id_)

    def _look_at_times(self, columns: dict[str, NDArray[Any]]) -> None:
        steps = np.diff(columns["ts"])
        if len(steps):
            self._counts["back"] += int((steps < 0).sum())
            self._most_back = max(self._most_back, -int(steps.min()))
        alike = np.ones(len(steps), np.bool_)
        for name in ("ts", "price", "qty", "side"):
            alike &= columns[name][1:] == columns[name][:-1]
        self._counts["alike"] += int(alike.sum())

    def _look_at_prices(self, columns: dict[str, NDArray[Any]]) -> None:
        price, ts = columns["price"], columns["ts"]
        at = np.flatnonzero(price[1:] != price[:-1]) + 1
        since = np.append(self._changed, ts[at])
        lengths = since[1:] - since[:-1]
        for place in np.flatnonzero(lengths > self._terms.frozen_after_s * 1e9).tolist():
            self._stood_still(int(since[place]), int(since[place + 1]), float(price[at[place] - 1]))
        self._changed = int(since[-1])
        moves = np.abs(np.log(price[at] / price[at - 1]))
        done = 0
        while done < len(moves):
            # The band of a print is made of the moves before it, in steps that do not depend on the windows.
            upto = done + MOVES - self._counts["moves"] % MOVES
            part = moves[done:upto]
            for place in np.flatnonzero(part > self._widest).tolist():
                self._jumped(columns, int(at[done + place]), float(part[place]))
            self._counts["moves"] += len(part)
            self._ring = np.append(self._ring, part)[-MOVES:]
            if self._counts["moves"] % MOVES == 0:
                self._widest = widest_move(self._ring, self._terms.spike_mads, self._terms.spike_pct)
            done = upto

    def _jumped(self, columns: dict[str, NDArray[Any]], at: int, size: float) -> None:
        self._counts["jumps"] += 1
        row = (size, int(columns["ts"][at]), int(columns["id"][at]), float(columns["price"][at]), float(columns["price"][at - 1]))
        _keep(self._jumps, row)

    def _stood_still(self, since: int, until: int, price: float) -> None:
        self._counts["still"] += 1
        self._still_ns += until - since
        _keep(self._still, (until - since, since, until, price))

    def report(self, listed: Sequence[Span] = ()) -> dict[str, Any]:
        """What was found, in plain JSON types; the keys are in docs/data.md.

        Args:
            listed: ids that the table of gaps has as open or lost, ascending and disjoint.
        """
        if self._before is None:
            return {"ticks": 0}
        if self._newest_ns - self._changed > self._terms.frozen_after_s * 1e9:
            self._stood_still(self._changed, self._newest_ns, float(self._before["price"]))
            self._changed = self._newest_ns
        counts, ticks = self._counts, self._counts["ticks"]
        return {
            "ticks": ticks,
            "first": {"id": self._first[0], "ts_ns": self._first[1]},
            "last": {"id": int(self._before["id"]), "ts_ns": self._newest_ns},
            "hours": [{"start_ns": hour * HOUR, "ticks": count} for hour, count in sorted(self._hours.items())],
            "missing": _missing(self._holes, list(listed)) if self._dense else None,
            "time_back": {"count": counts["back"], "most_ms": self._most_back / 1e6},
            "same_content": counts["alike"],
            "jumps": {
                "count": counts["jumps"],
                "list": [
                    {"ts_ns": ts, "id": id_, "price": price, "before": before, "pct": 100 * (price / before - 1)}
                    for _, ts, id_, price, before in sorted(self._jumps, key=lambda row: row[2])
                ],
            },
            "still": {
                "count": counts["still"],
                "total_s": self._still_ns / 1e9,
                "list": [
                    {"from_ns": since, "to_ns": until, "seconds": length / 1e9, "price": price}
                    for length, since, until, price in sorted(self._still, key=lambda row: row[1])
                ],
            },
            "crossed": counts["crossed"],
            "delay_ms": self._delays.figures(),
            "origins": {origin.name.lower(): self._origins[origin] for origin in Origin if self._origins[origin]},
            "shares": {origin.name.lower(): self._origins[origin] / ticks for origin in Origin if self._origins[origin]},
        }


def survey_tape(
    path: Path,
    symbol: str,
    stream: str,
    survey: Survey,
    *,
    from_ns: int | None = None,
    to_ns: int | None = None,
    told: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Give a survey what a tape holds of a series between two times, window by window.

    Args:
        told: called with the prints done so far, of about how many.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    symbols, total = Symbols([symbol]), tape_rows(path, symbol, stream, from_ns, to_ns)
    for window in scan_ticks(path, symbol, stream, from_ns=from_ns, to_ns=to_ns, symbols=symbols):
        for ticks in window:
            ids = np.ascontiguousarray(ticks["id"])
            survey.take(ticks if bool((ids[1:] > ids[:-1]).all()) else ticks.take(np.argsort(ids, kind="stable")))
        told(survey.ticks, total)


def _missing(holes: list[Span], listed: list[Span]) -> dict[str, Any]:
    """Ids that are not there, how many of them the table of gaps knows of, and the largest holes."""
    rows = []
    for first, last in holes:
        known = sum(b - a + 1 for a, b in overlap(listed, first, last)) if listed else 0
        rows.append({"from_id": first, "to_id": last, "ids": last - first + 1, "listed": known})
    largest = heapq.nlargest(LISTED, rows, key=lambda row: row["ids"])
    ids, known = sum(row["ids"] for row in rows), sum(row["listed"] for row in rows)
    order = sorted(largest, key=lambda row: row["from_id"])
    return {"ids": ids, "ranges": len(rows), "listed": known, "unlisted": ids - known, "list": order}


def _keep(rows: list[Any], row: Any) -> None:
    """Keep the largest ones, as a heap."""
    if len(rows) < LISTED:
        heapq.heappush(rows, row)
    else:
        heapq.heappushpop(rows, row)


def _counted(values: NDArray[Any]) -> dict[int, int]:
    """How often each value is there."""
    found, counts = np.unique(values, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))
