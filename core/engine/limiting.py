"""The limits a strategy's loop is told: the strictest of what its person, the account, and the venue say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from core.commands import SetLimits
from core.engine.roster import Entry
from core.trading.risk import MODES
from core.workers.frames import Lever

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Prepared(NamedTuple):
    """A row of the journal that is about to take effect, and its limits."""

    command_id: str
    limits: SetLimits


class Limiting:
    """Keeps what strategies were told in line with what holds.

    Attributes:
        standard: limits that were set for all, and hold for those to come.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.standard: SetLimits | None = None
        self._telling: set[str] = set()

    def applied(self, entry: Entry) -> SetLimits:
        """A strategy's limits as they hold now."""
        limits = msgspec.structs.replace(entry.limits or SetLimits(), id=None)
        mode = max(limits.mode, entry.bound.mode, "halt" if entry.halted else "normal", key=MODES.index)
        caps = [cap for cap in (limits.max_position, entry.bound.max_position) if cap is not None]
        return msgspec.structs.replace(limits, mode=mode, max_position=min(caps, default=None))

    def said(self, entry: Entry) -> dict[str, Any]:
        """What a journal row says of a strategy's limits: those that hold, what its person asked for, and why they are stricter."""
        limits, asked = self.applied(entry), entry.limits or SetLimits()
        return {
            **msgspec.to_builtins(limits), "id": entry.id, "ids": [entry.id], "asked": asked.mode, "asked_position": asked.max_position,
            "reason": entry.halted, "bound": entry.bound, "type": "limits",
        }  # fmt: skip

    def differs(self, entry: Entry) -> bool:
        """Whether its loop was last told something else."""
        told = entry.stance.get("limits")
        last = told.said if told is not None and isinstance(told.said, SetLimits) else SetLimits()
        return msgspec.structs.replace(last, id=None) != self.applied(entry)

    async def obey(self, command: SetLimits, actor: str) -> dict[str, Any]:
        """A person's limits, of one strategy or of all and those to come."""
        engine = self.engine
        entries = engine.roster.chosen(command.id)
        if command.id is None:
            self.standard = command
            command_id = await engine.journal.enter(command, actor, ids=[])
            engine.ledger.took_effect(command_id, engine.last_seq)
        for entry in entries:
            entry.limits = command
        await engine.commands.pull(entries, command, actor, "limits")
        return {"ids": [entry.id for entry in entries]}

    async def prepare(self, entry: Entry) -> Prepared | None:
        """Journal what holds for a strategy that is about to begin; None where nothing holds it back."""
        entry.limits, entry.because, entry.capped = self.standard, "", ""
        entry.bind(self.engine.guard.of_new(entry))
        if not self.differs(entry):
            return None
        limits, said = self.applied(entry), self.said(entry)
        return Prepared(await self.engine.journal.enter(SetLimits(), "engine", **said), limits)

    def begin(self, entry: Entry, prepared: Prepared | None) -> None:
        """Tell a strategy that has just begun what was prepared."""
        if prepared is not None:
            told = Lever(id=entry.id, lever="limits", said=prepared.limits, number=entry.told + 1)
            self.engine.ledger.took_effect(prepared.command_id, self.engine.supply.pull(entry, told))

    def look(self, entries: Iterable[Entry], actor: str = "engine") -> None:
        """What holds for these may have changed: have those told that know otherwise."""
        if late := self._late(entries):
            self.engine.spawn(self._tell(late, actor), f"limits of {', '.join(entry.id for entry in late[:3])}")

    async def tell(self, entries: Iterable[Entry], actor: str) -> None:
        """The same, done when this returns."""
        await self._tell(self._late(entries), actor)

    def _late(self, entries: Iterable[Entry]) -> list[Entry]:
        there = [entry for entry in entries if entry.state not in ("starting", "failed") and entry.id not in self._telling]
        late = [entry for entry in there if self.differs(entry)]
        self._telling.update(entry.id for entry in late)
        return late

    async def _tell(self, entries: list[Entry], actor: str) -> None:
        try:
            await self.engine.commands.pull(entries, SetLimits(), actor, "limits")
        finally:
            self._telling.difference_update(entry.id for entry in entries)
        self.engine.panes.touch("strategies")
