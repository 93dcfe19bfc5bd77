"""What a venue is asked for now and then: 24 h figures, its clock, its list of symbols. A failure is noted and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from core.clock import Clock
from core.errors import VenueError
from core.feed.listing import Listing, unknown_symbol
from core.feed.rest import Rest
from core.venues.venue import SymbolInfo, Ticker, Venue

#: Symbols a request for 24 h figures: Binance's cheaper classes end there.
TICKERS_A_CALL = 100

#: How often the venue's clock is compared with ours, in seconds.
CLOCK_EVERY_S = 600.0

log = structlog.get_logger(__name__)


class Refresh:
    """Asks every `every_s` seconds, and soon after `wake`.

    Attributes:
        skew_ms: the venue's clock minus ours, good to half the round trip; None before the first answer.
        unlisted: watched symbols the venue does not list.
        trouble: why the last round was not complete, or empty.
    """

    def __init__(
        self,
        venue: Venue,
        rest: Rest,
        clock: Clock,
        listing: Listing,
        *,
        names: Callable[[], set[str]],
        on_tickers: Callable[[list[Ticker]], None],
        on_symbols: Callable[[dict[str, SymbolInfo]], None],
        every_s: float = 30.0,
    ) -> None:
        self.skew_ms: float | None = None
        self.unlisted: set[str] = set()
        self.trouble = ""
        self._venue = venue
        self._rest = rest
        self._clock = clock
        self._listing = listing
        self._names = names
        self._on_tickers = on_tickers
        self._on_symbols = on_symbols
        self._every_s = every_s
        self._clock_at = float("-inf")
        self._listed: dict[str, SymbolInfo] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """The symbols watched have changed."""
        self._wake.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self._wake.clear()
            troubles = [trouble for step in (self._time, self._symbols, self._tickers) if (trouble := await _tried(step))]
            if troubles and troubles[0] != self.trouble:
                log.warning("a venue did not answer", venue=self._venue.name, reason=troubles[0])
            self.trouble = troubles[0] if troubles else ""
            try:
                async with asyncio.timeout(self._every_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _time(self) -> None:
        if self._clock.monotonic() - self._clock_at < CLOCK_EVERY_S:
            return
        call = self._venue.server_time()
        sent = self._clock.now_ns()
        theirs = await self._rest.ask(call, self._venue.parse_time)
        self.skew_ms = (theirs - (sent + self._clock.now_ns()) / 2) / 1e6
        self._clock_at = self._clock.monotonic()

    async def _symbols(self) -> None:
        listed = await self._listing.refresh()
        if listed is not self._listed:
            self._listed = listed
            self._on_symbols(listed)
        unlisted = {name for name in self._names() if name not in listed}
        for name in unlisted - self.unlisted:
            log.warning("a watched symbol is not listed", reason=unknown_symbol(self._venue.name, name, listed))
        self.unlisted = unlisted

    async def _tickers(self) -> None:
        names = sorted(self._names() - self.unlisted)
        for first in range(0, len(names), TICKERS_A_CALL):
            call = self._venue.tickers(names[first : first + TICKERS_A_CALL])
            self._on_tickers(await self._rest.ask(call, self._venue.parse_tickers))


async def _tried(step: Callable[[], Awaitable[None]]) -> str:
    """Why a step failed, or nothing."""
    try:
        await step()
    except VenueError as exc:
        return str(exc)
    return ""
