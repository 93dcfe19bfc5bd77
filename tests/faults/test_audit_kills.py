"""Workers and engines that are killed while strategies trade and people pull levers: an audit finds every fill and book again."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from core.commands import Command, Flatten, Pause, Resume, SetLimits, Terms
from core.home_lock import running as running_pid
from core.research.audit import run_audit
from tests.engine.engine_rig import exchange_of, running, until, write_recording
from tests.faults.recorder_rig import environment, recorder, run_once, run_when_there

BUSY = {"interval": "tick", "fast": 2, "slow": 3}
TERMS = Terms(side="long_short", qty=0.5, fee_bps=2, latency_ms=400, participation=0.5, stop_loss_pct=0.05)


def levers(id_: str) -> list[Command]:
    """What a person might do next."""
    return [Pause(id=id_), Resume(id=id_), Flatten(id=id_), SetLimits(id=id_, mode="reduce_only"), SetLimits(id=id_, max_position=0.7)]


@pytest.mark.slow
async def test_workers_killed_between_levers_leave_nothing_that_does_not_come_out_again(tmp_path: Path) -> None:
    """Three kills, levers all along, snapshots as they come."""
    rng, home = random.Random(5), tmp_path / "home"
    recording = write_recording(tmp_path / "frames", prints=1500)
    flags: dict[str, Any] = {"engine.workers": 2, "engine.snapshot_every_s": 1.0}
    async with exchange_of(recording, speed=60.0) as exchange, running(home, exchange, **flags) as rig:
        ids = [await rig.register("sma_crossover", symbol, params=BUSY, terms=TERMS) for symbol in ("BTCUSDT", "ETHUSDT") * 2]
        exchange.resume()
        for kill in range(3):
            goal = 600 * (kill + 1)
            await until(lambda goal=goal: rig.engine.market.ticks_total > goal, f"{goal} prints")  # type: ignore[misc]
            for id_ in ids:
                await rig.engine.commands.submit(rng.choice(levers(id_)), "test")
            worker = rig.engine.pool.holding(ids[kill])
            if worker is not None:
                os.kill(worker.pid, signal.SIGKILL)
            for id_ in ids:
                await rig.engine.commands.submit(rng.choice(levers(id_)), "test")
        for id_ in ids:
            await rig.engine.commands.submit(Resume(id=id_), "test")
        await exchange.finished.wait()
        await until(lambda: all(entry.state not in ("restarting", "starting") for entry in rig.engine.roster), "everybody is back")
        await rig.settle()
        seq = await rig.engine.answers.settled()
        found = await asyncio.to_thread(run_audit, home, horizon=seq, running=set(ids))
        assert found.details == []
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical > 200
    assert found.books["compared"] == found.books["identical"] >= 4
    assert (found.strategies, found.not_auditable, found.pending) == (4, [], [])


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_an_engine_killed_again_and_again_is_audited_by_the_command(tmp_path: Path) -> None:
    """Real processes, `kill -9`, `cockpit audit` beside the engine and after it."""
    recording = write_recording(tmp_path / "frames", prints=6000)
    home = Path(f"/tmp/cockpit-audit-{os.getpid()}-{random.randrange(1 << 30)}")
    async with exchange_of(recording, speed=30.0, held=False) as exchange:
        env = environment(home, exchange, COCKPIT_ENGINE__SNAPSHOT_EVERY_S="1")
        try:
            for life in range(4):
                async with recorder(env, "BTCUSDT", "ETHUSDT"):
                    await run_when_there(env, "status")
                    for symbol in ("BTCUSDT", "ETHUSDT") if life == 0 else ():
                        await run_when_there(
                            env, "register", "sma_crossover", "--symbols", symbol, "--id", symbol, "--param", "interval=tick"
                        )
                    await run_when_there(env, "flatten", "BTCUSDT")
                    await run_when_there(env, "pause" if life % 2 else "resume", "ETHUSDT")
                    beside = await _audit(env)
                    assert beside["differences"] == 0, beside["details"]
                    engine = running_pid(home)
                    assert engine is not None
                    os.kill(engine, signal.SIGKILL)
                after = await _audit(env)
                assert after["differences"] == 0, after["details"]
            async with recorder(env, "BTCUSDT", "ETHUSDT") as process:
                await run_when_there(env, "status")
                await exchange.finished.wait()
                done = await _audit(env)
                await run_when_there(env, "stop")
                await process.wait()
            last = await _audit(env)
        finally:
            await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)
    for found in (done, last):
        assert found["differences"] == 0, found["details"]
        assert found["fills"] == found["identical"] > 50
        assert (found["not_auditable"], found["sessions"]) == ([], 5)
    assert last["pending"] == []


async def _audit(env: dict[str, str]) -> dict[str, Any]:
    code, out, err = await run_once(env, "audit", "--json")
    found: dict[str, Any] = json.loads(out)
    assert code == (1 if found.get("differences") else 0), (found, err)
    return found
