"""Pane 5: the chart of the symbol under the cursor: candles, volume, fills, a crosshair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip

from cockpit import figures
from cockpit.paint import Stroke
from cockpit.panes.candles import Candle, Mark, Picture, axis_of, draw, room_for
from cockpit.panes.canvas import Canvas
from cockpit.panes.chart_text import bar_text, marks_of
from cockpit.panes.facts import Facts
from cockpit.panes.held_bars import HeldBars
from cockpit.panes.prices import bare
from cockpit.panes.typeset import Frame, Runs, set_framed
from cockpit.panes.window import Window, grouped
from cockpit.text import clean, fit, width
from core.types import interval_ns
from core.view import PriceRow, TradeRow

INTERVALS = ("1s", "5s", "15s", "1m", "5m", "15m", "1h", "4h", "1d")

#: Charts whose bars are kept while another is looked at.
KEPT = 8

_ARROWS = {1: "▲", -1: "▼", 0: "·"}


class ChartPane(Facts, can_focus=True, inherit_bindings=False):
    """Candles of one symbol; the crosshair's bar is read in the foot of the frame."""

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
        self.window = Window()
        self.symbol = ""
        self._interval = INTERVALS.index("1m")
        self._held: dict[tuple[str, str], HeldBars] = {}
        self._canvas = Canvas(0, 0)
        self._marks: tuple[Mark, ...] = ()
        self._marks_of: tuple[Any, ...] = ()
        self._price: PriceRow | None = None
        self._drawn: tuple[Any, ...] = ()
        self._edges: tuple[Any, ...] = ()
        self._candles: list[Candle] = []
        self._candles_of: tuple[Any, ...] = ()

    # What it shows

    @property
    def interval(self) -> str:
        """The length of a bar."""
        return INTERVALS[self._interval]

    @property
    def bars(self) -> HeldBars:
        """The bars of the symbol at the interval."""
        key = (self.symbol, self.interval)
        if key not in self._held:
            self._held[key] = HeldBars(*key)
            while len(self._held) > KEPT:
                self._held.pop(next(iter(self._held)))
        return self._held[key]

    @property
    def decimals(self) -> int:
        """Of the symbol's prices."""
        return 2 if self._price is None else self._price.decimals

    @property
    def candles(self) -> list[Candle]:
        """The bars, as many in a candle as the zoom says."""
        bars, many = self.bars, self.window.zoom.bars
        of = (bars.symbol, bars.interval, bars.version, many)
        if of != self._candles_of:
            self._candles_of = of
            self._candles = bars.candles if many == 1 else grouped(bars.candles, many * interval_ns(self.interval))
        return self._candles

    def follow(self, symbol: str) -> None:
        """Show this symbol."""
        if symbol != self.symbol:
            self.symbol = symbol
            self.window.reset()

    def question(self, now: float) -> tuple[str, dict[str, Any]] | None:
        """What to ask the engine now, monotonic seconds; None when nothing is due."""
        if not self.symbol:
            return None
        wanted = self.window.lacks(self.candles) * self.window.zoom.bars
        args = self.bars.question(now, wanted)
        return None if args is None else ("bars", args)

    def take(self, what: str, args: dict[str, Any], answer: Any) -> None:
        """Take the answer to a question."""
        held = self._held.get((args["symbol"], args["interval"]))
        if held is not None:
            held.take(answer)

    def refused(self, what: str, args: dict[str, Any], why: str) -> None:
        """The engine did not answer a question."""
        held = self._held.get((args["symbol"], args["interval"]))
        if held is not None:
            held.refused(clean(why))

    # What a person does

    def step_interval(self, steps: int) -> None:
        """The next longer or shorter interval; the crosshair stays at its time."""
        self._interval = (self._interval + steps) % len(INTERVALS)
        self.window.until = None
        self._redraw()

    def resize_bars(self, steps: int) -> None:
        """Show more bars, or fewer."""
        self.window.resize(steps)
        self._redraw()

    def action_cross(self, steps: int) -> None:
        self.window.move(self.candles, steps)
        self._redraw()

    def action_page(self, pages: int) -> None:
        self.window.scroll(self.candles, pages * max(1, self.window.room * 3 // 4))
        self._redraw()

    def action_now(self) -> None:
        self.window.until = None
        if self.window.cross is not None and self.candles:
            self.window.cross = self.candles[-1].start
        self._redraw()

    def action_leave(self) -> None:
        if self.window.cross is not None:
            self.window.cross = None
        else:
            self.window.until = None
        self._redraw()

    # Painting

    def paint(self, price: PriceRow | None, trades: Sequence[TradeRow], own: str = "") -> None:
        """Show what is held; fills of the strategy `own` are named first."""
        self._price = price
        of = (id(trades), len(trades), trades[0].fill_id if trades else "", self.symbol, own)
        if of != self._marks_of:
            self._marks_of = of
            self._marks = marks_of(trades, self.symbol, own, self.decimals)
        self._redraw()

    def _redraw(self) -> None:
        cells, lines = self._inside
        bars, window = self.bars, self.window
        place = (cells, lines, window.zoom, window.until, window.cross)
        state = (place, self.symbol, self.interval, bars.version, bars.loading, self._marks_of, self.decimals)
        if state != self._drawn:
            self._drawn = state
            old, self._canvas = self._canvas, self._draw(cells, lines)
            if (old.cells, old.lines) != (cells, lines):
                self.refresh()
            else:
                left = 1 if self.framed else 0
                self.put([Stroke(left + x, y + 1, part.text, self._style(part.tone)) for x, y, part in self._canvas.changes(old)])
        edges = (self._heading(), self._quote(), self._foot(), self._corner())
        if edges != self._edges:
            self._edges = edges
            if self.size.height:
                self.put([*self.line_strokes(0), *self.line_strokes(self.size.height - 1)])

    @property
    def _inside(self) -> tuple[int, int]:
        """Cells and lines of the drawing."""
        return max(0, self.size.width - (3 if self.framed else 1)), max(0, self.size.height - 2)

    def _draw(self, cells: int, lines: int) -> Canvas:
        canvas = Canvas(cells, lines)
        candles, zoom = self.candles, self.window.zoom
        if not candles:
            for y, line in enumerate(self._why_empty()):
                canvas.put(1, y, fit(line, max(0, cells - 1)), "muted")
            return canvas
        for _ in range(2):  # how many fit depends on the widest price of those that do
            seen = self.window.seen(candles)
            axis = axis_of(min(c.low for c in seen), max(c.high for c in seen), self.decimals)
            self.window.room = max(1, room_for(cells, axis, zoom.pitch))
        seen = self.window.seen(candles)
        at = self.window.at(candles)
        cross = None if at is None else at - (len(candles) - self.window.back(candles) - len(seen))
        last = candles[-1].close if self.window.back(candles) == 0 else None
        draw(canvas, Picture(seen, interval_ns(self.interval) * zoom.bars, self.decimals, zoom.pitch, self._marks, last, cross))
        return canvas

    def _why_empty(self) -> list[str]:
        if not self.symbol:
            return ["No symbol is streamed yet: press s to add one."]
        name, bars = bare(self.symbol), self.bars
        if bars.loading:
            return [f"No bars of {name} yet: the engine reads its past …"]
        return [f"No bars of {name} yet: nothing was traded since it is streamed.", *([bars.note] if bars.note else [])]

    def _heading(self) -> str:
        many = self.window.zoom.bars
        what = f"{bare(self.symbol)} {self.interval}{f' x{many}' if many > 1 else ''}" if self.symbol else self.TITLE
        return f"{self.NUMBER} {what}" if self.framed else what

    def _quote(self) -> tuple[str, str]:
        price = self._price
        if price is None or price.last is None:
            return "", "muted"
        change = "" if price.change_24h_pct is None else f" {figures.signed(price.change_24h_pct)} %"
        tone = "muted" if price.state != "live" else {1: "up", -1: "down"}.get(price.direction, "plain")
        return f"{figures.number(price.last, price.decimals)} {_ARROWS.get(price.direction, '·')}{change}", tone

    def _foot(self) -> tuple[str, str]:
        """The bar under the crosshair, or what there is to say of the chart."""
        candles = self.candles
        at = self.window.at(candles)
        if at is not None:
            return bar_text(candles[at], self.decimals, interval_ns(self.interval)), "plain"
        if self.bars.loading and candles:
            return "reading the past …", "muted"
        return (self.bars.note, "warn") if self.bars.note and candles else ("", "muted")

    def _corner(self) -> tuple[str, str]:
        back = self.window.back(self.candles)
        return (f"{back} bars back, end: now" if back else ""), "muted"

    def _style(self, tone: str) -> Any:
        return self.tones.style(tone, stale=self.away)

    def render_line(self, y: int) -> Strip:
        runs, cells, lines = Runs(), self.size.width, self.size.height
        title, note, foot, corner = self._heading(), self._quote(), self._foot(), self._corner()
        if self.framed:
            edge = "edge-live" if self.alarm else "edge-focus" if self.has_focus else "edge"
            frame = Frame((title, "strong" if self.has_focus else "plain"), note, foot, corner, edge)
            set_framed(runs, frame, y, lines, cells, self.tones, lambda room: self._set_drawing(runs, y - 1))
        elif y in (0, lines - 1):
            left, right = ((title, "strong"), note) if y == 0 else (foot, corner)
            self._set_edge(runs, left, right, cells)
        else:
            self._set_drawing(runs, y - 1)
        return Strip(runs.segments(), runs.cells).adjust_cell_length(cells, self.tones.style("plain"))

    def _set_drawing(self, runs: Runs, y: int) -> None:
        for text, tone in self._canvas.parts(y):
            runs.add(text, self._style(tone))

    def _set_edge(self, runs: Runs, left: tuple[str, str], right: tuple[str, str], cells: int) -> None:
        """The lines above and below a chart without a frame."""
        room = cells - 2 - width(left[0])
        tail = right[0] if width(right[0]) < room else ""
        runs.add(f" {fit(left[0], min(width(left[0]), max(0, cells - 1)))}", self.tones.style(left[1]))
        runs.add(" " * max(0, room - width(tail)), self.tones.style("plain"))
        runs.add(tail, self.tones.style(right[1]))
