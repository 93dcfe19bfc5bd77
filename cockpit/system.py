"""The system screen: what keeps the engine going. Workers on top, below them feeds, store, latency and the engine itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from cockpit.actions import bindings_of
from cockpit.deck import ALWAYS, Deck, Pane
from cockpit.panes.facts import Facts
from cockpit.panes.feeds import FeedsPane
from cockpit.panes.latency import LatencyPane
from cockpit.panes.line import Part
from cockpit.panes.process import ProcessPane
from cockpit.panes.store import StorePane
from cockpit.panes.workers import WorkersPane
from core.system_view import SystemView
from core.view import View


class SystemScreen(Deck):
    """Workers, feeds, store, latency, engine; pulled only while it is shown."""

    NAME = "system"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("system")]

    def __init__(self) -> None:
        self.pool = WorkersPane(id="workers")
        self.feeds = FeedsPane(id="feeds")
        self.store = StorePane(id="store")
        self.latency = LatencyPane(id="latency")
        self.process = ProcessPane(id="process")
        self.view: SystemView | None = None
        super().__init__((self.pool, self.feeds, self.store, self.latency, self.process))

    def compose_panes(self) -> Iterable[Widget]:
        upper = Container(self.feeds, self.store, id="upper")
        lower = Container(self.latency, self.process, id="lower")
        yield Container(self.pool, upper, lower, id="plant")

    def wanted(self) -> list[str]:
        return [*ALWAYS, "system"]

    def take(self, view: View) -> None:
        super().take(view)
        if view.system is not None:
            self.view = view.system
            self.pool.take(view.system.workers)

    def paint_pane(self, pane: Pane, now: float, now_ns: int) -> None:
        view, header = self.view, self.header
        if view is None or header is None:
            if isinstance(pane, Facts):
                pane.show_lines(f"{pane.NUMBER} {pane.TITLE}", [[Part("Waiting for the engine …", "muted")]])
            else:
                pane.show([], now, empty=("Waiting for the engine …",))
        elif pane is self.pool:
            self.pool.paint(now)
        elif pane is self.feeds:
            self.feeds.paint(view.feeds, now_ns)
        elif pane is self.store:
            self.store.paint(view.store)
        elif pane is self.latency:
            self.latency.paint(view.stages)
        elif pane is self.process:
            self.process.paint(view.process, header, now_ns)
