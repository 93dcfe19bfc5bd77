"""A loop whose time jumps to the next timer, a misbehaving broker, and a comparison of both sides' books."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from decimal import Decimal
from random import Random
from typing import Any

from core.clock import ManualClock
from core.store.order_rows import OrderIntent, Page
from core.trading.clerk import Clerk
from core.trading.exact import ZERO, added, plain
from core.trading.filters import Filters
from core.trading.journal import Journal, MemoryJournal, recall
from core.trading.order import Order
from core.trading.rules import Rules, Wish
from core.trading.scripted import FAULTS, ScriptedBroker
from core.trading.scripted_venue import ScriptedVenue
from core.types import SECOND

START_NS = 1_790_000_000 * SECOND

BASES = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOT", "LTC", "BCH")
SYMBOLS = tuple(f"scripted:{base}USDT" for base in BASES)


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Waits for no timer: time goes on to it at once, unless something real is at work."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.busy: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(0)
        while not found and self.busy():
            found = super().select(0.05)
        if not found:
            self.now += timeout
        return found


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time; `busy` says that a thread works, whose answer is to be waited for."""

    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


class LoopClock(ManualClock):
    """The running loop's time."""

    def now_ns(self) -> int:
        return START_NS + round(asyncio.get_running_loop().time() * SECOND)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


def filters() -> dict[str, Filters]:
    return {
        f"scripted:{base}USDT": Filters(
            symbol=f"scripted:{base}USDT", base=base, quote="USDT", lot=Decimal("0.001"), tick=Decimal("0.01"), min_notional=Decimal(5)
        )
        for base in BASES
    }


def scripted(seed: int, odds: Mapping[str, float] = FAULTS) -> ScriptedBroker:
    """A broker with an account that holds plenty."""
    rng = Random(seed)
    odds = dict(odds)
    balances = {**dict.fromkeys(BASES, Decimal(1000)), "USDT": Decimal(10_000_000), "BNB": Decimal(100), "DUST": Decimal("0.00000007")}
    venue = ScriptedVenue(dict.fromkeys(SYMBOLS, Decimal(100)), balances, rng, odds=odds)
    return ScriptedBroker(venue, rng, LoopClock(), odds)


def wish(symbol: str = SYMBOLS[0], qty: str = "1", side: str = "buy", price: str | None = None, strategy_id: str = "sma") -> Wish:
    return Wish(
        strategy_id=strategy_id, symbol=symbol, side=side, qty=Decimal(qty), last=Decimal(100),  # type: ignore[arg-type]
        price=Decimal(price) if price else None,
    )  # fmt: skip


def any_wish(rng: Random) -> Wish:
    price = f"{100 + rng.randint(-200, 200) / 100:.2f}" if rng.random() < 0.4 else None
    side, strategy_id = rng.choice(("buy", "sell")), rng.choice(("sma", "rsi", "pairs:1"))
    return wish(rng.choice(SYMBOLS), f"{rng.randint(60, 4000) / 1000:.3f}", side, price, strategy_id)


class SlowJournal(MemoryJournal):
    """What is noted is on disk a while later, in its order; a crash loses what is not."""

    def __init__(self, rng: Random) -> None:
        super().__init__("slow")
        self._rng = rng
        self._queue: list[tuple[Page | OrderIntent, asyncio.Future[None]]] = []

    async def intend(self, intent: OrderIntent) -> None:
        await self._put(intent)

    def note(self, page: Page) -> asyncio.Future[None]:
        return self._put(page)

    def crash(self) -> None:
        self._queue.clear()

    def _put(self, what: Page | OrderIntent) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._queue.append((what, done))
        loop.call_later(self._rng.choice((0.0, 0.01, 0.3)), self._commit, done)
        return done

    def _commit(self, last: asyncio.Future[None]) -> None:
        """Write everything up to this one, as one transaction."""
        while any(done is last for _, done in self._queue):
            what, done = self._queue.pop(0)
            if isinstance(what, Page):
                self._write(what)
            else:
                self._intend(what)
            if not done.done():
                done.set_result(None)


async def open_clerk(journal: Journal, broker: ScriptedBroker, rules: Rules | None = None) -> Clerk:
    return await Clerk.open(journal, broker, LoopClock(), filters(), rules)


async def quiet(clerk: Clerk, broker: ScriptedBroker) -> None:
    """Once the broker behaves, wait until every order is settled and the account was looked at after that."""
    calm(broker)
    while clerk.desk.register.live or any(entry.state == "working" for entry in broker.venue.entries.values()):  # noqa: ASYNC110 in no time
        await asyncio.sleep(1)
    await asyncio.sleep(clerk.desk.rules.look_s + 30)


def calm(broker: ScriptedBroker) -> None:
    """From now on the broker does nothing amiss."""
    broker.odds.clear()  # type: ignore[attr-defined]


async def kept_orders(journal: Journal, broker: ScriptedBroker) -> dict[str, Order]:
    """All orders of the journal; those the broker knows of are among them."""
    ids = await all_ids(journal)
    assert set(broker.venue.entries) <= set(ids)
    return {kept.client_id: recall(kept) for kept in await journal.find(ids)}


async def all_ids(journal: Journal) -> list[str]:
    intents = getattr(journal, "intents", None)
    if intents is not None:
        return list(intents)
    rows = await journal._ask("SELECT client_id FROM order_intents")  # type: ignore[attr-defined]
    return [row[0] for row in rows]


async def books_agree(journal: Journal, broker: ScriptedBroker, start: Mapping[str, Decimal], by_hand: Mapping[str, Decimal] = {}) -> int:
    """Order by order and asset by asset, the journal says what the broker's books say; returns how many orders there are."""
    orders = await kept_orders(journal, broker)
    assert not broker.venue.twice
    assert not broker.blind
    explained = added(start, by_hand)
    for id_, order in orders.items():
        entry = broker.venue.entries.get(id_)
        fills = {fill.trade_id: fill for fill in entry.fills} if entry else {}
        assert {fill.trade_id: fill for fill in order.fills} == fills
        assert order.settled
        assert order.state == (entry.state if entry and entry.state != "working" else order.state)
        sign = 1 if order.intent.side == "buy" else -1
        explained = added(explained, {order.intent.base: order.filled * sign})
        explained = added(explained, {order.intent.quote: -order.worth * sign})
        explained = added(explained, {asset: -fee for asset, fee in order.fees.items()})
    held = {asset: Decimal(qty) for asset, qty in (await journal.holdings()).items()}
    assert same(held, broker.venue.balances)
    assert same(explained, broker.venue.balances)
    return len(orders)


def same(a: Mapping[str, Decimal], b: Mapping[str, Decimal]) -> bool:
    """Whether both hold the same amounts; what is not there is nothing."""
    return all(plain(a.get(asset, ZERO)) == plain(b.get(asset, ZERO)) for asset in {*a, *b})
