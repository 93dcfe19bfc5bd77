"""What a venue is asked for now and then: 24 h figures, its list of symbols. A failure is noted and tried again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from core.errors import RateLimited, VenueError
from core.feed.listing import Listing, unknown_symbol
from core.feed.rest import Rest
from core.venues.venue import SymbolInfo, Ticker, Venue

#: Symbols a request: Binance's cheaper classes of 24 h figures end there.
SYMBOLS_A_CALL = 100

log = structlog.get_logger(__name__)


class Refresh:
    """Asks every `every_s` seconds, and soon after `wake`.

    Attributes:
        unlisted: watched symbols the venue does not list.
        trouble: why the last round was not complete, or empty.
    """

    def __init__(
        self,
        venue: Venue,
        rest: Rest,
        listing: Listing,
        *,
        names: Callable[[], set[str]],
        on_tickers: Callable[[list[Ticker]], None],
        on_symbols: Callable[[dict[str, SymbolInfo]], None],
        every_s: float = 30.0,
    ) -> None:
        self.unlisted: set[str] = set()
        self.trouble = ""
        self._venue = venue
        self._rest = rest
        self._listing = listing
        self._names = names
        self._on_tickers = on_tickers
        self._on_symbols = on_symbols
        self._every_s = every_s
        self._listed: dict[str, SymbolInfo] = {}
        self._told_of: set[str] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """The symbols watched have changed."""
        self._wake.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self._wake.clear()
            troubles = [trouble for step in (self._symbols, self._tickers) if (trouble := await _tried(step))]
            if troubles and troubles[0] != self.trouble:
                log.warning("a venue did not answer", venue=self._venue.name, reason=troubles[0])
            self.trouble = troubles[0] if troubles else ""
            try:
                async with asyncio.timeout(self._every_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _symbols(self) -> None:
        listed = await self._listing.refresh()
        if listed is self._listed:
            listed = await self._recheck(listed)
        names = set(self._names())
        if listed is not self._listed or names - self._told_of:
            self._listed = listed
            self._on_symbols(listed)
        self._told_of = names
        unlisted = {name for name in names if name not in listed}
        for name in unlisted - self.unlisted:
            log.warning("a watched symbol is not listed", reason=unknown_symbol(self._venue.name, name, listed))
        self.unlisted = unlisted

    async def _recheck(self, listed: dict[str, SymbolInfo]) -> dict[str, SymbolInfo]:
        """The list, with what is watched as it is now."""
        names = sorted(self._names() & listed.keys())
        try:
            for first in range(0, len(names), SYMBOLS_A_CALL):
                await self._listing.recheck(names[first : first + SYMBOLS_A_CALL])
        except RateLimited:
            raise
        except VenueError:  # one of them may be listed no more: the whole list tells which
            await self._listing.refresh(force=True)
        for name in sorted(self._names() - listed.keys())[:3]:
            with contextlib.suppress(VenueError):  # still not listed
                await self._listing.recheck([name])
        return self._listing.symbols

    async def _tickers(self) -> None:
        names = sorted(self._names() - self.unlisted)
        for first in range(0, len(names), SYMBOLS_A_CALL):
            call = self._venue.tickers(names[first : first + SYMBOLS_A_CALL])
            self._on_tickers(await self._rest.ask(call, self._venue.parse_tickers))


async def _tried(step: Callable[[], Awaitable[None]]) -> str:
    """Why a step failed, or nothing."""
    try:
        await step()
    except VenueError as exc:
        return str(exc)
    return ""
