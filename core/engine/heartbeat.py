"""Signs of life for what watches over a server: a small file in the home, rewritten every few seconds, and words to systemd.

The protocol of systemd (`Type=notify`, `WatchdogSec=`): datagrams of `NAME=value` lines to the socket that NOTIFY_SOCKET names, see
sd_notify(3).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("heartbeat")

#: Seconds between two beats: a third of what a watchdog of 15 s waits.
BEAT_S = 5.0

FILE = "heartbeat.json"


class Heartbeat:
    """Beats as long as the event loop turns. A disk that cannot take the file is told once, and stops nothing."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._path = engine.home / FILE
        self._failed = ""

    async def run(self) -> None:
        """Beat for ever."""
        notify("READY=1")
        while True:
            await self.beat("running")
            facts = self.engine.market
            notify(f"WATCHDOG=1\nSTATUS={facts.ticks_total:,} ticks, {facts.rate():,.0f} a second, feed {self.engine.feed_state.state}")
            await asyncio.sleep(BEAT_S)

    async def beat(self, state: str) -> None:
        """Rewrite the file now."""
        await asyncio.to_thread(self._write, self.facts(state))

    def facts(self, state: str) -> dict[str, Any]:
        """What the file holds."""
        engine = self.engine
        return {
            "ts_ns": engine.clock.now_ns(),
            "pid": os.getpid(),
            "state": state,
            "mode": engine.mode,
            "feed": engine.feed_state.state,
            "ticks_total": engine.market.ticks_total,
            "on_tape": engine.tape.total,
            "backlog": engine.tape.backlog,
            "synced_seq": engine.tape.synced_seq,
            "gaps_open": engine.feed.counters.gaps_open,
            "strategies": len(engine.roster),
            "failure": engine.failure,
        }

    def _write(self, facts: dict[str, Any]) -> None:
        """A reader finds the old file or the new one, whole."""
        part = self._path.with_suffix(".part")
        try:
            part.write_bytes(msgspec.json.encode(facts) + b"\n")
            os.replace(part, self._path)
            self._failed = ""
        except OSError as error:
            if self._failed != str(error):
                log.warning("no heartbeat could be written", file=str(self._path), reason=str(error))
            self._failed = str(error)


def notify(text: str, place: str | None = None) -> None:
    """Tell systemd, where it listens; a name that begins with @ is an abstract one."""
    place = os.environ.get("NOTIFY_SOCKET") if place is None else place
    if not place:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
        door.setblocking(False)
        door.connect("\0" + place[1:] if place.startswith("@") else place)
        door.send(text.encode())
