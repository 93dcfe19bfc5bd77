"""The line in which things are found by name. Enter is about what was typed, not about what was listed before it."""

from __future__ import annotations

from textual.command import CommandPalette
from textual.widgets._input import Input
from textual.worker import Worker


class Finder(CommandPalette):
    """Textual's palette, which lists a moment after a key what fits: who types on and presses enter means what will be listed then."""

    _sought = ""

    def _gather_commands(self, search_value: str) -> Worker[None]:
        self._sought = search_value
        return super()._gather_commands(search_value)

    @property
    def found(self) -> bool:
        """Whether the list is of what stands in the line."""
        line = self.query_one(Input)
        seeking = any(worker.node is self and not worker.is_finished for worker in self.app.workers)
        return self._sought == line.value.strip() and not seeking
