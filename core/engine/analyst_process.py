"""The analyst's process as the engine sees it: spawned, told, heard, ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.analyst import words
from core.analyst.words import Opening
from core.child import Child
from core.workers import frames

if TYPE_CHECKING:
    from core.engine.engine import Engine

Hear = Callable[[int, int, bytearray], None]


class AnalystProcess(Child):
    """One life of it.

    Args:
        hear: called with (kind, seq, payload) for every frame it sends.

    Attributes:
        ready: it answers questions.
        gone: the connection to it ended.
    """

    def __init__(self, hear: Hear) -> None:
        super().__init__()
        self.ready = asyncio.Event()
        self.gone = asyncio.Event()
        self._hear = hear
        self._splitter = frames.Splitter()

    async def start(self) -> None:
        """Spawn the process and connect to it, on the main thread.

        Raises:
            OSError: there can be no such process.
        """
        await self.spawn("core.analyst")

    def data_received(self, data: bytes) -> None:
        for kind, seq, payload in self._splitter.split(data):
            if kind == words.READY:
                self.ready.set()
            self._hear(kind, seq, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()

    async def end(self) -> str:
        """Let it end, make it where it does not; why it ended, in words."""
        return await self.end_with(frames.frame(words.QUIT))


def opening_of(engine: Engine) -> Opening:
    """What it is told first."""
    return Opening(
        home=str(engine.home),
        names=engine.symbols.names,
        idle=engine.lab.idle,
        indicators=str(engine.config.indicator_folder(engine.home)),
        stream=engine.venue.stream,
    )
