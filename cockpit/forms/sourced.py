"""What the forms about recorded data share: the source, whose rows of it are meant, the span, and whose fills tell the costs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from textual import work
from textual.binding import Binding, BindingType
from textual.widgets._input import Input

from cockpit.catalogue import Catalogue
from cockpit.forms.costs import CostsEntry, MeasuredEntry, calibrations_at_hand
from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Offer
from cockpit.forms.gaps import ALLOW, KEY, REFUSE, GapsEntry
from cockpit.forms.many import SourcesEntry
from cockpit.forms.offered import OfferForm
from cockpit.forms.recents import Recents, Texts
from cockpit.forms.sources import SymbolEntry, TimeEntry, files_at_hand
from cockpit.report import costs_words
from cockpit.text import clean
from core.clock import iso
from core.commands import Backtest, Optimize
from core.errors import CockpitError
from core.measured_terms import NAMES, TOGETHER
from core.source_view import Lacking

#: Seconds after the last key in the source before it is looked into.
PAUSE_S = 0.15


class SourcedForm(OfferForm):
    """Asks for a strategy and what to run it over, and what a subclass adds; answers the id the engine gave."""

    SOURCE: ClassVar[type[SourcesEntry]] = SourcesEntry
    SYMBOL: ClassVar[type[SymbolEntry]] = SymbolEntry
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "next_source", "next source", priority=True),
        Binding(KEY, "gaps", "gaps", priority=True),
    ]

    def __init__(
        self,
        catalogue: Catalogue,
        submit: Callable[[Any], Awaitable[Any]],
        tapes: Callable[[], Awaitable[list[str]]],
        holds: Callable[[str], Awaitable[Any]],
        lacks: Callable[[list[str], int | None, int | None], Awaitable[Any]],
        *,
        recents: Recents,
        strategy: str = "",
        typed: Texts | None = None,
        more: Callable[[], Awaitable[Texts]] | None = None,
    ) -> None:
        """`tapes` asks which series there are, `holds` what a file or folder holds, `lacks` what tapes lack between two times.

        `strategy` and `typed` are what the form begins with, `more` asks for the rest of it.
        """
        super().__init__(catalogue, submit, recents=recents, strategy=strategy, typed=typed)
        self._begin = dict(typed or {})
        self._more = more
        self._ask_tapes = tapes
        self._offered = [self._begin["source"]] if self._begin.get("source") else []
        self._source = self.SOURCE(self._begin.get("source", ""), self._offered)
        self._symbol = self.SYMBOL(self._begin.get(self.SYMBOL.FIELD.name, ""))
        self._costs = CostsEntry(self._begin.get("costs", ""))
        self._ask_holds, self._ask_lacks = holds, lacks
        self._gaps = GapsEntry(self._begin.get("gaps"))
        self._from, self._to = (
            TimeEntry("from", "first time traded, UTC; what lies before only warms up", self._begin.get("from", "")),
            TimeEntry("to", "where it ends", self._begin.get("to", "")),
        )
        self._whole: tuple[str, str] | None = None
        self._look_task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        for name, text in (await self._more()).items() if self._more is not None else ():
            entry = self.entry(name)
            if entry is not None:
                entry.text = text

    def on_mount(self) -> None:
        super().on_mount()
        self._find_sources()

    @work(exclusive=True, group="sources")
    async def _find_sources(self) -> None:
        files = await asyncio.to_thread(files_at_hand, Path())
        self._costs.choices += await asyncio.to_thread(calibrations_at_hand, Path())
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
            self._source.fill_up(named=bool(self._symbol.text.strip()))
            self._look()
            self.judge()

    def chose(self, offer: Offer) -> None:
        self._source.legs = self._symbol.legs = self._costs.legs = offer.legs
        self._source.fill_up(named=bool(self._symbol.text.strip()))
        self._costs.judge()
        self._look()

    def first_entries(self) -> list[Entry]:
        return [self._source, self._symbol, self._from, self._to]

    def last_entries(self) -> list[Entry]:
        return [self._costs, self._gaps]

    def term_entry(self, field: Field, text: str | None) -> Entry:
        if field.name not in NAMES:
            return super().term_entry(field, text)
        return MeasuredEntry(field, text, measured=self._costs.asked, given=field.name in self._begin.get("given", "").split())

    @property
    def given(self) -> list[str]:
        """Names of terms that stand above what was measured: those that are typed, and a spread that is another than usual, or was
        given before."""
        terms = [entry for entry in self.entries if entry.group == "terms"]
        names = [entry.field.name for entry in terms if isinstance(entry, MeasuredEntry) and entry.given]
        spread, before = TOGETHER.difference(NAMES), self._begin.get("given", "").split()
        more = [e.field.name for e in terms if e.field.name in spread and (e.read() != e.field.default or e.field.name in before)]
        return names + more if self._costs.asked else []

    def costs_told(self, command: Backtest | Optimize) -> str:
        """`; costs measured, …`, for the sentence that says what enter will do; '' where none are asked for."""
        words = costs_words(command)
        return f"; costs {words}" if words else ""

    def changed(self, entry: Entry) -> None:
        super().changed(entry)
        if entry is self._source:
            self._whole = None
        if entry in (self._source, self._from, self._to) or (entry is self._symbol and self._symbol.legs > 1):
            self._look()
        elif entry is self._costs:
            self._measure(self._costs.asked)

    def _measure(self, on: bool) -> None:
        for term in self.query(MeasuredEntry):
            term.measure(on)

    def action_recall(self) -> None:
        kept = self._recents.of(self.about) if self.complete else {}
        if "costs" in kept:  # first, so that what was given then stays even where it is what is usual
            self._measure(bool(kept["costs"].strip()))
        super().action_recall()

    def _look(self) -> None:
        """See whose rows the source holds and what it lacks, once it is one."""
        if self._look_task is not None:
            self._look_task.cancel()
        self._symbol.apart = self._source.apart
        self._symbol.hold(self._source.listed)
        self._gaps.lack(None)
        if not self._source.problem:
            self._look_task = asyncio.create_task(self._look_into())

    async def _look_into(self) -> None:
        await asyncio.sleep(PAUSE_S)
        await self._look_for_gaps()
        if self._source.paths:
            await self._look_whose(self._source.paths)

    async def _look_for_gaps(self) -> None:
        """What of it is missing, where it is on the tape."""
        meant = self._symbol.of_legs if self._symbol.legs > 1 and not self._symbol.problem else []
        tapes = self._source.tapes_of(meant)
        if not tapes or self._from.problem or self._to.problem:
            return
        try:
            answer = await self._ask_lacks(tapes, self._from.read(), self._to.read())
            lacking = None if answer is None else msgspec.convert(answer, Lacking)
        except (CockpitError, msgspec.ValidationError):
            return  # the run judges it then
        if not self.left and self._gaps.is_mounted:
            self._gaps.lack(lacking)
            self.judge()

    async def _look_whose(self, paths: list[str]) -> None:
        """Whose rows files and folders hold."""
        held = self._source.listed
        for path in paths:
            try:
                answer = await self._ask_holds(path)
                self._source.refused[path] = clean(str(answer["wrong"]))
                self._source.whose[path] = [str(name) for name in answer["symbols"]]
                held += self._source.whose[path]
            except (CockpitError, TypeError, KeyError):
                return  # the run judges it then
        if not self.left and self._symbol.is_mounted:
            self._symbol.hold(list(dict.fromkeys(held)))
            self._source.judge()
            self.judge()

    async def looked(self) -> None:
        if self._look_task is not None and not self._look_task.done():
            self.tell("looking what it holds …", "-busy")
            await asyncio.wait([self._look_task])

    def on_unmount(self) -> None:
        if self._look_task is not None:
            self._look_task.cancel()

    def action_send(self) -> None:
        if self._gaps.problem:
            self._look()  # what was missing may have come meanwhile
        super().action_send()

    def action_gaps(self) -> None:
        """Keep to the longest stretch without a gap, then allow gaps in all of it, then refuse them."""
        stretch, ways = self._gaps.stretch, self._gaps.control
        if self._whole is not None:
            (self._from.text, self._to.text), self._whole = self._whole, None
            ways.value = ALLOW
        elif self._gaps.text == ALLOW:
            ways.value = REFUSE
        elif stretch is not None:
            self._whole = self._from.text, self._to.text
            for entry, ns in zip((self._from, self._to), stretch, strict=True):
                entry.text = entry.text if ns is None else f"{iso(ns)[:19]}Z"
        elif self._gaps.lacking is not None:
            ways.value = ALLOW
        else:
            self.tell("No gaps are known of this source.", "-busy")

    def action_next_source(self) -> None:
        """The next of the sources that are offered; in the line of the symbol, of those it holds; in that of the costs, of those here."""
        entry: Entry = self._source
        offered = self._source.offers(self._offered)
        if self._symbol.held and self.focused is self._symbol.control:
            entry, offered = self._symbol, self._symbol.choices
        elif self.focused is self._costs.control:
            entry, offered = self._costs, self._costs.choices
        if offered:
            here = offered.index(entry.text) if entry.text in offered else -1
            entry.text = offered[(here + 1) % len(offered)]
            entry.control.focus()
            if isinstance(entry.control, Input):
                entry.control.cursor_position = len(entry.text)  # a path's end says more than its beginning
