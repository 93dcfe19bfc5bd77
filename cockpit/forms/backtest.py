"""The form that runs a strategy over recorded data: source and span, then parameters and terms as the catalogue describes them."""

from __future__ import annotations

from typing import Any, ClassVar

from cockpit.forms.fields import Offer
from cockpit.forms.many import RunSourcesEntry
from cockpit.forms.sourced import SourcedForm
from cockpit.report import sources_words, terms_words
from core.commands import Backtest, Terms


class BacktestForm(SourcedForm):
    """Asks for what to run over what; answers the run's id."""

    KEYS: ClassVar[str] = "enter runs · ↑ ↓ move · ← → choose · ctrl+n next · ctrl+r last · esc leaves"
    SOURCE = RunSourcesEntry

    @property
    def heading(self) -> str:
        return "Run a strategy over recorded data"

    def command(self, offer: Offer, plain: dict[str, Any], params: dict[str, Any], terms: Terms) -> Backtest:
        first, *further = self._source.sources
        return Backtest(
            source=first,
            further=further,
            strategy=offer.name,
            symbol=str(plain["symbol"]).upper() if plain["symbol"] else None,
            params=params,
            terms=terms,
            from_ns=plain["from"],
            to_ns=plain["to"],
            allow_gaps=plain["gaps"] == "allow",
            costs=plain["costs"],
            given=self.given,
        )

    def intent(self, command: Backtest) -> str:
        whose = f", the rows of {command.symbol.replace(',', ' and ')}" if command.symbol else ""
        gaps = ", gaps or not" if command.allow_gaps else ""
        terms = f"{terms_words(command.terms)}{self.costs_told(command)}"
        return (
            f"Enter runs {command.strategy} over {sources_words(command.sources)}{whose}{gaps}: {terms}. "
            "No order leaves; live strategies are not slowed."
        )

    def busy(self, command: Backtest) -> str:
        return f"queueing {command.strategy} …"
