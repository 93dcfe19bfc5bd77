"""hftbacktest: the crossing as a numba function on its own queue of events.

Its orders fill against a book, so each print comes as three events of one time: bid = the print, ask = one step above it, and the
trade. Orders reach the book at once; the one decided on a print is sent on the next. Buying costs the ask: its result must be ours
less 0.01 (and the fee on it) a buy, which `spread` tells; of bars that is added back.

    python -m benchmarks.peers.on_hftbacktest ticks COUNT [roi|hashmap]
    python -m benchmarks.peers.on_hftbacktest bars|sweep|walk COUNT EVERY FOLDS

It has no bars: each is two prints, its open and its close a second before the next one's. What is decided on a close is sent on the open.
"""

from __future__ import annotations

import sys
from typing import Any

import hftbacktest  # type: ignore[import-not-found]
import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LOCAL_EVENT,
    MARKET,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    HashMapMarketDepthBacktest,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype  # type: ignore[import-not-found]
from numba import njit

from benchmarks.peers.market import FAST, FEE, SAME, SLOW, STEP, Bars, Prints, bars, prints, summary
from benchmarks.peers.questions import answer, one_by_one
from benchmarks.peers.turns import serve

BOTH = EXCH_EVENT | LOCAL_EVENT
FOREVER_NS = 10**13


@njit
def trade(hbt, fast, slow, each):  # type: ignore[no-untyped-def]
    """Run to the end of the data; returns (balance, fees, position, orders, prints seen). Only every `each`th print is looked at."""
    fast_ring, slow_ring = np.zeros(fast), np.zeros(slow)
    fast_sum, slow_sum, i, j, seen, orders, wanted, prints_seen = 0.0, 0.0, 0, 0, 0, 0, 0, 0
    while hbt.wait_next_feed(False, FOREVER_NS) != 1:
        trades = hbt.last_trades(0)
        for k in range(len(trades)):
            price = trades[k].px
            if wanted != 0:
                orders += 1
                if wanted > 0:
                    hbt.submit_buy_order(0, orders, price, 1.0, GTC, MARKET, True)
                else:
                    hbt.submit_sell_order(0, orders, price, 1.0, GTC, MARKET, True)
                hbt.clear_inactive_orders(0)
                wanted = 0
            prints_seen += 1
            if prints_seen % each != 0:
                continue
            fast_sum += price - fast_ring[i]
            fast_ring[i] = price
            i = i + 1 if i + 1 < fast else 0
            slow_sum += price - slow_ring[j]
            slow_ring[j] = price
            j = j + 1 if j + 1 < slow else 0
            seen += 1
            if seen >= slow:
                lead = fast_sum / fast - slow_sum / slow
                position = hbt.position(0)
                if lead > SAME and position == 0.0:
                    wanted = 1
                elif lead < -SAME and position > 0.0:
                    wanted = -1
        hbt.clear_last_trades(0)
    state = hbt.state_values(0)
    return state.balance, state.fee, state.position, orders, prints_seen


def as_prints(minutes: Bars) -> Prints:
    """Open and close of each bar."""
    ms = np.stack([minutes.ms, minutes.ms + 59_000], axis=1).ravel()
    price = np.stack([minutes.open, minutes.close], axis=1).ravel()
    return Prints(ms, np.round(price / STEP).astype(np.int64), price, np.full(len(ms), 1.0))


def events(market: Prints) -> Any:
    """Three events a print and one more, shape (3n + 1,)."""
    rows = np.zeros(3 * len(market.ms) + 1, event_dtype)
    ask = np.round((market.steps + 1) * STEP, 2)
    kinds = (
        (DEPTH_EVENT | BUY_EVENT, market.price, 100.0),
        (DEPTH_EVENT | SELL_EVENT, ask, 100.0),
        (TRADE_EVENT | BUY_EVENT, market.price, 1.0),
    )
    for at, (kind, price, qty) in enumerate(kinds):
        part = rows[at : 3 * len(market.ms) : 3]
        part["ev"], part["px"], part["qty"] = kind | BOTH, price, qty
        part["exch_ts"] = part["local_ts"] = market.ms * 1_000_000
    rows[-1] = rows[-4]  # it ends without showing what came last
    rows["exch_ts"][-1] = rows["local_ts"][-1] = rows["exch_ts"][-2] + 1_000_000
    return rows


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
    of_ticks = kind == "ticks"
    market = prints(count) if of_ticks else as_prints(bars(count))
    book = sys.argv[3] if of_ticks and len(sys.argv) > 3 else "roi"

    def prepare(rows: Any) -> Any:
        asset = BacktestAsset().data(rows).linear_asset(1.0).constant_order_latency(0, 0).risk_adverse_queue_model()
        asset = asset.no_partial_fill_exchange().trading_value_fee_model(FEE, FEE).tick_size(STEP).lot_size(0.001).last_trades_capacity(16)
        if book == "hashmap":
            return HashMapMarketDepthBacktest([asset])
        return ROIVectorMarketDepthBacktest([asset.roi_lb(market.price.min() - 10).roi_ub(market.price.max() + 10)])

    def run(hbt: Any, fast: int, slow: int, expected: int, last: float) -> tuple[float, int]:
        balance, fees, position, orders, seen = trade(hbt, fast, slow, 1 if of_ticks else 2)
        hbt.close()
        assert seen == expected
        return balance - fees + position * last, orders

    if of_ticks:
        rows = events(market)

        def work(hbt: Any) -> dict[str, Any]:
            pnl, fills = run(hbt, FAST, SLOW, count, market.price[-1])
            return summary(pnl, fills) | {"spread": spread(fills)}

        serve(hftbacktest.__version__, work, lambda: prepare(rows))
        return
    cut: dict[tuple[int, int], Any] = {}  # the events of a stretch are made once, as all data are before the clock

    def traded(first: int, last: int, fast: int, slow: int) -> tuple[float, int]:
        if (first, last) not in cut:
            cut[first, last] = events(Prints(*(getattr(market, name)[2 * first : 2 * last] for name in ("ms", "steps", "price", "qty"))))
        pnl, fills = run(prepare(cut[first, last]), fast, slow, 2 * (last - first), market.price[2 * last - 1])
        return pnl + spread(fills), fills

    every, folds = int(sys.argv[3]), int(sys.argv[4])
    serve(hftbacktest.__version__, lambda _: answer(kind, count, every, folds, one_by_one(traded)))


def spread(fills: int) -> float:
    """What its buys paid above the print."""
    return (fills + 1) // 2 * STEP * (1 + FEE)


if __name__ == "__main__":
    main()
