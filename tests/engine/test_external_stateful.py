"""Any order of prints, executions (late, twice, too much, never told), refusals, commands, crashes and restarts: books and money add up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from core.commands import Register, Terms
from core.research.audit import run_audit
from core.store.reader import ticks_since
from core.trading.events import Fill
from core.types import Symbols
from tests.engine.inline_rig import MOMENT, make_engine
from tests.engine.test_stateful import COINS, PROFILE, Life, inline
from tests.engine.told_broker import ToldBroker

__all__ = ["inline"]  # a fixture: workers and compiler in this process

TELLING = st.sampled_from(["told", "told", "told twice", "not told"])
PICK = st.integers(0, 2)
FATES = st.lists(st.sampled_from(["taken", "refused", "lost before", "lost after", "not sent"]), max_size=4)


class TradedLife(Life):
    """The same life with a broker. Its books are the model: a position is the sum of what it executed, money what that cost."""

    def __init__(self) -> None:
        super().__init__()
        self.broker = ToldBroker()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 200))  # an order that is lost is asked about for a while

    async def _start(self) -> None:
        self.engine = make_engine(self.home, self.broker)
        starting = asyncio.ensure_future(self.engine.start(list(COINS)))
        while not starting.done():
            self._work(100)
            await asyncio.sleep(MOMENT)
        await starting

    def register(self, coin: str, hold: int, latency: float, stop: float | None) -> None:  # type: ignore[override]
        if len(self.paused) < 4:
            command = Register(name="follow", symbols=[coin], params={"hold": hold}, terms=Terms(side="long_short", stop_loss_pct=stop))
            self.paused[self.run(self._submit(command))["id"]] = False

    @rule(fates=FATES)
    def orders_fare_like_this(self, fates: list[Any]) -> None:
        self.broker.fates.extend(fates)

    @rule(count=st.integers(1, 40), seed=st.integers(0, 1000))
    def prints_come_and_what_they_bring_gets_to_the_venue(self, count: int, seed: int) -> None:
        self.prints(count, seed)
        self.run(self._let_go_on())

    async def _let_go_on(self) -> None:
        for _ in range(10):
            self._work(100)
            await asyncio.sleep(MOMENT)

    @rule(pick=PICK, share=st.sampled_from(["0.3", "1", "1.2"]), cents=st.integers(-300, 300), telling=TELLING, heard=st.booleans())
    def the_venue_executes(self, pick: int, share: str, cents: int, telling: Any, heard: bool) -> None:
        for id_ in self.broker.working[pick % 3 :][:1]:
            left = self.broker.entries[id_].intent.qty - self.broker.entries[id_].executed
            self.run(self._fill(id_, (left * Decimal(share)).quantize(Decimal("0.001")), cents, telling))
        if heard:
            self.run(self._let_go_on())

    @rule(pick=PICK, telling=TELLING)
    def it_tells_of_a_late_one(self, pick: int, telling: Any) -> None:
        for id_ in list(self.broker.entries)[-1 - pick :][:1]:
            self.run(self._fill(id_, Decimal("0.1"), 0, telling))

    @rule(pick=PICK, state=st.sampled_from(["cancelled", "expired"]), telling=TELLING)
    def the_venue_ends_one(self, pick: int, state: Any, telling: Any) -> None:
        async def end() -> None:
            for id_ in self.broker.working[pick:][:1]:
                self.broker.end(id_, state, telling)
            await asyncio.sleep(MOMENT)

        self.run(end())

    async def _fill(self, id_: str, qty: Decimal, cents: int, telling: Any) -> None:
        if qty > 0:
            self.broker.fill(id_, qty, Decimal(10_000 + cents) / 100, telling)
        await asyncio.sleep(MOMENT)

    async def _settle(self) -> None:
        """The venue comes to an end with all it has, and the engine hears of all of it."""
        external = self.there.external
        assert external is not None
        self.broker.fates.clear()
        rounds = tries = 0
        while rounds < 3:
            tries += 1
            assert tries < 200, f"it does not come to rest: {external.status()}, {external.clerk.desk.register.live}"
            for id_ in self.broker.working:
                self.broker.end(id_, "cancelled", "not told")
            self.broker.interrupt()
            for client_id in list(external.clerk.desk.register.live):
                external.clerk.desk.look_at(client_id)
            await super()._settle()
            await asyncio.sleep(0.05)
            rounds = rounds + 1 if external.idle and external.clerk.looked and not self.broker.working else 0
        await super()._settle()  # what was told in the last moment is on the ledger too

    async def _compare(self) -> None:
        engine = self.there
        symbols = Symbols()
        last = {
            symbols.names[tick["symbol"]]: tick["price"] for part in ticks_since(self.home / "tape.db", 0, symbols=symbols) for tick in part
        }
        assert not self.broker.twice
        for entry in engine.roster:
            fills = list(self._fills([entry.id]))
            figures = entry.figures
            assert figures is not None
            signed = [(fill.qty if side == "buy" else -fill.qty, fill) for side, fill in fills]
            assert figures.position == float(sum((qty for qty, _ in signed), Decimal(0)))
            assert figures.working == [0]
            cash = sum((-qty * fill.price - fill.fee for qty, fill in signed), Decimal(0))
            worth = figures.position * float(last.get(entry.order.symbols[0], 0.0))
            assert figures.equity == pytest.approx(worth + float(cash) + 10_000.0, rel=1e-12)
        journal = await engine.ledger.commands()
        assert len([row for row in journal if row["kind"] == "executed"]) == len(self.broker.executed)
        for id_ in self.paused:
            missing = len(list(self._fills([id_]))) - len(await engine.ledger.fills(id_))
            assert missing == 0 or id_ not in engine.roster  # it had left before it could hear of them
        found = await asyncio.to_thread(run_audit, self.home, horizon=engine.last_seq, running={entry.id for entry in engine.roster})
        assert (found.details, found.not_auditable) == ([], [])
        assert found.books["compared"] == found.books["identical"]

    def _fills(self, ids: Iterable[str]) -> Iterable[tuple[str, Fill]]:
        """(side, execution) of the orders of these strategies."""
        for entry in self.broker.entries.values():
            if entry.intent.strategy_id in ids:
                yield from ((entry.intent.side, fill) for fill in entry.fills)


@pytest.mark.slow
def test_whatever_a_venue_does_books_and_money_add_up() -> None:
    run_state_machine_as_test(TradedLife, settings=PROFILE)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_whatever_a_venue_does_often_books_and_money_add_up() -> None:
    run_state_machine_as_test(TradedLife, settings=settings(PROFILE, max_examples=100, stateful_step_count=50, derandomize=False))
