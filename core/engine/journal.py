"""The journal of commands: what is asked of an engine is on disk before it acts, and what it did by itself stands among it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from core.commands import Command

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("commands")


class Journal:
    """Writes the ledger's `commands`; the trail shows the newest of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def enter(self, command: Command, actor: str, **more: Any) -> str:
        """Put a command on disk before it acts; returns the id of its row, which learns from `Ledger.took_effect` when it did."""
        payload = msgspec.to_builtins(command) | more
        kind = payload.pop("type")
        log.info("command", actor=actor, kind=kind, id=payload.get("ids") or payload.get("id"))
        command_id, now = uuid.uuid4().hex, self.engine.clock.now_ns()
        await self.engine.ledger.journal(command_id, now, actor, kind, json.dumps(payload))
        self.engine.trail.note(now, actor, kind, payload)
        return command_id

    def note(self, kind: str, payload: dict[str, Any], after_seq: int) -> None:
        """Journal what the engine itself did, without waiting for the disk."""
        engine, command_id, now = self.engine, uuid.uuid4().hex, self.engine.clock.now_ns()
        engine.ledger.journal(command_id, now, "engine", kind, json.dumps(payload))
        engine.trail.note(now, "engine", kind, payload)
        engine.ledger.took_effect(command_id, after_seq)

    def note_settled(self, kind: str, payload: dict[str, Any], after_seq: int) -> None:
        """The same, after all that ticks through this seq brought about: what is journalled is not run again."""

        async def write() -> None:
            self.note(kind, payload, after_seq)

        self.engine.settler.put(after_seq, write)
