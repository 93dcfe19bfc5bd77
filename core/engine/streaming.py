"""What an engine has to do with its venue: the feed, made to go on where the tape ends, and the venue's time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from core.errors import UsageError, VenueError
from core.feed.feed import Feed
from core.feed.timing import Timing
from core.store.held import ended_in_imports
from core.types import DAY
from core.venues.venue import Venue

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: How long the venue's clock is waited for, in seconds.
WITHIN_S = 2.0


#: A symbol that ends in an import older than this is not back-filled from there, ns: a venue publishes a day's dump on the next.
IMPORTED_LONG_AGO = 3 * DAY


async def make_feed(engine: Engine) -> Feed:
    """The feed of an engine, going on where the tape ends."""
    incoming = engine.incoming
    section = engine.config.of_venue(engine.venue.name)
    stream = engine.venue.stream
    last_ids = await engine.tape.last_ids(stream)
    # What was only imported, and long ago, is no outage to be filled: recording begins anew there, and what lies between is listed.
    long_ago = engine.clock.now_ns() - IMPORTED_LONG_AGO
    incoming.imported = await asyncio.to_thread(ended_in_imports, engine.tape.path, stream, last_ids, long_ago)
    return Feed(
        cast(Venue, engine.venue),  # only a replay's is less
        engine.clock,
        engine.symbols,
        last_ids={name: last for name, last in last_ids.items() if name not in incoming.imported},
        open_gaps=[incoming.event(gap) for gap in await engine.tape.gaps("open") if gap.stream == stream],
        next_seq=engine.last_seq + 1,
        on_batch=incoming.take,
        on_state=incoming.connection,
        on_tickers=incoming.tickers,
        on_symbols=incoming.listing,
        on_parsed=engine.passage.parsed,
        checks=engine.config.quality,
        gap_deadline_s=section.gap_deadline_s,
        timing=Timing(stale_after_s=section.stale_after_s, reconnect_after_s=section.reconnect_after_s),
    )


async def add_again(engine: Engine, names: list[str]) -> None:
    """Stream what was streamed before, as far as it is still listed."""
    try:
        await engine.add_symbols(names)  # all in one: a venue that is silent is waited for once
    except UsageError:
        for name in names:
            try:
                await engine.add_symbols([name])
            except UsageError as error:
                engine.alarms.raise_(f"symbol {name}", "critical", str(error))


async def venue_now(engine: Engine) -> int:
    """The venue's time, ns: ours set right by how far its clock is from ours, asked for where that is not known yet."""
    skew = engine.feed.skew_ms
    if skew is not None:
        return engine.clock.now_ns() + int(skew * 1e6)
    try:
        async with asyncio.timeout(WITHIN_S):
            return await engine.feed.rest.ask(engine.venue.server_time(), engine.venue.parse_time)
    except (VenueError, TimeoutError):
        return engine.clock.now_ns()
