"""Care of the tape while the engine runs: old rows are sealed, what is older than what is kept goes. Never in the way of recording."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from core.errors import StoreError
from core.store.retention import Trimmed, cut_for_size, trim
from core.store.sealing import Sealed, seal
from core.types import DAY, SECOND

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("upkeep")

#: Ticks that wait to be written from which on a round is left out: recording comes first.
BUSY = 20_000

#: No tick younger than this goes, whatever is to be kept: strategies take up from snapshots of the last minutes.
YOUNGEST_S = 3600.0


#: Later than any tick.
EVER = 1 << 62


class Upkeep:
    """Does one round at a time.

    Attributes:
        busy: a round is under way.
        sealed: what this round, or the last one, sealed.
        trimmed: what it deleted.
        trouble: why it ended early; '' it did not.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.busy = False
        self.sealed = Sealed()
        self.trimmed = Trimmed()
        self.trouble = ""
        self._asked: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Round after round, for ever."""
        while True:
            await asyncio.sleep(self.engine.config.store.upkeep_every_s)
            if self.engine.tape.backlog < BUSY and not self.busy:
                await self.round()

    def ask(self, *, start: bool, whole: bool = False) -> dict[str, Any]:
        """Begin a round now if none is under way; how far it is."""
        if start and not self.busy:
            self.busy = True
            self._asked = asyncio.create_task(self.round(whole=whole), name="upkeep")
        return self.figures()

    def figures(self) -> dict[str, Any]:
        """This round, or the last one: ticks and bytes."""
        sealed, trimmed = self.sealed, self.trimmed
        return {
            "busy": self.busy,
            "sealed": sealed.ticks,
            "chunks": sealed.chunks,
            "chunk_bytes": sealed.size,
            "deleted": trimmed.ticks,
            "freed_bytes": trimmed.size,
            "trouble": self.trouble,
        }

    async def round(self, *, whole: bool = False) -> None:
        """Seal what is old enough, or with `whole` all there is; then delete what is not kept. A failure is told, and tried again."""
        self.busy, self.sealed, self.trimmed, self.trouble = True, Sealed(), Trimmed(), ""
        engine, store = self.engine, self.engine.config.store
        now = engine.clock.now_ns()
        try:
            before = now - int(store.seal_after_s * SECOND) if store.seal_after_s and not whole else EVER
            self.sealed = await seal(engine.tape, before, whole=whole, told=self._told)
            await self._trim(now)
        except StoreError as error:
            self.trouble = str(error)
            engine.alarms.raise_("upkeep", "warning", f"old ticks are not sealed: {error}")
        else:
            engine.alarms.resolve("upkeep")
        finally:
            self.busy = False
        if self.sealed.ticks or self.trimmed.ticks:
            log.info("upkeep", sealed=self.sealed.ticks, chunks=self.sealed.chunks, deleted=self.trimmed.ticks)

    def _told(self, done: Sealed) -> None:
        self.sealed = done

    async def _trim(self, now: int) -> None:
        store, tape = self.engine.config.store, self.engine.tape
        cuts = [now - int(store.keep_days * DAY)] if store.keep_days else []
        if store.keep_gb and (cut := await asyncio.to_thread(cut_for_size, tape.path, int(store.keep_gb * 1e9))) is not None:
            cuts.append(cut)
        if cuts:
            self.trimmed = await trim(tape, min(max(cuts), now - int(YOUNGEST_S * SECOND)))
