"""The view: which panes moved on, and their rows. Built only when a viewer asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.view import View


class Panes:
    """Revisioned panes.

    Args:
        build: what makes each pane's content.
    """

    def __init__(self, build: dict[str, Callable[[], Any]]) -> None:
        self._build = build
        self._revisions = dict.fromkeys(build, 1)

    def touch(self, *names: str) -> None:
        """These panes moved on."""
        for name in names:
            self._revisions[name] += 1

    def view(self, held: dict[str, int]) -> View:
        """The panes asked for that moved on from the revisions the viewer holds."""
        moved = {name: self._revisions[name] for name, revision in held.items() if self._revisions.get(name, revision) != revision}
        return View(revisions=moved, **{name: self._build[name]() for name in moved})
