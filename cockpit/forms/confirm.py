"""A question with a few answers, each saying what it will do before it is done."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets._option_list import OptionList
from textual.widgets._static import Static
from textual.widgets.option_list import Option

from cockpit.forms.dialog import Dialog


class Answer(NamedTuple):
    """One way to answer: its key, its name, and what it does."""

    key: str
    name: str
    sentence: str


class Confirm(Dialog[str]):
    """Asks; answers the chosen answer's key, or None when left by escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave"), Binding("ctrl+c,ctrl+q", "insist")]

    def __init__(self, question: str, answers: list[Answer], insisted: str | None = None) -> None:
        """`insisted` is the answer of who presses ctrl+c here."""
        super().__init__()
        self._insisted = insisted
        self._question = question
        self._answers = answers

    def compose(self) -> ComposeResult:
        width = max(len(answer.name) for answer in self._answers)
        with Vertical(classes="form confirm"):
            yield Static(self._question, classes="title", markup=False)
            yield OptionList(
                *(
                    Option(Content.assemble((f"{a.key}  ", "$key"), (a.name.ljust(width), "bold"), f"  {a.sentence}"), id=a.key)
                    for a in self._answers
                ),
                markup=False,
                compact=True,
            )
            yield Static("enter or the letter chooses · esc leaves everything as it is", classes="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    def on_key(self, event: events.Key) -> None:
        if any(answer.key == event.character for answer in self._answers):
            event.stop()
            self.dismiss(event.character)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_insist(self) -> None:
        self.dismiss(self._insisted)
