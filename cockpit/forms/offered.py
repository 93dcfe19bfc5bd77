"""What the forms that choose a strategy share: its parameters and terms are asked as the engine's catalogue describes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import msgspec
from textual import work
from textual.containers import Vertical
from textual.widgets._static import Static

from cockpit.catalogue import Catalogue
from cockpit.forms.entry import Choice, Entry
from cockpit.forms.fields import Field, Offer
from cockpit.forms.form import Form
from cockpit.forms.recents import Recents, Texts
from cockpit.text import clean
from core.commands import Command, Terms
from core.errors import CockpitError
from core.term_rules import refuse_unfit

_STRATEGY = "strategy"

#: As terms are usually, and as they are of legs held against each other.
_SIDES = "long_flat", "long_short"

#: Terms that are asked first; what else there is stands below everything, off until it is filled in.
_USUAL = {
    "qty", "side", "capital", "fee_bps", "slippage_bps", "latency_ms", "participation", "stop_loss_pct", "take_profit_pct", "trailing_pct",
}  # fmt: skip


class OfferForm(Form):
    """Asks for a strategy, its parameters and terms, and what a subclass adds; answers the id the engine gave."""

    GROUPS: ClassVar[tuple[str, ...]] = ("what", "params", "terms")

    def __init__(
        self,
        catalogue: Catalogue,
        submit: Callable[[Any], Awaitable[Any]],
        *,
        recents: Recents,
        strategy: str = "",
        typed: Texts | None = None,
    ) -> None:
        """`strategy` and `typed` are what the form begins with."""
        super().__init__(submit, recents)
        self._catalogue = catalogue
        self._typed: dict[str, Texts] = {strategy: dict(typed or {})}
        self._offers = self._known()
        self._strategy = strategy if strategy in self._offers else next(iter(self._offers), "")
        self._shown = ""
        self._begun = self._failed = self._turned = False

    # What a subclass says

    def first_entries(self) -> list[Entry]:
        """Entries after the strategy's name."""
        raise NotImplementedError

    def last_entries(self) -> list[Entry]:
        """Entries after the terms."""
        return []

    def term_entry(self, field: Field, text: str | None) -> Entry:
        """The entry of a term."""
        return Entry(field, text, group="terms")

    def offered(self, offer: Offer) -> bool:
        """Whether a strategy can be chosen here."""
        return True

    async def begin(self) -> None:
        """Fill in what has to be asked for first."""

    def chose(self, offer: Offer) -> None:
        """Another strategy is asked about."""

    def command(self, offer: Offer, plain: dict[str, Any], params: dict[str, Any], terms: Terms) -> Command:
        """What enter sends; `plain` are the values of the form's own entries."""
        raise NotImplementedError

    # The form

    def _known(self) -> dict[str, Offer]:
        return {offer.name: offer for offer in self._catalogue.offers if offer.name and self.offered(offer)}

    def groups(self) -> dict[str, list[Static | Entry]]:
        if not self._offers:
            return {}
        names, offer = list(self._offers), self._offers[self._strategy]
        which = Entry(Field(name=_STRATEGY, type="choice", choices=names, default=self._strategy))
        typed = self._typed.get(offer.name, {})
        terms = [self.term_entry(field, typed.get(field.name)) for field in offer.terms]
        usual = [entry for entry in terms if entry.field.name in _USUAL]
        rest = [entry for entry in terms if entry not in usual]
        more: list[Static | Entry] = [Static("costs and orders in detail", classes="group"), *rest] if rest else []
        return {
            "what": [which, *self.first_entries()],
            "params": self._params(offer),
            "terms": [Static("terms", classes="group"), *usual, *self.last_entries(), *more],
        }

    def _params(self, offer: Offer) -> list[Static | Entry]:
        typed = self._typed.get(offer.name, {})
        heading = [Static("parameters", classes="group")] if offer.params else []
        return [*heading, *(Entry(field, typed.get(field.name), group="params") for field in offer.params)]

    def on_mount(self) -> None:
        self._open()

    @work(exclusive=True, group="form")
    async def _open(self) -> None:
        """The fields, at once where the catalogue is held, and what changed of it since."""
        sentence = self.query_one("#sentence", Static)
        if not self._offers:
            sentence.update("reading the catalogue …")
            if not await self._read() or not await self._fill():
                self._failed = True
                return
        self._mark(self._offers[self._strategy])
        await self.begin()
        self._begun = True
        self.judge()
        self._which.control.focus()
        if await self._read(silent=True) and not self.left:
            self._renew()

    async def _read(self, silent: bool = False) -> bool:
        try:
            await self._catalogue.fetch()
        except (CockpitError, ValueError) as error:
            if not silent and not self.left:
                self.query_one("#sentence", Static).update(clean(str(error)))
            return False
        return True

    async def _fill(self) -> bool:
        """Put the entries in place once there is a catalogue."""
        self._offers = self._known()
        if self.left or not self._offers:
            if not self.left:
                words = "the engine knows no strategy: put a file into the strategies folder of its home"
                self.query_one("#sentence", Static).update(words)
            return False
        self._strategy = self._strategy if self._strategy in self._offers else next(iter(self._offers))
        with self.app.batch_update():
            for name, widgets in self.groups().items():
                await self.query_one(f"#{name}", Vertical).mount(*widgets)
        return True

    def _renew(self) -> None:
        """Strategies that came, went or changed since the form was opened."""
        offers, asked = self._known(), self.entry(_STRATEGY)
        if asked is None or offers == self._offers or not offers or not isinstance(which := asked.control, Choice):
            return
        before, self._offers = self._offers.get(which.value), offers
        which.offer(list(offers))
        if offers.get(which.value) != before:
            self._shown = ""
            self._show_offer()

    def _mark(self, offer: Offer) -> None:
        """These are the entries of this strategy."""
        self._shown = offer.name
        self.query_one("#sentence", Static).update(clean(offer.sentence))
        self._take_sides(offer.hedged)
        self.chose(offer)

    def _take_sides(self, hedged: bool) -> None:
        """A strategy that holds its legs against each other is long and short; what was put there for it is taken back after it."""
        side, (before, after) = self.entry("side"), _SIDES if hedged else _SIDES[::-1]
        turns = side is not None and side.text == before and (hedged or self._turned)
        if side is not None and turns:
            side.text = after
        self._turned = hedged and (turns or self._turned)

    @work(exclusive=True, group="offer")
    async def _show_offer(self) -> None:
        """Ask for the chosen strategy's parameters; terms are asked once, they are the same for all."""
        offer, params = self._offer, self.query_one("#params", Vertical)
        with self.app.batch_update():
            await params.remove_children()
            await params.mount(*self._params(offer))
        if offer is self._offer:
            self._mark(offer)
            self.judge()

    @property
    def _which(self) -> Entry:
        return next(entry for entry in self.entries if entry.field.name == _STRATEGY)

    @property
    def _offer(self) -> Offer:
        return self._offers[self._which.text]

    @property
    def complete(self) -> bool:
        """Whether the entries are those of the strategy that is chosen."""
        return self._begun and not self.left and self._shown == self._which.text

    @property
    def settled(self) -> bool:
        return self._failed or super().settled

    @property
    def about(self) -> str:
        return self._shown or "a strategy"

    def kept(self, entry: Entry) -> bool:
        return entry.field.name != _STRATEGY

    def changed(self, entry: Entry) -> None:
        if entry.field.name == _STRATEGY and entry.text != self._shown:
            self._show_offer()
        elif entry.group == "params" and self._shown:
            self._typed.setdefault(self._shown, {})[entry.field.name] = entry.text

    def made(self) -> Command:
        read = {group: {e.field.name: e.read() for e in self.entries if e.group == group} for group in ("params", "terms")}
        plain = {entry.field.name: entry.read() for entry in self.entries if not entry.group}
        params = {name: value for name, value in read["params"].items() if value is not None}
        typed = msgspec.convert(params, dict[str, str | int | float | bool])
        return self.command(self._offer, plain, typed, self.traded(msgspec.convert(read["terms"], Terms)))

    def traded(self, terms: Terms) -> Terms:
        """Terms that the strategy can be traded on.

        Raises:
            UsageError: one of them would hold one of its legs without the other, or does nothing to it.
        """
        refuse_unfit(self._offer, terms)
        return terms

    def answer(self, command: Any, reply: dict[str, Any]) -> str:
        return str(reply.get("id", ""))
