"""nautilus_trader: trade ticks through its backtest engine with its own indicators; the book follows the prints.

    python -m benchmarks.peers.on_nautilus_trader ticks COUNT
    python -m benchmarks.peers.on_nautilus_trader bars|sweep|walk COUNT EVERY FOLDS

An order decided on one print is sent on the next, and fills there. Bars are two prints each, open and close: on its own bars an order could
only be filled at the close it was decided on.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

import nautilus_trader  # type: ignore[import-not-found]
import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig  # type: ignore[import-not-found]
from nautilus_trader.config import LoggingConfig, StrategyConfig  # type: ignore[import-not-found]
from nautilus_trader.indicators import SimpleMovingAverage  # type: ignore[import-not-found]
from nautilus_trader.model.currencies import BTC, USDT  # type: ignore[import-not-found]
from nautilus_trader.model.data import TradeTick  # type: ignore[import-not-found]
from nautilus_trader.model.enums import AccountType, AggressorSide, BookType, OmsType, OrderSide  # type: ignore[import-not-found]
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId, TraderId, Venue  # type: ignore[import-not-found]
from nautilus_trader.model.instruments import CurrencyPair  # type: ignore[import-not-found]
from nautilus_trader.model.objects import Money, Price, Quantity  # type: ignore[import-not-found]
from nautilus_trader.trading.strategy import Strategy  # type: ignore[import-not-found]

from benchmarks.peers.market import CAPITAL, FAST, FEE, SAME, SIZE, SLOW, Bars, Prints, bars, prints, summary
from benchmarks.peers.questions import answer, one_by_one
from benchmarks.peers.turns import serve

VENUE = Venue("SIM")
PAIR = InstrumentId(Symbol("BTCUSDT"), VENUE)
BASE = 10.0


def instrument() -> Any:
    """A pair with two decimals of price, three of quantity and our fee."""
    nothing, fee = Decimal(0), Decimal(str(FEE))
    return CurrencyPair(
        instrument_id=PAIR, raw_symbol=Symbol("BTCUSDT"), base_currency=BTC, quote_currency=USDT, price_precision=2, size_precision=3,
        price_increment=Price(0.01, 2), size_increment=Quantity(0.001, 3), margin_init=nothing, margin_maint=nothing,
        maker_fee=fee, taker_fee=fee, ts_event=0, ts_init=0,
    )  # fmt: skip


class Crossing(Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one."""

    def __init__(self, fast: int = FAST, slow: int = SLOW, each: int = 1) -> None:
        super().__init__(StrategyConfig())
        self.fast, self.slow, self.each, self.seen = SimpleMovingAverage(fast), SimpleMovingAverage(slow), each, 0
        self.wanted, self.long, self.sent = None, False, 0

    def on_start(self) -> None:
        self.qty = Quantity(SIZE, 3)
        if self.each == 1:
            self.register_indicator_for_trade_ticks(PAIR, self.fast)
            self.register_indicator_for_trade_ticks(PAIR, self.slow)
        self.subscribe_trade_ticks(PAIR)

    def on_trade_tick(self, tick: Any) -> None:
        if self.wanted is not None:
            self.submit_order(self.order_factory.market(PAIR, self.wanted, self.qty))
            self.wanted = None
            self.sent += 1
        if self.each > 1:
            self.seen += 1
            if self.seen % self.each:
                return
            self.fast.handle_trade_tick(tick)
            self.slow.handle_trade_tick(tick)
        if not self.slow.initialized:
            return
        lead = self.fast.value - self.slow.value
        if lead > SAME and not self.long:
            self.wanted, self.long = OrderSide.BUY, True
        elif lead < -SAME and self.long:
            self.wanted, self.long = OrderSide.SELL, False


def trades(market: Prints) -> list[Any]:
    """The prints as its objects. A print taken by neither side moves its bid and its ask; others move only one of them."""
    neither = AggressorSide.NO_AGGRESSOR
    columns = zip(market.price.tolist(), market.qty.tolist(), (market.ms * 1_000_000).tolist(), strict=True)
    return [TradeTick(PAIR, Price(p, 2), Quantity(q, 3), neither, TradeId(str(n)), ns, ns) for n, (p, q, ns) in enumerate(columns)]


def as_prints(minutes: Bars) -> Prints:
    """Open and close of each bar."""
    ms = np.stack([minutes.ms, minutes.ms + 59_000], axis=1).ravel()
    price = np.stack([minutes.open, minutes.close], axis=1).ravel()
    return Prints(ms, np.round(price * 100).astype(np.int64), price, np.full(len(ms), 100.0))


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
    market = prints(count) if kind == "ticks" else as_prints(bars(count))
    pair = instrument()
    engine = BacktestEngine(
        BacktestEngineConfig(trader_id=TraderId("BENCH-1"), logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    )
    engine.add_venue(
        venue=VENUE, oms_type=OmsType.NETTING, account_type=AccountType.CASH, base_currency=None,
        starting_balances=[Money(CAPITAL, USDT), Money(BASE, BTC)], book_type=BookType.L1_MBP, trade_execution=True,
    )  # fmt: skip
    engine.add_instrument(pair)
    prints_of_it = trades(market)
    engine.add_data(prints_of_it)

    def prepare(*windows: int) -> Any:
        engine.reset()
        engine.clear_strategies()
        strategy = Crossing(*windows)
        engine.add_strategy(strategy)
        return strategy

    def run(strategy: Any, last: float) -> tuple[float, int]:
        engine.run()
        account = engine.cache.account_for_venue(VENUE)
        held = float(account.balance_total(BTC)) - BASE
        return float(account.balance_total(USDT)) - CAPITAL + held * last, strategy.sent

    if kind == "ticks":
        serve(nautilus_trader.__version__, lambda strategy: summary(*run(strategy, market.price[-1])), prepare)
        return
    loaded = [(0, count)]

    def traded(first: int, last: int, fast: int, slow: int) -> tuple[float, int]:
        if loaded != [(first, last)]:
            engine.clear_data()
            engine.add_data(prints_of_it[2 * first : 2 * last])
            loaded[:] = [(first, last)]
        return run(prepare(fast, slow, 2), market.price[2 * last - 1])

    every, folds = int(sys.argv[3]), int(sys.argv[4])
    serve(nautilus_trader.__version__, lambda _: answer(kind, count, every, folds, one_by_one(traded)))


if __name__ == "__main__":
    main()
