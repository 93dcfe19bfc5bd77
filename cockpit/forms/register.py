"""The form that registers a strategy, made from the engine's catalogue: what is asked, allowed and meant comes from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from cockpit.forms.entry import Entry, SymbolSuggester
from cockpit.forms.fields import Field, Offer
from cockpit.forms.offered import OfferForm, Typed
from core.commands import Register, Terms

_SYMBOLS = Field(name="symbols", type="symbols", default="", description="what it trades; several with commas")
_ID = Field(name="id", default=None, description="a name of your own; the engine gives one otherwise")


class RegisterForm(OfferForm):
    """Asks for a strategy, its symbols, parameters and terms; answers the new strategy's id."""

    HEADING: ClassVar[str] = "Register a strategy"
    KEYS: ClassVar[str] = "enter registers · tab, ↑ ↓ move · ← → choose · ctrl+r as last time · esc leaves"

    def __init__(
        self,
        offers: Callable[[], Awaitable[list[Offer]]],
        submit: Callable[[Register], Awaitable[Any]],
        *,
        watched: list[str],
        symbol: str,
        mode: str,
        recent: Typed,
        last: Callable[[str], float | None] = lambda _symbol: None,
    ) -> None:
        """`offers` fetches the catalogue, `submit` sends the command; `symbol` is the one that is suggested, `last` its last price.

        `recent` holds what was registered last, and is kept up to date.
        """
        super().__init__(offers, submit, recent=recent)
        self._watched = watched
        self._symbol = symbol
        self._mode = mode
        self._last = last

    def first_entries(self) -> list[Entry]:
        return [Entry(_SYMBOLS, self._symbol, suggester=SymbolSuggester(self._watched))]

    def last_entries(self) -> list[Entry]:
        return [Entry(_ID, empty="given")]

    def kept(self, entry: Entry) -> bool:
        return super().kept(entry) and entry.field.name != _ID.name

    def command(self, offer: Offer, plain: dict[str, Any], params: dict[str, Any], terms: Terms) -> Register:
        return Register(
            name=offer.name,
            symbols=plain["symbols"] if isinstance(plain["symbols"], list) else [],
            params=params,
            terms=terms,
            id=str(plain["id"]) if plain["id"] else None,
        )

    def intent(self, command: Register) -> str:
        terms = command.terms
        side = "long or flat" if terms.side == "long_flat" else "long or short"
        money = "with REAL MONEY" if self._mode == "live" else f"in {self._mode or 'paper'} mode"
        return (
            f"Enter starts {command.name} on {', '.join(command.symbols)} {money}: {terms.qty:g} a unit{self._worth(command)}, {side}, "
            f"capital {terms.capital:,.0f}, fee {terms.fee_bps:g} bps."
        )

    def _worth(self, command: Register) -> str:
        """What a unit is worth at the last price, against the capital."""
        last = self._last(command.symbols[0]) if len(command.symbols) == 1 else None
        if last is None:
            return ""
        worth = command.terms.qty * last
        return f" (about {worth:,.0f}: {worth / command.terms.capital:,.1f} times the capital)"

    def busy(self, command: Register) -> str:
        return f"starting {command.name} …"
