"""A broker that is the scripted one in another process. A connection that ends is made again; what was under way is not known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from core.errors import VenueError
from core.trading.broker import Executed, Heard, Outcome, Report, Said
from core.trading.order import Intent
from core.trading.scripted_wire import ANSWERS, LINE, LONGEST, Ask, Hello, Line, Truth, What, written


class ScriptedClient:
    """Implements `Broker`; made by `connect`.

    Attributes:
        name, window_s: as of `Broker`.
    """

    def __init__(self, path: Path) -> None:
        self.name, self.window_s = "scripted", 0.0
        self._path = path
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked: dict[int, asyncio.Future[Line]] = {}
        self._said: asyncio.Queue[Said | None] = asyncio.Queue()
        self._n = 0
        self._connecting = asyncio.Lock()

    @classmethod
    async def connect(cls, path: Path) -> ScriptedClient:
        """One that reaches it.

        Raises:
            VenueError: it does not listen there.
        """
        client = cls(path)
        hello: Hello = await client._ask("hello")
        client.name, client.window_s = hello.name, hello.window_s
        return client

    async def close(self) -> None:
        """Let go of it."""
        writer = self._writer
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
        if writer is not None:
            await writer.wait_closed()

    async def submit(self, intent: Intent) -> Outcome:
        try:
            await self._connected()
        except VenueError as error:
            return Outcome("not_sent", str(error), 1.0)
        outcome: Outcome = await self._ask("submit", intent=intent, sent_ns=time.time_ns())
        return outcome

    async def cancel(self, intent: Intent) -> Outcome:
        outcome: Outcome = await self._ask("cancel", intent=intent)
        return outcome

    async def query(self, intent: Intent) -> Report | None:
        report: Report | None = await self._ask("query", intent=intent)
        return report

    async def open_orders(self) -> Sequence[Report]:
        reports: list[Report] = await self._ask("open_orders")
        return reports

    async def executions(self, since_ns: int) -> Sequence[Executed]:
        found: list[Executed] = await self._ask("executions", since_ns=since_ns)
        return found

    async def balances(self) -> Mapping[str, Decimal]:
        found: dict[str, Decimal] = await self._ask("balances")
        return found

    async def heard(self) -> AsyncIterator[Said]:
        self._said = asyncio.Queue()
        await self._ask("listen")
        while (said := await self._said.get()) is not None:
            yield said

    async def calm(self) -> None:
        """From now on it does nothing amiss."""
        await self._ask("calm")

    async def truth(self) -> Truth:
        """Its books as they truly are."""
        truth: Truth = await self._ask("truth")
        return truth

    async def _ask(self, what: What, **more: Any) -> Any:
        writer = await self._connected()
        self._n += 1
        number = self._n
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            writer.write(written(Ask(n=number, what=what, **more)))
            line = await answer
        finally:
            del self._asked[number]
        if line.error is not None:
            raise VenueError(line.error)
        return msgspec.convert(line.found, ANSWERS[what])

    async def _connected(self) -> asyncio.StreamWriter:
        async with self._connecting:
            if self._writer is None:
                try:
                    reader, writer = await asyncio.open_unix_connection(self._path, limit=LONGEST)
                except OSError as error:
                    raise VenueError(f"no broker listens on {self._path}: {error.strerror}") from error
                self._writer = writer
                self._reading = asyncio.create_task(self._read(reader, writer))
            return self._writer

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.readline():
                self._hear(LINE.decode(data))
        except ConnectionError:
            pass
        finally:
            writer.close()
            self._writer = None
            self._said.put_nowait(None)
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(VenueError("the broker ended the connection"))

    def _hear(self, line: Line) -> None:
        answer = self._asked.get(line.n)
        if answer is not None and not answer.done():
            answer.set_result(line)
        elif line.event is not None:
            self._said.put_nowait(Heard(line.about, line.event))
        elif line.missed is not None:
            self._said.put_nowait(line.missed)
        elif line.ended:
            self._said.put_nowait(None)
