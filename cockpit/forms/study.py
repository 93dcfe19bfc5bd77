"""The form of a study: a run's source, parameters at one value or several, how they are tried, and how the choice is judged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec
from textual.widgets._static import Static

from cockpit.forms.described import fields_of
from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Offer
from cockpit.forms.many import SymbolsEntry
from cockpit.forms.ranged import AlsoEntry, RangeEntry, RangesEntry, WhereEntry
from cockpit.forms.sourced import SourcedForm
from cockpit.report import sources_words
from cockpit.study import ranked_name
from core.commands import Optimize, Terms

_NONE = "none"

#: Trials of a method that could go on without end, where nothing is said (`core.research.search.methods`).
USUAL = 100

#: Fields of the command that are asked as its type describes them, and what each means.
_HOW = {
    "method": "grid tries all, random some, bayes goes where it was good",
    "trials": "at most so many a strategy and symbol; grid: all, else 100",
    "seed": "of random and bayes, and of what is drawn again",
    "rank_by": "what the best is best at",
}
_JUDGED = {
    "folds": "stretches of time the choice is judged by",
    "train": "split, rolling: share of each stretch to choose on",
    "embargo": "periods left out between choosing and judging",
    "monte_carlo": "draw the best's periods again so often: 10000",
}
_ASKED = (*_HOW, *_JUDGED)

#: Those of them that may be left empty: how each is then shown.
_OPEN = {"trials": "as it has", "monte_carlo": "off"}


class StudyForm(SourcedForm):
    """Asks for what to try over what; answers the study's id."""

    KEYS: ClassVar[str] = "enter tries · ↑ ↓ move · ← → choose · ctrl+n next · ctrl+r last · esc leaves"
    CLASSES_OF_FORM: ClassVar[str] = "form register study"
    GROUPS: ClassVar[tuple[str, ...]] = ("what", "params", "trying", "judging", "others", "terms")
    SYMBOL = SymbolsEntry

    @property
    def heading(self) -> str:
        return "Study: try many parameter sets over recorded data"

    def groups(self) -> dict[str, list[Static | Entry]]:
        made = super().groups()
        return made and {**made, **self._ways()}

    def _params(self, offer: Offer) -> list[Static | Entry]:
        typed = self._typed.get(offer.name, {})
        heading = [Static("parameters: one value, or those to try: 5:50:5 or 1m,5m", classes="group")] if offer.params else []
        return [*heading, *(RangeEntry(field, typed.get(field.name)) for field in offer.params)]

    def _ways(self) -> dict[str, list[Static | Entry]]:
        """What is asked beside the strategy and its terms, by group."""
        text = self._begin.get
        ways = [_NONE, "split", "rolling", "anchored", "purged", "combinatorial"]
        judged = Field(
            name="validate", type="choice", choices=ways, default=_NONE, description="judge the choice by other stretches of time"
        )
        self._also = AlsoEntry(text("also", ""), self._of_as_many_legs)
        self._more_ranges = RangesEntry(text("more ranges", ""), self._others_params)
        self._where = WhereEntry(text("where", ""), lambda: [*self._own_params(), *self._others_params()])
        return {
            "trying": [Static("how they are tried", classes="group"), self._where, *self._plain(_HOW)],
            "judging": [Static("how the choice is judged", classes="group"), Entry(judged, text("validate")), *self._plain(_JUDGED)],
            "others": [Static("other strategies beside it", classes="group"), self._also, self._more_ranges],
        }

    def _plain(self, means: Mapping[str, str]) -> Iterator[Entry]:
        """Entries of fields of the command."""
        fields = {field.name: field for field in fields_of(Optimize)}
        for name, words in means.items():
            known = fields[name] if name not in _OPEN else Field(name=name, type="int", ge=1)
            yield Entry(msgspec.structs.replace(known, description=words), self._begin.get(name), empty=_OPEN.get(name, ""))

    def _of_as_many_legs(self) -> list[str]:
        return [name for name, offer in self._offers.items() if offer.legs == self._offer.legs]

    def _own_params(self) -> list[str]:
        return [field.name for field in self._offer.params]

    def _others_params(self) -> dict[str, str]:
        """Parameters that only the other strategies have, and whose each is."""
        others = [self._offers[name] for name in self._names()[1:]]
        own = self._own_params()
        return {field.name: offer.name for offer in others for field in offer.params if field.name not in own}

    def _names(self) -> list[str]:
        """The strategies, the first one first."""
        try:
            others = self._also.read()
        except ValueError:
            others = []
        return list(dict.fromkeys([self._offer.name, *others]))

    def chose(self, offer: Offer) -> None:
        super().chose(offer)
        self._also.legs = offer.legs
        self._also.judge()

    def changed(self, entry: Entry) -> None:
        super().changed(entry)
        if self._begun and (entry is self._also or entry.field.name == "strategy"):
            for other in (self._where, self._more_ranges):
                other.judge()

    def made(self) -> Optimize:
        read = {entry.field.name: entry.read() for entry in self.entries if not entry.group}
        mine = [entry for entry in self.entries if isinstance(entry, RangeEntry)]
        ranges = [entry.range_text for entry in mine if entry.range_text] + list(self._more_ranges.text.split())
        values: dict[str, Any] = {entry.field.name: entry.read() for entry in mine if not entry.range_text}
        terms = self.traded(msgspec.convert({entry.field.name: entry.read() for entry in self.entries if entry.group == "terms"}, Terms))
        judged = read["validate"]
        words = {
            "sources": self._source.sources, "symbols": read["symbols"], "strategies": self._names(),
            "params": {name: value for name, value in values.items() if value is not None}, "ranges": ranges, "where": self._where.read(),
            "validate": None if judged == _NONE else judged, "from_ns": read["from"], "to_ns": read["to"],
            "allow_gaps": read["gaps"] == "allow", "costs": read["costs"], "given": self.given,
            **{name: read[name] for name in _ASKED},
        }  # fmt: skip
        return msgspec.convert({**{name: value for name, value in words.items() if value is not None}, "terms": terms}, Optimize)

    @property
    def combinations(self) -> int:
        """How many the ranges make, of all strategies; before any is refused."""
        own = {entry.field.name: max(1, len(entry.values)) for entry in self.entries if isinstance(entry, RangeEntry)}
        try:
            more = {one.name: len(one.texts) for one in self._more_ranges.ranges}
        except ValueError:
            more = {}
        offers = [self._offers[name] for name in self._names()]
        return sum(math.prod((own | more).get(field.name, 1) for field in offer.params) for offer in offers)

    def intent(self, command: Optimize) -> str:
        most = command.trials or (self.combinations if command.method == "grid" else USUAL)
        tried = min(self.combinations, most * len(command.strategies))
        count = f"{self.combinations:,} combination{'s' * (self.combinations != 1)}"
        some = f"{tried:,} of {count}" if tried < self.combinations else f"all {count}" if tried > 1 else count
        symbols = self._symbol.count if isinstance(self._symbol, SymbolsEntry) else 0
        each = f", on each of {symbols} symbols" if symbols > 1 else ""
        judged = f", judged by {command.validate}" if command.validate else ""
        return (
            f"Enter tries {some} of {', '.join(command.strategies)} over {sources_words(command.sources)}{each}, where it allows them, "
            f"by {ranked_name(command.rank_by)}{judged}{self.costs_told(command)}. It can be cancelled, and goes on when asked again."
        )

    def busy(self, command: Optimize) -> str:
        return f"queueing a study of {', '.join(command.strategies)} …"
