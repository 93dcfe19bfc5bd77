"""The view: which panes moved on, and their rows. Built only when a viewer asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from core.view import View

#: Panes that nobody touches: they move on by themselves this often, in seconds.
BY_THEMSELVES = {"system": 0.5, "coverage": 1.0}


class Panes:
    """Revisioned panes.

    Args:
        build: what makes each pane's content.
        every: panes that move on with time, and after how many seconds.
    """

    def __init__(self, build: dict[str, Callable[[], Any]], every: Mapping[str, float] = BY_THEMSELVES) -> None:
        self._build = build
        self._every = every
        self._revisions = dict.fromkeys(build, 1)

    def touch(self, *names: str) -> None:
        """These panes moved on."""
        for name in names:
            self._revisions[name] += 1

    def view(self, held: dict[str, int]) -> View:
        """The panes asked for that moved on from the revisions the viewer holds."""
        now = time.monotonic()
        for name in self._every.keys() & held.keys() & self._build.keys():
            self._revisions[name] = int(now / self._every[name])
        moved = {name: self._revisions[name] for name, revision in held.items() if self._revisions.get(name, revision) != revision}
        return View(revisions=moved, **{name: self._build[name]() for name in moved})
