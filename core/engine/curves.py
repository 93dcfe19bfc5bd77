"""How equity went, of each strategy and of all together: a second apart for minutes, coarser the longer ago, in bounded memory.

Kept in memory. After a restart what was before is made of the ledger's fills: a point at each, marked at its price.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog

from core.engine.charts import whole
from core.errors import CockpitError
from core.store.ledger_reader import read_fills
from core.types import MINUTE, SECOND, Records

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("curves")

#: One moment: equity, and of it what is realised (net of fees), in quote currency; how far equity is below its peak, in percent of it.
SAMPLE = np.dtype([("ts", "i8"), ("equity", "f8"), ("realised", "f8"), ("drawdown_pct", "f8")])

#: Nanoseconds between samples, and samples kept: 10 min, 3 h, 3 days, 60 days.
TIERS = ((SECOND, 600), (10 * SECOND, 1080), (MINUTE, 4320), (20 * MINUTE, 4320))

#: Fills the time before a restart is made of.
FILLS = 20_000

#: Samples of an answer.
COUNT, MOST = 600, 2000


class Tier:
    """Samples of one spacing, the oldest overwritten. Memory is the system's until it is first written to."""

    def __init__(self, every: int, most: int) -> None:
        self._every = every
        self._ring: Records = np.empty(most, SAMPLE)
        self._count = 0

    def put(self, ts: int, equity: float, realised: float, drawdown: float) -> None:
        """Take a sample; of one stretch the last stays, with the deepest drawdown."""
        most = len(self._ring)
        last = self._ring[(self._count - 1) % most]
        if self._count and ts // self._every <= last["ts"] // self._every:
            last["ts"], last["equity"], last["realised"] = max(ts, int(last["ts"])), equity, realised
            last["drawdown_pct"] = max(drawdown, last["drawdown_pct"])
            return
        self._ring[self._count % most] = (ts, equity, realised, drawdown)
        self._count += 1

    def move(self, step: float) -> None:
        """Move all equities by so much."""
        self._ring["equity"][: self._count] += step

    def samples(self) -> Records:
        """All of them, oldest first, copied."""
        most = len(self._ring)
        if self._count <= most:
            return self._ring[: self._count].copy()
        return np.roll(self._ring, -(self._count % most))


class Curve:
    """The history of one equity.

    Args:
        capital: what it began with: the first peak.
    """

    def __init__(self, capital: float) -> None:
        self._peak = capital
        self._last = capital
        self._tiers = [Tier(*tier) for tier in TIERS]
        self._before: Records = np.empty(0, SAMPLE)

    def put(self, ts: int, equity: float, realised: float) -> None:
        """Take the equity of now."""
        self._last = equity
        self._peak = max(self._peak, equity)
        drawdown = (self._peak - equity) / self._peak * 100 if self._peak > 0 else 0.0
        for tier in self._tiers:
            tier.put(ts, equity, realised, drawdown)

    def shift(self, equity: float) -> None:
        """What it is the sum of changed: from here on it is so much, and what was moves along: who comes or goes is no profit or loss."""
        step = equity - self._last
        self._peak, self._last = self._peak + step, equity
        for tier in self._tiers:
            tier.move(step)
        self._before["equity"] += step

    def precede(self, samples: Records) -> None:
        """Put what was before an engine's start before it."""
        self._before = samples
        if len(samples):
            self._peak = max(self._peak, float(samples["equity"].max()))

    def samples(self) -> Records:
        """Everything that is known, oldest first, as fine as it is kept."""
        parts = [self._tiers[0].samples()]
        for older in [*(tier.samples() for tier in self._tiers[1:]), self._before]:
            first = next((int(part["ts"][0]) for part in parts if len(part)), None)
            parts.insert(0, older if first is None else older.compress(older["ts"] < first))
        return np.concatenate(parts)


