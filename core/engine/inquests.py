"""Why a strategy did, or did not, trade at a moment of the past: looked into in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from core.engine.long_answer import LongAnswer
from core.errors import UsageError
from core.research.inquest.words import Inquiry

if TYPE_CHECKING:
    from core.engine.engine import Engine


_MODULE, _WHAT = "core.research.inquest", "look into the past"

#: Moments that are looked into or were, at most: of one more the answer waits until one of these is done.
MOST = 3


class Inquests:
    """The newest inquests of one engine: several screens may look at moments of their own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._long: dict[bytes, LongAnswer] = {}

    async def ask(self, args: dict[str, Any]) -> dict[str, Any]:
        """The answer to `why`: {state: running | done | failed | cancelled, share 0..1, note, found: a WhyView}, asked for again until it
        is done.

        Args:
            args: id, at_ns; `again` looks anew, `cancel` ends it.

        Raises:
            UsageError: the words are wrong, or the moment is still to come.
        """
        engine, at_ns = self.engine, args.get("at_ns")
        if not isinstance(at_ns, int) or not args.get("id"):
            raise UsageError("say which strategy, and when: id, at_ns")
        if at_ns > engine.clock.now_ns():
            raise UsageError("that moment is still to come")
        folders = [str(folder) for folder in engine.folders]
        question = msgspec.json.encode(Inquiry(home=str(engine.home), id=str(args["id"]), at_ns=at_ns, folders=folders))
        if args.get("cancel"):
            ended = self._long.pop(question, None) or LongAnswer(_MODULE, _WHAT, idle=False)
            await ended.close()
            return ended.answer
        if question not in self._long and not self._make_room():
            return {"state": "running", "share": 0.0, "note": "other moments are looked into first", "found": None}
        long = self._long.setdefault(question, LongAnswer(_MODULE, _WHAT, idle=False))
        return await long.ask(question, self._ready, again=bool(args.get("again")))

    def _make_room(self) -> bool:
        """Whether there is room for one more: the oldest answer that is over makes way."""
        if len(self._long) >= MOST:
            over = next((question for question, long in self._long.items() if long.answer["state"] != "running"), None)
            if over is None:
                return False
            del self._long[over]
        return True

    async def _ready(self) -> None:
        self.engine.incoming.absorb()
        await self.engine.tape.flush()

    async def close(self) -> None:
        """End those that run."""
        for long in self._long.values():
            await long.close()
