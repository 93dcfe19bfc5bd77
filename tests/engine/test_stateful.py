"""Any order of prints, commands, crashes of workers and of the engine ends with the fills of a run where nothing ever went wrong."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from core.commands import Flatten, Pause, Reduce, Register, Resume, SetLimits, SetStops, Terms, Unregister
from core.compile.instance import Instance
from core.compile.levered import PULLED, STAYING
from core.engine.blotter import Blotter
from core.engine.roster import Entry
from core.store.journal import SAID
from core.store.ledger_reader import read_snapshots
from core.store.reader import ticks_since
from core.types import TICK, Symbols
from core.workers import frames
from tests.engine.inline_rig import MOMENT, InlineEngine, InlineWorker, crash, make_engine, plan_here, plans_here

COINS = ("BTCUSDT", "ETHUSDT")
START_NS = 1_700_000_000_000_000_000
STRATEGY = '''"""Bets that the next prints go the way the last one went."""
from typing import Annotated
import numpy as np
from msgspec import Meta, Struct

STATE = np.dtype([("last", "f8"), ("seen", "i8")])


class Params(Struct, frozen=True, kw_only=True):
    hold: Annotated[int, Meta(ge=1, le=9)] = 2


def work(p):
    return 0


def warmup(p):
    return 0


def step(s, mem, p, tick, out):
    s.seen += 1
    if s.seen % p.hold == 0:
        if tick.price > s.last:
            out[0] = 1.0
        elif tick.price < s.last:
            out[0] = -1.0
    s.last = tick.price
'''
COMPARED = ("fill_id", "symbol", "side", "qty", "price", "fee", "realised", "position", "ts_ns", "seq", "tick_id", "order_id")


class Life(RuleBasedStateMachine):
    """The model: which strategies are registered and paused, and every tick that is on the tape."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.home = Path(tempfile.mkdtemp(prefix="cockpit-life-"))
        (self.home / "strategies").mkdir()
        (self.home / "strategies" / "follow.py").write_text(STRATEGY)
        self.engine: InlineEngine | None = None
        self.paused: dict[str, bool] = {}
        self.closing: set[str] = set()
        self.issued = dict.fromkeys(COINS, 0)
        self.now = START_NS

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, 30))

    @property
    def there(self) -> InlineEngine:
        assert self.engine is not None
        assert self.engine.failure is None, self.engine.failure
        return self.engine

    @initialize()
    def begin(self) -> None:
        self.run(self._start())
        for coin in COINS:
            self.register(coin, 1, 0.0, None)

    async def _start(self) -> None:
        self.engine = make_engine(self.home)
        starting = asyncio.ensure_future(self.engine.start(list(COINS)))
        while not starting.done():  # recovery waits for the workers
            self._work(100)
            await asyncio.sleep(MOMENT)
        await starting

    def _work(self, most: int) -> int:
        return sum(worker.work(most) for worker in list(self.there.pool.workers) if isinstance(worker, InlineWorker))

    @rule(count=st.integers(1, 40), seed=st.integers(0, 1000), most=st.integers(0, 30))
    def prints_come_and_are_seen(self, count: int, seed: int, most: int) -> None:
        self.prints(count, seed)
        self.workers_work(most)

    @rule(count=st.integers(1, 40), seed=st.integers(0, 1000))
    def prints(self, count: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        ticks = np.zeros(count, TICK)
        coins = rng.integers(0, len(COINS), count)
        for k, coin in enumerate(coins):
            name = COINS[coin]
            self.issued[name] += 1
            ticks["id"][k] = self.issued[name]
            ticks["symbol"][k] = self.there.symbols[f"binance:{name}"]
        self.now += 1_000_000_000
        ticks["ts"] = ticks["recv"] = self.now + np.arange(count) * 1_000_000
        ticks["price"] = 100 + np.cumsum(rng.choice([-0.5, 0.0, 0.5], count))
        ticks["qty"] = rng.integers(1, 5, count)
        ticks["bid"], ticks["ask"] = ticks["price"] - 0.1, ticks["price"] + 0.1
        self.run(self._release(ticks))

    async def _release(self, ticks: Any) -> None:
        self.there.release(ticks)

    @rule(most=st.integers(1, 30))
    def workers_work(self, most: int) -> None:
        async def work() -> None:
            self._work(most)
            await asyncio.sleep(MOMENT)

        self.run(work())

    @rule()
    def snapshots(self) -> None:
        async def ask() -> None:
            self.there.pool.broadcast(frames.frame(frames.SNAP))

        self.run(ask())

    @rule(coin=st.sampled_from(COINS), hold=st.integers(1, 3), latency=st.sampled_from([0.0, 3.0]), stop=st.sampled_from([None, 0.5]))
    def register(self, coin: str, hold: int, latency: float, stop: float | None) -> None:
        if len(self.paused) >= 5:
            return
        terms = Terms(side="long_short", latency_ms=latency, stop_loss_pct=stop)
        command = Register(name="follow", symbols=[coin], params={"hold": hold}, terms=terms)
        self.paused[self.run(self._submit(command))["id"]] = False

    async def _submit(self, command: Any) -> Any:
        return await self.there.commands.submit(command, "test")

    @precondition(lambda self: self.open)
    @rule(data=st.data(), what=st.sampled_from(["pause", "resume", "flatten", "reduce", "stops", "halt", "free", "close"]))
    def tell(self, data: st.DataObject, what: str) -> None:
        id_ = data.draw(st.sampled_from(self.open))
        command = {
            "pause": Pause(id=id_), "resume": Resume(id=id_), "flatten": Flatten(id=id_), "halt": SetLimits(id=id_, mode="halt"),
            "free": SetLimits(id=id_), "reduce": Reduce(id=id_, pct=40.0), "close": Unregister(id=id_),
            "stops": SetStops(id=id_, stop_loss_pct=data.draw(st.sampled_from([None, 0.2])), trailing_pct=0.3),
        }[what]  # fmt: skip
        self.run(self._submit(command))
        if what in ("pause", "resume"):
            self.paused[id_] = what == "pause"
        elif what == "close":
            self.closing.add(id_)

    @property
    def open(self) -> list[str]:
        return sorted(self.paused.keys() - self.closing)

    @rule(which=st.integers(0, 1))
    def a_worker_dies(self, which: int) -> None:
        async def die() -> None:
            workers = self.there.pool.workers
            if which < len(workers):
                worker = workers[which]
                assert isinstance(worker, InlineWorker)
                worker.die()
                await asyncio.sleep(MOMENT)

        self.there.rescue._deaths.clear()  # any number is survived, a minute apart
        self.run(die())

    @rule(stir=st.booleans())
    def the_engine_dies_and_starts_again(self, stir: bool) -> None:
        self.run(self._die(stir))
        self.run(self._start())

    async def _die(self, stir: bool) -> None:
        if stir:
            self._work(50)
            await asyncio.sleep(MOMENT)  # some of it reaches the disk
        await crash(self.there)

    @rule()
    def the_engine_stops_and_starts_again(self) -> None:
        async def stop() -> None:
            stopping = asyncio.ensure_future(self.there.stop())
            while not stopping.done():
                if self.engine is not None and self.engine.pool.workers:
                    self._work(100)
                await asyncio.sleep(MOMENT)
            await stopping

        self.run(stop())
        self.run(self._start())

    @rule()
    def all_is_compared(self) -> None:
        self.run(self._settle())
        self.run(self._compare())

    async def _settle(self) -> None:
        engine = self.there
        settled = asyncio.ensure_future(engine.answers.settled())
        while not settled.done():
            self._work(1000)
            await asyncio.sleep(MOMENT)
        await settled
        for id_, paused in self.paused.items():
            if id_ in self.closing:
                continue
            assert engine.roster[id_].state not in ("failed", "restarting"), engine.roster[id_].detail
            assert engine.roster[id_].paused == paused, id_

    async def _compare(self) -> None:
        engine = self.there
        journal = await engine.ledger.commands()
        assert all(row["after_seq"] is not None for row in journal if row["kind"] not in ("watch", "unwatch", "stop"))
        symbols = Symbols()
        batches = list(ticks_since(self.home / "tape.db", 0, symbols=symbols))
        ticks = np.concatenate(batches) if batches else np.empty(0, TICK)
        assert len(np.unique(ticks["seq"])) == len(ticks)
        starts = {row["strategy_id"]: row for row in read_snapshots(self.home / "ledger.db") if "start" in row["payload"]}
        for id_ in self.paused:
            start = starts.get(id_)  # none: it was told to leave before it ever ran
            expected = await _alone(engine, journal, start, ticks, symbols) if start else []
            found = [{key: fill[key] for key in COMPARED} for fill in await engine.ledger.fills(id_)]
            assert found == expected

    @invariant()
    def nothing_failed(self) -> None:
        if self.engine is not None:
            assert self.engine.failure is None, self.engine.failure

    def teardown(self) -> None:
        try:
            if self.engine is not None and self.engine.failure is None:
                self.run(self._settle())
                self.run(self._compare())
        finally:
            if self.engine is not None:
                self.run(crash(self.engine))
            self.run(asyncio.sleep(0))
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
            shutil.rmtree(self.home)


async def _alone(
    engine: InlineEngine, journal: list[dict[str, Any]], start: dict[str, Any], ticks: Any, symbols: Symbols
) -> list[dict[str, Any]]:
    """The fills of one strategy that ran by itself over the tape, told what the journal says, when it says.

    It began after the seq of its start row: later than it was registered, where the engine died before that row was kept.
    """
    order, told = None, []
    id_, since = start["strategy_id"], start["seq"]
    for row in journal:
        payload = msgspec.json.decode(row["payload"])
        if row["kind"] == "register" and payload["id"] == id_:
            payload.pop("plan")
            order = msgspec.convert(payload, Register)
        elif id_ in payload.get("ids", []) and (
            row["kind"] not in ("flatten", "reduce") or (row["after_seq"], row["ts_ns"]) > (since, start["ts_ns"])
        ):
            told.append((row["after_seq"], row["kind"], payload))
    assert order is not None
    instance = Instance(await plan_here(engine, order), order.terms)
    instance.trade({symbols.add(order.symbols[0]): 0})
    entry, blotter = Entry(id_, order, None), Blotter("paper")
    found: list[dict[str, Any]] = []
    closing = False

    def book(reports: Any) -> None:
        found.extend({key: fill[key] for key in COMPARED} for fill in blotter.translate(entry, reports, 0).fills)

    for after, kind, payload in [*sorted(told, key=lambda row: row[0]), (2**62, "", {})]:
        while len(part := ticks[(ticks["seq"] > since) & (ticks["seq"] <= after)]):
            part = part[:1] if closing else part
            since = int(part["seq"][-1])
            book(instance.feed(np.ascontiguousarray(part)))
            if closing and instance.flat:
                return found
        since = max(since, after) if after < 2**62 else since
        if kind in STAYING and closing:
            pass  # it is leaving, and nothing keeps it
        elif kind in PULLED:
            book(instance.pull(kind, msgspec.convert(payload, SAID[kind]) if kind in SAID else None))
        elif kind == "unregister":
            closing = True
            book(instance.close())
            if instance.flat:
                return found
    return found


PROFILE = settings(
    deadline=None, suppress_health_check=list(HealthCheck), stateful_step_count=40, max_examples=3, derandomize=True, database=None
)


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.workers.pool.Worker", InlineWorker)
    monkeypatch.setattr("core.engine.commands.build", plan_here)
    monkeypatch.setattr("core.engine.recovery.build_all", plans_here)


@pytest.mark.slow
def test_any_order_of_events_ends_with_the_fills_of_a_run_where_nothing_went_wrong() -> None:
    run_state_machine_as_test(Life, settings=PROFILE)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_orders_of_events_do() -> None:
    run_state_machine_as_test(Life, settings=settings(PROFILE, max_examples=150, stateful_step_count=50, derandomize=False))
