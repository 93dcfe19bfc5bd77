"""The recording in the place of a venue: asked for history, it gives what it holds from before the moment the replay has come to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from core.analytics.bars import aggregate
from core.errors import VenueError
from core.replay.clock import ReplayClock
from core.replay.recording import Recording
from core.types import BAR, TICK, Origin, Records, Symbols, interval_ns
from core.venues.binance import Binance
from core.venues.venue import RestCall

#: Prints read for one answer, about.
MOST = 500_000


class Recorded:
    """What an engine asks of a venue besides its streams; `Answers` answers it.

    Attributes:
        name, stream: of the venue and the kind of prints that were recorded.
    """

    kline_intervals: tuple[str, ...] = ("1s", "1m", "5m", "1h", "1d")

    def __init__(self, recording: Recording, symbols: Symbols) -> None:
        self.name = recording.venue
        self.ids: Literal["dense", "ordered", "none"] = Binance.ids if recording.venue == Binance.name else "none"
        self.stream = recording.stream
        self._symbols = symbols

    def trades_recent(self, name: str, limit: int = 1000) -> RestCall:
        """The prints before now."""
        return RestCall("prints", {"symbol": name, "limit": limit}, 0)

    def parse_trades(self, name: str, body: bytes, recv_ns: int) -> Records:
        """TICK records."""
        return self._read(name, body, TICK)

    def klines(self, name: str, interval: str, *, start_ns: int | None = None, limit: int = 1000) -> RestCall:
        """Bars of the prints before now."""
        return RestCall("bars", {"symbol": name, "interval": interval, "start": start_ns or 0, "limit": limit}, 0)

    def parse_klines(self, name: str, body: bytes) -> Records:
        """BAR records, oldest first; the last may still be open."""
        return self._read(name, body, BAR)

    def server_time(self) -> RestCall:
        """Nobody is asked: the time is that of the replay."""
        return RestCall("time", {}, 0)

    def parse_time(self, body: bytes) -> int:
        """ns."""
        return int(body)

    def _read(self, name: str, body: bytes, kind: np.dtype[np.void]) -> Records:
        records: Records = np.frombuffer(bytearray(body), kind)
        records["symbol"] = self._symbols.add(f"{self.name}:{name}")
        return records


class Answers:
    """Where a feed has its REST client."""

    def __init__(self, recording: Recording, clock: ReplayClock) -> None:
        self._recording = recording
        self._clock = clock

    async def call(self, call: RestCall) -> bytes:
        """The answer to one of `Recorded`'s calls, as its parser takes it.

        Raises:
            VenueError: there is no such question.
        """
        if call.path == "time":
            return str(self._clock.now_ns()).encode()
        if call.path not in ("prints", "bars"):
            raise VenueError("a replay asks no venue")
        return await asyncio.to_thread(self._read, call, self._clock.over_ns)

    def silence_s(self) -> float:
        """Nobody wants any."""
        return 0.0

    def spare_s(self, call: RestCall) -> float:
        """Nobody is held up."""
        return 0.0

    async def ask(self, call: RestCall, parse: Callable[[bytes], Any], *, background: bool = False) -> Any:
        """The answer, parsed."""
        return parse(await self.call(call))

    def _read(self, call: RestCall, over_ns: int) -> bytes:
        track = self._recording.track(str(call.query["symbol"]))
        begin, limit = self._recording.begin_ns, int(call.query["limit"])
        if call.path == "prints":
            return track.before(0, begin, limit)[-limit:].tobytes()
        interval = interval_ns(str(call.query["interval"]))
        start = int(call.query["start"])
        until = min(over_ns, start + limit * interval)
        ticks = track.before(start, until, MOST)
        return bars_of(ticks, interval)[:limit].tobytes()


def bars_of(ticks: Records, interval: int) -> Records:
    """BAR records of ticks in order, as a venue would list them: those without a print are left out."""
    made = aggregate(ticks, interval)
    bars = np.zeros(len(made), BAR)
    bars["bid"] = bars["ask"] = np.nan
    for there, here in (("start", "start"), ("open", "open"), ("high", "high"), ("low", "low"), ("price", "close"), ("qty", "volume")):
        bars[there] = made[here]
    bars["ts"], bars["origin"] = made["start"] + interval - 1, Origin.BACKFILL
    return bars
