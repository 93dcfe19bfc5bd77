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
from cockpit.forms.entry import SymbolSuggester
from cockpit.forms.fields import read_symbols
from cockpit.forms.recents import Recents
from cockpit.forms.traded import not_listed
from cockpit.text import clean
from core.commands import Unwatch, Watch
from core.errors import CockpitError

_ADDED = "added"


class Removable(OptionList):
    """A list whose lines can be taken off."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("x,delete,backspace", "screen.take_off", "take off")]


class SymbolsForm(Dialog[None]):
    """A line to add symbols, and the list of those that are watched."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave"), Binding("ctrl+r", "recall", "as last time")]

    def __init__(
        self,
        watched: Callable[[], list[str]],
        submit: Callable[[Watch | Unwatch], Awaitable[Any]],
        listing: Callable[[], Awaitable[list[str]]],
        recents: Recents,
    ) -> None:
        """`watched` says what is streamed now, `submit` sends a command, `listing` asks what the venue lists."""
        super().__init__()
        self._ask_listing = listing
        self._recents = recents
        self._venue_lists: tuple[str, ...] = ()
        self._watched = watched
        self._submit = submit
        self._listed: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="form symbols"):
            yield Static("Symbols", classes="title")
            yield Input(
                placeholder="add: BTCUSDT, ETHUSDT", compact=True, max_length=500, suggester=SymbolSuggester(lambda: self._venue_lists)
            )
            yield Static("", classes="outcome", markup=False)
            yield Removable(markup=False, compact=True)
            yield Static("enter adds · tab, x takes one off · ctrl+r as last time · esc", classes="keys", markup=False)

    def on_mount(self) -> None:
        self._fill()
        self.set_interval(0.5, self._fill)
        self.query_one(Input).focus()
        self._learn_listing()

    def _fill(self) -> None:
        watched = self._watched()
        listed = self.query_one(Removable)
        if watched != self._listed:
            self._listed = watched
            at = listed.highlighted
            listed.clear_options()
            listed.add_options([Option(clean(symbol), id=str(index)) for index, symbol in enumerate(watched)])
            listed.highlighted = min(at or 0, len(watched) - 1) if watched else None

    @work(exclusive=True, group="listing")
    async def _learn_listing(self) -> None:
        try:
            self._venue_lists = tuple(str(name) for name in await self._ask_listing())
        except (CockpitError, TypeError):
            return  # the engine judges it then
        if not self.left:
            self._judge()

    def on_input_changed(self) -> None:
        self._judge()

    def _judge(self) -> None:
        """Say what enter will do, or what is wrong."""
        text = self.query_one(Input).value
        try:
            names = self._read(text) if text.strip() else []
        except ValueError as error:
            self.tell(str(error), "-wrong")
        else:
            listed = {symbol.rpartition(":")[2] for symbol in self._listed}
            known = [name for name in names if name.rpartition(":")[2] in listed]
            already = f"{known[0]} is watched already." if known else ""
            self.tell(already or (f"Enter streams and records {', '.join(names)}." if names else ""), "-ready")

    def _read(self, text: str) -> list[str]:
        names = read_symbols(text)
        unlisted = next(filter(None, (not_listed(name, self._venue_lists) for name in names)), "")
        if unlisted:
            raise ValueError(unlisted)
        return names

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            names = self._read(event.value)
        except ValueError as error:
            self.tell(str(error), "-wrong")
        else:
            self._send(Watch(symbols=names), "asking the venue …", f"{', '.join(names)} added.")

    def action_recall(self) -> None:
        """Fill in what was added the last time."""
        self.query_one(Input).value = self._recents.of(_ADDED).get(_ADDED, "")
        self.query_one(Input).focus()

    def action_take_off(self) -> None:
        """Stop streaming the highlighted symbol."""
        at = self.query_one(Removable).highlighted
        if at is not None and at < len(self._listed):
            symbol = self._listed[at]
            self._send(Unwatch(symbols=[symbol]), "…", f"{clean(symbol)} is no longer streamed.")

    @work(group="send")
    async def _send(self, command: Watch | Unwatch, meanwhile: str, done: str) -> None:
        self.tell(meanwhile, "-busy")
        if await self.attempt(self._submit(command), done) and isinstance(command, Watch) and not self.left:
            self._recents.keep(_ADDED, {_ADDED: ", ".join(command.symbols)})
            with self.prevent(Input.Changed):
                self.query_one(Input).value = ""
