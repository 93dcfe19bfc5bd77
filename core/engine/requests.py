"""What each request over the socket is answered with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from core.engine import desk_answers, overview
from core.engine.bar_fills import bar_fills
from core.engine.digest import digest
from core.engine.newest_prints import prints
from core.engine.presence import Presence
from core.errors import CockpitError, UsageError
from core.research.source_symbols import look
from core.research.unbroken import lacking_in
from core.store.ledger_reader import read_fills
from core.view import Ask, Done, Painted, Pull, Reply, Request, Submit

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.server import Door

LOOK_S = 5.0

#: What can be asked.
QUESTIONS = (
    *("status", "digest", "catalogue", "fills", "alerts", "alert_rules", "latency", "symbols", "listed", "commands", "order", "run"),
    *("source", "sources", "gaps", "upkeep", "bars", "bar_fills", "prints", "equity", "alert_test", "advice", "session", "risk"),
    "positions",
    *("conditions", "why"),
)


class Requests:
    """Answers viewers and programs from one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.door: Door | None = None
        self.presence = Presence(engine)

    async def answer(self, request: Request) -> Reply:
        """The reply to a request.

        Raises:
            CockpitError: it is refused.
        """
        if isinstance(request, Pull):
            return Painted(self.engine.panes.view(request.panes))
        if isinstance(request, Submit):
            return Done(await self._submit(request))
        assert isinstance(request, Ask)
        return Done(await self.ask(request.what, request.args))

    async def _submit(self, request: Submit) -> Any:
        """Have it done; a refusal is remembered beside what was done."""
        try:
            return await self.engine.commands.submit(request.command, request.actor)
        except CockpitError as error:
            payload = msgspec.to_builtins(request.command)
            self.engine.trail.note(self.engine.clock.now_ns(), request.actor, payload.pop("type"), payload, str(error))
            raise

    async def ask(self, what: str, args: dict[str, Any]) -> Any:
        """Answer a question."""
        engine = self.engine
        if what == "status":
            await engine.system.files.look()
            return overview.status(engine)
        if what == "digest":
            self.presence.look(self.door.viewers if self.door is not None else 0)
            return await digest(engine, self.presence, args.get("since_ns"))
        if what == "catalogue":
            return await engine.catalogue()
        if what == "fills":
            await engine.settler.drain()
            return await asyncio.to_thread(read_fills, engine.home / "ledger.db", args.get("strategy"))
        if what == "alerts":
            return [msgspec.structs.asdict(row) for row in engine.alarms.rows()]
        if what == "alert_rules":
            return engine.sentinel.rows()
        if what == "alert_test":
            return await engine.sentinel.trials.ask(args)
        if what == "latency":
            return engine.passage.histograms()
        if what == "settled":
            return {"seq": await engine.answers.settled()}
        if what == "symbols":
            return engine.market.watched
        if what == "listed":
            return list(await engine.feed.symbols())
        if what == "commands":
            return await engine.ledger.commands()
        if what == "bars":
            return engine.charts.bars(args)
        if what == "bar_fills":
            return await bar_fills(engine, args)
        if what == "equity":
            return engine.curves.equity(args)
        if what == "prints":
            return prints(engine, args)
        if what == "positions":
            return engine.desk.answer()
        if what == "advice":
            return engine.copilot.answer()
        if what in ("session", "risk"):
            return desk_answers.answer(engine, what)
        if what == "conditions":
            return await engine.conditions.ask(str(args.get("id", "")))
        if what == "why":
            return await engine.inquests.ask(args)
        if what == "order":
            return engine.roster[str(args.get("id", ""))].order
        if what == "run":
            return await engine.lab.read(str(args.get("id", "")))
        if what == "sources":
            return await engine.lab.sources()
        if what == "source":
            return await look(str(args.get("path", "")))
        if what == "gaps":
            texts = [str(text) for text in args.get("sources", ())]
            return await asyncio.to_thread(lacking_in, texts, engine.home, args.get("from_ns"), args.get("to_ns"))
        if what == "upkeep":
            return engine.upkeep.ask(start=bool(args.get("start")), whole=bool(args.get("whole")))
        if what in engine.analyst.words:
            return await engine.analyst.ask(what, args)
        raise UsageError(f"{what!r} is not a question: {', '.join((*QUESTIONS, *engine.analyst.words))}")

    async def stop_when_left(self, linger_s: float) -> None:
        """End the engine once no viewer has been there for `linger_s`; a replay that plays is at work."""
        replay, left = self.engine.replay, self.engine.clock.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            if (self.door is not None and self.door.viewers) or (replay is not None and replay.clock.running):
                left = self.engine.clock.monotonic()
            elif self.engine.clock.monotonic() - left > linger_s:
                self.engine.stopping.set()
                return
