"""hftbacktest: the crossing as a numba function on its own queue of events.

Its orders fill against a book, so each print comes as three events of one time: bid = the print, ask = one step above it, and the
trade. Orders reach the book at once; the one decided on a print is sent on the next. Buying costs the ask: its result must be ours
less 0.01 (and the fee on it) a buy, which `spread` tells.
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

from benchmarks.peers.market import FAST, FEE, SAME, SLOW, STEP, Prints, prints, summary
from benchmarks.peers.turns import serve

BOTH = EXCH_EVENT | LOCAL_EVENT
FOREVER_NS = 10**13


@njit
def trade(hbt, fast, slow):  # type: ignore[no-untyped-def]
    """Run to the end of the data; returns (balance, fees, position, orders, prints seen)."""
    fast_ring, slow_ring = np.zeros(fast), np.zeros(slow)
    fast_sum, slow_sum, i, j, seen, orders, wanted = 0.0, 0.0, 0, 0, 0, 0, 0
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
    return state.balance, state.fee, state.position, orders, seen


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
    count, book = int(sys.argv[1]), (sys.argv[2] if len(sys.argv) > 2 else "roi")
    market = prints(count)
    rows, last = events(market), market.price[-1]

    def prepare() -> Any:
        asset = BacktestAsset().data(rows).linear_asset(1.0).constant_order_latency(0, 0).risk_adverse_queue_model()
        asset = asset.no_partial_fill_exchange().trading_value_fee_model(FEE, FEE).tick_size(STEP).lot_size(0.001).last_trades_capacity(16)
        if book == "hashmap":
            return HashMapMarketDepthBacktest([asset])
        return ROIVectorMarketDepthBacktest([asset.roi_lb(market.price.min() - 10).roi_ub(market.price.max() + 10)])

    def work(hbt: Any) -> dict[str, Any]:
        balance, fees, position, orders, seen = trade(hbt, FAST, SLOW)
        hbt.close()
        assert seen == count
        return summary(balance - fees + position * last, orders) | {"spread": (orders + 1) // 2 * STEP * (1 + FEE)}

    serve(hftbacktest.__version__, work, prepare)


if __name__ == "__main__":
    main()
