"""What is streamed and recorded: add symbols, take some off; the engine checks each with the venue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets._input import Input
from textual.widgets._option_list import OptionList
from textual.widgets._static import Static
from textual.widgets.option_list import Option

from cockpit.forms.dialog import Dialog
from cockpit.forms.fields import read_symbols
from cockpit.text import clean
from core.commands import Unwatch, Watch
from core.errors import CockpitError


class Removable(OptionList):
    """A list whose lines can be taken off."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("x,delete,backspace", "screen.take_off", "take off")]


class SymbolsForm(Dialog[None]):
    """A line to add symbols, and the list of those that are watched."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave")]

    def __init__(self, watched: Callable[[], list[str]], submit: Callable[[Watch | Unwatch], Awaitable[Any]]) -> None:
        """`watched` says what is streamed now, `submit` sends a command."""
        super().__init__()
        self._watched = watched
        self._submit = submit
        self._listed: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="form symbols"):
            yield Static("Symbols", classes="title")
            yield Input(placeholder="add: BTCUSDT, ETHUSDT", compact=True, max_length=500)
            yield Static("", classes="outcome", markup=False)
            yield Removable(markup=False, compact=True)
            yield Static("enter adds · tab to the list, x takes one off · esc leaves", classes="keys", markup=False)

    def on_mount(self) -> None:
        self._fill()
        self.set_interval(0.5, self._fill)
        self.query_one(Input).focus()

    def _fill(self) -> None:
        watched = self._watched()
        listed = self.query_one(Removable)
        if watched != self._listed:
            self._listed = watched
            at = listed.highlighted
            listed.clear_options()
            listed.add_options([Option(clean(symbol), id=str(index)) for index, symbol in enumerate(watched)])
            listed.highlighted = min(at or 0, len(watched) - 1) if watched else None

    def on_input_changed(self, event: Input.Changed) -> None:
        try:
            names = read_symbols(event.value) if event.value.strip() else []
        except ValueError as error:
            self._say(str(error), "-wrong")
        else:
            listed = {symbol.rpartition(":")[2] for symbol in self._listed}
            known = [name for name in names if name.rpartition(":")[2] in listed]
            already = f"{known[0]} is watched already." if known else ""
            self._say(already or (f"Enter streams and records {', '.join(names)}." if names else ""), "-ready")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            names = read_symbols(event.value)
        except ValueError as error:
            self._say(str(error), "-wrong")
        else:
            self._send(Watch(symbols=names), "asking the venue …", f"{', '.join(names)} added.")

    def action_take_off(self) -> None:
        """Stop streaming the highlighted symbol."""
        at = self.query_one(Removable).highlighted
        if at is not None and at < len(self._listed):
            symbol = self._listed[at]
            self._send(Unwatch(symbols=[symbol]), "…", f"{clean(symbol)} is no longer streamed.")

    @work(group="send")
    async def _send(self, command: Watch | Unwatch, meanwhile: str, done: str) -> None:
        self._say(meanwhile, "-busy")
        try:
            answer = await self._submit(command)
        except CockpitError as error:
            self._say(f"Refused: {clean(str(error))}", "-refused")
            return
        note = answer.get("note") if isinstance(answer, dict) else None
        self._say(f"{done} {clean(note)}." if note else done, "-ready")
        if isinstance(command, Watch):
            with self.prevent(Input.Changed):
                self.query_one(Input).value = ""

    def _say(self, text: str, state: str) -> None:
        outcome = self.query_one(".outcome", Static)
        outcome.set_classes(f"outcome {state}")
        outcome.update(text)

    def action_leave(self) -> None:
        self.dismiss(None)