class Curves:
    """Answers `equity`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._of: dict[str, Curve] = {}
        self._all: Curve | None = None
        self._members: frozenset[str] = frozenset()
        self._rebuilt = False

    def sample(self) -> None:
        """Take a sample of every strategy that has figures, and of their sum."""
        now = self.engine.clock.now_ns()
        rows = [(entry, entry.figures) for entry in self.engine.roster if entry.figures is not None]
        for entry, figures in rows:
            if entry.id not in self._of:
                self._of[entry.id] = Curve(entry.terms.capital)
            self._of[entry.id].put(now, figures.equity, figures.realised - figures.fees)
        members = frozenset(entry.id for entry, _ in rows)
        for gone in self._of.keys() - members:
            del self._of[gone]
        if not rows:
            return
        equity = sum(figures.equity for _, figures in rows)
        if self._all is None:
            self._all = Curve(sum(entry.terms.capital for entry, _ in rows))
        elif members != self._members:
            self._all.shift(equity)
        self._members = members
        self._all.put(now, equity, sum(figures.realised - figures.fees for _, figures in rows))

    def equity(self, args: dict[str, Any]) -> dict[str, Any]:
        """How equity went: `samples` of `[ts_ns, equity, realised, drawdown_pct]`, oldest first, realised net of fees.

        Args:
            args: `strategy` (None: all together), `since_ns`, `count` (thinned out to so many; each keeps its stretch's deepest drawdown).

        Raises:
            UsageError: there is no such strategy.
        """
        roster = self.engine.roster
        chosen = roster.chosen(args.get("strategy"))
        self._look_back()
        curve = self._all if args.get("strategy") is None else self._of.get(chosen[0].id)
        samples = np.empty(0, SAMPLE) if curve is None else curve.samples()
        samples = thinned(samples[samples["ts"] >= whole(args, "since_ns", 0, 0, 1 << 62)], whole(args, "count", COUNT, 2, MOST))
        return {
            "strategy": args.get("strategy"),
            "capital": sum(entry.terms.capital for entry in chosen),
            "samples": [list(row) for row in samples.tolist()],
        }

    def _look_back(self) -> None:
        """The first time it is asked for, read what was before this engine's start."""
        if not self._rebuilt and self._all is not None:
            self._rebuilt = True
            self.engine.spawn(self._rebuild(), "equity of the past")

    async def _rebuild(self) -> None:
        engine = self.engine
        try:
            fills = await asyncio.to_thread(read_fills, engine.home / "ledger.db", newest=FILLS)
        except CockpitError as error:
            log.warning("the equity of the past could not be read", reason=str(error))
            return
        entries = {entry.id: entry for entry in engine.roster}
        pasts: dict[str, Records] = {}
        for id_, curve in self._of.items():
            mine = [fill for fill in fills if fill["strategy_id"] == id_ and fill["ts_ns"] < engine.started_ns]
            if mine and id_ in entries:
                first = curve.samples()
                end = float(first["realised"][0]) if len(first) else None
                pasts[id_] = past_of(mine, entries[id_].terms.capital, end)
                curve.precede(pasts[id_])
        if self._all is not None and pasts:
            capital = {id_: entries[id_].terms.capital for id_ in self._of if id_ in entries}
            self._all.precede(summed(pasts, capital))


def thinned(samples: Records, count: int) -> Records:
    """At most so many samples: the last of each stretch of time, with the deepest drawdown in it."""
    if len(samples) <= count:
        return samples
    start, end = int(samples["ts"][0]), int(samples["ts"][-1])
    place = (samples["ts"] - start) // ((end - start) // count + 1)
    first = np.flatnonzero(np.concatenate(([True], place[1:] != place[:-1])))
    out = samples[np.append(first[1:], len(samples)) - 1]
    out["drawdown_pct"] = np.maximum.reduceat(samples["drawdown_pct"], first)
    thin: Records = out
    return thin


def past_of(fills: list[dict[str, Any]], capital: float, end: float | None) -> Records:
    """A sample at every fill of one strategy, its positions marked at their last fills' prices.

    Args:
        fills: rows of the ledger, oldest first.
        end: what was realised in the end, net of fees, where it is known: older fills may be missing.
    """
    net = np.cumsum([fill["realised"] - fill["fee"] for fill in fills])
    if end is not None:
        net += end - net[-1]
    open_: dict[str, tuple[float, float]] = {}  # by symbol: position, cost of it
    out = np.empty(len(fills), SAMPLE)
    for at, fill in enumerate(fills):
        position, price = fill["position"], fill["price"]
        before, entry = open_.get(fill["symbol"], (0.0, price))
        if before * position <= 0 or before == 0:
            entry = price
        elif abs(position) > abs(before):
            entry += (price - entry) * (1 - before / position)
        open_[fill["symbol"]] = (position, entry)
        unrealised = position * (price - entry)
        out[at] = (fill["ts_ns"], capital + net[at] + unrealised, net[at], 0.0)
    return fallen(out, capital)


def summed(pasts: dict[str, Records], capital: dict[str, float]) -> Records:
    """The sum of strategies' pasts: a sample wherever one of them has one; before its first each has its capital."""
    times = np.unique(np.concatenate([past["ts"] for past in pasts.values()]))
    out = np.zeros(len(times), SAMPLE)
    out["ts"] = times
    out["equity"] = sum(capital.values())
    for id_, past in pasts.items():
        at = np.searchsorted(past["ts"], times, side="right") - 1
        known = at >= 0
        out["equity"][known] += past["equity"][at[known]] - capital[id_]
        out["realised"][known] += past["realised"][at[known]]
    return fallen(out, sum(capital.values()))


def fallen(samples: Records, capital: float) -> Records:
    """The samples with the drawdowns that follow from their equities."""
    peak = np.maximum.accumulate(np.maximum(samples["equity"], capital))
    samples["drawdown_pct"] = np.where(peak > 0, (peak - samples["equity"]) / np.where(peak > 0, peak, 1) * 100, 0.0)
    return samples
