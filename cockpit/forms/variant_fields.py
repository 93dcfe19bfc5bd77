"""The fields of a variant's form: its name, what it is for, which line it stands for, what it follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from cockpit.forms.entry import Entry, SymbolSuggester
from cockpit.forms.fields import Field, Value, read_symbols
from cockpit.forms.indicators import IndicatorOffer
from core.variant import NAME, TYPES

#: What a type means, said before it is chosen.
MEANINGS = {
    "general": "a figure like others",
    "risk": "how risky it is, 0 to 100: values outside are flagged",
    "price": "a price",
    "stop_loss": "the price of a stop",
    "take_profit": "the price to take profit at",
    "close_order": "when to close",
}


class NameField(Field, frozen=True, kw_only=True):
    """A name that is free: of no indicator, and of no variant."""

    indicators: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    def read(self, text: str) -> Value:
        name = str(super().read(text))
        if not NAME.fullmatch(name):
            raise ValueError("must be a letter, then letters, digits, _ and -, 64 at most")
        if name in self.indicators or name in self.variants:
            what = "an indicator" if name in self.indicators else "a variant already"
            raise ValueError(f"is {what}: give it another name")
        return name


class TypeEntry(Entry):
    """What the variant is for; beside it what the chosen word means."""

    FIELD: ClassVar[Field] = Field(name="type", type="choice", choices=list(TYPES), default=TYPES[0])

    def hint(self) -> str:
        return MEANINGS.get(self.text, "")


class LineEntry(Entry):
    """Which of the indicator's lines it stands for; beside it its unit, and where a chart draws it."""

    def __init__(self, offer: IndicatorOffer, text: str | None) -> None:
        names = [line.name for line in offer.lines] or [""]
        self._offer = offer
        super().__init__(Field(name="line", type="choice", choices=names, default=names[0]), text)

    def hint(self) -> str:
        return self._offer.line(self.text).words


class FollowedEntry(Entry):
    """The symbols it follows; none typed: all of them."""

    FIELD: ClassVar[Field] = Field(name="symbols", default=None, description="only these, commas between")

    def __init__(self, text: str, streamed: Callable[[], Iterable[str]]) -> None:
        """`streamed` says which there are, without their venue."""
        self._streamed = streamed
        super().__init__(self.FIELD, text, suggester=SymbolSuggester(streamed), empty="all")
        self.add_class("-list")

    def read(self) -> list[str]:
        return read_symbols(self.text) if self.text.strip() else []

    def absent(self) -> str:
        """Which of them are not streamed, and what comes of that; '' where all are, or none is typed."""
        there = {name.rpartition(":")[2] for name in self._streamed()}
        absent = [name for name in self.read() if name.rpartition(":")[2] not in there]
        return f" {', '.join(absent)} {'is' if len(absent) == 1 else 'are'} not streamed: no value until then." if absent else ""
