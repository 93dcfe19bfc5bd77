"""What a venue lists, and whether the names a person gave are among it."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
from collections.abc import Iterable, Sequence

from core.clock import Clock
from core.errors import UsageError, VenueError, one_line
from core.feed.rest import Rest
from core.types import split_symbol
from core.venues.venue import SymbolInfo, Venue

#: How long a list is good for, in seconds.
GOOD_FOR_S = 3600.0

#: How long a check waits for it.
WITHIN_S = 5.0


class Listing:
    """The symbols of one venue, fetched when asked for and kept for an hour.

    Attributes:
        symbols: by bare name, what was listed last; empty before the first answer.
    """

    def __init__(self, venue: Venue, rest: Rest, clock: Clock) -> None:
        self.symbols: dict[str, SymbolInfo] = {}
        self._venue = venue
        self._rest = rest
        self._clock = clock
        self._fetched = float("-inf")

    async def refresh(self, *, force: bool = False) -> dict[str, SymbolInfo]:
        """The list, fetched anew if it is old.

        Raises:
            VenueError: the venue did not give it.
        """
        if force or self._clock.monotonic() - self._fetched > GOOD_FOR_S:
            listed = await self._rest.ask(self._venue.symbols(), self._venue.parse_symbols)
            self.symbols = {info.symbol: info for info in listed}
            self._fetched = self._clock.monotonic()
        return self.symbols

    async def recheck(self, names: Sequence[str]) -> None:
        """Ask for these alone, whatever the age of the list: a symbol may be halted at any time.

        Raises:
            VenueError: the venue did not say, or one of them is not listed.
        """
        listed = await self._rest.ask(self._venue.symbols(names), self._venue.parse_symbols)
        changed = {info.symbol: info for info in listed if self.symbols.get(info.symbol) != info}
        if changed:
            self.symbols = {**self.symbols, **changed}

    async def check(self, names: Iterable[str]) -> None:
        """Refuse names that are not listed. While the venue does not give its list, any name passes; while it wants silence, the list
        there is counts, whatever its age.

        Raises:
            UsageError: names the first unknown symbol and the closest listed ones.
        """
        wanted = list(names)
        silent = self._rest.silence_s() > WITHIN_S
        with contextlib.suppress(VenueError, TimeoutError):
            async with asyncio.timeout(0 if silent else WITHIN_S):
                if not (await self.refresh()).keys() >= set(wanted):
                    await self.refresh(force=True)
        for name in wanted if self.symbols else ():
            if name not in self.symbols:
                raise UsageError(unknown_symbol(self._venue.name, name, self.symbols))


def unknown_symbol(venue: str, name: str, listed: Iterable[str]) -> str:
    """One line that says a symbol does not exist and what may have been meant."""
    close = difflib.get_close_matches(name, list(listed), n=3, cutoff=0.6)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    return f"{venue} does not list {one_line(name, 40)!r}{hint}"


def bare_names(names: Iterable[str], venue: str) -> list[str]:
    """The venue's own names of `BTCUSDT`, `btcusdt` or `binance:BTCUSDT`, each once, in order.

    Raises:
        UsageError: a name belongs to another venue, or is empty.
    """
    bare: dict[str, None] = {}
    for name in names:
        head, tail = split_symbol(name.strip(), venue)
        if head != venue:
            raise UsageError(f"{one_line(name, 40)!r} is not a symbol of {venue}")
        if not tail:
            raise UsageError("a symbol must have a name, such as BTCUSDT")
        bare[tail] = None
    return list(bare)
