"""Variants of indicators that people keep in the home or take out: checked by the analyst, journalled, then written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from core.commands import RemoveVariant, SetVariant, VariantCommand
from core.indicators.variant_text import put_variant, refuse_known, refuse_unknown, remove_variant

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Variants:
    """The door to the home's `indicators.toml`; who follows indicators sees that the file is another one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = asyncio.Lock()

    async def obey(self, command: VariantCommand, actor: str) -> dict[str, Any]:
        """Do a command.

        Raises:
            UsageError: there can be no such variant, there is one of its name, or there is none.
            CockpitError: it cannot be checked now, or the file cannot be read or written.
        """
        return await (self._set(command, actor) if isinstance(command, SetVariant) else self._remove(command, actor))

    async def _set(self, command: SetVariant, actor: str) -> dict[str, Any]:
        engine = self.engine
        variant = await engine.analyst.indicators.check(command.variant)
        async with self._writing:
            if command.anew:
                await asyncio.to_thread(refuse_known, engine.home, variant.name)
            command_id = await engine.journal.enter(msgspec.structs.replace(command, variant=variant), actor)
            await asyncio.to_thread(put_variant, engine.home, variant, anew=command.anew)
            engine.ledger.took_effect(command_id, engine.last_seq)
        return msgspec.to_builtins(variant)  # type: ignore[no-any-return]

    async def _remove(self, command: RemoveVariant, actor: str) -> dict[str, Any]:
        engine = self.engine
        async with self._writing:
            await asyncio.to_thread(refuse_unknown, engine.home, command.name)
            command_id = await engine.journal.enter(command, actor)
            await asyncio.to_thread(remove_variant, engine.home, command.name)
            engine.ledger.took_effect(command_id, engine.last_seq)
        return {"removed": command.name}
