"""The desk of a real engine: two strategies on one symbol, what each holds, what the account makes of it, and all of it after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_rig import Rig, exchange_of, running, until, write_recording

from core.commands import Flatten, Pause, SetLimits, SetStops, Terms, Unregister
from core.desk_view import DeskView, RiskView, SessionRow
from core.engine.requests import Requests

FAST, SLOW = {"fast": 2, "slow": 5}, {"fast": 3, "slow": 9}
TERMS = Terms(side="long_short", stop_loss_pct=20.0, trailing_pct=15.0)


async def traded(rig: Rig) -> tuple[str, str]:
    """Two strategies on one symbol that traded all of the recording."""
    ids = [await rig.register("sma_crossover", params=params, terms=TERMS) for params in (FAST, SLOW)]
    await rig.play()
    return ids[0], ids[1]


def steady(view: DeskView) -> tuple[object, ...]:
    """What a restart may not change."""
    positions = [
        (row.strategy_id, row.symbol, row.qty, row.entry, row.realised, row.fees, row.opened_ns, row.best) for row in view.positions
    ]
    nets = [(row.symbol, row.qty, row.gross, row.average, row.fifo, row.realised, row.realised_fifo, row.fees) for row in view.nets]
    orders = [
        (row.order_id, row.state, row.side, row.reason, row.filled, row.average, row.decided_ns, row.changed_ns) for row in view.orders
    ]
    return positions, nets, orders, view.signals


@pytest.mark.slow
async def test_it_says_what_the_ledger_says_and_says_it_again_after_a_restart(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames")) as exchange:
        async with running(home, exchange) as rig:
            first, second = await traded(rig)
            view = rig.engine.panes.view({"desk": 0}).desk
            assert view is not None
            fills = await rig.fills()
            (net,) = view.nets
            held = {row.strategy_id: row.qty for row in view.positions}
            last = {fill["strategy_id"]: fill["position"] for fill in fills}
            assert held == {id_: qty for id_, qty in last.items() if qty}
            assert net.qty == pytest.approx(sum(last.values()))
            assert net.fees == pytest.approx(sum(fill["fee"] for fill in fills))
            assert net.mark is not None
            made = sum(entry.figures.equity - entry.terms.capital for entry in rig.engine.roster if entry.figures is not None)
            assert net.realised + net.unrealised - net.fees == pytest.approx(made)
            assert view.account.equity - view.account.capital == pytest.approx(made)
            assert view.account.exposure_gross == pytest.approx(sum(map(abs, held.values())) * net.mark)
            assert view.account.trades == sum(entry.figures.trades for entry in rig.engine.roster if entry.figures is not None)
            for row in view.positions:
                assert row.stop_loss == pytest.approx(row.entry * (0.8 if row.qty > 0 else 1.2))
                assert row.best is not None
                assert row.trailing == pytest.approx(row.best * (0.85 if row.qty > 0 else 1.15))
                assert row.opened_ns in {fill["ts_ns"] for fill in fills if fill["strategy_id"] == row.strategy_id}
            assert {row.state for row in view.orders if row.state not in ("working", "partly filled")} == {"filled"}
            assert {row.strategy_id for row in view.orders} == {first, second}
            assert len(view.signals) > 3
            assert {row.outcome for row in view.signals} <= {"ordered", "nothing to do"}
            before = steady(view)
        async with running(home, exchange) as rig:
            await until(lambda: not rig.engine.positions.reading, "the fills of before")
            await rig.settle()
            again = rig.engine.desk.view()
            assert steady(again) == before


@pytest.mark.slow
async def test_levers_show_where_they_hold_something(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "frames", prints=3000)) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await rig.register("sma_crossover", params=FAST, terms=TERMS)
        other = await rig.register("sma_crossover", params=SLOW, terms=TERMS)
        await rig.engine.commands.submit(SetLimits(id=other, mode="halt"), "test")
        exchange.resume()
        await until(lambda: rig.engine.desk.positions() != [], "a position")
        exchange.pause()
        await rig.settle()
        for command in (Pause(id=id_), SetStops(id=id_, stop_loss_pct=50.0), Flatten(id=id_)):
            await rig.engine.commands.submit(command, "test")
        await rig.settle()
        view = rig.engine.desk.view()
        (row,) = view.positions
        assert row.state == "flattening"
        assert row.stop_loss == pytest.approx(row.entry * (0.5 if row.qty > 0 else 1.5))
        assert (row.take_profit, row.trailing) == (None, None)
        assert (view.orders[0].state, view.orders[0].reason, view.orders[0].kind) == ("working", "flatten", "market")
        assert {(block.strategy_id, block.reason) for block in view.risk.blocks} == {(other, "halted")}
        assert {signal.outcome for signal in view.signals if signal.strategy_id == other} <= {"blocked: halted", "nothing to do"}
        exchange.resume()
        await exchange.finished.wait()
        await rig.settle()
        view = rig.engine.desk.view()
        assert (view.positions, view.orders[0].state) == ([], "filled")
        assert "paused" in {signal.outcome for signal in view.signals if signal.strategy_id == id_}


@pytest.mark.slow
async def test_a_strategy_that_leaves_takes_its_part_with_it(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "frames")) as exchange, running(tmp_path / "home", exchange) as rig:
        first, second = await traded(rig)
        await rig.engine.commands.submit(Unregister(id=first, keep=True), "test")
        await until(lambda: first not in rig.engine.roster and not rig.engine.positions.reading, "it is gone")
        mine = await rig.fills(second)
        answer = await Requests(rig.engine).ask("positions", {})
        (net,) = answer["nets"]
        assert net["qty"] == mine[-1]["position"]
        assert net["realised"] == pytest.approx(sum(fill["realised"] for fill in mine))
        assert net["realised"] + net["unrealised"] == pytest.approx(
            net["realised_fifo"] + net["qty"] * (net["mark"] - (net["fifo"] or 0.0))
        )
        assert answer["total"]["pnl"] == pytest.approx(answer["account"]["equity"] - answer["account"]["capital"])
        assert {row["strategy_id"] for row in answer["positions"]} <= {second}


async def test_without_a_session_nothing_is_limited_and_the_lever_is_as_usual(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "frames", prints=10)) as exchange, running(tmp_path / "home", exchange) as rig:
        view = rig.engine.desk.view()
        assert (view.session, view.risk) == (SessionRow("none"), RiskView("normal", "", 0, [], []))
