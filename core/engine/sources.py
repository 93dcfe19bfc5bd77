"""Sources beyond the tape: each is asked by itself, and what it says goes to the ledger and to the strategies that listen, between ticks.

In a replay none is asked, nor where nothing is traded: strategies hear nothing, and whoever listens abstains.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

import structlog

from core.channels.opinion import Opinion
from core.channels.question import Questions, open_questions
from core.commands import Hear
from core.engine.hearing import listens
from core.engine.source import Source
from core.errors import ConfigError
from core.system_view import SourceRow
from core.types import SECOND
from core.workers.frames import Lever

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.roster import Entry

log = structlog.get_logger("sources")


class Sources:
    """The sources of one engine.

    Attributes:
        at_work: by name, those that are asked.
        broken: those that cannot be, and why.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.at_work: dict[str, Source] = {}
        self.broken: dict[str, str] = {}
        self._heard = 0

    async def run(self) -> None:
        """Read their secrets and have each of them asked from here on."""
        engine = self.engine
        for entry in engine.roster:
            self.look(entry)
        if engine.replay is not None or not engine.trade:
            self.broken = dict.fromkeys(engine.config.sources, "nothing is asked in a replay" if engine.replay else "strategies do not run")
            return
        for name, found in (await asyncio.to_thread(self._open)).items():
            if isinstance(found, ConfigError):
                self.broken[name] = str(found)
                log.error("a source cannot be asked", source=name, reason=str(found))
                engine.alarms.raise_(f"source {name}", "critical", f"source {name} is not asked: {found}")
            else:
                source = self.at_work[name] = Source(self, name, engine.config.sources[name], found)
                engine.spawn(source.run(), f"source {name}")

    def _open(self) -> dict[str, Questions | ConfigError]:
        found: dict[str, Questions | ConfigError] = {}
        for name, terms in self.engine.config.sources.items():
            try:
                found[name] = open_questions(name, terms, self.engine.home, os.environ)
            except ConfigError as error:
                found[name] = error
        return found

    async def tell(
        self, source: Source, symbol: str, price: float, opinion: Opinion, latency_ns: int, *, aloud: bool = True
    ) -> None:  # fmt: skip
        """Note what a source said, and tell it to those who listen. The row stands in the ledger's queue before anything it causes.

        Args:
            aloud: False only notes it.
        """
        engine = self.engine
        async with engine.supply.telling:
            now = engine.clock.now_ns()
            until = now + int(source.terms.fresh_s * SECOND) if opinion.confidence is not None else now
            told: dict[str, int] = {}
            for entry in [entry for entry in engine.roster if aloud and listens(entry, source.name, symbol)]:
                self._heard += 1
                said = Hear(
                    source=source.name, leg=entry.order.symbols.index(symbol), side=opinion.sign, confidence=opinion.confidence or 0.0,
                    at=now, until=until,
                )  # fmt: skip
                told[entry.id] = engine.supply.pull(entry, Lever(id=entry.id, lever="hear", said=said, heard=self._heard))
            written = engine.ledger.heard.put(
                {
                    "source": source.name, "symbol": symbol, "side": opinion.side, "confidence": opinion.confidence,
                    "reason": opinion.reason, "metadata": opinion.metadata, "price": price, "latency_ns": latency_ns, "ts_ns": now,
                    "until_ns": until, "seq": engine.last_seq, "told": json.dumps(told),
                }
            )  # fmt: skip

        await written

    def look(self, entry: Entry) -> None:
        """Say of a strategy that listens to what nobody asks."""
        for name in entry.plan.sources if entry.plan is not None else ():
            if name not in self.engine.config.sources:
                text = f"{entry.id} listens to the source {name}, which is not configured: it hears nothing of it"
                self.engine.alarms.note("warning", text)

    def rows(self) -> list[SourceRow]:
        """Every source, in the order of the configuration."""
        broken = [SourceRow(name, "", "off", 0, 0, None, 0, 0, 0, why, 0) for name, why in self.broken.items()]
        return [*(source.row() for source in self.at_work.values()), *broken]
