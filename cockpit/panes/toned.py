"""A widget that paints with tones: it follows the theme."""

from __future__ import annotations

from typing import Any

from textual.widget import Widget

from cockpit.tones import Tones


class Toned(Widget):
    """Holds the styles of the theme in force and repaints when it changes."""

    tones: Tones

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._retone)
        self._retone()

    def _retone(self, theme: Any = None) -> None:
        self.tones = Tones(self.app.theme_variables)
        self.repaint()

    def repaint(self) -> None:
        """Paint everything again."""
        self.refresh()
