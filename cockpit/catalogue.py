"""What can be registered and run, asked for as soon as there is an engine: a form opens with its fields, and need not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cockpit.forms.fields import Offer, read_catalogue
from core.errors import CockpitError


class Catalogue:
    """The strategies there are.

    Args:
        ask: asks the engine for them.

    Attributes:
        offers: as they were last told; empty before.
    """

    def __init__(self, ask: Callable[[], Awaitable[Any]]) -> None:
        self.offers: list[Offer] = []
        self._ask = ask
        self._asking: asyncio.Task[list[Offer]] | None = None

    async def fetch(self) -> list[Offer]:
        """As they are now; who asks while somebody does gets the same answer.

        Raises:
            CockpitError: the engine does not say.
            ValueError: what it says is no catalogue.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._fetch())
        return await asyncio.shield(self._asking)

    async def _fetch(self) -> list[Offer]:
        self.offers = read_catalogue(await self._ask())
        return self.offers

    async def fetch_ahead(self) -> None:
        """The same for a form that may be opened later: it says itself what is wrong."""
        try:
            await self.fetch()
        except (CockpitError, ValueError):
            self.offers = []

    def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
