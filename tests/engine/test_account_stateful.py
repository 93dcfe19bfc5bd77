"""Through any order of prints, commands and deaths the account is what the ledger's fills say, and its orders are over or at work."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis.stateful import run_state_machine_as_test

from core.desk_view import DeskView
from core.engine.desk_log import OPEN
from core.store.account_rows import read_orders
from core.trading.portfolio import Fill, Net, Portfolio
from core.workers import frames
from tests.engine.inline_rig import MOMENT, InlineWorker, plan_here, plans_here
from tests.engine.test_stateful import PROFILE, Life


def bits(net: Net) -> tuple[Any, ...]:
    parts = {id_: tuple(getattr(part, name) for name in type(part).__slots__) for id_, part in net.parts.items()}
    return net.position.qty, net.average, net.lots.cost, net.realised, net.realised_fifo, net.fees, net.funding, net.gross, parts


class AccountLife(Life):
    """The same life, and what the desk says of it."""

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
        assert {net.symbol: bits(net) for net in engine.positions.portfolio} == {net.symbol: bits(net) for net in expected}
        await self._look_at_the_desk(fills)

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

    def _compare_positions(self, view: DeskView) -> None:
        held: dict[str, float] = {}
        for row in view.positions:
            figures = self.there.roster[row.strategy_id].figures
            assert figures is not None
            (leg,) = figures.legs
            assert (row.qty, row.entry, row.best) == (leg.position, leg.entry, leg.best)
            assert (row.realised, row.fees) == (leg.realised, leg.fees)
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


def test_the_account_is_what_the_ledger_says_whatever_happens() -> None:
    run_state_machine_as_test(AccountLife, settings=PROFILE)
