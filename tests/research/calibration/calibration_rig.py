"""A market on a tape, and fills that a venue with known costs would have made in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.store.ledger import Ledger
from core.store.tape import Tape
from core.store.venue_fills import VenueFill
from core.types import MINUTE, SECOND, TICK, Records, Symbols

BTC = "binance:BTCUSDT"
T0 = 1_723_075_200 * SECOND


def market(seconds: int = 3_600, seed: int = 1, step_bps: float = 0.0) -> Records:
    """Five prints a second on average; the volume of a minute swings by a factor of twenty."""
    rng = np.random.default_rng(seed)
    count = 5 * seconds
    ticks = np.zeros(count, TICK)
    ticks["id"] = ticks["seq"] = 1 + np.arange(count)
    ticks["ts"] = ticks["recv"] = T0 + np.sort(rng.integers(0, seconds * 1000, count)) * 1_000_000
    ticks["price"] = 100.0 * np.exp(np.cumsum(rng.normal(0.0, step_bps / 1e4, count)))
    swing = np.exp(1.5 * np.sin((ticks["ts"] - T0) / (7 * MINUTE)))
    ticks["qty"] = rng.exponential(1.0, count) * swing
    ticks["bid"] = ticks["ask"] = np.nan
    return ticks


@dataclass(frozen=True)
class Venue:
    """What it charges: basis points, milliseconds; `noise` is the deviation of a slippage, basis points."""

    fee: float = 7.5
    base: float = 1.5
    impact: float = 0.0
    latency: float = 40.0
    noise: float = 0.5
    maker: bool | None = None


def traded(ticks: Records, venue: Venue, count: int = 300, seed: int = 2, symbol: str = BTC) -> list[VenueFill]:
    """Orders decided on prints at random, after the first two minutes; an order is one fill."""
    rng = np.random.default_rng(seed)
    times = ticks["ts"]
    quantity = np.concatenate([[0.0], np.cumsum(ticks["qty"])])
    chosen = np.sort(rng.choice(np.flatnonzero(times > T0 + 2 * MINUTE), count, replace=False))
    fills = []
    for n, k in enumerate(chosen.tolist()):
        wait = venue.latency * float(np.exp(rng.normal(0.0, 0.3)))
        ts = int(times[k]) + round(wait * 1e6)
        stop, start = np.searchsorted(times, (ts, ts - MINUTE)).tolist()
        volume = float(quantity[stop] - quantity[start])
        qty = volume * float(np.exp(rng.uniform(np.log(1e-4), np.log(0.5))))
        side = 1 if rng.random() < 0.5 else -1
        slip = venue.base + venue.impact * np.sqrt(qty / volume) + rng.normal(0.0, venue.noise)
        price = float(ticks["price"][stop - 1]) * (1 + side * slip / 1e4)
        side_name = "buy" if side > 0 else "sell"
        fee = qty * price * venue.fee / 1e4
        fills.append(VenueFill(symbol, side_name, qty, price, fee, ts, f"s:o{n}", int(times[k]), venue.maker))
    return fills


async def record(home: Path, ticks: Records, gaps: tuple[tuple[int, int], ...] = ()) -> Path:
    """A home's tape of one symbol without the prints between these times (ns), which are listed as lost; the tape."""
    kept = np.ones(len(ticks), bool)
    async with await Tape.open(home / "tape.db", Symbols([BTC])) as tape:
        for start, stop in gaps:
            gone = (ticks["ts"] >= start) & (ticks["ts"] < stop)
            kept &= ~gone
            first, last = np.flatnonzero(gone)[[0, -1]].tolist()
            ids, edges = ticks["id"][[first, last]].tolist(), ticks["ts"][[first - 1, last + 1]].tolist()
            tape.record_gap(BTC, "aggTrade", *ids, from_ns=edges[0], to_ns=edges[1], state="lost", cause="cut")
        tape.append(ticks[kept], "aggTrade")
        await tape.flush()
    return home / "tape.db"


async def keep(home: Path, fills: list[VenueFill], mode: str = "live") -> Path:
    """The fills on a home's ledger, with the orders they are of; the ledger."""
    rows: list[dict[str, Any]] = []
    orders: dict[str, dict[str, Any]] = {}
    for n, fill in enumerate(fills, 1):
        rows.append(
            dict(
                fill_id=f"{mode}:{n}", strategy_id=mode, symbol=fill.symbol, side=fill.side, qty=fill.qty, price=fill.price, fee=fill.fee,
                realised=0.0, position=0.0, ts_ns=fill.ts_ns, seq=n, tick_id=None, order_id=f"{mode} {fill.order_id}", mode=mode,
            )
        )  # fmt: skip
        orders[fill.order_id] = dict(
            order_id=f"{mode} {fill.order_id}", strategy_id=mode, symbol=fill.symbol, state="filled", target=0.0, position=0.0,
            decided_ns=fill.decided_ns, seq=n, reason="signal", ts_ns=fill.ts_ns, kind="market", qty=fill.qty, limit_price=None,
        )  # fmt: skip
    async with await Ledger.open(home / "ledger.db") as ledger:
        ledger.put_orders(list(orders.values()))
        await ledger.add_fills(rows)
    return home / "ledger.db"
