"""What the account holds, as fills come: a function of the ledger's fills of registered strategies, in the order they are written there.

After a start, and when a strategy that traded is gone, it is read from the ledger again, in the background; what comes meanwhile is
kept and added. A position that is kept by nobody (`unregister --keep`) is not the account's any more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from core.engine.blotter import Rows
from core.errors import CockpitError
from core.store.account_rows import PAGE, fill_rows, funding_rows, last_numbers, newest_fill
from core.trading.portfolio import Fill, Portfolio

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("portfolio")

Rowlist: TypeAlias = "list[dict[str, Any]]"

#: Fills taken in one go: about a millisecond.
SLICE = 512


class Positions:
    """The portfolio of an engine.

    Attributes:
        portfolio: as of the newest fill that was heard of.
        known: it is all there; before, right after a start, it is being read.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.portfolio = Portfolio()
        self.known = True
        self._funded: dict[tuple[str, str], int] = {}
        self._waiting: list[Rows] | None = None
        self._stale = False

    @property
    def reading(self) -> bool:
        """The ledger is being read."""
        return self._waiting is not None

    def hear(self, rows: Rows) -> None:
        """Fills and funding as workers tell them; of those that are told again only what is new."""
        if not rows.fresh and not rows.funding:
            return
        if self._waiting is not None:
            self._waiting.append(rows)
        if self.known:
            _add(self.portfolio, rows.fresh, rows.funding, self._funded)

    def begin(self) -> None:
        """Read what the registered strategies did before this engine."""
        if len(self.engine.roster):
            self.known = False
            self._read_soon()

    def forget(self, id_: str) -> None:
        """A strategy is gone, and what it did with it."""
        if not self.known or any(id_ in net.parts for net in self.portfolio):
            self._read_soon()

    def _read_soon(self) -> None:
        self._stale = True
        if self._waiting is None:
            self._waiting = []
            self.engine.spawn(self._read(), "positions of the past")

    async def _read(self) -> None:
        try:
            while self._stale:
                self._stale = False
                await self._read_once()
        except CockpitError as error:
            log.warning("positions of the past could not be read", reason=str(error))
            self.engine.alarms.note("warning", f"what the account holds could not be read: {error}")
        self._waiting = None
        self.engine.panes.touch("desk")

    async def _read_once(self) -> None:
        engine, path = self.engine, self.engine.home / "ledger.db"
        self._waiting = []
        await engine.settler.drain()  # what was heard before is on the ledger now
        through = await asyncio.to_thread(newest_fill, path)
        ids = [entry.id for entry in engine.roster]
        fresh, funded = Portfolio(), {}
        for after in range(0, through, PAGE):
            page = await asyncio.to_thread(fill_rows, path, ids, after, min(after + PAGE, through))
            for at in range(0, len(page), SLICE):
                fresh.take(map(Fill._make, page[at : at + SLICE]))
                await asyncio.sleep(0)
        numbers = await asyncio.to_thread(last_numbers, path, ids, through)
        for id_, symbol, paid, ts in await asyncio.to_thread(funding_rows, path, ids):
            fresh.fund(id_, symbol, paid, ts)
            funded[id_, symbol] = ts
        for rows in self._waiting:
            _add(fresh, [fill for fill in rows.fresh if _number(fill) > numbers.get(fill["strategy_id"], 0)], rows.funding, funded)
        self._waiting = []
        self.portfolio, self._funded, self.known = fresh, funded, True


def _add(portfolio: Portfolio, fills: Rowlist, funding: Rowlist, funded: dict[tuple[str, str], int]) -> None:
    """Take rows of the ledger; of funding only what is later than what was taken."""
    portfolio.take(
        Fill(
            row["strategy_id"], row["symbol"], row["qty"] if row["side"] == "buy" else -row["qty"], row["price"], row["fee"], row["ts_ns"],
            row["position"],
        )
        for row in fills
    )  # fmt: skip
    for row in funding:
        place = row["strategy_id"], row["symbol"]
        if row["ts_ns"] > funded.get(place, 0):
            funded[place] = row["ts_ns"]
            portfolio.fund(*place, row["paid"], row["ts_ns"])


def _number(fill: dict[str, Any]) -> int:
    return int(fill["fill_id"].rpartition(":")[2])
