"""The short way to the terminal for what changes ten times a second: cells go out as they are, past Textual's compositor.

Textual 8.2 composes every line a change touches anew, and sends it from the left edge of the widget. For a price
pane that is three times the CPU and twice the bytes of the cells themselves. A `Brush` sends the cells alone, and
only while nothing can lie over them; whoever paints with it must give Textual the same picture when asked for it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from rich.color import ColorSystem
from rich.style import Style
from textual.app import App
from textual.errors import NoWidget

if TYPE_CHECKING:
    from cockpit.panes.toned import Toned


class Stroke(NamedTuple):
    """Text in a style from a cell of a widget on."""

    x: int
    y: int
    text: str
    style: Style


class Brush:
    """Collects strokes and sends them in one write; while the terminal lags, the lines they are in are sent when it has caught up."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._pieces: list[str] = []
        self._style: Style | None = None
        self._known: dict[Style, str] = {}
        self._covered_until = 0.0
        self._late: dict[tuple[Toned, int], None] = {}

    @property
    def behind(self) -> bool:
        """Whether the terminal has still so much to draw that more would only wait."""
        return bool(getattr(self._app._driver, "behind", False))

    def cover(self, seconds: float) -> None:
        """Something (a toast) will lie over the screen for so long."""
        self._covered_until = max(self._covered_until, time.monotonic() + seconds)

    @property
    def clear(self) -> bool:
        """Whether the terminal shows the bare screen: no dialog, no toast, and no filter on its colours."""
        app = self._app
        return not (app.is_headless or app.no_color or len(app.screen_stack) > 1 or time.monotonic() < self._covered_until)

    def paint(self, widget: Toned, strokes: list[Stroke]) -> bool:
        """Take strokes of a widget; False when Textual must paint them."""
        if not self.clear:
            return False
        if self.behind:
            self._late.update({(widget, stroke.y): None for stroke in strokes})
            return True
        try:
            place = widget.screen.find_widget(widget)
        except NoWidget:
            return True  # not shown, so there is nothing to paint
        region = place.region
        if place.visible_region != region:
            return False
        left, top = region.offset
        for x, y, text, style in strokes:
            if y < region.height and x < region.width:
                self._pieces.append(f"\x1b[{top + y + 1};{left + x + 1}H")
                if style != self._style:
                    self._style = style
                    self._pieces.append(self._codes(style))
                self._pieces.append(text)
        return True

    def _codes(self, style: Style) -> str:
        """What switches the terminal to a style, from any other."""
        codes = self._known.get(style)
        if codes is None:
            system = self._app.console._color_system or ColorSystem.TRUECOLOR
            codes = self._known[style] = "\x1b[0m" + style.render("\0", color_system=system).partition("\0")[0]
        return codes

    def flush(self) -> None:
        """Send what was collected, once the terminal takes it."""
        if self._late and not self.behind:
            self._catch_up()
        app, pieces = self._app, self._pieces
        if not pieces:
            return
        driver = app._driver
        if driver is not None:
            x, y = app.cursor_position
            app._begin_update()
            driver.write(f"{''.join(pieces)}\x1b[0m\x1b[{y + 1};{x + 1}H")
            app._end_update()
        pieces.clear()
        self._style = None

    def _catch_up(self) -> None:
        """Paint the lines that had to wait as they are now."""
        late, self._late = self._late, {}
        for widget, y in late:
            if widget.is_attached and widget.screen is self._app.screen and y < widget.size.height:
                widget.put(widget.line_strokes(y))
