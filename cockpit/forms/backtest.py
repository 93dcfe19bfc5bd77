"""The form that runs a strategy over recorded data: source and span, then parameters and terms as the catalogue describes them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets._input import Input

from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Offer
from cockpit.forms.offered import OfferForm, Typed
from cockpit.forms.sources import SourceEntry, TimeEntry, files_at_hand
from cockpit.report import source_words, terms_words
from core.commands import Backtest, Terms
from core.errors import CockpitError

_SYMBOL = Field(name="symbol", default=None, description="whose data it is, where a file's name does not say")


class BacktestForm(OfferForm):
    """Asks for what to run over what; answers the run's id."""

    HEADING: ClassVar[str] = "Run a strategy over recorded data"
    KEYS: ClassVar[str] = "enter runs · tab, ↑ ↓ move · ← → choose · ctrl+n next source · ctrl+r as last time · esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n", "next_source", "next source", priority=True)]

    def __init__(
        self,
        offers: Callable[[], Awaitable[list[Offer]]],
        submit: Callable[[Backtest], Awaitable[Any]],
        tapes: Callable[[], Awaitable[list[str]]],
        *,
        recent: Typed,
        strategy: str = "",
        typed: dict[str, str] | None = None,
    ) -> None:
        """`tapes` asks which series there are; `strategy` and `typed` are what the form begins with."""
        super().__init__(offers, submit, recent=recent, strategy=strategy, typed=typed)
        self._begin = dict(typed or {})
        self._ask_tapes = tapes
        self._offered = [self._begin["source"]] if self._begin.get("source") else []
        self._source = SourceEntry(self._begin.get("source", ""), self._offered)

    def on_mount(self) -> None:
        super().on_mount()
        self._find_sources()

    @work(exclusive=True, group="sources")
    async def _find_sources(self) -> None:
        files = await asyncio.to_thread(files_at_hand, Path())
        try:
            self._source.tapes = [str(tape) for tape in await self._ask_tapes()]
        except (CockpitError, TypeError):
            self._source.tapes = None  # the engine judges it then
        for found in (*(self._source.tapes or ()), *files):
            if found not in self._offered:
                self._offered.append(found)
        if not self._source.text.strip() and self._offered:
            self._source.text = self._offered[0]
        if self._source.is_mounted:
            self._source.judge()
            self.judge()

    def offered(self, offer: Offer) -> bool:
        return offer.legs == 1

    def first_entries(self) -> list[Entry]:
        text = self._begin.get
        return [
            self._source,
            Entry(_SYMBOL, text("symbol", ""), empty="as it says"),
            TimeEntry("from", "first time traded, UTC; what lies before only warms up", text("from", "")),
            TimeEntry("to", "where it ends", text("to", "")),
        ]

    def action_next_source(self) -> None:
        """The next of the sources that are offered."""
        if self._offered:
            here = self._offered.index(self._source.text) if self._source.text in self._offered else -1
            self._source.text = self._offered[(here + 1) % len(self._offered)]
            self._source.control.focus()
            if isinstance(self._source.control, Input):
                self._source.control.cursor_position = len(self._source.text)  # a path's end says more than its beginning

    def command(self, offer: Offer, plain: dict[str, Any], params: dict[str, Any], terms: Terms) -> Backtest:
        return Backtest(
            source=str(plain["source"]),
            strategy=offer.name,
            symbol=str(plain["symbol"]).upper() if plain["symbol"] else None,
            params=params,
            terms=terms,
            from_ns=plain["from"],
            to_ns=plain["to"],
        )

    def intent(self, command: Backtest) -> str:
        return (
            f"Enter runs {command.strategy} over {source_words(command.source)}: {terms_words(command.terms)}. "
            "No order leaves; live strategies are not slowed."
        )

    def busy(self, command: Backtest) -> str:
        return f"queueing {command.strategy} …"
