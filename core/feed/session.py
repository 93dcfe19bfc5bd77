"""One socket of a venue from its opening to its end: subscriptions with answers, frames to the parser, and when it was last heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from core.clock import Clock
from core.errors import VenueError
from core.feed.buckets import TokenBucket
from core.feed.quota import Quota
from core.feed.wire import Wire
from core.feed.words import why_closed, why_failed
from core.venues.venue import Parsed, Venue

#: Longer frames end the connection with code 1009: no venue sends them, and they cost memory.
MAX_FRAME = 8 << 20


@dataclass(slots=True)
class _Request:
    """A request on its way: how many answers it still waits for, and in the end the error or None."""

    answers: int
    done: asyncio.Future[str | None]


class Session:
    """A live socket and its parser. `on_frames` is called after each read of the socket: there is something to `drain`.

    Attributes:
        opened: monotonic time of the connecting.
        heard: monotonic time of the last data; of the connecting before the first. Acknowledgements and garbage are no data.
        names: symbols whose subscription the venue confirmed.
        pending: frames since the last drain.
        ended: set when the socket is gone or the venue announced its end.
    """

    def __init__(
        self,
        venue: Venue,
        clock: Clock,
        quota: Quota,
        on_frames: Callable[[Session], None],
        *,
        reply_timeout_s: float,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.opened = self.heard = clock.monotonic()
        self.names: set[str] = set()
        self.ended = asyncio.Event()
        self.pending = 0
        self.shutdown = False
        self._venue = venue
        self._clock = clock
        self._quota = quota
        self._on_frames = on_frames
        self._on_end = on_end
        self._reply_timeout_s = reply_timeout_s
        self._parser = venue.parser()
        self._wire: Wire | None = None
        self._watch: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        # One a second is kept free for a pong, which counts as a message and cannot wait.
        self._messages = TokenBucket(max(1.0, venue.limits.messages_per_s - 1.0), 1.0)
        self._requests: dict[int, _Request] = {}
        self._last_request = 0
        self._frames = 0
        self._counted = (0, 0)

    async def open(self, timeout_s: float) -> None:
        """Connect.

        Raises:
            OSError, TimeoutError, websockets.exceptions.WebSocketException: it cannot be reached.
        """
        self.opened = self.heard = self._clock.monotonic()
        wire = await connect(
            self._venue.stream_url(),
            create_connection=Wire,
            compression=None,
            max_size=MAX_FRAME,
            open_timeout=timeout_s,
            close_timeout=1.0,
            ping_interval=None,  # the watchdog of the connection looks at data; pings would only prove a socket
        )
        assert isinstance(wire, Wire)
        self._wire = wire
        self._watch = asyncio.create_task(self._until_lost(wire))
        wire.on_ping = lambda: self._messages.spend(self._clock.monotonic())
        wire.attach(self._take)

    async def subscribe(self, names: Iterable[str]) -> None:
        """Ask for the streams of these symbols and wait for the venue's word.

        Raises:
            VenueError: it refused, did not answer in time, or the connection ended.
        """
        async with self._sending:
            new = [name for name in names if name not in self.names]
            if new:
                self._last_request += 1
                await self._request(self._last_request, self._venue.subscribe(self._last_request, new))
                self.names.update(new)

    async def unsubscribe(self, names: Iterable[str]) -> None:
        """Undo it; raises as `subscribe` does."""
        async with self._sending:
            old = [name for name in names if name in self.names]
            if old:
                self.names.difference_update(old)
                self._last_request += 1
                await self._request(self._last_request, self._venue.unsubscribe(self._last_request, old))

    def drain(self) -> Parsed:
        """What the frames since the last drain held; answers to our own requests are settled on the way."""
        self.pending = 0
        parsed = self._parser.drain()
        for request_id, error in parsed.replies:
            self._settle(request_id, error)
        if parsed.shutdown:
            self.shutdown = True
            self.ended.set()
        if len(parsed.ticks) or len(parsed.quotes) or parsed.quarantined:
            self.heard = self._clock.monotonic()
        return parsed

    def pause(self) -> None:
        """Leave what comes in the socket's own buffer: the sender slows down."""
        if self._wire is not None and not self._wire.transport.is_closing():
            self._wire.transport.pause_reading()

    def resume(self) -> None:
        """Read on; the time of the pause does not count as silence."""
        self.heard = self._clock.monotonic()
        if self._wire is not None and not self._wire.transport.is_closing():
            self._wire.transport.resume_reading()

    @property
    def lost(self) -> bool:
        """Whether the socket is gone."""
        return self._wire is None or self._wire.lost.is_set()

    def take_counts(self) -> tuple[int, int]:
        """Frames and bytes since the last call."""
        counts = self._frames, self._wire.bytes_read if self._wire is not None else 0
        before, self._counted = self._counted, counts
        return counts[0] - before[0], counts[1] - before[1]

    def last_words(self) -> str:
        """Why the socket ended."""
        if self._wire is None:
            return "never connected"
        return why_closed(self._wire.protocol.close_rcvd, self._wire.protocol.close_sent)

    async def close(self) -> None:
        """End the socket, politely if the other side answers within a second."""
        if self._wire is not None:
            self.resume()
            await self._wire.close()
        if self._watch is not None:
            await self._watch

    def _take(self, frames: list[bytes]) -> None:
        now = self._clock.now_ns() // 1000 * 1000  # below a microsecond its digits are noise, and would be a third of a sealed tick
        receive = self._parser.receive
        for frame in frames:
            receive(frame, now)
        self._frames += len(frames)
        self.pending += len(frames)
        self._on_frames(self)

    async def _request(self, request_id: int, frames: list[str]) -> None:
        if self._wire is None or self.lost:
            raise VenueError(f"{self._venue.name} is not connected")
        request = self._requests[request_id] = _Request(len(frames), asyncio.get_running_loop().create_future())
        try:
            for frame in frames:
                await self._quota.spend(self._messages, 1.0)
                await self._wire.send(frame)
            async with asyncio.timeout(self._reply_timeout_s):
                error = await request.done
        except TimeoutError:
            raise VenueError(f"{self._venue.name} did not answer a subscription within {self._reply_timeout_s:g} s") from None
        except ConnectionClosed as exc:
            raise VenueError(why_failed(exc)) from exc
        finally:
            del self._requests[request_id]
        if error is not None:
            raise VenueError(error)

    def _settle(self, request_id: int, error: str | None) -> None:
        request = self._requests.get(request_id)
        if request is None or request.done.done():
            return
        request.answers -= 1
        if error is not None:
            request.done.set_result(f"{self._venue.name} refused a subscription: {error}")
        elif not request.answers:
            request.done.set_result(None)

    async def _until_lost(self, wire: Wire) -> None:
        await wire.lost.wait()
        self.ended.set()
        for request in self._requests.values():
            if not request.done.done():
                request.done.set_result(self.last_words())
        self._on_end()
