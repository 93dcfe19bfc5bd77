"""Pane 5: the chart of the symbol under the cursor, or of the equity or drawdown of one strategy or of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType

from cockpit.panes.drawing import Drawing
from cockpit.panes.equity_view import EquityView
from cockpit.panes.indicated import Indicated
from cockpit.panes.price_view import SLOW, PriceView
from cockpit.settings import LeftChart
from core.view import PriceRow, TradeRow


class ChartPane(Drawing, can_focus=True, inherit_bindings=False):
    """One of three views; keys move the crosshair and what is in sight."""

    NUMBER = 5
    TITLE = "Chart"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "cross(-1)", show=False),
        Binding("right", "cross(1)", show=False),
        Binding("shift+left", "cross(-10)", show=False),
        Binding("shift+right", "cross(10)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "page(-100000)", show=False),
        Binding("end", "now", show=False),
        Binding("escape", "leave", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.price = PriceView()
        self.equity = EquityView(deep=False)
        self.drawdown = EquityView(deep=True)
        self.view: PriceView | EquityView = self.price
        self._kinds: dict[PriceView | EquityView, str] = {self.price: "price", self.equity: "equity", self.drawdown: "drawdown"}
        self._own = ""

    def follow(self, symbol: str, name: str, own: str) -> None:
        """Show this symbol under this name, and where it is about one, this strategy."""
        self.price.follow(symbol, name)
        if own:
            self._own = own
            for view in (self.equity, self.drawdown):
                if view.strategy:
                    view.follow(own)

    def paint(self, now: float, price: PriceRow | None, trades: Sequence[TradeRow], own: str = "") -> None:
        """Show what is held at `now`, monotonic seconds; fills of the strategy `own` are named first."""
        self.price.tell(price, trades, own, now)
        self.update_drawing()

    def forget(self) -> None:
        """Hold nothing: all of it is asked for anew."""
        for view in (self.price, self.equity, self.drawdown):
            view.forget()
        self.price.window.reset()

    def ask_soon(self) -> None:
        """Much may have changed at once: ask without waiting."""
        self.price.bars.ask_soon()

    # How it is left

    @property
    def left(self) -> LeftChart:
        """What is to be as it is now the next time."""
        kind, price, drawn = self._kinds[self.view], self.price, self.indicated
        return LeftChart(kind, price.interval, price.window.step, self.equity.span, drawn.drawn, drawn.trend)

    def restore(self, left: LeftChart) -> None:
        """Be as it was left."""
        self.view = next((view for view, kind in self._kinds.items() if kind == left.kind), self.price)
        self.price.restore(left.interval, left.zoom)
        self.indicated.draw(left.drawn, left.trend)
        for view in (self.equity, self.drawdown):
            view.span = left.span

    # What it asks the engine

    def question(self, now: float) -> tuple[str, dict[str, Any]] | None:
        """What to ask now, monotonic seconds; None when nothing is due."""
        return self.view.question(now)

    def slow_question(self, now: float) -> tuple[str, dict[str, Any]] | None:
        """The same of what may take its time: nothing waits behind it."""
        return self.price.slow_question(now) if self.view is self.price else None

    def take(self, what: str, args: dict[str, Any], answer: Any) -> None:
        """Take the answer to a question."""
        for view in self._views(what):
            view.take(what, args, answer)

    def refused(self, what: str, args: dict[str, Any], why: str) -> None:
        """The engine did not answer a question."""
        for view in self._views(what):
            view.refused(what, args, why)

    def _views(self, what: str) -> tuple[PriceView | EquityView, ...]:
        return (self.price,) if what in ("bars", "bar_fills", *SLOW) else (self.equity, self.drawdown)

    # What a person does

    @property
    def indicated(self) -> Indicated:
        """What is drawn on the price besides bars."""
        return self.price.indicated

    def next_kind(self) -> None:
        """Price, equity, drawdown."""
        kinds = list(self._kinds)
        self.view = kinds[(kinds.index(self.view) + 1) % 3]
        self.update_drawing()

    def show_price(self) -> None:
        """The price, whatever is shown."""
        self.view = self.price
        self.update_drawing()

    def step_whose(self) -> str:
        """Equity of all, or of the strategy a person was on last; whose it is now, '' all."""
        whose = "" if self.equity.strategy else self._own
        for view in (self.equity, self.drawdown):
            view.follow(whose)
        if self.view is self.price:
            self.view = self.equity
        self.update_drawing()
        return whose

    def step_interval(self, steps: int) -> None:
        """The next longer or shorter interval; of equity, longer or shorter back."""
        if isinstance(self.view, PriceView):
            self.view.step_interval(steps)
        else:
            self.view.resize(steps)
        self.update_drawing()

    def resize_bars(self, steps: int) -> None:
        """Show more, or less."""
        self.view.resize(steps)
        self.update_drawing()

    @property
    def crossed(self) -> bool:
        """Whether there is a crosshair."""
        return self.view.crossed

    def action_cross(self, steps: int) -> None:
        self.view.cross(steps)
        self._answer()

    def action_page(self, pages: int) -> None:
        self.view.page(pages)
        self._answer()

    def action_now(self) -> None:
        self.view.end()
        self._answer()

    def action_leave(self) -> None:
        self.view.leave()
        self._answer()

    def on_click(self, event: events.Click) -> None:
        self.view.point(event.x - (1 if self.framed else 0))
        self._answer()

    @on(events.MouseScrollDown)
    @on(events.MouseScrollUp)
    def _scroll(self, event: events.MouseEvent) -> None:
        self.resize_bars(1 if isinstance(event, events.MouseScrollDown) else -1)
        self.flush()

    def _answer(self) -> None:
        """What a key did is seen at once."""
        self.update_drawing()
        self.flush()

    @on(events.Focus)
    @on(events.Blur)
    @on(events.Resize)
    def _renew(self) -> None:
        self.update_drawing()
        self.repaint()
