"""The analyst's screen: which way markets go, how two of them hang together, and what indicators say now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from cockpit.actions import bindings_of
from cockpit.deck import ALWAYS, Deck, Pane
from cockpit.inquiry import Question, inquire
from cockpit.panes.correlations import CorrelationsPane
from cockpit.panes.grid import LiveGrid
from cockpit.panes.indicator_values import IndicatorsPane
from cockpit.panes.line import Part
from cockpit.panes.matrix import Matrix
from cockpit.panes.pair import PairPane
from cockpit.panes.prices import bare
from cockpit.panes.scanner import ScannerPane
from cockpit.panes.trends import TrendsPane
from core.view import View

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


class AnalystScreen(Deck):
    """Trends, a pair, correlations, a scan of pairs, indicators. What it shows is asked for once a second, only while it is in sight.

    Attributes:
        symbols: those that are streamed, in the engine's order.
    """

    NAME = "analyst"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("analyst")]

    def __init__(self) -> None:
        self.trends = TrendsPane(id="trends")
        self.pair = PairPane(id="pair")
        self.correlations = CorrelationsPane(id="correlations")
        self.scanner = ScannerPane(id="scanner")
        self.indicators = IndicatorsPane(id="indicators")
        self.symbols: list[str] = []
        super().__init__((self.trends, self.pair, self.correlations, self.scanner, self.indicators))

    def compose_panes(self) -> Iterable[Widget]:
        yield Container(*self.panes, id="survey")

    # What the engine said

    def wanted(self) -> list[str]:
        return [*ALWAYS, "prices"]

    def take(self, view: View) -> None:
        super().take(view)
        if view.prices is not None:
            self.symbols = [row.symbol for row in view.prices]

    def look(self, app: CockpitApp) -> None:
        """Ask what the panes in sight want to know, while this screen is the one that is shown."""
        if app.deck is self and any(map(self.has_class, ("-tiled", "-stacked", "-single"))):  # else nothing is in sight yet
            self._choose_first()
            shown: list[Question[Any]] = [
                pane.question
                for pane in (self.trends, self.pair, self.correlations, self.scanner, self.indicators)
                if not self.single or pane is self.pane
            ]
            inquire(app, shown)

    def _choose_first(self) -> None:
        """Where nothing is chosen yet: the first two symbols, and the first."""
        if not self.pair.spec.name and len(self.symbols) > 1:
            a, b = self.scanner.pair or (self.symbols[0], self.symbols[1])
            self.pair.choose(a=a, b=b)
        symbol = self.symbol
        if symbol != self.indicators.symbol:
            self.indicators.follow(symbol)

    @property
    def symbol(self) -> str:
        """The symbol under the cursor of the trends, or the first there is; '' there is none."""
        chosen = self.trends.cursor[0]
        return chosen if chosen in self.symbols else next(iter(self.symbols), "")

    def paint_pane(self, pane: Pane, now: float, now_ns: int) -> None:
        if self.header is None:
            if isinstance(pane, LiveGrid):
                pane.show([], now, empty=("Waiting for the engine …",))
            elif isinstance(pane, Matrix):
                pane.say(f"{pane.NUMBER} {pane.TITLE}", [[Part("Waiting for the engine …", "muted")]])
            else:
                pane.show_lines(f"{pane.NUMBER} {pane.TITLE}", [[Part("Waiting for the engine …", "muted")]])
        elif isinstance(pane, TrendsPane | PairPane | CorrelationsPane | ScannerPane | IndicatorsPane):
            pane.question.now_ns = now_ns
            self._paint_answered(pane, now, now_ns)
        if isinstance(pane, LiveGrid):
            pane.beat(now)

    def _paint_answered(self, pane: Pane, now: float, now_ns: int) -> None:
        if pane is self.trends:
            self.trends.paint()
        elif pane is self.pair:
            self.pair.paint()
        elif pane is self.correlations:
            self.correlations.paint()
        elif pane is self.scanner:
            self.scanner.paint(now)
        elif pane is self.indicators:
            self.indicators.paint(now, now_ns)

    @on(LiveGrid.Moved)
    @on(Matrix.Moved)
    def _follow_cursor(self) -> None:
        """The pair is that of the cursor where it moves over pairs, the indicators those of its symbol."""
        if self.pane is self.trends or self.pane is self.correlations:
            self.pane.paint()  # what is said of the cell goes with the cursor
            self.pane.flush()
        if self.pane is self.trends:
            self.indicators.follow(self.symbol)
        else:
            self.draw_pair()

    def draw_pair(self) -> None:
        """Have the pair the cursor is on drawn, on the bars its figures here are of."""
        if (pair := self.pair_here) is not None:
            self.pair.choose(a=pair[0], b=pair[1], **self.bars_here)

    @property
    def bars_here(self) -> dict[str, Any]:
        """The interval of the figures of the pair the cursor is on, and the window where they have one; nothing: those of 2."""
        scan = self.scanner.scan
        if self.pane is self.scanner and scan is not None:
            return {name: value for name, value in (("interval", scan.interval), ("window", scan.window)) if value}
        return {"interval": self.correlations.interval} if self.pane is self.correlations else {}

    @property
    def pair_here(self) -> tuple[str, str] | None:
        """The pair the cursor is on: in the scanner, in the correlations, else the one that is drawn."""
        if self.pane is self.scanner:
            return self.scanner.pair
        if self.pane is self.correlations:
            return self.correlations.pair
        spec = self.pair.spec
        return (spec.a, spec.b) if self.pane is self.pair and spec.name else None

    def tab_of(self, pane: Pane) -> str:
        scan = self.scanner.scan
        if pane is self.scanner and scan is not None and self.scanner.running and scan.total:
            return f"{pane.TITLE} {100 * (scan.done or 0) // scan.total} %"
        if pane is self.pane and pane in (self.correlations, self.indicators):  # the frame says it where there is one
            return f"{pane.TITLE} {self.correlations.interval if pane is self.correlations else bare(self.indicators.symbol)}".rstrip()
        return pane.TITLE
