"""nautilus_trader: trade ticks through its backtest engine with its own indicators; the book follows the prints.

An order decided on one print is sent on the next, and fills there.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

import nautilus_trader  # type: ignore[import-not-found]
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

from benchmarks.peers.market import CAPITAL, FAST, FEE, SAME, SIZE, SLOW, Prints, prints, summary
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

    def __init__(self) -> None:
        super().__init__(StrategyConfig())
        self.fast, self.slow = SimpleMovingAverage(FAST), SimpleMovingAverage(SLOW)
        self.wanted, self.long, self.sent = None, False, 0

    def on_start(self) -> None:
        self.qty = Quantity(SIZE, 3)
        self.register_indicator_for_trade_ticks(PAIR, self.fast)
        self.register_indicator_for_trade_ticks(PAIR, self.slow)
        self.subscribe_trade_ticks(PAIR)

    def on_trade_tick(self, _tick: Any) -> None:
        if self.wanted is not None:
            self.submit_order(self.order_factory.market(PAIR, self.wanted, self.qty))
            self.wanted = None
            self.sent += 1
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


def main() -> None:
    market = prints(int(sys.argv[1]))
    pair = instrument()
    engine = BacktestEngine(
        BacktestEngineConfig(trader_id=TraderId("BENCH-1"), logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    )
    engine.add_venue(
        venue=VENUE, oms_type=OmsType.NETTING, account_type=AccountType.CASH, base_currency=None,
        starting_balances=[Money(CAPITAL, USDT), Money(BASE, BTC)], book_type=BookType.L1_MBP, trade_execution=True,
    )  # fmt: skip
    engine.add_instrument(pair)
    engine.add_data(trades(market))

    def prepare() -> Any:
        engine.reset()
        engine.clear_strategies()
        strategy = Crossing()
        engine.add_strategy(strategy)
        return strategy

    def work(strategy: Any) -> dict[str, Any]:
        engine.run()
        account = engine.cache.account_for_venue(VENUE)
        held = float(account.balance_total(BTC)) - BASE
        return summary(float(account.balance_total(USDT)) - CAPITAL + held * market.price[-1], strategy.sent)

    serve(nautilus_trader.__version__, work, prepare)


if __name__ == "__main__":
    main()
