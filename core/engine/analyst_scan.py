"""The scan of all pairs: one at a time, started, looked at and given up by who asks; what it found stays until the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from core.analyst import words
from core.analyst.words import Scan, Scanned
from core.engine.analyst_bars import interval
from core.engine.analyst_words import LEAST_WINDOW, MOST_WINDOW
from core.engine.charts import whole
from core.errors import UsageError, one_line
from core.workers import frames

if TYPE_CHECKING:
    from core.engine.analyst import Analyst, Told

log = structlog.get_logger("analyst")

#: Seconds a scan waits for bars that are still read, and for a process that is still starting.
BARS_S = 60.0

#: Symbols of one scan: their pairs grow with the square.
MOST_SYMBOLS = 100


class AnalystScan:
    """The scan of the moment, or the last one."""

    def __init__(self, analyst: Analyst) -> None:
        self.analyst = analyst
        self.engine = analyst.engine
        self.asked: dict[str, Any] = {}
        self._known = Scanned(stage="idle")
        self._note = ""
        self._task: asyncio.Task[None] | None = None
        self._number = 0

    @property
    def stage(self) -> str:
        """idle | running | done | failed | cancelled."""
        return self._known.stage

    def table(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[Told]]]:
        """By what is asked."""
        return {"scan": self.start, "scan_state": self.look, "scan_cancel": self.cancel}

    async def start(self, args: dict[str, Any]) -> Told:
        """Begin one, of every two symbols that are streamed.

        Args:
            args: `interval`, `window` (bars of the z-scores).

        Raises:
            UsageError: one is under way, or it cannot be asked so.
        """
        text, window = interval(args, "5m"), whole(args, "window", 60, LEAST_WINDOW, MOST_WINDOW)
        symbols = list(self.engine.market.watched)
        if self.stage == "running":
            raise UsageError(f"a scan is under way ({self._known.done:,} of {self._known.total:,} pairs): scan_cancel ends it")
        if not 2 <= len(symbols) <= MOST_SYMBOLS:
            raise UsageError(f"a scan is of 2 to {MOST_SYMBOLS} symbols: {len(symbols)} are streamed")
        self.asked = {"interval": text, "window": window}
        self._known, self._note = Scanned(stage="running", total=len(symbols) * (len(symbols) - 1) // 2), "bars are being read"
        self._number += 1
        self._task = asyncio.create_task(self._send([(symbol, text) for symbol in symbols], window))
        return await self.look({})

    async def look(self, args: dict[str, Any]) -> Told:
        """How far it is, and what it found."""
        return {**self.asked, **msgspec.structs.asdict(self._known)}, self._note

    async def cancel(self, args: dict[str, Any]) -> Told:
        """Give up the one that is under way."""
        if self.stage == "running":
            if self._task is not None:
                self._task.cancel()
            self.analyst.send(frames.frame(words.CANCEL))
            self._known, self._note = Scanned(stage="cancelled"), ""
        return await self.look({})

    def hear(self, number: int, scanned: Scanned) -> None:
        """The process tells of a scan; of one that was given up nothing is heard any more."""
        if self.stage == "running" and number == self._number:
            self._known, self._note = scanned, scanned.note

    def lose(self) -> None:
        """The process is gone."""
        if self.stage == "running" and self._task is not None and self._task.done():
            self._known, self._note = Scanned(stage="failed"), "the analyst ended: start the scan again"

    def close(self) -> None:
        """The engine stops."""
        if self._task is not None:
            self._task.cancel()

    async def _send(self, wanted: list[tuple[str, str]], window: int) -> None:
        """Have it made, whatever becomes of it."""
        try:
            await self._send_once_there(wanted, window)
        except Exception as error:  # the task's outer edge: a scan must not end the engine
            log.exception("a scan could not be made")
            self._known, self._note = Scanned(stage="failed"), one_line(f"it could not be made: {error!r}")

    async def _send_once_there(self, wanted: list[tuple[str, str]], window: int) -> None:
        """Once the bars are there and the process is."""
        looks = await self.analyst.bars.all_there(wanted, BARS_S)
        end = self.engine.clock.monotonic() + BARS_S
        order = frames.message(words.SCAN, Scan([look.series for look in looks], window), self._number)
        while not self.analyst.send(order):
            if self.engine.clock.monotonic() > end:
                self._known, self._note = Scanned(stage="failed"), "the analyst is not there"
                return
            await asyncio.sleep(0.1)
        self._note = ""
