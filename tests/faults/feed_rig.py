"""A feed on the local exchange, with times that pass quickly, and everything it hands on kept with the moment it was said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.clock import Clock, SystemClock
from core.exchange.limits import Policy
from core.exchange.recording import RecordedMarket
from core.exchange.rows import Kind
from core.exchange.server import LocalExchange
from core.feed.batch import Batch, FeedState, GapEvent, Spike
from core.feed.feed import Feed
from core.feed.timing import Timing
from core.types import TICK, Records, Symbols
from core.venues.binance import Binance

#: Patient with a busy machine, quick to come back.
CALM = Timing(stale_after_s=20.0, reconnect_after_s=40.0, overlap_s=0.1, check_after_s=0.05, check_quiet_s=0.5, breaker_open_s=0.5)

#: For silence: prints come every 10 ms, so half a second without one is a fault.
QUICK = replace(CALM, stale_after_s=0.5, reconnect_after_s=1.5)

FIRST_ID = 500
_START = 1_723_161_254_000_000_000


class Tape:
    """What a feed handed on."""

    def __init__(self) -> None:
        self.symbols = Symbols()
        self.states: list[tuple[float, FeedState]] = []
        self.gaps: dict[tuple[str, int, int], GapEvent] = {}
        self.spikes: list[Spike] = []
        self._ticks: list[Records] = []
        self._late: list[Records] = []
        self._clock = SystemClock()

    def take(self, batch: Batch) -> None:
        self._ticks.append(batch.ticks.copy())
        self._late.append(batch.late.copy())
        self.spikes += batch.spikes
        for gap in batch.gaps:
            self.gaps[self.symbols.names[gap.symbol].partition(":")[2], gap.from_id, gap.to_id] = gap

    def said(self, state: FeedState) -> None:
        self.states.append((self._clock.monotonic(), state))

    def ticks(self, name: str) -> Records:
        """Released ticks of a symbol, in the order of their release."""
        return self._of(self._ticks, name)

    def late(self, name: str) -> Records:
        return self._of(self._late, name)

    def ids(self, name: str) -> list[int]:
        found: list[int] = self.ticks(name)["id"].tolist()
        return found

    def words(self) -> list[str]:
        """The states said, without repeats in a row."""
        words = [state.state for _, state in self.states]
        return [word for n, word in enumerate(words) if n == 0 or words[n - 1] != word]

    def when(self, word: str, after: float = 0.0) -> float:
        """The first moment a state was said, from a moment on."""
        return next(at for at, state in self.states if state.state == word and at >= after)

    def seqs(self) -> list[int]:
        """The numbers of all ticks released, in the order of their release."""
        return [seq for part in self._ticks for seq in part["seq"].tolist()]

    def _of(self, parts: list[Records], name: str) -> Records:
        ticks = np.concatenate(parts) if parts else np.empty(0, TICK)
        mine: Records = ticks[ticks["symbol"] == self.symbols[f"binance:{name}"]]
        return mine


class Rig:
    """A running feed and the exchange it streams from."""

    def __init__(self, exchange: LocalExchange, market: RecordedMarket, feed: Feed, venue: Binance, tape: Tape) -> None:
        self.exchange = exchange
        self.market = market
        self.feed = feed
        self.venue = venue
        self.tape = tape
        self.names = list(exchange.symbols)

    def asked(self, what: str = "") -> list[float]:
        """The moments at which REST was asked for something, at the server."""
        return [at for at, path, _ in self.exchange.rest.requests if what in path]

    async def live(self) -> None:
        """Until all connections stream."""
        await until(lambda: self.feed.state().state == "live")

    async def goes_on(self, count: int = 20) -> None:
        """Until each symbol has released so many more ticks."""
        seen = {name: len(self.tape.ids(name)) for name in self.names}
        await until(lambda: all(len(self.tape.ids(name)) >= seen[name] + count for name in self.names))

    def assert_complete(self, *, lost: Mapping[str, Sequence[int]] | None = None) -> None:
        """Each id up to the newest is there once, released in order or late, or is one of those known to be lost; seqs have no hole."""
        known = lost or {}
        for number, listing in enumerate(self.market.listings):
            released, late = self.tape.ids(listing.symbol), self.tape.late(listing.symbol)["id"].tolist()
            assert released == sorted(set(released))
            newest = max(released)
            expected = {id_ for id_ in self.market.rows(Kind.AGG, number, 0)["id"].tolist() if id_ <= newest}
            assert sorted(released + late) == sorted(expected - set(known.get(listing.symbol, ())))
        assert self.tape.seqs() == list(range(1, len(self.tape.seqs()) + 1))


def recording(folder: Path, names: Sequence[str] = ("BTCUSDT", "ETHUSDT"), *, prints: int = 6000, every_ms: int = 10) -> Path:
    """A frame log in which each symbol trades once in `every_ms`, with a quote after each tenth print."""
    lines = []
    for n in range(prints):
        for k, name in enumerate(names):
            at = _START + (n * every_ms * 1_000_000) + k * 1000
            price = f"{60_000 + n % 7 + k}.00000000"
            head = {"e": "trade", "E": at // 1_000_000, "s": name, "t": FIRST_ID + n, "p": price, "q": "0.5"}
            frame = {"stream": f"{name.lower()}@trade", "data": head | {"T": at // 1_000_000, "m": n % 2 == 0, "M": True}}
            lines.append(f"{at} {json.dumps(frame)}")
            if n % 10 == 0:
                quote = {"u": n + 1, "s": name, "b": price, "B": "1.0", "a": price, "A": "2.0"}
                lines.append(f"{at} {json.dumps({'stream': f'{name.lower()}@bookTicker', 'data': quote})}")
    path = folder / "recording.txt"
    path.write_text("\n".join(lines))
    return path


@asynccontextmanager
async def running(
    file: Path, *, timing: Timing = CALM, policy: Policy | None = None, clock: Clock | None = None, wait: bool = True, **more: Any
) -> AsyncIterator[Rig]:
    """A feed on an exchange that plays a recording; `limits` replaces some of the venue's."""
    market, tape = RecordedMarket([file]), Tape()
    limits: dict[str, Any] = more.pop("limits", {})
    names = [listing.symbol for listing in market.listings]
    async with LocalExchange(market, policy=policy) as exchange:
        venue = Binance(tape.symbols, ws_url=exchange.ws_url, rest_url=exchange.rest_url)
        venue.limits = replace(venue.limits, **limits)
        # From the first id on: nothing before it was missed.
        start = dict.fromkeys(names, 0)
        feed = Feed(
            venue, clock or SystemClock(), tape.symbols, on_batch=tape.take, on_state=tape.said, last_ids=start, timing=timing, **more
        )
        try:
            await feed.watch(names)
            feed.start()
            rig = Rig(exchange, market, feed, venue, tape)
            if wait:
                await rig.live()
                await rig.goes_on(5)
            yield rig
        finally:
            await feed.aclose()


async def until(condition: Any, within_s: float = 60.0) -> None:
    """Return once the condition holds.

    Raises:
        TimeoutError: it did not in time.
    """
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the condition may be anything, and has no event
            await asyncio.sleep(0.005)
