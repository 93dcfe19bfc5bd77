"""The card that tells who comes back what happened meanwhile; any key puts it away, and one that shows a screen shows it."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets._static import Static

from cockpit.digest import Digest, digest_lines, digest_title
from cockpit.forms.dialog import Dialog

_SCROLLING = frozenset({"up", "down", "pageup", "pagedown", "home", "end"})


class DigestCard(Dialog[str]):
    """Lines of clean text under a title; answers the screen whose key put it away."""

    def __init__(self, digest: Digest, screens: Mapping[str, str]) -> None:
        """`screens` are their names by their keys."""
        super().__init__()
        self._digest = digest
        self._screens = screens

    def compose(self) -> ComposeResult:
        with Vertical(classes="form digest"):
            yield Static(digest_title(self._digest), classes="title", markup=False)
            with VerticalScroll(id="text"):
                yield Static("\n".join(digest_lines(self._digest)), markup=False)
            yield Static("any key closes · D opens it again", classes="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#text").focus()

    def on_key(self, event: events.Key) -> None:
        if event.key not in _SCROLLING:
            event.stop()
            self.dismiss(self._screens.get(event.key))

    def on_click(self) -> None:
        self.dismiss(None)
