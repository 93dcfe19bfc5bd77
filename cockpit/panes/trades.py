"""Pane 3: the trade log, newest first: every fill, and every order that was blocked with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from cockpit import figures
from cockpit.panes.columns import Cell, Column, Row
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import bare, sign_tone
from cockpit.text import clean
from core.view import TradeRow

_SIDES = {"buy": "up", "sell": "down"}
_REASONS = {
    "signal": "", "stop_loss": "stop loss", "take_profit": "take profit", "trailing": "trailing", "flatten": "flatten", "reduce": "reduce",
    "time_stop": "time stop", "break_even": "break even", "drawdown": "drawdown", "daily_loss": "daily loss",
}  # fmt: skip


class TradesPane(LiveGrid):
    """What the strategies did."""

    NUMBER = 3
    TITLE = "Trades"
    LOG = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", least=8, most=14),
        Column("id", least=5, most=18),
        Column("symbol", least=8, most=14, drop=1),
        Column("side", least=4, most=7),
        Column("qty", "point", least=4),
        Column("price", "point"),
        Column("rPnL", "point", least=6, drop=2, means="P&L of what this fill closed, before fees, quote currency"),
        Column("fee", "point", drop=4, means="of this fill, quote currency"),
        Column("", least=11, most=24, drop=5, grow=True),
    )

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._held: list[TradeRow] = []
        self._made: dict[str, tuple[TradeRow, Row]] = {}

    def take(self, trades: list[TradeRow]) -> None:
        """Keep the engine's rows."""
        self._held = trades

    def paint(self, now: float, now_ns: int, decimals: Callable[[str], int | None]) -> None:
        """Show what is held as of `now_ns`."""
        made: dict[str, tuple[TradeRow, Row]] = {}
        for trade in self._held:
            key = trade_key(trade)
            old = self._made.get(key)
            made[key] = old if old is not None and old[0] == trade else (trade, trade_row(trade, now_ns, decimals))
        self._made = made
        midnight = now_ns - now_ns % 86_400_000_000_000
        today = sum(trade.kind == "fill" and trade.ts_ns >= midnight for trade in self._held)
        blocked = sum(trade.kind == "blocked" for trade in self._held)
        note = f"today {today}" + (f", {blocked} blocked" if blocked else "") if self._held else ""
        empty = ("No trade yet.", "Fills appear here, and orders that were blocked with the reason.")
        self.show([row for _, row in made.values()], now, note=note, empty=empty)

    @property
    def held(self) -> list[TradeRow]:
        """All of them, newest first."""
        return self._held

    def get(self, key: str) -> TradeRow | None:
        """The trade of a row's key."""
        found = self._made.get(key)
        return None if found is None else found[0]


def trade_key(trade: TradeRow) -> str:
    """What tells trades apart; a blocked order has no fill id."""
    return trade.fill_id or f"{trade.ts_ns}:{trade.strategy_id}:{trade.symbol}:{trade.reason}"


def funding_words(trade: TradeRow) -> str:
    """What a position paid or received, at which price of it."""
    done = "paid" if trade.fee > 0 else "received"
    return f"funding {done}: {abs(trade.fee):,.4g} on {figures.quantity(trade.position, sign=True)} at {trade.price:,.8g}"


def trade_row(trade: TradeRow, now_ns: int, decimals: Callable[[str], int | None]) -> Row:
    """One line of the log."""
    places = decimals(trade.symbol)
    reason = clean(trade.reason)
    opened = trade.realised == 0
    cells = (
        Cell(figures.moment(trade.ts_ns, now_ns), "muted"),
        Cell(clean(trade.strategy_id), "strong"),
        Cell(bare(trade.symbol)),
        Cell(clean(trade.side), _SIDES.get(trade.side, "plain")),
        Cell(figures.quantity(trade.qty), "plain", trade.qty),
        Cell(figures.number(trade.price, 2 if places is None else places), "plain", trade.price),
        Cell("" if opened else figures.signed(trade.realised), sign_tone(trade.realised), trade.realised),
        Cell(figures.number(trade.fee, 2), "muted", trade.fee),
        Cell(_REASONS.get(trade.reason, reason), "warn"),
    )
    if trade.kind == "fill":
        return Row(trade_key(trade), cells)
    words, tone = (funding_words(trade), "muted") if trade.kind == "funding" else (f"blocked: {reason}", "warn")
    blank = (Cell(""),) * (len(cells) - 3)
    return Row(trade_key(trade), (*cells[:3], *blank), span=(3, Cell(words, tone)))
