"""Pairs at a venue: a leg is not held for long while the other's orders come to nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.commands import Register, Terms
from core.research.audit import run_audit
from core.trading.risk import Rejection
from tests.engine.engine_rig import Rig, exchange_of, running, until, write_recording
from tests.engine.external_rig import broker_of, positions
from tests.samples import sample

LEGS = ["BTCUSDT", "ETHUSDT"]
PARAMS = {"interval": "1s", "window": 30, "entry_z": 1.5}
TERMS = Terms(side="long_short", qty=0.5, fee_bps=2)


async def pairs(rig: Rig) -> str:
    """Two legs, one trading often."""
    answer = await rig.engine.commands.submit(Register(name="pairs", symbols=LEGS, params=PARAMS, terms=TERMS), "test")
    return str(answer["id"])


def closed(rig: Rig) -> list[str]:
    """What was said of legs that were closed."""
    return [row.text for row in rig.engine.alarms.rows() if "all legs are closed" in row.text]


@pytest.mark.parametrize("refused", sample(LEGS, "BTCUSDT"))
async def test_a_leg_whose_other_is_refused_is_closed_after_a_while(tmp_path: Path, refused: str) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home, broker = tmp_path / "home", broker_of(5, {})
    async with (
        exchange_of(recording, speed=10.0) as exchange,
        running(home, exchange, broker=broker, **{"broker.leg_timeout_s": 0.6}) as rig,
    ):
        external = rig.engine.external
        assert external is not None
        judge = external.orders.judge
        external.orders.judge = lambda wish: (
            Rejection("not now") if wish.symbol.endswith(refused) and abs(wish.want) > abs(wish.position) else judge(wish)
        )
        id_ = await pairs(rig)
        exchange.resume()
        await until(lambda: closed(rig), "it is said")
        assert broker.venue.executions
        exchange.pause()
        external.orders.judge = lambda wish: judge(wish) if abs(wish.want) < abs(wish.position) else Rejection("not now")
        exchange.resume()
        await until(lambda: not any(positions(broker).values()), "both are flat")
        exchange.pause()
        await rig.settle()
        rows = [row for row in await rig.engine.ledger.commands() if row["kind"] == "flatten"]
        assert {row["actor"] for row in rows} == {"risk"}
        assert f"{id_}: binance:{refused} was not filled for 0.6 s while another leg is held" in closed(rig)[0]
    found = await asyncio.to_thread(run_audit, home)
    assert found.details == []
    assert found.fills == found.identical >= 2


@pytest.mark.slow
async def test_legs_that_are_filled_are_left_alone(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=2000)
    home, broker = tmp_path / "home", broker_of(6, {})
    async with (
        exchange_of(recording, speed=20.0) as exchange,
        running(home, exchange, broker=broker, **{"broker.leg_timeout_s": 1.0}) as rig,
    ):
        await pairs(rig)
        exchange.resume()
        await until(lambda: len(broker.venue.executions) >= 12, "it trades")
        await asyncio.sleep(2.0)
        exchange.pause()
        assert not closed(rig)
        assert not [row for row in await rig.engine.ledger.commands() if row["kind"] == "flatten"]
