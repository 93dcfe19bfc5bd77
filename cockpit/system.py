"""The system screen: what keeps the engine going, and what it was told, recorded and logged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from cockpit.actions import bindings_of
from cockpit.deck import ALWAYS, Deck, Pane
from cockpit.panes.commands import CommandsPane
from cockpit.panes.coverage import CoveragePane
from cockpit.panes.facts import Facts
from cockpit.panes.feeds import FeedsPane
from cockpit.panes.latency import LatencyPane
from cockpit.panes.line import Part
from cockpit.panes.log import LogPane
from cockpit.panes.process import ProcessPane
from cockpit.panes.store import StorePane
from cockpit.panes.workers import WorkersPane
from core.system_view import CoverageRow, SystemView
from core.view import View


class SystemScreen(Deck):
    """Workers, feeds, store, latency, engine; pulled only while it is shown."""

    NAME = "system"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("system")]

    def __init__(self, home: Path) -> None:
        self.pool = WorkersPane(id="workers")
        self.feeds = FeedsPane(id="feeds")
        self.store = StorePane(id="store")
        self.latency = LatencyPane(id="latency")
        self.process = ProcessPane(id="process")
        self.view: SystemView | None = None
        self.commands = CommandsPane(id="commands")
        self.coverage = CoveragePane(id="coverage")
        self.engine_log = LogPane(home, id="log")
        self.strips: list[CoverageRow] | None = None
        super().__init__((self.pool, self.feeds, self.store, self.latency, self.process, self.commands, self.coverage, self.engine_log))

    def compose_panes(self) -> Iterable[Widget]:
        upper = Container(self.feeds, self.store, id="upper")
        lower = Container(self.latency, self.process, id="lower")
        records = Container(self.commands, self.coverage, id="records")
        yield Container(self.pool, upper, lower, records, self.engine_log, id="plant")

    def reshape(self) -> None:
        """Where there is no room for all of them at once, the records take the place of the figures while one of them has the focus."""
        self.set_class(self.pane in (self.commands, self.coverage, self.engine_log), "-records")
        super().reshape()

    def wanted(self) -> list[str]:
        return [*ALWAYS, "system", "trail", "coverage"]

    def take(self, view: View) -> None:
        super().take(view)
        if view.system is not None:
            self.view = view.system
            self.pool.take(view.system.workers)
        if view.trail is not None:
            self.commands.take(view.trail)
        if view.coverage is not None:
            self.strips = view.coverage

    @property
    def told(self) -> bool:
        return self.view is not None

    def paint_pane(self, pane: Pane, now: float, now_ns: int) -> None:
        view, header = self.view, self.header
        if pane is self.engine_log:  # a file: there also when the engine is not
            self.engine_log.paint(now)
        elif view is None or header is None:
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
            self.process.paint(view.process, header, now_ns, view.analyst, view.channels, view.sources)
        elif pane is self.commands:
            self.commands.paint(now, now_ns)
        elif pane is self.coverage:
            self.coverage.paint(self.strips)
