"""Entries of the form of a session: strategies, symbols to trade and those that move together, sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cockpit.forms.entry import Entry, SymbolSuggester
from cockpit.forms.fields import Field, Offer, read_symbols
from cockpit.forms.traded import not_listed
from cockpit.text import clean

#: Names that are said where one is not known.
SAID = 8


class NameSuggester(SymbolSuggester):
    """Completes the last name of a list."""

    async def get_suggestion(self, value: str) -> str | None:
        head = value[: max(value.rfind(","), value.rfind(" ")) + 1]
        word = value[len(head) :].casefold()
        found = next((name for name in self._symbols() if word and name.casefold().startswith(word) and name.casefold() != word), None)
        return None if found is None else value + found[len(word) :]


class StrategiesEntry(Entry):
    """Strategies of the catalogue, with commas between.

    Attributes:
        offers: those there are; empty while nobody knows, and then the engine judges it.
    """

    def __init__(self, field: Field, text: str) -> None:
        self.offers: Sequence[Offer] = ()
        plain = Field(name=field.name, default="", description=field.description)
        super().__init__(plain, text, suggester=NameSuggester(self._names))
        self.add_class("-list")

    def _names(self) -> Iterable[str]:
        return [offer.name for offer in self.offers if offer.legs == 1]

    def read(self) -> list[str]:
        names = list(dict.fromkeys(filter(None, self.text.replace(",", " ").split())))
        known = list(self._names())
        shown = f"{clean(', '.join(known[:SAID]))}{' …' if len(known) > SAID else ''}"
        if not names:
            raise ValueError(f"needs a name: {shown}" if known else "needs the name of a strategy")
        several = {offer.name: offer.legs for offer in self.offers if offer.legs > 1}
        for name in names:
            if name in several:
                raise ValueError(f"has {clean(name)}, which trades {several[name]} symbols: register it by itself (r)")
            if known and name not in known:
                raise ValueError(f"has {clean(name)}, which there is not: {shown}")
        return names


class WatchlistEntry(Entry):
    """Symbols that are streamed and traded.

    Attributes:
        listed: what the venue lists; empty while nobody knows, and then the engine judges it.
    """

    def __init__(self, field: Field, text: str, streamed: Callable[[], Sequence[str]]) -> None:
        self.listed: tuple[str, ...] = ()
        self._streamed = streamed
        plain = Field(name=field.name, type="symbols", default="", description=field.description)
        super().__init__(plain, text, suggester=SymbolSuggester(lambda: dict.fromkeys([*streamed(), *self.listed])))
        self.add_class("-list")

    def read(self) -> list[str]:
        names = read_symbols(self.text)
        unlisted = next(filter(None, (not_listed(name, self.listed) for name in names if name not in self._streamed())), "")
        if unlisted:
            raise ValueError(unlisted)
        return names


class WeightsEntry(Entry):
    """What each strategy's size is against the others: `sma_crossover=2 momentum=0.5`."""

    def __init__(self, field: Field, text: str, named: Callable[[], Sequence[str]]) -> None:
        """`named` says which strategies are chosen."""
        self._named = named
        plain = Field(name=field.name, default=None, description="by strategy: sma_crossover=2 momentum=0.5; 1 where none is said")
        super().__init__(plain, text, empty="all alike")
        self.add_class("-list")

    def read(self) -> dict[str, float]:  # type: ignore[override]  # of a few names, not of one value
        found: dict[str, float] = {}
        size = Field(name="weight", type="float", default=1.0, gt=0.0)
        for word in self.text.replace(",", " ").split():
            name, sign, text = word.partition("=")
            if not sign:
                raise ValueError(f"has {clean(word)}: write name=2")
            if name not in self._named():
                raise ValueError(f"has {clean(name)}, which is not among the strategies")
            try:
                found[name] = float(size.read(text) or 0.0)
            except ValueError as error:
                raise ValueError(f"{clean(name)} {error}") from None
        return found


class GroupsEntry(Entry):
    """Symbols that move together, a word for each group: `BTCUSDT+ETHUSDT SOLUSDT+AVAXUSDT`."""

    def __init__(self, field: Field, text: str) -> None:
        plain = Field(name=field.name, default=None, description=f"{field.description}; a space between groups")
        super().__init__(plain, text, empty="none")
        self.add_class("-list")

    def read(self) -> list[str]:
        groups: list[str] = []
        for group in self.text.replace(",", " ").split():
            names = read_symbols(group.replace("+", ","))
            if len(set(names)) < 2:
                raise ValueError(f"has {clean(group)}: write two symbols or more, as BTCUSDT+ETHUSDT")
            groups.append("+".join(names))
        return groups


def weights_text(weights: dict[str, float]) -> str:
    """As they are typed."""
    return " ".join(f"{clean(name)}={weight:g}" for name, weight in weights.items())
