"""When somebody was last watching: kept in a small file, so that a digest can begin there whatever became of the engine since."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog
from msgspec import Struct

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.server import Door

log = structlog.get_logger("presence")

#: How often the door is looked at, and how old the file may be while somebody watches, in seconds.
LOOK_S = 0.5
KEEP_S = 15.0


class Moment(Struct, frozen=True):
    """How things stood when somebody was there.

    Attributes:
        watched: somebody still was: the engine was killed soon after, if no later moment is on file.
        seq: of the newest tick released.
        unrealised: of all strategies, quote currency; None not known.
        session_ns: when the engine of that moment had started.
        worker_restarts: since then.
    """

    ts_ns: int
    watched: bool
    seq: int
    unrealised: float | None
    session_ns: int
    worker_restarts: int


def unrealised(engine: Engine) -> float | None:
    """Of all strategies, quote currency; None while one that runs has not told its figures yet."""
    if any(entry.figures is None and entry.state != "failed" for entry in engine.roster):
        return None
    return sum(entry.figures.unrealised for entry in engine.roster if entry.figures is not None)


def worker_restarts(engine: Engine) -> int:
    """Since the engine started."""
    return sum(int(row["restarts"]) for row in engine.pool.figures())


class Presence:
    """Watches who watches.

    Attributes:
        left: when nobody was there any more, before the one who is there now came; None nobody ever was.
        arrived_ns: since when somebody is there; None nobody is.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.path: Path = engine.home / "seen.json"
        self.left = self._read()
        self.arrived_ns: int | None = None
        self._kept = float("-inf")
        self._due: Moment | None = None

    async def run(self, door: Door) -> None:
        """Watch for ever."""
        try:
            while True:
                self.look(door.viewers)
                if self._due is not None:
                    moment, self._due = self._due, None
                    await asyncio.to_thread(self._write, moment)
                await asyncio.sleep(LOOK_S)
        finally:
            self.look(door.viewers)
            if self._due is not None:
                self._write(self._due)

    def look(self, viewers: int) -> None:
        """See who is there; a moment worth keeping is put on file soon after."""
        now = self.engine.clock.monotonic()
        if viewers and self.arrived_ns is None:
            self.arrived_ns = self.engine.clock.now_ns()
            self._keep(now)
        elif not viewers and self.arrived_ns is not None:
            self.arrived_ns, self.left = None, self._moment(watched=False)
            self._due = self.left
        elif viewers and now - self._kept >= KEEP_S:
            self._keep(now)

    def _keep(self, now: float) -> None:
        self._kept, self._due = now, self._moment(watched=True)

    def _moment(self, *, watched: bool) -> Moment:
        engine = self.engine
        return Moment(engine.clock.now_ns(), watched, engine.last_seq, unrealised(engine), engine.started_ns, worker_restarts(engine))

    def _read(self) -> Moment | None:
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(self.path.read_bytes(), type=Moment)
        return None

    def _write(self, moment: Moment) -> None:
        """Whole or not at all. A disk that takes nothing costs a digest, no more."""
        fresh = self.path.with_name(self.path.name + ".new")
        try:
            fresh.write_bytes(msgspec.json.encode(moment))
            os.replace(fresh, self.path)
        except OSError as error:
            log.warning("cannot note who watches", error=str(error))
