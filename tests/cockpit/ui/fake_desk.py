"""A desk that has something of everything: a session near its target, stops near the mark, orders in many states, limits reached."""

from __future__ import annotations

from typing import Any

import msgspec
from fake_engine import NOON, SECOND, FakeEngine, strategy_row

from core.desk_view import (
    AccountRow,
    BlockRow,
    ConditionRow,
    ConditionsView,
    DeskView,
    LimitRow,
    NetRow,
    OrderRow,
    PositionRow,
    RiskView,
    SessionRow,
    SignalRow,
)

BTC, ETH, XRP = "binance:BTCUSDT", "binance:ETHUSDT", "binance:XRPUSDT"
MINUTE = 60 * SECOND


TREE = ConditionsView(
    "surge-1", NOON - 2 * 10**9, "signal detected", "signal detected", NOON - 65 * 10**9,
    [
        ConditionRow("signal", 0, "all", None, None, "TRUE"),
        ConditionRow("signal", 1, "surge.ratio gte 1", 1.3442, 1.0, "TRUE"),
        ConditionRow("signal", 1, "any", None, None, "TRUE"),
        ConditionRow("signal", 2, "rsi gte 70", 71.25, 70.0, "TRUE"),
        ConditionRow("signal", 2, "spread.pct between 0 0.05", None, 0.0, "ERROR"),
        ConditionRow("entry", 0, "all", None, None, "FALSE"),
        ConditionRow("entry", 1, "price gt fast.sma", 61_686.01, 61_700.5, "FALSE"),
        ConditionRow("close", 0, "any", None, None, "PENDING"),
        ConditionRow("close", 1, "unrealized_pnl_pct gte 1", None, 1.0, "PENDING"),
    ],
)  # fmt: skip


def session_row(**changes: Any) -> SessionRow:
    """A session of half a day that made most of its week's target."""
    row = SessionRow("running", "week-47", NOON - 11_220 * SECOND, 0, 212.4, 96.25, 318.9, -41.07, 500.0)
    return msgspec.structs.replace(row, **changes)


def account_row(**changes: Any) -> AccountRow:
    """An account that is long by half its equity."""
    return msgspec.structs.replace(AccountRow(10_318.9, 10_000.0, 36_210.4, 12_400.2, 3.51, 3.1, 1.42, 0.58, 41), **changes)


def position_row(strategy_id: str = "sma-1", symbol: str = BTC, **changes: Any) -> PositionRow:
    """Half a coin, long since three hours, its stop near."""
    row = PositionRow(
        strategy_id, symbol, 0.5, 61_650.0, 61_686.01, 18.0, 42.1, 12.34, 61_450.0, 64_732.5, 61_400.25, 61_912.5, NOON - 11_220 * SECOND
    )
    return msgspec.structs.replace(row, **changes)


def net_row(symbol: str = BTC, **changes: Any) -> NetRow:
    """Two strategies long, one short."""
    row = NetRow(symbol, 0.35, 0.65, 61_642.1, 61_655.25, 61_686.01, 15.37, 38.4, 20.11, -1.25, ["sma-1", "mom-3"])
    return msgspec.structs.replace(row, **changes)


