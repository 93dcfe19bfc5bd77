"""The card that tells who comes back what happened meanwhile; any key puts it away."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets._static import Static

from cockpit.digest import Digest, digest_lines, digest_title

_SCROLLING = frozenset({"up", "down", "pageup", "pagedown", "home", "end"})


class DigestCard(ModalScreen[None]):
    """Lines of clean text under a title."""

    def __init__(self, digest: Digest) -> None:
        super().__init__()
        self._digest = digest

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
            self.dismiss(None)

    def on_click(self) -> None:
        self.dismiss(None)
