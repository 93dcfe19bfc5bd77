"""A broker whose answers are awaited for so long, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from core.errors import VenueError
from core.trading.broker import Broker, Executed, Outcome, Report
from core.trading.order import Intent

T = TypeVar("T")

NO_ANSWER = "no answer in time"


class Patient:
    """Asks a broker.

    Args:
        answer_s: how long an answer is awaited, in seconds.
    """

    def __init__(self, broker: Broker, answer_s: float) -> None:
        self._broker = broker
        self._answer_s = answer_s

    async def submit(self, intent: Intent) -> Outcome:
        """Hand an order over; `uncertain` where nothing certain is heard of it."""
        return await self._outcome(self._broker.submit(intent))

    async def cancel(self, intent: Intent) -> Outcome:
        """Ask for a withdrawal, likewise."""
        return await self._outcome(self._broker.cancel(intent))

    async def query(self, intent: Intent) -> Report | None:
        """How an order stands; None: the venue does not know it.

        Raises:
            VenueError, TimeoutError: it is not said.
        """
        return await self._within(self._broker.query(intent))

    async def balances(self) -> Mapping[str, Decimal]:
        """What the account holds. Raises as `query`."""
        return await self._within(self._broker.balances())

    async def open_orders(self) -> Sequence[Report]:
        """What works there. Raises as `query`."""
        return await self._within(self._broker.open_orders())

    async def executions(self, since_ns: int) -> Sequence[Executed]:
        """What was executed since. Raises as `query`."""
        return await self._within(self._broker.executions(since_ns))

    async def _outcome(self, answer: Awaitable[Outcome]) -> Outcome:
        try:
            return await self._within(answer)
        except (VenueError, TimeoutError) as error:
            return Outcome("uncertain", str(error) or NO_ANSWER)

    async def _within(self, answer: Awaitable[T]) -> T:
        async with asyncio.timeout(self._answer_s):
            return await answer
