"""How the strategies of conditions stand: asked of their workers when somebody looks, never otherwise."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.conditions.standing import Standing, view_of
from core.desk_view import ConditionsView
from core.engine.roster import Entry
from core.errors import UsageError
from core.workers import frames

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: A worker that has not answered in so long is at work; what it said last is answered.
PATIENCE_S = 1.0


class Conditions:
    """The questions of one engine to its workers, one a strategy at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._open: dict[str, asyncio.Future[Standing]] = {}
        self._known: dict[str, Standing] = {}

    async def ask(self, id_: str) -> ConditionsView:
        """The answer to `conditions`; of one that is not running what is known, which may be nothing: then all is PENDING.

        Raises:
            UsageError: there is no such strategy, or it is not made of conditions.
        """
        entry = self.engine.roster[id_]
        plan = entry.plan
        if plan is None:
            return ConditionsView(id_, 0, entry.state, entry.detail, 0, [])
        if not plan.outline:
            raise UsageError(f"{id_} is not made of conditions ({Path(plan.path).name}): `cockpit why {id_} --at TIME` says what it did")
        await self._fetch(entry)
        self._known = {key: known for key, known in self._known.items() if key in self.engine.roster}
        found = view_of(plan.outline, plan.values, self._standing(entry))
        if entry.state == "failed":
            found.phase, found.reason = "failed", entry.detail
        return found

    def hear(self, payload: bytearray) -> None:
        """What a worker says of one; nobody may wait for it any more."""
        found = msgspec.msgpack.decode(payload, type=Standing)
        if found.id in self.engine.roster:
            self._known[found.id] = found
        future = self._open.get(found.id)
        if future is not None and not future.done():
            future.set_result(found)

    def _standing(self, entry: Entry) -> Standing:
        """What was said last, where that is of the code it runs now."""
        known = self._known.get(entry.id, Standing(entry.id))
        plan = entry.plan
        of_now = plan is not None and len(known.verdicts) == sum(left >= 0 for _, _, left, _, _ in plan.outline)
        return known if of_now or not known.verdicts else Standing(entry.id)

    async def _fetch(self, entry: Entry) -> None:
        """Have its worker say how it stands, unless somebody asked already; who is not answered in time goes by what was said before."""
        worker = self.engine.pool.holding(entry.id)
        if worker is None:
            return
        future = self._open.get(entry.id)
        if future is None:
            future = self._open[entry.id] = asyncio.get_running_loop().create_future()
            worker.send(frames.frame(frames.STANDS, entry.id.encode()))
        try:
            await asyncio.wait_for(asyncio.shield(future), PATIENCE_S)
        except TimeoutError:
            return
        finally:
            if self._open.get(entry.id) is future:
                del self._open[entry.id]