def order_row(number: int = 1, **changes: Any) -> OrderRow:
    """A limit order that is partly filled."""
    row = OrderRow(
        f"ord-{number}", "sma-1", BTC, "buy", "limit", "partly filled", 0.5, 0.2, 61_600.0, 61_599.5, "signal", NOON - 95 * SECOND,
        NOON - 12 * SECOND,
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


def signal_row(age_s: int = 2, **changes: Any) -> SignalRow:
    """A purchase that was ordered."""
    row = SignalRow(NOON - age_s * SECOND, "sma-1", BTC, "buy", 1.0, 0.82, "fast crossed above slow", 61_650.0, "ordered")
    return msgspec.structs.replace(row, **changes)


def risk_view(**changes: Any) -> RiskView:
    """Nothing new is opened, since the drawdown came near."""
    limits = [
        LimitRow("drawdown", 3.1, 5.0, "%", "ok", "stop-new"),
        LimitRow("open positions", 3, 3, "", "reached", "a fourth is not opened"),
        LimitRow("leverage", 1.75, 2.0, "", "near", "what is over it is not opened"),
        LimitRow("value of one symbol", 31.2, 50.0, "%", "ok"),
        LimitRow("stale price", 0.4, 10.0, "s", "ok", "nothing is opened on an old price"),
        LimitRow("week's target", 318.9, 500.0, "USDT", "ok", "stop-new until Monday"),
        LimitRow("value of one strategy", None, None, "%", "off"),
        LimitRow("value of a group", None, None, "%", "off"),
    ]
    blocks = [
        BlockRow(NOON - 9 * SECOND, "macd", ETH, "open positions 3 of 3", 2.0, 2_684.1),
        BlockRow(NOON - 61 * SECOND, "sma-1", BTC, "leverage 2.31 of 2.00", 0.5, 61_700.5),
        BlockRow(NOON - 3_700 * SECOND, "mom-3", XRP, "spread 0.9 % > 0.5 %", -1_200.0, 0.6021),
    ]
    return msgspec.structs.replace(RiskView("normal", "", 0, limits, blocks), **changes)


def desk_view(**changes: Any) -> DeskView:
    """All of it."""
    positions = [
        position_row(),
        position_row("rsi-2", ETH, qty=-2.0, entry=2_690.4, mark=2_684.1, unrealised=12.6, realised=-3.2, fees=4.1, stop_loss=2_693.2,
                     take_profit=None, trailing=None, best=2_671.05, opened_ns=NOON - 700 * SECOND, state="reducing to 50 %"),
        position_row("mom-3", XRP, qty=1_200.0, entry=0.6043, mark=0.6021, unrealised=-2.64, realised=0.0, fees=0.29, stop_loss=None,
                     take_profit=0.6345, trailing=None, best=None, opened_ns=NOON - 200_000 * SECOND),
    ]  # fmt: skip
    nets = [
        net_row(),
        net_row(ETH, qty=-2.0, gross=2.0, average=2_690.4, fifo=2_690.4, mark=2_684.1, unrealised=12.6, realised=-3.2, fees=4.1,
                funding=0.0, strategies=["rsi-2"]),
    ]  # fmt: skip
    orders = [
        order_row(1),
        order_row(2, strategy_id="rsi-2", symbol=ETH, side="sell", kind="market", state="submitted", qty=1.0, filled=0.0, price=None,
                  average=None, reason="reduce", decided_ns=NOON - 3 * SECOND),
        order_row(3, strategy_id="macd", symbol=ETH, state="rejected", qty=2.0, filled=0.0, price=2_680.0, average=None, reason="signal",
                  detail="insufficient margin", changed_ns=NOON - 130 * SECOND),
        order_row(4, state="filled", qty=0.5, filled=0.5, average=61_649.9, changed_ns=NOON - 11_219 * SECOND),
        order_row(5, strategy_id="mom-3", symbol=XRP, state="cancelled", qty=1_200.0, filled=300.0, price=0.6, average=0.6,
                  detail="rested for 60 s", changed_ns=NOON - 4_000 * SECOND),
        order_row(6, strategy_id="boll-4", side="sell", kind="stop", state="unknown", filled=0.0, price=61_000.0, average=None,
                  reason="stop_loss", detail="the venue does not answer"),
    ]  # fmt: skip
    signals = [
        signal_row(),
        signal_row(9, strategy_id="macd", symbol=ETH, confidence=0.41, price=2_684.1, reason="histogram turned up",
                   outcome="blocked: open positions 3 of 3"),
        signal_row(40, strategy_id="rsi-2", symbol=ETH, side="hold", target=-1.0, confidence=None, price=2_685.3, reason="",
                   outcome="nothing to do"),
        signal_row(61, side="sell", target=-1.0, confidence=0.64, price=61_700.5, reason="fast crossed below slow",
                   outcome="blocked: leverage 2.31 of 2.00"),
        signal_row(86_500, strategy_id="boll-4", side="sell", target=0.0, confidence=1.0, price=60_100.0, reason="back at the mean",
                   outcome="paused"),
    ]  # fmt: skip
    view = DeskView(session_row(), account_row(), positions, nets, orders, signals, risk_view())
    return msgspec.structs.replace(view, **changes)


def empty_desk() -> DeskView:
    """A desk where nobody did anything yet."""
    return DeskView(SessionRow("none"), AccountRow(10_000.0, 10_000.0, 0.0, 0.0, 0.0, 0.0, None, None, 0), [], [], [], [],
                    RiskView("normal", "", 0, [], []))  # fmt: skip


def with_desk(engine: FakeEngine, desk: DeskView | None = None) -> FakeEngine:
    """An engine that shows this desk, and strategies that hold what is on it."""
    engine.desk = desk_view() if desk is None else desk
    engine.answers["conditions"] = lambda args: msgspec.structs.replace(TREE, strategy_id=args["id"])
    held = [
        strategy_row("rsi-2", name="rsi", symbols=[ETH], position=-2.0, entry=2_690.4),
        strategy_row("mom-3", name="momentum", symbols=[XRP], position=1_200.0, entry=0.6043),
    ]
    engine.strategies = [*engine.strategies, *held] if engine.desk.positions else []
    engine.moved("desk", "strategies")
    return engine


def many(count: int, moved: float = 0.0) -> DeskView:
    """So many rows of each; the marks have `moved`."""
    desk = desk_view()
    return desk_view(
        positions=[position_row(f"s-{at:03d}", mark=61_686.01 + at % 7 + moved, opened_ns=NOON - at * MINUTE) for at in range(count)],
        orders=[msgspec.structs.replace(desk.orders[at % 6], order_id=f"ord-{at}") for at in range(count)],
        signals=[msgspec.structs.replace(desk.signals[at % 5], ts_ns=NOON - at * SECOND) for at in range(count)],
        risk=risk_view(blocks=[desk.risk.blocks[at % 3] for at in range(count)]),
    )
