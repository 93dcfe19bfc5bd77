"""Texts to read: a strategy's traceback and figures, an alert in full, and what the keys do."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets._option_list import OptionList
from textual.widgets._static import Static
from textual.widgets.option_list import Option

from cockpit.forms.dialog import Dialog

if TYPE_CHECKING:
    from cockpit.action import Action

#: Cells of the help, of its frame and scroll bar, and before a sentence.
WIDEST, AROUND, NAME = 84, 7, 13

#: A sentence is not cut into lines shorter than this, however narrow the screen.
LEAST = 10


class Reading(Dialog[None]):
    """Lines of clean text under a title."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "leave", "close")]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="form reading"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(id="text"):
                yield Static("\n".join(self._lines), markup=False)
            yield Static("↑ ↓ scroll · esc closes", classes="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#text").focus()


class Help(Dialog[str]):
    """What can be done here; enter does it. Answers the action's id."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "leave", "close")]

    def __init__(
        self,
        title: str,
        groups: Sequence[tuple[str, Sequence[Action]]],
        keymap: Mapping[str, str],
        words: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`groups` are headed lists of actions, `keymap` a person's own keys, `words` the pane's columns and what they mean."""
        super().__init__()
        self._title = title
        self._groups = groups
        self._keymap = keymap
        self._words = words

    def compose(self) -> ComposeResult:
        options: list[Option] = []
        for number, (heading, actions) in enumerate(self._groups):
            if number == 1:  # after what the pane itself can do
                options += self._meanings()
            options.append(Option(Content.assemble((heading, "$muted")), disabled=True))
            for action in actions:
                keys = " ".join(action.shown_keys(self._keymap))
                options.append(Option(self._line(keys, "$key", action.sentence), id=action.id))
        with Vertical(classes="form help"):
            yield Static(self._title, classes="title", markup=False)
            yield OptionList(*options, markup=False, compact=True)
            yield Static("enter does it · ↑ ↓ move · esc closes", classes="keys", markup=False)

    def _meanings(self) -> list[Option]:
        """The columns, to read."""
        head = [Option(Content.assemble(("Columns", "$muted")), disabled=True)] if self._words else []
        return [*head, *(Option(self._line(title, "bold", means), disabled=True) for title, means in self._words)]

    def _line(self, name: str, tone: str, sentence: str) -> Content:
        """A name and its sentence, which goes on under itself where a line has no room for it."""
        first, *more = textwrap.wrap(sentence, max(LEAST, min(WIDEST, self.app.size.width) - AROUND - NAME)) or [""]
        return Content.assemble((f"  {name:<{NAME - 3}} ", tone), "\n".join([first, *(" " * NAME + line for line in more)]))

    def on_mount(self) -> None:
        listed = self.query_one(OptionList)
        listed.focus()
        listed.highlighted = 1

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
