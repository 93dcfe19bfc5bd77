"""The demo's market: a local exchange in a process of its own that dies with the engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from core.child import command
from core.clock import iso
from core.errors import CockpitError
from core.exchange.hours import Closure
from core.types import MINUTE

HOUR = 60 * MINUTE
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0


class ExchangeProcess:
    """A running local exchange and its addresses."""

    def __init__(self, process: asyncio.subprocess.Process, ws_url: str, rest_url: str) -> None:
        self.process = process
        self.ws_url = ws_url
        self.rest_url = rest_url
        self._reading = [asyncio.create_task(_discard(pipe)) for pipe in (process.stdout, process.stderr) if pipe is not None]

    async def stop(self) -> None:
        """End it."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        await asyncio.gather(*self._reading)


async def _discard(pipe: asyncio.StreamReader) -> None:
    """Read what nobody wants: a full pipe would stop the one that writes to it."""
    while await pipe.read(1 << 16):
        pass


async def start_exchange(
    recordings: list[Path], speed: str | None, scenario: str | None, closed: Sequence[Closure] = ()
) -> ExchangeProcess:
    """Start a local exchange on a free loopback port; `closed` are the hours its generated market does not trade in.

    Raises:
        CockpitError: it did not start; its own last line says why.
    """
    words = command("core.exchange", "--port", "0", "--die-with-parent")
    words += ["--recording", *map(str, recordings)] if recordings else []
    words += ["--speed", speed] if speed else []
    words += ["--scenario", scenario] if scenario else []
    for span in closed:
        words += ["--closed", "..".join(iso(hour * HOUR) for hour in span)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
        found = json.loads(line)
    except (TimeoutError, ValueError):
        process.kill() if process.returncode is None else None
        said = (await process.stderr.read()).decode(errors="replace").strip().rpartition("\n")[2]
        raise CockpitError(f"the local exchange did not start: {said or 'it said nothing'}") from None
    return ExchangeProcess(process, found["ws_url"], found["rest_url"])
