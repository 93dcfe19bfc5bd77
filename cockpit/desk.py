"""The desk: what is held, what is ordered, what was decided, and what the account's limits let through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from cockpit.actions import bindings_of
from cockpit.deck import ALWAYS, Pane
from cockpit.filtering import ALL_ROWS, Filtered
from cockpit.live import LiveScreen
from cockpit.panes.conditions import Conditions
from cockpit.panes.facts import Facts
from cockpit.panes.line import Part
from cockpit.panes.orders import OrdersPane
from cockpit.panes.positions import PositionsPane
from cockpit.panes.risk import RiskPane
from cockpit.panes.session import SessionLine
from cockpit.panes.signals import SignalsPane
from core.desk_view import DeskView
from core.view import StrategyRow, View

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: What the line of keys calls the lever that is set already.
_LEVERS = {"normal": "normal", "stop_new": "stop-new", "reduce_only": "reduce only"}

_ABOUT_POSITIONS = ("stops", "part", "flatten", "pause", "details", "nets", "filter", "sort")

_WAITING = "Waiting for the engine …"


class DeskScreen(Filtered):
    """Positions, orders, signals, risk and the conditions of one strategy under the session's line.

    Args:
        live: knows prices, strategies and trades; they are pulled for it whatever is shown.
    """

    NAME = "desk"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("desk"), ALL_ROWS]

    def __init__(self, live: LiveScreen) -> None:
        self.live = live
        self.view: DeskView | None = None
        self._shown: dict[str, tuple[DeskView | None, int]] = {}
        self.session = SessionLine(id="session")
        self.positions = PositionsPane(id="positions")
        self.orders = OrdersPane(id="orders")
        self.signals = SignalsPane(id="signals")
        self.risk = RiskPane(id="risk")
        self._table: PositionsPane | OrdersPane | SignalsPane = self.positions
        self.conditions: Conditions = Conditions(id="conditions")
        super().__init__((self.positions, self.orders, self.signals, self.risk, self.conditions))

    def compose_panes(self) -> Iterable[Widget]:
        yield self.session
        left = Container(self.orders, self.signals, id="left")
        right = Container(self.risk, self.conditions, id="right")
        yield Container(self.positions, left, right, id="floor")
        yield self._filter

    # What the engine said

    def wanted(self) -> list[str]:
        return [*ALWAYS, "desk", "trades"]

    def take(self, view: View) -> None:
        super().take(view)
        if view.desk is not None:
            self.view = view.desk
            self.positions.take(view.desk)
            self.orders.take(view.desk.orders)
            self.signals.take(view.desk.signals)

    @property
    def told(self) -> bool:
        return self.view is not None

    def paint(self, now: float, now_ns: int, trouble: str = "") -> None:
        self.session.paint(self.view if self.header is not None else None, now_ns)
        super().paint(now, now_ns, trouble)

    def paint_pane(self, pane: Pane, now: float, now_ns: int) -> None:
        decimals = self.live.prices.decimals
        if self.view is None or self.header is None:
            if isinstance(pane, Facts):
                pane.show_lines(f"{pane.NUMBER} {pane.TITLE}", [[Part(_WAITING, "muted")]])
            else:
                pane.show([], now, empty=(_WAITING,))
        elif isinstance(pane, PositionsPane | OrdersPane | SignalsPane):
            if self._moved_on(pane, now_ns):
                pane.paint(now, now_ns, decimals)
            pane.beat(now)
        elif pane is self.risk:
            self.risk.paint(self.view, now_ns)
        elif pane is self.conditions:
            self.conditions.follow(self.strategy_id)
            self.conditions.look(cast("CockpitApp", self.app))
            self.conditions.paint(now_ns)

    def _moved_on(self, pane: PositionsPane | OrdersPane | SignalsPane, now_ns: int) -> bool:
        """Whether there is something new to show: what the engine said, or another second for the ages."""
        second, old = now_ns // 1_000_000_000, self._shown.get(pane.TITLE)
        if old is not None and old[0] is self.view and old[1] == second:
            return False
        self._shown[pane.TITLE] = (self.view, second)
        return True

    def _attend(self, pane: Pane) -> None:
        super()._attend(pane)
        if isinstance(pane, PositionsPane | OrdersPane | SignalsPane):
            self._table = pane

    def turn_over(self, pane: PositionsPane | OrdersPane) -> None:
        """Show a pane's other rows."""
        pane.turn_over()
        self._shown.pop(pane.TITLE, None)

    def keys(self) -> list[tuple[str, str]]:
        """Of the levers only those that change something; of what is about positions and the session only where there is one."""
        view, without = self.view, set[str]()
        if view is not None:
            without |= {_LEVERS[view.risk.mode]} if view.risk.mode in _LEVERS else set()
            without |= set() if view.session.state in ("running", "paused") else {"hold", "end"}
            without |= set() if view.positions or self.pane is not self.positions else {*_ABOUT_POSITIONS}
        shown = super().keys()
        return [(key, word) for key, word in shown if word not in without]

    def tab_of(self, pane: Pane) -> str:
        if self.view is not None and pane is self.positions and self.view.positions:
            return f"{pane.TITLE}({len(self.view.positions)})"
        return pane.TITLE

    # What the cursor is on

    @property
    def chosen_strategy(self) -> StrategyRow | None:
        """The strategy of the position under the cursor; None in another pane, or where it is not registered any more."""
        row = self.positions.chosen if self.pane is self.positions else None
        return None if row is None else self.live.strategies.get(row.strategy_id)

    @property
    def strategy_id(self) -> str:
        """The strategy of the row under the cursor, in the table that had the focus last; else of a position, else the first there is;
        '' none."""
        row = self._table.chosen or self.positions.chosen
        if row is not None:
            return row.strategy_id
        first = self.live.strategies.first
        return "" if first is None else first.id
