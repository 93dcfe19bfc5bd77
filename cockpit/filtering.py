"""A screen whose rows can be narrowed by a text: the line it is typed in, and what enter and escape do there."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets._input import Input

from cockpit.deck import Deck, Pane
from cockpit.panes.grid import LiveGrid

#: Escape shows all rows again, from a pane too; screens with a filter have it among their bindings.
ALL_ROWS = Binding("escape", "close_filter", "all rows", show=False)


class FilterLine(Input):
    """Where the text of a filter is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "screen.close_filter", "all rows")]


class Filtered(Deck):
    """A screen with a filter; `compose_panes` of a subclass ends with its line."""

    def __init__(self, panes: tuple[Pane, ...]) -> None:
        self._filter = FilterLine(id="filter", compact=True, placeholder="text in a row", max_length=60)
        super().__init__(panes)

    def open_filter(self) -> None:
        """Let a person type the pane's filter."""
        if not isinstance(self.pane, LiveGrid):
            return  # there are no rows in a chart
        self._filter.value = self.pane.listing.needle
        self._filter.add_class("-open")
        self._filter.focus()
        self.paint_lines()

    @on(Input.Changed, "#filter")
    def _seek(self, event: Input.Changed) -> None:
        if self._filter.has_class("-open") and isinstance(self.pane, LiveGrid):
            self.pane.seek(event.value)

    @on(Input.Submitted, "#filter")
    def _keep_filter(self) -> None:
        self._filter.remove_class("-open")
        self.pane.focus()
        self.paint_lines()

    def keys(self) -> list[tuple[str, str]]:
        return [("enter", "keep these rows"), ("esc", "all rows")] if self._filter.has_class("-open") else super().keys()

    def action_close_filter(self) -> None:
        """All rows again."""
        if isinstance(self.pane, LiveGrid):
            self.pane.seek("")
        self._keep_filter()
