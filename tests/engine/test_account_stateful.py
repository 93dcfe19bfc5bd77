"""Through any order of prints, commands and deaths the account is what the ledger's fills say, and its orders are over or at work."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from core.commands import Register, Terms
from core.desk_view import DeskView
from core.engine.desk_log import MOST, OPEN
from core.store.account_rows import funding_rows, read_orders
from core.store.ledger_reader import read_signals
from core.trading.portfolio import Fill, Net, Portfolio
from core.trading.position import Position
from core.workers import frames
from tests.engine.inline_rig import MOMENT, InlineWorker, plan_here, plans_here
from tests.engine.test_stateful import COINS, PROFILE, Life

HOUR_NS = 3_600_000_000_000


def bits(net: Net) -> tuple[Any, ...]:
    names = [name for name in Position.__slots__ if name != "trip_fees"]  # funding goes there when it is heard of
    parts = {id_: tuple(getattr(part, name) for name in names) for id_, part in net.parts.items()}
    return net.position.qty, net.average, net.lots.cost, net.realised, net.realised_fifo, net.fees, net.funding, net.gross, parts


class AccountLife(Life):
    """The same life with funding every hour, and what the desk says of it."""

    @rule(coin=st.sampled_from(COINS), hold=st.integers(1, 3), latency=st.sampled_from([0.0, 3.0]), stop=st.sampled_from([None, 0.5]))
    def register(self, coin: str, hold: int, latency: float, stop: float | None) -> None:
        if len(self.paused) >= 5:
            return
        terms = Terms(side="long_short", latency_ms=latency, stop_loss_pct=stop, funding_bps=1.0, funding_hours=1)
        command = Register(name="follow", symbols=[coin], params={"hold": hold}, terms=terms)
        self.paused[self.run(self._submit(command))["id"]] = False

    @rule(count=st.integers(1, 40), seed=st.integers(0, 1000))
    def prints(self, count: int, seed: int) -> None:
        self.now += HOUR_NS // 3
        super().prints(count, seed)

    async def _compare(self) -> None:
        await super()._compare()
        engine = self.there
        while engine.positions.reading:  # noqa: ASYNC110 - work of several awaits, no one event
            await asyncio.sleep(MOMENT)
        assert engine.positions.known
        fills = [fill for fill in await engine.ledger.fills() if fill["strategy_id"] in engine.roster]
        expected = Portfolio()
        signs = {"buy": 1, "sell": -1}
        names = "strategy_id", "symbol", "qty", "price", "fee", "ts_ns", "position"
        expected.take(Fill(*(f[name] * (signs[f["side"]] if name == "qty" else 1) for name in names)) for f in fills)
        paid = dict.fromkeys(self.paused, 0.0)
        for id_, symbol, amount, ts in funding_rows(self.home / "ledger.db", list(engine.roster.entries)):
            expected.fund(id_, symbol, amount, ts)
            paid[id_] += amount
        assert {net.symbol: bits(net) for net in engine.positions.portfolio} == {net.symbol: bits(net) for net in expected}
        await self._look_at_the_desk(fills)
        for entry in engine.roster:
            figures, part = entry.figures, expected.part(entry.id, entry.order.symbols[0])
            assert figures is not None
            assert figures.fees == pytest.approx(paid[entry.id] + (part.fees if part is not None else 0.0))

    async def _look_at_the_desk(self, fills: list[dict[str, Any]]) -> None:
        engine = self.there
        before = {entry.id: entry.figures for entry in engine.roster}
        engine.pool.broadcast(frames.frame(frames.STATUS))
        while any(entry.figures is before[entry.id] for entry in engine.roster):
            self._work(100)
            await asyncio.sleep(MOMENT)
        view = engine.desk.view()
        self._compare_positions(view)
        number = Counter(row["order_id"] for row in read_orders(self.home / "ledger.db"))
        shown = {row.order_id: row for row in view.orders}
        assert set(shown) <= set(number)
        for row in shown.values():
            mine = [fill for fill in fills if fill["order_id"] == row.order_id]
            if mine:
                assert row.filled == pytest.approx(sum(fill["qty"] for fill in mine)), row
        at_work = {row.order_id for row in view.orders if row.state in OPEN}
        legs = [(entry.id, leg) for entry in engine.roster if entry.figures for leg in entry.figures.legs]
        assert at_work == {f"{id_}:o{leg.order}" for id_, leg in legs if leg.aim != leg.position}
        assert all(row.outcome for row in view.signals)
        signals = [(row["ts_ns"], row["strategy_id"], row["target"], row["outcome"]) for row in read_signals(self.home / "ledger.db")]
        listed = Counter((row.ts_ns, row.strategy_id, row.target, row.outcome) for row in view.signals)
        assert listed <= Counter(signals)
        left = Counter(signals) - listed
        assert max(left, default=(0,))[0] <= min(listed, default=(0,))[0]
        assert len(view.signals) == min(len(signals), MOST)

    def _compare_positions(self, view: DeskView) -> None:
        held: dict[str, float] = {}
        for row in view.positions:
            figures = self.there.roster[row.strategy_id].figures
            assert figures is not None
            (leg,) = figures.legs
            assert (row.qty, row.entry, row.best) == (leg.position, leg.entry, leg.best)
            assert (row.realised, row.fees) == (leg.realised, leg.fees)
            part = self.there.positions.portfolio.part(row.strategy_id, row.symbol)
            assert part is not None
            assert part.trip_fees == pytest.approx(leg.fees)
            assert row.opened_ns > 0
            held[row.symbol] = held.get(row.symbol, 0.0) + row.qty
        assert len(view.positions) == sum(entry.figures.position != 0 for entry in self.there.roster if entry.figures)
        assert {row.symbol: row.qty for row in view.nets if row.gross} == pytest.approx({k: v for k, v in held.items()})
        assert view.account.exposure_net == pytest.approx(sum(row.qty * row.mark for row in view.positions))


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.workers.pool.Worker", InlineWorker)
    monkeypatch.setattr("core.engine.commands.build", plan_here)
    monkeypatch.setattr("core.engine.recovery.build_all", plans_here)


@pytest.mark.slow
def test_the_account_is_what_the_ledger_says_whatever_happens() -> None:
    run_state_machine_as_test(AccountLife, settings=PROFILE)
