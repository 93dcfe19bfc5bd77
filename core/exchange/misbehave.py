"""What the local exchange can be told to do wrong: each method one fault of a venue or of the line to it, acting on the sockets at once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any

from core.errors import UsageError
from core.exchange import alterations, wire
from core.exchange.hub import Hub
from core.exchange.market import Market
from core.exchange.player import Player
from core.exchange.refusals import Rejection
from core.exchange.rest import Rest
from core.exchange.streams import GOING_AWAY, Refused, Streams


class Misbehaving:
    """The faults of an exchange. Seconds count from the call; a later call of the same fault replaces an earlier one.

    REST tells what really traded throughout, except where a fault is REST's own.

    Attributes:
        symbols: what is listed.
        subscribed: set with the first subscription.
        finished: set when a recording has been played to its end.
        connects: loop times of the latest connections, refused ones included.
        rest: the REST side; its `requests` tell what was asked.
    """

    def __init__(self, market: Market, hub: Hub, player: Player, streams: Streams, rest: Rest) -> None:
        self.rest = rest
        self._market = market
        self._hub = hub
        self._player = player
        self._streams = streams
        self._numbers = {item.symbol: number for number, item in enumerate(market.listings)}
        self._tasks: set[asyncio.Task[None]] = set()
        self._endings: dict[str, asyncio.TimerHandle] = {}
        self._usual_speed = player.speed
        self.symbols = list(self._numbers)
        self.subscribed = streams.subscribed
        self.finished = player.finished
        self.connects = streams.connects

    async def drop_connections(self) -> None:
        """Cut every stream without a close frame, as a broken line does."""
        await self._streams.drop(list(self._hub.sessions))

    def half_open(self, seconds: float = math.inf, *, new_too: bool = False) -> None:
        """Neither read nor write on the connections there are, without closing them; when the time is over they are reset.

        New connections work, unless `new_too`: then a handshake is not answered either.
        """
        sessions = list(self._hub.sessions)
        for session in sessions:
            session.freeze()
        if new_too:
            self._streams.door.refuse("hang", self._loop_time() + seconds)
        if math.isfinite(seconds):
            self._spawn(_later(seconds, self._streams.drop, sessions))

    def silence(self, seconds: float) -> None:
        """No market data on any stream for a while, while pings and answers go on; what trades meanwhile only REST has."""
        self._hub.silent = True
        self._until("silence", seconds, lambda: setattr(self._hub, "silent", False))

    def pause(self) -> None:
        """Nothing is traded until resumed; connections live."""
        self._player.pause()

    def resume(self) -> None:
        """Go on where it stopped."""
        self._player.resume()

    def mute(self, seconds: float, *, acknowledge: bool = True) -> None:
        """Connections opened in this time are taken and never get data, pings or pongs, however long they live."""
        self._streams.door.mute(self._loop_time() + seconds)
        self._streams.door.acknowledge = acknowledge

    def refuse(self, seconds: float, how: Refused = "503") -> None:
        """Take no new connection for a while: answer 503, close it at once, or let it hang."""
        self._streams.door.refuse(how, self._loop_time() + seconds)

    def skip(self, symbol: str, count: int) -> None:
        """Keep the next prints of a symbol from the streams; REST has them."""
        self._hub.disturbances.withhold(self._number(symbol), count)

    def duplicate(self, symbol: str, count: int) -> None:
        """Send the next prints of a symbol twice."""
        self._hub.disturbances.repeat(self._number(symbol), count)

    def reorder(self, symbol: str, count: int) -> None:
        """Hold the next prints of a symbol back until there are so many, then send them all, the last first."""
        self._hub.disturbances.reorder(self._number(symbol), count)

    def poison(self, symbol: str, kind: str, count: int = 1) -> None:
        """Send the next prints of a symbol with a price that cannot be (`alterations.POISONS`), under their own ids; REST has the true."""
        self._hub.disturbances.poison(self._number(symbol), count, alterations.poison(kind))

    def rename(self, symbol: str, seconds: float, field: str = "p", *, retype: bool = False) -> None:
        """Send the prints of a symbol with a field under another name, or of another type, for a while."""
        alter = alterations.retyped(field) if retype else alterations.renamed(field)
        self._hub.disturbances.rename(self._number(symbol), seconds, alter)

    def inject(self, text: str) -> None:
        """Send a text frame as it is to every client."""
        for session in self._hub.sessions:
            session.write(wire.websocket_frame(text))

    def garbage(self, kind: str, symbol: str | None = None) -> None:
        """Send a frame of this kind (`alterations.GARBAGE`) to every client."""
        name = symbol or self._market.listings[0].symbol
        for session in list(self._hub.sessions):
            session.write(alterations.garbage(kind, name, session.combined))

    def reject_rest(
        self,
        status: int,
        retry_after: float | None = None,
        count: int | None = 1,
        *,
        for_s: float | None = None,
        date: bool = False,
        ban_after: int | None = None,
        ban_s: float = 10.0,
    ) -> None:
        """Refuse the next requests with this status; see `Rejection`."""
        self.rest.refusals.reject(Rejection(status, retry_after, count, for_s, date, ban_after, ban_s))

    def slow_rest(self, seconds: float, for_s: float = math.inf) -> None:
        """REST answers take this long."""
        self.rest.refusals.slow_down(seconds, for_s)

    def announce_shutdown(self, grace_s: float | None = None) -> None:
        """Tell every client that the server is about to close; `grace_s` later those connections are closed."""
        sessions = list(self._hub.sessions)
        for session in sessions:
            session.write(wire.websocket_frame(wire.shutdown_notice(self._market.clock_us(), session.unit, session.combined)))
        if grace_s is not None:
            for session in sessions:
                self._spawn(_later(grace_s, session.close, GOING_AWAY, ""))

    def set_status(self, symbol: str, status: str | None) -> None:
        """List a symbol as CANCEL_ONLY, HALT, BREAK, …, or (None) no more; its prints stop until it is TRADING again.

        What the market traded meanwhile REST tells from then on, and no stream does.
        """
        number = self._number(symbol)
        self._never_end(f"halt {symbol}")
        self.rest.set_status(number, status)
        halted = self._hub.disturbances.halted
        halted.discard(number) if status == "TRADING" else halted.add(number)

    def halt(self, symbol: str, seconds: float, status: str | None = "CANCEL_ONLY") -> None:
        """Give a symbol a status for a while; then it is TRADING."""
        self.set_status(symbol, status)
        self._until(f"halt {symbol}", seconds, lambda: self.set_status(symbol, "TRADING"))

    @property
    def speed(self) -> float:
        """Times the market's own pace, as it is now."""
        return self._player.speed

    def set_speed(self, speed: float) -> None:
        """Play on at another speed from here: a recording on its timeline, a generated market ahead of the clock it would keep.

        Raises:
            UsageError: the speed is no factor of 0 or more; of a generated market, of more than 0.
        """
        if not 0 <= speed < math.inf or (speed == 0 and self._market.live):
            raise UsageError(f"speed is a factor of 0 (a recording, as fast as it is read) or more, not {speed}")
        self._never_end("burst")
        self._player.set_speed(speed)

    def burst(self, seconds: float, times: float = 10.0) -> None:
        """Play so many times faster for a while.

        Raises:
            UsageError: it is no positive factor, or the recording plays as fast as it is read.
        """
        usual = self._usual_speed if "burst" in self._endings else self._player.speed
        if usual == 0 or not 0 < times < math.inf:
            raise UsageError("a burst is a positive factor of a speed that is not 0")
        self._usual_speed = usual
        self._player.set_speed(usual * times)
        self._until("burst", seconds, lambda: self._player.set_speed(usual))

    @property
    def clock_skew_ms(self) -> float:
        """How far the time that REST tells is ahead of the market's own."""
        return self.rest.clock_skew_ms

    @clock_skew_ms.setter
    def clock_skew_ms(self, value: float) -> None:
        self.rest.clock_skew_ms = value

    async def end_faults(self) -> None:
        """Forget what was still to come."""
        self._streams.door.open.set()
        self.rest.refusals.hurry.set()
        for handle in self._endings.values():
            handle.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _number(self, symbol: str) -> int:
        if symbol not in self._numbers:
            raise UsageError(f"no symbol {symbol!r} here: {', '.join(self._numbers)}")
        return self._numbers[symbol]

    def _until(self, name: str, seconds: float, end: Callable[[], object]) -> None:
        """End a fault later; its name's earlier ending is off."""
        self._never_end(name)
        if math.isfinite(seconds):
            self._endings[name] = asyncio.get_running_loop().call_later(seconds, self._end, name, end)

    def _never_end(self, name: str) -> None:
        if name in self._endings:
            self._endings.pop(name).cancel()

    def _end(self, name: str, end: Callable[[], object]) -> None:
        del self._endings[name]
        end()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()


async def _later(seconds: float, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
    await asyncio.sleep(seconds)
    await work(*arguments)
