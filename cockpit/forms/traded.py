"""The symbols a strategy is to trade, judged while they are typed: against what is streamed, and against what the venue lists."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from cockpit.forms.entry import Entry, SymbolSuggester
from cockpit.forms.fields import Field, read_symbols
from cockpit.text import clean

_SYMBOLS = Field(name="symbols", type="symbols", default="", description="what it trades; several with commas")


#: Listed symbols that are named where one is not: those near it, or all where they are few.
MOST_NEAR, FEW = 3, 8


class Streamed(NamedTuple):
    """What the engine's venue has.

    Attributes:
        venue: its name; '' not known.
        now: asks which symbols are streamed now, by their bare names.
    """

    venue: str
    now: Callable[[], Sequence[str]]


class SymbolsEntry(Entry):
    """One symbol, or as many as the strategy trades.

    Attributes:
        listed: what the venue lists; empty while nobody knows, and then the engine judges it.
        legs: how many the strategy trades.
    """

    def __init__(self, text: str, streamed: Streamed) -> None:
        self.listed: tuple[str, ...] = ()
        self.legs = 1
        self._streamed = streamed
        super().__init__(_SYMBOLS, text, suggester=SymbolSuggester(self._meant))
        self.add_class("-list")

    def _meant(self) -> Iterable[str]:
        """What can be meant, what is streamed first."""
        return dict.fromkeys([*self._streamed.now(), *self.listed])

    def read(self) -> list[str]:
        names = read_symbols(self.text)
        venue, now = self._streamed.venue, set(self._streamed.now())
        for name in names:
            head, _, tail = name.rpartition(":")
            if head and venue and head != venue:
                raise ValueError(f"{clean(name)} is of another venue: this engine streams {clean(venue)} only")
            unlisted = "" if tail in now else not_listed(name, self.listed)
            if unlisted:
                raise ValueError(unlisted)
        if len(names) != self.legs:
            each = "symbols" if self.legs > 1 else "symbol"
            raise ValueError(f"has {len(names)}, and the strategy trades {self.legs} {each}{', with a comma between' * (self.legs > 1)}")
        return names

    def unstreamed(self) -> list[str]:
        """Those that are listed, and streamed only from when the strategy starts."""
        now = set(self._streamed.now())
        return [name for name in read_symbols(self.text) if name.rpartition(":")[2] not in now]

    def hint(self) -> str:
        fresh = self.unstreamed()
        if not fresh:
            return super().hint()
        return f"{clean(', '.join(fresh))}: {'listed, ' if self.listed else ''}not streamed yet"


def not_listed(name: str, listed: tuple[str, ...]) -> str:
    """That the venue lists no such symbol, and what may have been meant; '' where it does, or nobody knows."""
    symbol = name.rpartition(":")[2]
    return "" if not listed or symbol in listed else _unlisted(symbol, listed)


@lru_cache(maxsize=64)
def _unlisted(symbol: str, listed: tuple[str, ...]) -> str:
    near = [other for other in listed if other.startswith(symbol)] or difflib.get_close_matches(symbol, listed, MOST_NEAR, 0.6)
    if near:
        more = " …" if len(near) > MOST_NEAR else ""
        meant = f": did you mean {clean(', '.join(near[:MOST_NEAR]))}{more}?"
    else:
        meant = f", which lists {clean(', '.join(listed))}" if len(listed) <= FEW else ""
    return f"{clean(symbol)} is not listed by the venue{meant}"
