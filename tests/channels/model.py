"""A model as people run one: HTTP on loopback, keeping connections, which answers well, slowly, wrongly, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple

#: What a good answer is where a test says nothing else.
BUY = json.dumps({"signal": "BUY", "confidence": 0.5, "reason": "it rises", "metadata": {"model": 3}})


class Asked(NamedTuple):
    """One question that came whole."""

    headers: dict[str, str]
    body: bytes

    @property
    def question(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


#: What is answered to the nth question (from 0): the body, a status, or a word of `Model._serve`.
Answers = Callable[[dict[str, Any], int], str | bytes | int]


class Model:
    """Listens on a port of its own; told to `close`, and to listen again on the same one.

    Attributes:
        asked: every question.
        connections: how many were made.
        most_at_once: questions that were under way together.
    """

    def __init__(self, answers: Answers = lambda _question, _nth: BUY) -> None:
        self.answers = answers
        self.asked: list[Asked] = []
        self.connections = self.most_at_once = 0
        self.port = 0
        self._at_once = 0
        self._let_go = asyncio.Event()
        self._writers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/t0k3n"

    async def open(self) -> None:
        self._let_go = asyncio.Event()
        self._server = await asyncio.start_server(self._come, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Gone, with every connection."""
        assert self._server is not None
        self._server.close()
        self._let_go.set()
        for writer in self._writers.values():
            writer.transport.abort()
        if self._writers:
            await asyncio.wait(list(self._writers), timeout=10)
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """Close the connections that are kept, as a server does after a while."""
        for writer in self._writers.values():
            writer.close()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Model]:
        await self.open()
        try:
            yield self
        finally:
            await self.close()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections += 1
        self._writers[task] = writer
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head if line)}
                asked = Asked(headers, await reader.readexactly(int(headers["content-length"])))
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                nth = len(self.asked)
                self.asked.append(asked)
                try:
                    await self._serve(self.answers(asked.question, nth), writer)
                finally:
                    self._at_once -= 1
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        del self._writers[task]

    async def _serve(self, what: str | bytes | int, writer: asyncio.StreamWriter) -> None:
        if what == "cut":
            writer.transport.abort()
        elif what == "hang":
            await self._let_go.wait()
        elif what == "half":
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"signal": "BUY",')
            await writer.drain()
            writer.transport.abort()
        elif what == "garbage":
            writer.write(b"\x00" * 100_000)
        elif what == "huge":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
            while not self._let_go.is_set():
                writer.write(b"x" * 65536)
                await writer.drain()
        else:
            status, body = (what, b"") if isinstance(what, int) else (200, what if isinstance(what, bytes) else what.encode())
            more = "Location: http://127.0.0.1:9/\r\n" * (300 <= status < 400) + "Retry-After: 7\r\n" * (status == 429)
            writer.write(f"HTTP/1.1 {status} So\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()


@contextlib.contextmanager
def model_in_thread(answers: Answers) -> Iterator[Model]:
    """A model with a thread and a loop of its own, for tests that wait for processes."""
    ready, over = threading.Event(), asyncio.Event()
    found: list[tuple[Model, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with Model(answers).listening() as model:
            found.append((model, asyncio.get_running_loop()))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    model, loop = found[0]
    try:
        yield model
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
