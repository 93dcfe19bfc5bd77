"""The journal of orders as the desk sees it: intents before the wire, events after, what the account holds by them; and one in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from core.errors import StoreError
from core.store.order_rows import KeptOrder, OrderIntent, OrderNote, Page
from core.trading.events import read
from core.trading.order import Intent, Order, read_intent, replay, written_intent


class Journal(Protocol):
    """Where orders are kept; `core.store.order_journal` keeps them on the ledger."""

    async def intend(self, intent: OrderIntent) -> None:
        """Returns when the intent is on disk. The same again changes nothing.

        Raises:
            StoreError: its id, or its number, stands for another intent.
        """
        ...

    def note(self, page: Page) -> asyncio.Future[None]:
        """Queue what happened, all of it or nothing; done when it is on disk. What is there already changes nothing.

        Raises:
            StoreError: a note differs from what stands in its place, or is of no known intent.
        """
        ...

    async def unsettled(self) -> Sequence[KeptOrder]:
        """Orders that are not known to be over, oldest first."""
        ...

    async def find(self, client_ids: Sequence[str]) -> Sequence[KeptOrder]:
        """Those of these orders that were ever intended."""
        ...

    async def last_numbers(self) -> Mapping[str, int]:
        """The highest order number of each strategy."""
        ...

    async def holdings(self) -> Mapping[str, str]:
        """What the account holds by all that is noted: amounts as texts, by asset."""
        ...

    async def marks(self) -> Mapping[str, str]:
        """What the desk remembers by name: `home`, `synced_ns`."""
        ...


def row_of(intent: Intent) -> OrderIntent:
    """An intent as it is kept."""
    payload = written_intent(intent)
    return OrderIntent(intent.client_id, intent.strategy_id, intent.number, intent.symbol, intent.decided_ns, payload)


def recall(kept: KeptOrder) -> Order:
    """An order as it stands in the journal.

    Raises:
        StoreError: what stands there is none.
    """
    try:
        return replay(read_intent(kept.intent), map(read, kept.events))
    except ValueError as error:
        raise StoreError(f"order {kept.client_id} cannot be read from the ledger: {error}") from None


class MemoryJournal:
    """Keeps orders for as long as it lives: for tests and measurements."""

    def __init__(self, home: str = "memory") -> None:
        self.intents: dict[str, OrderIntent] = {}
        self.events: dict[str, dict[int, OrderNote]] = {}
        self.findings: list[tuple[int, str, str]] = []
        self._numbers: dict[tuple[str, int], str] = {}
        self._open: dict[str, None] = {}
        self._holdings: dict[str, str] = {}
        self._marks = {"home": home}

    async def intend(self, intent: OrderIntent) -> None:
        self._intend(intent)

    def _intend(self, intent: OrderIntent) -> None:
        known = self.intents.get(intent.client_id)
        if (known or intent) != intent or self._numbers.get((intent.strategy_id, intent.number), intent.client_id) != intent.client_id:
            raise StoreError(f"order {intent.client_id} is already intended with other values")
        if known is None:
            self.intents[intent.client_id] = intent
            self._numbers[intent.strategy_id, intent.number] = intent.client_id
            self.events[intent.client_id] = {}
            self._open[intent.client_id] = None

    def note(self, page: Page) -> asyncio.Future[None]:
        self._write(page)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def _write(self, page: Page) -> None:
        for note in page.notes:
            there = self.events.get(note.client_id)
            if there is None:
                raise StoreError(f"order {note.client_id} was never intended")
            if there.setdefault(note.n, note)[:5] != note[:5]:
                raise StoreError(f"event {note.n} of order {note.client_id} is already noted with other values")
            if note.settled:
                self._open.pop(note.client_id, None)
            else:
                self._open[note.client_id] = None
        self._holdings.update(page.holdings)
        self._marks.update(page.marks)
        self.findings += page.findings

    async def unsettled(self) -> Sequence[KeptOrder]:
        return await self.find(list(self._open))

    async def find(self, client_ids: Sequence[str]) -> Sequence[KeptOrder]:
        known = [self.intents[id_] for id_ in client_ids if id_ in self.intents]
        return [KeptOrder(each.client_id, each.payload, self._told(each.client_id)) for each in known]

    async def last_numbers(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for strategy_id, number in self._numbers:
            found[strategy_id] = max(number, found.get(strategy_id, 0))
        return found

    async def holdings(self) -> Mapping[str, str]:
        return dict(self._holdings)

    async def marks(self) -> Mapping[str, str]:
        return dict(self._marks)

    def _told(self, client_id: str) -> tuple[str, ...]:
        return tuple(note.payload for _, note in sorted(self.events[client_id].items()))
