"""A recorder as a person starts it: `cockpit --record` in a process of its own, beside a local exchange, to be killed like any other."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.exchange.server import LocalExchange

COCKPIT = (sys.executable, "-P", "-m", "cockpit")


def environment(home: Path, exchange: LocalExchange, **more: str) -> dict[str, str]:
    """What a process is given to use this home and this exchange."""
    return os.environ | {
        "COCKPIT_HOME": str(home), "COCKPIT_VENUES__BINANCE__WS_URL": exchange.ws_url,
        "COCKPIT_VENUES__BINANCE__REST_URL": exchange.rest_url, "COCKPIT_VENUES__BINANCE__STREAM": "trade", **more,
    }  # fmt: skip


@asynccontextmanager
async def recorder(env: dict[str, str], *symbols: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process; it ends with the block."""
    words = (*COCKPIT, "--record", "--symbols", ",".join(symbols))
    process = await asyncio.create_subprocess_exec(*words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def run_once(env: dict[str, str], *words: str) -> tuple[int, bytes, bytes]:
    """A command: its exit code, what it printed, what it complained of."""
    process = await asyncio.create_subprocess_exec(*COCKPIT, *words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out, err


async def run_when_there(env: dict[str, str], *words: str, tries: int = 100) -> None:
    """Run a command until the engine is there to take it."""
    for _ in range(tries):
        code, _out, err = await run_once(env, *words)
        if code == 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(err.decode())
