"""The copilot: looks at the engine every two seconds, keeps what its rules say on the ledger, and tells it to who asks.

What somebody does meanwhile, by whatever way, is noted with the advice that offered it, so that it can be judged by what came of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from core.advice_orders import AdviceCommand, DismissAdvice
from core.commands import Command
from core.copilot.board import Board
from core.copilot.entry import Entry
from core.copilot.facts import Facts
from core.copilot.rules import RULES
from core.copilot.told import told
from core.engine.copilot_asked import Ask, Asked, running_analyst
from core.engine.copilot_facts import Gathering
from core.engine.copilot_machine import disk_free
from core.errors import UsageError, one_line

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("copilot")

LOOK_S = 2.0

#: The disk is looked at every so many looks.
DISK_LOOKS = 15

#: Lines of the ledger that are taken up.
RECALLED = 300


class Copilot:
    """One engine's.

    Args:
        analyst: what answers about trends and pairs now; None where nobody does.

    Attributes:
        board: what stands.
        facts: the newest snapshot; None before the first.
        look_us: what the newest look took, microseconds, and `worst_us` the longest one.
    """

    def __init__(self, engine: Engine, analyst: Callable[[], Ask | None] | None = None) -> None:
        self.engine = engine
        self.asked = Asked(engine, analyst or (lambda: running_analyst(engine)))
        self.gathering = Gathering(engine, self.asked)
        self.board = Board(RULES)
        self.facts: Facts | None = None
        self.looks = 0
        self.look_us = self.worst_us = 0.0

    async def recall(self) -> None:
        """Take up what an earlier engine said, and what of it nobody wants to hear."""
        advice = self.engine.ledger.advice
        rows, scores, number, mutes = await advice.newest(RECALLED), await advice.scores(), await advice.last_number(), await advice.mutes()
        entries = []
        for row in reversed(rows):
            try:
                entries.append(Entry.of(row))
            except (ValueError, TypeError) as error:
                log.warning("advice that cannot be read", id=row["advice_id"], error=str(error))
        # At one moment: nothing that is muted is shown in between.
        self.board.mutes = {tuple(json.loads(name)): until for name, until in mutes.items()}
        self.board.scores, self.board.number = scores, number
        self.board.recall(entries)

    async def run(self) -> None:
        """Take up what was, then look and ask for ever: whatever goes wrong here is told, and no reason for the engine to end."""
        await self.recall()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._go_on(self.asked.round, lambda: self.asked.wait_s), name="copilot's questions")
            both.create_task(self._go_on(self._look_with_disk, lambda: LOOK_S), name="copilot's looks")

    async def _go_on(self, once: Callable[[], Awaitable[None]], wait_s: Callable[[], float]) -> None:
        while True:
            await asyncio.sleep(wait_s())
            try:
                await once()
            except Exception as error:  # the task's outer edge: advice that fails is told, and must not end the engine
                log.exception("the copilot failed")
                self.engine.alarms.raise_("copilot", "warning", f"the copilot failed: {type(error).__name__}: {one_line(str(error), 120)}")
            else:
                self.engine.alarms.resolve("copilot")

    async def _look_with_disk(self) -> None:
        if self.looks % DISK_LOOKS == 0:
            self.gathering.disk_free = await asyncio.to_thread(disk_free, self.engine.home)
        self.look()

    def look(self) -> None:
        """Look once."""
        began = self.engine.clock.monotonic()
        self.facts = self.gathering.look()
        self.board.look(self.facts)
        self.save()
        self.looks += 1
        self.look_us = (self.engine.clock.monotonic() - began) * 1e6
        self.worst_us = max(self.worst_us, self.look_us)

    def save(self) -> None:
        """Write what changed."""
        changed = self.board.changes(self.engine.clock.now_ns())
        if changed:
            self.engine.ledger.advice.put([entry.columns() for entry in changed])

    async def obey(self, command: AdviceCommand, actor: str) -> dict[str, Any]:
        """Do a command about advice.

        Raises:
            UsageError: there is no such advice, or no such rule.
        """
        if isinstance(command, DismissAdvice):
            entry = next((entry for entry in self.board.lines.values() if entry.id == command.id), None)
            if entry is None:
                lasting = ", ".join(entry.id for entry in self.board.shown(self.engine.clock.now_ns())[:8])
                raise UsageError(f"no advice {one_line(command.id, 60)!r} lasts: {lasting or 'there is none'}")
            await self.engine.journal.enter(command, actor)
            self.board.dismiss(entry, self.engine.clock.now_ns())
            self.save()
            return {"id": entry.id}
        if command.rule is None and command.subject is None:
            raise UsageError("say what to hear nothing of: a rule, a subject, or both")
        if command.rule is not None and command.rule not in self.board.rules:
            raise UsageError(f"no rule {one_line(command.rule, 60)!r}: {', '.join(self.board.rules)}")
        await self.engine.journal.enter(command, actor)
        key = command.rule or "", command.subject or ""
        self.board.mutes[key] = command.until_ns
        self.engine.ledger.advice.mute(json.dumps(key), command.until_ns)
        return {"rule": command.rule, "subject": command.subject, "until_ns": command.until_ns}

    def noticed(self, command: Command) -> None:
        """Something was done: advice that offered it learns so."""
        kind = type(command).__struct_config__.tag
        offering = [entry for entry in self.board.lines.values() if any(action.order.get("type") == kind for action in entry.actions)]
        if self.facts is None or not offering:
            return
        done = msgspec.to_builtins(command)
        for entry in offering:
            if any(_is(done, action.order) for action in entry.actions):
                self.board.act(entry, str(kind), self.facts)
        self.save()

    def answer(self) -> dict[str, Any]:
        """What there is to say, see `core.copilot.told`."""
        facts = self.facts
        said = told(
            self.board, self.engine.clock.now_ns(), 0 if facts is None else facts.now_ns, self.asked.note if self.engine.roster else ""
        )
        return {**said, "look_us": self.look_us, "worst_us": self.worst_us}


def _is(done: dict[str, Any], offered: Any) -> bool:
    """Whether a command is one that was offered: the same kind, and about the same thing or about all."""
    if done.get("type") != offered.get("type"):
        return False
    if "strategy" in offered:
        return bool(done.get("strategy") == offered["strategy"])
    if "rule" in offered:
        known = offered["rule"].get("id") or offered["rule"].get("strategy") or offered["rule"].get("symbol")
        given = done.get("rule", {})
        return known in (given.get("id"), given.get("strategy"), given.get("symbol"))
    return done.get("id") is None or done.get("id") == offered.get("id")
