"""Why a strategy did, or did not, trade at a moment of the past: looked into in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from core.engine.long_answer import LongAnswer
from core.errors import UsageError
from core.research.inquest.words import Inquiry

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Inquests:
    """The inquest of one engine that runs, or the last one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._long = LongAnswer("core.research.inquest", "look into the past")

    async def ask(self, args: dict[str, Any]) -> dict[str, Any]:
        """The answer to `why`: {state: running | done | failed | cancelled, share 0..1, note, found: a WhyView}.

        Args:
            args: id, at_ns; `again` looks anew, `cancel` ends it.

        Raises:
            UsageError: the words are wrong, or the moment is still to come.
        """
        if args.get("cancel"):
            await self.close()
            return self._long.answer
        engine, at_ns = self.engine, args.get("at_ns")
        if not isinstance(at_ns, int) or not args.get("id"):
            raise UsageError("say which strategy, and when: id, at_ns")
        if at_ns > engine.clock.now_ns():
            raise UsageError("that moment is still to come")
        folders = [str(folder) for folder in engine.folders]
        inquiry = Inquiry(home=str(engine.home), id=str(args["id"]), at_ns=at_ns, folders=folders)
        return await self._long.ask(msgspec.json.encode(inquiry), self._ready, again=bool(args.get("again")))

    async def _ready(self) -> None:
        self.engine.incoming.absorb()
        await self.engine.tape.flush()

    async def close(self) -> None:
        """End the one that runs."""
        await self._long.close()
