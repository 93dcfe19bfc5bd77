"""The last of everything per symbol."""

from __future__ import annotations

import numpy as np

from core.engine.market import Market, decimals_of
from core.types import DAY, QUOTE, TICK, Records, Symbols

NOW = 1_700_000_000_000_000_000


def prints(*prices: float, lag_ns: int = 5_000_000) -> Records:
    """TICK records of symbol 0, received `lag_ns` after their time."""
    ticks = np.zeros(len(prices), TICK)
    ticks["price"], ticks["ts"], ticks["recv"] = prices, NOW, NOW + lag_ns
    return ticks


def market() -> Market:
    """A market that watches one symbol."""
    made = Market(Symbols(), stale_after_s=10)
    made.watch(["binance:BTCUSDT"])
    return made


def test_a_symbol_waits_then_lives_then_goes_stale() -> None:
    made = market()
    assert made.rows(NOW)[0].state == "waiting"
    made.take(prints(100.0), np.empty(0, QUOTE))
    assert made.rows(NOW + 1_000_000_000)[0].state == "live"
    assert made.rows(NOW + 11_000_000_000)[0].state == "stale"


def test_the_direction_is_that_of_the_last_change() -> None:
    made = market()
    for price, direction in ((100.0, 0), (101.0, 1), (101.0, 1), (100.5, -1)):
        made.take(prints(price), np.empty(0, QUOTE))
        assert made.rows(NOW)[0].direction == direction


def test_latency_may_be_negative_and_is_unknown_for_a_recording_of_another_day() -> None:
    made = market()
    made.take(prints(100.0, lag_ns=-1_270_000_000), np.empty(0, QUOTE))
    assert made.latency_ms == -1270.0
    made.take(prints(100.0, lag_ns=3 * DAY), np.empty(0, QUOTE))
    assert made.latency_ms is None


def test_a_price_is_written_with_the_decimals_it_needs() -> None:
    assert [decimals_of(price) for price in (61_837.63, 100.0, 0.4122, 0.00141342)] == [2, 2, 4, 8]
