"""The main screen: prices, strategies, trades, alerts. It decides what is shown where, and hands each pane its part of a view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from cockpit.actions import bindings_of
from cockpit.curious import Curious
from cockpit.deck import ALWAYS, Pane
from cockpit.filtering import ALL_ROWS, Filtered
from cockpit.panes.alerts import AlertsPane
from cockpit.panes.chart import ChartPane
from cockpit.panes.detail import DetailPane
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import PricesPane
from cockpit.panes.strategies import StrategiesPane
from cockpit.panes.tape import TapePane
from cockpit.panes.trades import TradesPane
from core.view import AlertRow, StrategyRow, TradeRow, View

#: Views that panes are made of, where they have not one of their own name.
NEEDS = {"chart": ("prices", "trades"), "tape": ("prices",)}


class LiveScreen(Filtered):
    """Prices, strategies, trades and alerts."""

    NAME = "live"
    LAYOUTS = ("even", "chart", "strategies")
    VERTICAL_BREAKPOINTS = [(0, "-low"), (38, "-high")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("live"), ALL_ROWS]

    def __init__(self) -> None:
        self.prices = PricesPane(id="prices")
        self.strategies = StrategiesPane(id="strategies")
        self.detail = DetailPane(id="detail")
        self.trades = TradesPane(id="trades")
        self.alerts = AlertsPane(id="alerts")
        self.chart = ChartPane(id="chart")
        self.tape = TapePane(id="tape")
        self.curious = Curious(self)
        self._charted = ("", "")
        super().__init__((self.prices, self.strategies, self.trades, self.alerts, self.chart, self.tape))

    def compose_panes(self) -> Iterable[Widget]:
        left = Container(self.prices, self.strategies, self.detail, id="left")
        right = Container(self.chart, self.trades, self.tape, self.alerts, id="right")
        yield Container(left, right, id="deck")
        yield self._filter

    # What the engine said

    def wanted(self) -> list[str]:
        """The views to pull: of the panes in sight, and what matters everywhere."""
        shown = [self.pane_name] if self.single else [pane.id or "" for pane in self.panes]
        needed = [view for pane in shown for view in NEEDS.get(pane, (pane,))]
        return list(dict.fromkeys([*ALWAYS, *needed]))

    def take(self, view: View) -> None:
        """Keep what changed."""
        super().take(view)
        if view.prices is not None:
            self.prices.take(view.prices)
        if view.strategies is not None:
            self.strategies.take(view.strategies)
        if view.trades is not None:
            self.trades.take(view.trades)
        if view.alerts is not None:
            self.alerts.take(view.alerts)

    def forget(self) -> None:
        """What was drawn is not so any more: a replay went back."""
        self.chart.forget()
        self.tape.forget()

    def paint(self, now: float, now_ns: int, trouble: str = "") -> None:
        super().paint(now, now_ns, trouble)
        self.detail.set_state(alarm=self.mode == "live", away=bool(trouble))
        self._paint_detail()

    def paint_pane(self, pane: Pane, now: float, now_ns: int) -> None:
        if pane is self.chart or pane is self.tape:
            self._paint_charted(now)
        elif self.header is None:
            assert isinstance(pane, LiveGrid)
            pane.show([], now, empty=("Waiting for the engine …",))
        elif pane is self.prices:
            self.prices.paint(now, now_ns, self.header)
        elif pane is self.strategies:
            self.strategies.paint(now, self.prices.decimals, self.prices.last)
        elif pane is self.trades:
            self.trades.paint(now, now_ns, self.prices.decimals)
        elif pane is self.alerts:
            self.alerts.paint(now, now_ns)
        if isinstance(pane, LiveGrid):
            pane.beat(now)

    def _paint_charted(self, now: float) -> None:
        symbol, own = self.follow_cursor()
        if self.in_sight(self.chart):
            self.chart.paint(now, self.prices.get(symbol), self.trades.held, own)
        if self.in_sight(self.tape):
            self.tape.paint(now)

    def follow_cursor(self) -> tuple[str, str]:
        """Have chart and tape show what the cursor is on: (symbol, strategy)."""
        symbol, own = self.charted
        places, name = self.prices.decimals(symbol), self.prices.called(symbol)
        self.chart.follow(symbol, name, own)
        self.tape.follow(symbol, name, 2 if places is None else places)
        return symbol, own

    def in_sight(self, pane: Pane) -> bool:
        """Whether a pane is shown: the chart has a place of its own only where there is room, the tape has that of the trades."""
        if pane is self.pane or self.single:
            return pane is self.pane
        away = self.trades if self.has_class("-taped") else self.tape
        return pane is not away and (pane is not self.chart or self.has_class("-tiled") or self.has_class("-high"))

    @property
    def charted(self) -> tuple[str, str]:
        """The symbol the chart is of, and the strategy it is about: those under the cursor where a person was last."""
        if self.pane is self.strategies and (row := self.strategies.get(self.strategies.listing.cursor_key)) is not None and row.symbols:
            self._charted = (row.symbols[0], row.id)
        elif self.pane is self.trades and (trade := self.chosen_trade) is not None:
            self._charted = (trade.symbol, trade.strategy_id)
        elif self.pane is self.prices or self._charted[0] not in self.prices.symbols:
            known = self.prices.symbols  # a filter may leave no row to be on
            kept = self._charted[0] if self._charted[0] in known else next(iter(known), "")
            self._charted = (self.prices.listing.cursor_key or kept, "")
        return self._charted

    def reshape(self) -> None:
        self.set_class(self.pane is self.chart, "-charted")
        if self.pane in (self.trades, self.tape):
            self.set_class(self.pane is self.tape, "-taped")
        super().reshape()

    @on(LiveGrid.Moved)
    def _paint_detail(self) -> None:
        chosen = self.strategies.get(self.strategies.listing.cursor_key)
        self.set_class(self.has_class("-tiled") and self.size.height >= 40 and chosen is not None, "-detailed")
        if chosen is not None and self.has_class("-detailed"):
            self.detail.paint(chosen)

    def tab_of(self, pane: Pane) -> str:
        if pane is self.tape and pane is self.pane:
            return f"{pane.TITLE} {self.tape.called}".rstrip()
        return f"{pane.TITLE}({self.alerts.open})" if pane is self.alerts and self.alerts.open else pane.TITLE

    # What the cursor is on

    @property
    def chosen_trade(self) -> TradeRow | None:
        """The trade under the cursor of the trade log."""
        return self.trades.get(self.trades.listing.cursor_key)

    @property
    def chosen_alert(self) -> AlertRow | None:
        """The alert under the cursor."""
        return self.alerts.get(self.alerts.listing.cursor_key)

    @property
    def chosen_strategy(self) -> StrategyRow | None:
        """The strategy the cursor is on, or that of the trade it is on; None in another pane."""
        if self.pane is self.strategies:
            return self.strategies.get(self.strategies.listing.cursor_key)
        if self.pane is self.trades and self.chosen_trade is not None:
            return self.strategies.get(self.chosen_trade.strategy_id)
        return None
