"""A receiver of webhooks on this machine: it answers as it is told to, honours the key of a message, and remembers what it took."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from core.channels.webhook import signature

SECRET = "s3kr1t-of-the-tests"


class Posted(NamedTuple):
    """One request that came whole."""

    headers: dict[str, str]
    body: str

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]

    @property
    def is_signed(self) -> bool:
        return self.headers["x-cockpit-signature"] == signature(SECRET, self.headers["x-cockpit-timestamp"], self.body)

    @property
    def message(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found


#: What is done with the nth request of a key (from 0): a status to answer with, or a word of `Hook._serve`.
Does = Callable[[Posted, int], int | str]


class Hook:
    """Listens on a port of its own.

    Attributes:
        posts: every request that came whole.
        taken: the messages it took, by key; one that comes again is answered well and not taken twice.
    """

    def __init__(self, does: Does = lambda _post, _nth: 200) -> None:
        self.does = does
        self.posts: list[Posted] = []
        self.taken: dict[str, Posted] = {}
        self.url = ""
        self._seen: Counter[str] = Counter()
        self._let_go = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Hook]:
        server = await asyncio.start_server(self._come, "127.0.0.1", 0, ssl=tls, limit=1 << 20)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/t0k3n"
        try:
            yield self
        finally:
            self._let_go.set()
            server.close()
            await server.wait_closed()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=10)

    @property
    def texts(self) -> list[str]:
        """What it was told, in the order it took it."""
        return [posted.message["text"] for posted in self.taken.values()]

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            await self._serve(Posted(headers, body.decode()), writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        self._tasks.discard(task)

    async def _serve(self, posted: Posted, writer: asyncio.StreamWriter) -> None:
        self.posts.append(posted)
        nth, self._seen[posted.key] = self._seen[posted.key], self._seen[posted.key] + 1
        what = self.does(posted, nth)
        if what == "cut":
            writer.transport.abort()
            return
        if what == "hang":
            await self._let_go.wait()
            return
        if what == "take and cut" or (isinstance(what, int) and 200 <= what < 300):
            self.taken.setdefault(posted.key, posted)
        if what == "take and cut":
            writer.transport.abort()
            return
        if what == "garbage":
            writer.write(b"\x00" * 100_000)
        elif what == "huge headers":
            writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n")
        elif what == "huge":
            self.taken.setdefault(posted.key, posted)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
            while not self._let_go.is_set():
                writer.write(b"x" * 65536)
                await writer.drain()
        else:
            more = "Location: http://127.0.0.1:9/\r\n" if isinstance(what, int) and 300 <= what < 400 else ""
            more += "Retry-After: 7\r\n" if what == 429 else ""
            writer.write(f"HTTP/1.1 {what} Whatever {SECRET}\r\n{more}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()


@contextlib.contextmanager
def hook_in_thread(does: Does) -> Iterator[Hook]:
    """A hook with a thread and a loop of its own, for tests that wait for processes."""
    ready, over = threading.Event(), asyncio.Event()
    found: list[tuple[Hook, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with Hook(does).listening() as hook:
            found.append((hook, asyncio.get_running_loop()))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    hook, loop = found[0]
    try:
        yield hook
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
