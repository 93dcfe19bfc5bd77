"""The form that registers a strategy, made from the engine's catalogue: what is asked, allowed and meant comes from there."""

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
from cockpit.forms.entry import Choice, Entry, SymbolSuggester
from cockpit.forms.fields import Field, Offer
from cockpit.text import clean
from core.commands import Register, Terms
from core.errors import CockpitError

_STRATEGY = "strategy"
_SYMBOLS = Field(name="symbols", type="symbols", default="", description="what it trades; several with commas")
_ID = Field(name="id", default=None, description="a name of your own; the engine gives one otherwise")

#: What stood in the fields, by strategy and field.
Typed: TypeAlias = dict[str, dict[str, str]]


class RegisterForm(Dialog[str]):
    """Asks for a strategy, its symbols, parameters and terms; answers the new strategy's id."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012 - declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("enter", "send", "register"),
        Binding("up", "app.focus_previous", priority=True, show=False),
        Binding("down", "app.focus_next", priority=True, show=False),
        Binding("ctrl+r", "recall", "as last time"),
    ]

    def __init__(
        self,
        offers: Callable[[], Awaitable[list[Offer]]],
        submit: Callable[[Register], Awaitable[Any]],
        *,
        watched: list[str],
        symbol: str,
        mode: str,
        recent: Typed,
    ) -> None:
        """`offers` fetches the catalogue, `submit` sends the command; `symbol` is the one that is suggested.

        `recent` holds what was registered last, and is kept up to date.
        """
        super().__init__()
        self._fetch = offers
        self._submit = submit
        self._offers: dict[str, Offer] = {}
        self._watched = watched
        self._symbol = symbol
        self._mode = mode
        self._typed: Typed = {}
        self._recent = recent
        self._sending = False
        self._complete = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="form register"):
            yield Static("Register a strategy", classes="title")
            yield Static("reading the catalogue …", id="sentence", classes="sentence", markup=False)
            with VerticalScroll(id="entries", can_focus=False):
                yield Vertical(id="what")
                yield Vertical(id="params")
                yield Vertical(id="terms")
            yield Static("", id="outcome", classes="outcome", markup=False)
            yield Static("enter registers · tab, ↑ ↓ move · ← → choose · ctrl+r as last time · esc leaves", classes="keys", markup=False)

    def on_mount(self) -> None:
        self._open()

    @work(exclusive=True, group="form")
    async def _open(self) -> None:
        try:
            self._offers = {offer.name: offer for offer in await self._fetch() if offer.name}
        except (CockpitError, ValueError) as error:
            self.query_one("#sentence", Static).update(clean(str(error)))
            return
        if not self._offers:
            self.query_one("#sentence", Static).update("the engine knows no strategy: put a file into the strategies folder of its home")
            return
        names = list(self._offers)
        which = Entry(Field(name=_STRATEGY, type="choice", choices=names, default=names[0]))
        symbols = Entry(_SYMBOLS, self._symbol, suggester=SymbolSuggester(self._watched))
        await self.query_one("#what", Vertical).mount(which, symbols)
        await self._show_offer()
        which.control.focus()

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
                fields = [Entry(field, group="terms") for field in offer.terms]
                await terms.mount(Static("terms", classes="group"), *fields, Entry(_ID, empty="given"))
        self._complete = True
        self._judge()

    @property
    def _offer(self) -> Offer:
        return self._offers[next(entry.text for entry in self._entries if entry.field.name == _STRATEGY)]

    @property
    def _entries(self) -> list[Entry]:
        return list(self.query(Entry))

    async def on_entry_changed(self, event: Entry.Changed) -> None:
        if event.entry.field.name == _STRATEGY and isinstance(event.entry.control, Choice):
            await self._show_offer()
        elif event.entry.group == "params":
            self._typed.setdefault(self._offer.name, {})[event.entry.field.name] = event.entry.text
        self._judge()

    def _judge(self) -> None:
        """Say what enter will do, or what keeps it from doing so."""
        if not self._complete:
            return
        wrong = [entry for entry in self._entries if entry.problem]
        if wrong:
            first = f"{wrong[0].field.name.replace('_', ' ')} {wrong[0].problem}"
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            self._say(f"{first}{more}", "-wrong")
        else:
            self._say(self._intent(self._command()), "-ready")

    def _command(self) -> Register:
        read = {group: {e.field.name: e.read() for e in self._entries if e.group == group} for group in ("params", "terms")}
        plain = {entry.field.name: entry.read() for entry in self._entries if not entry.group}
        params = {name: value for name, value in read["params"].items() if value is not None}
        return Register(
            name=self._offer.name,
            symbols=plain["symbols"] if isinstance(plain["symbols"], list) else [],
            params=msgspec.convert(params, dict[str, str | int | float | bool]),
            terms=msgspec.convert(read["terms"], Terms),
            id=str(plain["id"]) if plain["id"] else None,
        )

    def _intent(self, command: Register) -> str:
        terms = command.terms
        side = "long or flat" if terms.side == "long_flat" else "long or short"
        money = "with REAL MONEY" if self._mode == "live" else f"in {self._mode or 'paper'} mode"
        return (
            f"Enter starts {command.name} on {', '.join(command.symbols)} {money}: {terms.qty:g} a unit, {side}, "
            f"capital {terms.capital:,.0f}, fee {terms.fee_bps:g} bps."
        )

    def _say(self, text: str, state: str) -> None:
        outcome = self.query_one("#outcome", Static)
        outcome.set_classes(f"outcome {state}")
        outcome.update(text)

    def on_input_submitted(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        """Register, unless something is wrong: then go to it."""
        wrong = [entry for entry in self._entries if entry.problem]
        if wrong:
            wrong[0].control.focus()
        elif self._complete and not self._sending:
            self._sending = True
            self._send(self._command())

    @work(group="send")
    async def _send(self, command: Register) -> None:
        self._say(f"starting {command.name} …", "-busy")
        try:
            answer = await self._submit(command)
        except CockpitError as error:
            self._say(f"Refused: {clean(str(error))}", "-refused")
            return
        finally:
            self._sending = False
        self._recent[command.name] = {entry.field.name: entry.text for entry in self._entries if entry.field.name not in (_STRATEGY, "id")}
        self.dismiss(str(answer.get("id", "")) if isinstance(answer, dict) else "")

    def action_recall(self) -> None:
        """Fill in what this strategy was registered with the last time."""
        recent = self._recent.get(self._offer.name, {}) if self._offers else {}
        for entry in self._entries:
            entry.text = recent.get(entry.field.name, entry.text)

    def action_leave(self) -> None:
        self.dismiss(None)
