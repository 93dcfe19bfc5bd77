"""Which symbols are streamed and recorded: changed on request, one request after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.commands import Unwatch, Watch
from core.errors import UsageError

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Watchlist:
    """Has an engine's feed stream more or fewer symbols."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._changing = asyncio.Lock()

    async def add(self, names: Iterable[str]) -> None:
        """Stream these too.

        Raises:
            UsageError: the venue does not list one; none is added.
        """
        async with self._changing:
            await self.engine.add_symbols(names)

    async def obey(self, command: Watch | Unwatch, actor: str) -> dict[str, Any]:
        """Stream more or fewer symbols; a `note` in the answer says what a person would wait for in vain."""
        engine = self.engine
        names = list(dict.fromkeys(engine.bare(symbol) for symbol in command.symbols))
        async with self._changing:
            if isinstance(command, Watch):
                engine.memory.admit("a symbol")
                await engine.add_symbols(names)
                await engine.journal.enter(command, actor)
            else:
                await self._unwatch(command, names, actor)
        engine.panes.touch("prices")
        answer: dict[str, Any] = {"symbols": engine.market.watched}
        if isinstance(command, Watch) and (silence := engine.feed.rest.silence_s()):
            answer["note"] = f"{engine.venue.name} asked for silence: what is new streams in {silence:,.0f} s"
        return answer

    async def _unwatch(self, command: Unwatch, names: list[str], actor: str) -> None:
        engine = self.engine
        traded = engine.roster.symbols()
        for name in names:
            full = f"{engine.venue.name}:{name}"
            if full in traded:
                raise UsageError(f"{name} is traded by a strategy: unregister it first")
            if full not in engine.market.watched:
                raise UsageError(f"{name} is not streamed")
        await engine.journal.enter(command, actor)
        await engine.feed.unwatch(names)
        for name in names:
            engine.market.watched.remove(f"{engine.venue.name}:{name}")
