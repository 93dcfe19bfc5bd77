"""A widget that paints whole lines with tones: it follows the theme, and sends what changes often by the short way."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cockpit.paint import Brush, Stroke
from cockpit.text import width
from cockpit.tones import THEMES, Tones


class Toned(Widget):
    """Holds the styles of the theme in force and repaints when it changes.

    Subclasses implement `render_line` with styles of their tones only, so that no border, padding or filter
    is missed where lines go out without Textual's styling.
    """

    ALLOW_SELECT: ClassVar[bool] = False

    tones = Tones(THEMES[0].variables)
    _brush: Brush | None = None

    def on_mount(self) -> None:
        self._brush = getattr(self.app, "brush", None)
        self.app.theme_changed_signal.subscribe(self, self._retone)
        self._retone()

    def _retone(self, theme: Any = None) -> None:
        self.tones = Tones(self.app.theme_variables)
        self.repaint()

    def repaint(self) -> None:
        """Paint everything again."""
        self.refresh()

    def put(self, strokes: list[Stroke]) -> None:
        """Paint stretches that changed; `render_line` must already show them."""
        if strokes and (self._brush is None or not self._brush.paint(self, strokes)):
            self.refresh(*(Region(stroke.x, stroke.y, width(stroke.text), 1) for stroke in strokes))

    def flush(self) -> None:
        """Send what was put, now."""
        if self._brush is not None:
            self._brush.flush()

    def line_strokes(self, y: int) -> list[Stroke]:
        """A whole line as strokes."""
        strokes, x = [], 0
        for text, style, _ in self.render_line(y):
            if style is not None:
                strokes.append(Stroke(x, y, text, style))
            x += width(text)
        return strokes

    def render_lines(self, crop: Region) -> list[Strip]:
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        if self.app.no_color:
            for line_filter in self.app.get_line_filters():
                strips = [strip.apply_filter(line_filter, self.background_colors[1]) for strip in strips]
        return strips
