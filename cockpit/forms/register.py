"""The form that registers a strategy, made from the engine's catalogue: what is asked, allowed and meant comes from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import work

from cockpit.catalogue import Catalogue
from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Offer
from cockpit.forms.offered import OfferForm
from cockpit.forms.recents import Recents, Texts
from cockpit.forms.traded import Streamed, SymbolsEntry
from cockpit.report import size_words
from core.commands import Register, Terms
from core.errors import CockpitError

_ID = Field(name="id", default=None, description="a name of your own; the engine gives one otherwise")


class RegisterForm(OfferForm):
    """Asks for a strategy, its symbols, parameters and terms; answers the new strategy's id."""

    KEYS: ClassVar[str] = "enter registers · ↑ ↓ move · ← → choose · ctrl+r as last time · esc leaves"

    def __init__(
        self,
        catalogue: Catalogue,
        submit: Callable[[Register], Awaitable[Any]],
        listing: Callable[[], Awaitable[list[str]]],
        *,
        streamed: Streamed,
        symbol: str,
        mode: str,
        recents: Recents,
        last: Callable[[str], float | None] = lambda _symbol: None,
        strategy: str = "",
        typed: Texts | None = None,
    ) -> None:
        """`listing` asks what the venue lists; `symbol` is the one that is suggested (several with commas), `last` its last price.

        `strategy` and `typed` are what the form begins with.
        """
        super().__init__(catalogue, submit, recents=recents, strategy=strategy, typed=typed)
        self._ask_listing = listing
        self._symbols = SymbolsEntry(symbol, streamed)
        self._mode = mode
        self._last = last

    @property
    def heading(self) -> str:
        return "Register a strategy"

    def on_mount(self) -> None:
        super().on_mount()
        self._learn_listing()

    @work(exclusive=True, group="listing")
    async def _learn_listing(self) -> None:
        try:
            self._symbols.listed = tuple(str(name) for name in await self._ask_listing())
        except (CockpitError, TypeError):
            return  # the engine judges it then
        if self._symbols.is_mounted and not self.left:
            self._symbols.judge()
            self.judge()

    def first_entries(self) -> list[Entry]:
        return [self._symbols]

    def last_entries(self) -> list[Entry]:
        return [Entry(_ID, empty="given")]

    def chose(self, offer: Offer) -> None:
        self._symbols.legs = offer.legs
        self._symbols.judge()

    def kept(self, entry: Entry) -> bool:
        return super().kept(entry) and entry.field.name != _ID.name

    def command(self, offer: Offer, plain: dict[str, Any], params: dict[str, Any], terms: Terms) -> Register:
        return Register(
            name=offer.name,
            symbols=plain["symbols"],
            params=params,
            terms=terms,
            id=str(plain["id"]) if plain["id"] else None,
        )

    def intent(self, command: Register) -> str:
        terms = command.terms
        side = "long or flat" if terms.side == "long_flat" else "long or short"
        money = "with REAL MONEY" if self._mode == "live" else f"in {self._mode or 'paper'} mode"
        return (
            f"Enter starts {command.name} on {', '.join(command.symbols)} {money}: {size_words(terms)} a unit{self._worth(command)}, "
            f"{side}, capital {terms.capital:,.0f}, fee {terms.fee_bps:g} bps.{self._added()}"
        )

    def _worth(self, command: Register) -> str:
        """What a unit is worth at the last price, against the capital."""
        last = self._last(command.symbols[0]) if len(command.symbols) == 1 else None
        if last is None or command.terms.size != "units":
            return ""
        worth = command.terms.qty * last
        return f" (about {worth:,.0f}: {worth / command.terms.capital:,.1f} times the capital)"

    def _added(self) -> str:
        """What is streamed because of it."""
        fresh = self._symbols.unstreamed()
        several = len(fresh) > 1
        verb, they = ("are", "they") if several else ("is", "it")
        return f" {', '.join(fresh)} {verb} not streamed yet: {they} will be, and recorded." if fresh else ""

    def busy(self, command: Register) -> str:
        return f"starting {command.name} …"
