"""The main screen: header, four live panes, keys. It decides what is shown where, and hands each pane its part of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets._input import Input

from cockpit.actions import keys_for
from cockpit.panes.alerts import AlertsPane
from cockpit.panes.detail import DetailPane
from cockpit.panes.grid import LiveGrid
from cockpit.panes.header import HeaderLine
from cockpit.panes.lines import KeyLine, TabLine
from cockpit.panes.prices import PricesPane
from cockpit.panes.strategies import StrategiesPane
from cockpit.panes.trades import TradesPane
from core.view import AlertRow, HeaderView, StrategyRow, TradeRow, View

if TYPE_CHECKING:
    from textual.events import DescendantFocus, Resize

Shape: TypeAlias = Literal["tiled", "stacked", "single"]


def shape_of(size: Size) -> Shape:
    """Two columns of panes where there is room, else all below each other, else one at a time."""
    if size.width < 100 or size.height < 30:
        return "single"
    return "tiled" if size.width >= 150 else "stacked"


class FilterLine(Input):
    """Where the text of a filter is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "screen.close_filter", "all rows")]


class LiveScreen(Screen[None]):
    """Prices, strategies, trades and alerts."""

    def __init__(self) -> None:
        super().__init__(id="live")
        self.header: HeaderView | None = None
        self.prices = PricesPane(id="prices")
        self.strategies = StrategiesPane(id="strategies")
        self.detail = DetailPane(id="detail")
        self.trades = TradesPane(id="trades")
        self.alerts = AlertsPane(id="alerts")
        self.panes: tuple[LiveGrid, ...] = (self.prices, self.strategies, self.trades, self.alerts)
        self.pane: LiveGrid = self.prices
        self._left = Container(self.prices, self.strategies, self.detail, id="left")
        self._right = Container(self.trades, self.alerts, id="right")
        self._maximised = False
        self._header_line = HeaderLine(id="header")
        self._tabs = TabLine(id="tabs")
        self._keys = KeyLine(id="keys")
        self._filter = FilterLine(id="filter", compact=True, placeholder="text in a row", max_length=60)

    def compose(self) -> ComposeResult:
        yield self._header_line
        yield self._tabs
        yield Container(self._left, self._right, id="deck")
        yield self._filter
        yield self._keys

    def on_mount(self) -> None:
        self.prices.focus()

    # Shape

    def on_resize(self, event: Resize) -> None:
        self._reshape()

    def _reshape(self) -> None:
        shape = "single" if self._maximised else shape_of(self.size)
        for name in ("tiled", "stacked", "single"):
            self.set_class(name == shape, f"-{name}")
        for pane in self.panes:
            pane.framed = shape != "single"
            pane.set_class(pane is self.pane, "-current")
        self._left.set_class(self.pane in (self.prices, self.strategies), "-current")
        self._right.set_class(self.pane in (self.trades, self.alerts), "-current")
        self._paint_lines()

    @property
    def single(self) -> bool:
        """Whether one pane is shown at a time."""
        return self.has_class("-single")

    def maximise(self) -> None:
        """Give the pane the whole screen, or give it back."""
        self._maximised = not self._maximised
        self._reshape()

    def go(self, number: int, key: str = "") -> None:
        """Focus a pane, and put its cursor on a row."""
        pane = self.panes[number - 1]
        if key:
            pane.listing.want(key)
        self._attend(pane)
        pane.focus()

    def _attend(self, pane: LiveGrid) -> None:
        if pane is not self.pane:
            self.pane = pane
            self._reshape()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, LiveGrid):
            self._attend(event.widget)

    def on_tab_line_picked(self, event: TabLine.Picked) -> None:
        self.go(event.number)

    # Filter

    def open_filter(self) -> None:
        """Let a person type the pane's filter."""
        self._filter.value = self.pane.listing.needle
        self._filter.add_class("-open")
        self._filter.focus()

    @on(Input.Changed, "#filter")
    def _seek(self, event: Input.Changed) -> None:
        if self._filter.has_class("-open"):
            self.pane.seek(event.value)

    @on(Input.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self._filter.remove_class("-open")
        self.pane.focus()

    def action_close_filter(self) -> None:
        """All rows again."""
        self.pane.seek("")
        self._keep_filter()

    # What the engine said

    def wanted(self) -> list[str]:
        """The views to pull: of the panes in sight, and the header and the alerts, which matter everywhere."""
        shown = [self.pane_name] if self.single else [pane.id or "" for pane in self.panes]
        return list(dict.fromkeys(["header", "alerts", *shown]))

    def take(self, view: View) -> None:
        """Keep what changed."""
        if view.header is not None:
            self.header = view.header
        if view.prices is not None:
            self.prices.take(view.prices)
        if view.strategies is not None:
            self.strategies.take(view.strategies)
        if view.trades is not None:
            self.trades.take(view.trades)
        if view.alerts is not None:
            self.alerts.take(view.alerts)

    def paint(self, now: float, now_ns: int, trouble: str = "") -> None:
        """Show what is held as of now: `now` in monotonic seconds, `now_ns` the engine's time; `trouble`: why there is none."""
        self._header_line.paint(self.header, now_ns, trouble)
        alarm = self.mode == "live"
        for pane in self.panes:
            pane.set_state(alarm=alarm, away=bool(trouble))
            if self.single and pane is not self.pane:
                continue
            if self.header is None:
                pane.show([], now, empty=("Waiting for the engine …",))
            elif pane is self.prices:
                self.prices.paint(now, now_ns, self.header)
            elif pane is self.strategies:
                self.strategies.paint(now, self.prices.decimals, self.prices.last)
            elif pane is self.trades:
                self.trades.paint(now, now_ns, self.prices.decimals)
            elif pane is self.alerts:
                self.alerts.paint(now, now_ns)
            pane.beat(now)
        self.detail.alarm = alarm
        self._paint_detail()
        self._paint_lines()

    @on(LiveGrid.Moved)
    def _paint_detail(self) -> None:
        chosen = self.strategies.get(self.strategies.listing.cursor_key)
        self.set_class(self.has_class("-tiled") and self.size.height >= 40 and chosen is not None, "-detailed")
        if chosen is not None and self.has_class("-detailed"):
            self.detail.paint(chosen)

    def _paint_lines(self) -> None:
        opened = self.alerts.open
        titles = [(pane.NUMBER, f"{pane.TITLE}({opened})" if pane is self.alerts and opened else pane.TITLE) for pane in self.panes]
        self._tabs.paint(titles, self.pane.NUMBER)
        self._keys.paint(keys_for(self.pane_name))

    # What the cursor is on

    @property
    def mode(self) -> str:
        """paper, live, demo or replay; '' before the engine said."""
        return self.header.mode if self.header else ""

    @property
    def pane_name(self) -> str:
        """The pane with the focus."""
        return self.pane.id or ""

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
