"""What the forms that choose a strategy share: its parameters and terms are asked as the engine's catalogue describes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeAlias

import msgspec
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets._static import Static

from cockpit.forms.dialog import Dialog
from cockpit.forms.entry import Choice, Entry
from cockpit.forms.fields import Field, Offer
from cockpit.text import clean
from core.commands import Command, Terms
from core.errors import CockpitError

_STRATEGY = "strategy"

#: What stood in the fields, by strategy and field.
Typed: TypeAlias = dict[str, dict[str, str]]


class OfferForm(Dialog[str]):
    """Asks for a strategy, its parameters and terms, and what a subclass adds; answers the id the engine gave."""

    HEADING: ClassVar[str] = ""
    KEYS: ClassVar[str] = ""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("enter", "send", "send"),
        Binding("up", "app.focus_previous", priority=True, show=False),
        Binding("down", "app.focus_next", priority=True, show=False),
        Binding("ctrl+r", "recall", "as last time"),
    ]

    def __init__(
        self,
        offers: Callable[[], Awaitable[list[Offer]]],
        submit: Callable[[Any], Awaitable[Any]],
        *,
        recent: Typed,
        strategy: str = "",
        typed: dict[str, str] | None = None,
    ) -> None:
        """`offers` fetches the catalogue, `submit` sends the command.

        `recent` holds what was sent last, and is kept up to date; `strategy` and `typed` are what the form begins with.
        """
        super().__init__()
        self._fetch = offers
        self._submit = submit
        self._offers: dict[str, Offer] = {}
        self._strategy = strategy
        self._typed: Typed = {strategy: dict(typed or {})}
        self._recent = recent
        self._sending = False
        self._complete = False

    # What a subclass says

    def first_entries(self) -> list[Entry]:
        """Entries after the strategy's name."""
        raise NotImplementedError

    def last_entries(self) -> list[Entry]:
        """Entries after the terms."""
        return []

    def kept(self, entry: Entry) -> bool:
        """Whether ctrl+r brings it back the next time."""
        return entry.field.name != _STRATEGY

    def command(self, offer: Offer, plain: dict[str, Any], params: dict[str, Any], terms: Terms) -> Command:
        """What enter sends; `plain` are the values of the form's own entries."""
        raise NotImplementedError

    def intent(self, command: Any) -> str:
        """The sentence that says what enter will do."""
        raise NotImplementedError

    def busy(self, command: Any) -> str:
        """What is said until the engine answered."""
        raise NotImplementedError

    # The form

    def compose(self) -> ComposeResult:
        with Vertical(classes="form register"):
            yield Static(self.HEADING, classes="title")
            yield Static("reading the catalogue …", id="sentence", classes="sentence", markup=False)
            with VerticalScroll(id="entries", can_focus=False):
                yield Vertical(id="what")
                yield Vertical(id="params")
                yield Vertical(id="terms")
            yield Static("", id="outcome", classes="outcome", markup=False)
            yield Static(self.KEYS, classes="keys", markup=False)

    def on_mount(self) -> None:
        self._open()

    @work(exclusive=True, group="form")
    async def _open(self) -> None:
        try:
            self._offers = {offer.name: offer for offer in await self._fetch() if offer.name and self.offered(offer)}
        except (CockpitError, ValueError) as error:
            self.query_one("#sentence", Static).update(clean(str(error)))
            return
        if not self._offers:
            self.query_one("#sentence", Static).update("the engine knows no strategy: put a file into the strategies folder of its home")
            return
        names = list(self._offers)
        which = Entry(Field(name=_STRATEGY, type="choice", choices=names, default=self._strategy if self._strategy in names else names[0]))
        await self.query_one("#what", Vertical).mount(which, *self.first_entries())
        await self._show_offer()
        which.control.focus()

    def offered(self, offer: Offer) -> bool:
        """Whether a strategy can be chosen here."""
        return True

    async def _show_offer(self) -> None:
        """Ask for the chosen strategy's parameters; terms are asked once, they are the same for all."""
        offer = self._offer
        params = self.query_one("#params", Vertical)
        terms = self.query_one("#terms", Vertical)
        with self.app.batch_update():
            self.query_one("#sentence", Static).update(clean(offer.sentence))
            await params.remove_children()
            heading = [Static("parameters", classes="group")] if offer.params else []
            typed = self._typed.get(offer.name, {})
            await params.mount(*heading, *(Entry(field, typed.get(field.name), group="params") for field in offer.params))
            if not terms.children:
                fields = [Entry(field, typed.get(field.name), group="terms") for field in offer.terms]
                await terms.mount(Static("terms", classes="group"), *fields, *self.last_entries())
        self._complete = True
        self.judge()

    @property
    def _offer(self) -> Offer:
        return self._offers[next(entry.text for entry in self.entries if entry.field.name == _STRATEGY)]

    @property
    def entries(self) -> list[Entry]:
        """All of them, from the top."""
        return list(self.query(Entry))

    async def on_entry_changed(self, event: Entry.Changed) -> None:
        if event.entry.field.name == _STRATEGY and isinstance(event.entry.control, Choice):
            await self._show_offer()
        elif event.entry.group == "params":
            self._typed.setdefault(self._offer.name, {})[event.entry.field.name] = event.entry.text
        self.judge()

    def judge(self) -> None:
        """Say what enter will do, or what keeps it from doing so."""
        if not self._complete:
            return
        wrong = [entry for entry in self.entries if entry.problem]
        if wrong:
            first = f"{wrong[0].field.name.replace('_', ' ')} {wrong[0].problem}"
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            self._say(f"{first}{more}", "-wrong")
        else:
            self._say(self.intent(self._command()), "-ready")

    def _command(self) -> Command:
        read = {group: {e.field.name: e.read() for e in self.entries if e.group == group} for group in ("params", "terms")}
        plain = {entry.field.name: entry.read() for entry in self.entries if not entry.group}
        params = {name: value for name, value in read["params"].items() if value is not None}
        typed = msgspec.convert(params, dict[str, str | int | float | bool])
        return self.command(self._offer, plain, typed, msgspec.convert(read["terms"], Terms))

    def _say(self, text: str, state: str) -> None:
        outcome = self.query_one("#outcome", Static)
        outcome.set_classes(f"outcome {state}")
        outcome.update(text)

    def on_input_submitted(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        """Send, unless something is wrong: then go to it."""
        wrong = [entry for entry in self.entries if entry.problem]
        if wrong:
            wrong[0].control.focus()
        elif self._complete and not self._sending:
            self._sending = True
            self._send(self._command())

    @work(group="send")
    async def _send(self, command: Command) -> None:
        self._say(self.busy(command), "-busy")
        try:
            answer = await self._submit(command)
        except CockpitError as error:
            self._say(f"Refused: {clean(str(error))}", "-refused")
            return
        finally:
            self._sending = False
        self._recent[self._offer.name] = {entry.field.name: entry.text for entry in self.entries if self.kept(entry)}
        self.dismiss(str(answer.get("id", "")) if isinstance(answer, dict) else "")

    def action_recall(self) -> None:
        """Fill in what this strategy was sent with the last time."""
        recent = self._recent.get(self._offer.name, {}) if self._offers else {}
        for entry in self.entries:
            entry.text = recent.get(entry.field.name, entry.text)

    def action_leave(self) -> None:
        self.dismiss(None)
