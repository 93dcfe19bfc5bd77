"""An engine that trades through a misbehaving broker and is killed at random moments: in the end books, ledger and broker agree."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
from pathlib import Path

import pytest

from core.home_lock import running as running_pid
from tests.engine.engine_rig import exchange_of, write_recording
from tests.faults.broker_rig import broker, ledger_agrees, live_environment, quiet
from tests.faults.recorder_rig import recorder, run_once, run_when_there

STRATEGIES = (("sma_crossover", "BTCUSDT", 5, 20), ("sma_crossover", "ETHUSDT", 5, 20), ("sma_crossover", "BTCUSDT", 3, 12))


async def storm(tmp_path: Path, *, kills: int, prints: int, seed: int) -> int:
    """Returns how many executions there were."""
    rng = random.Random(seed)
    recording = write_recording(tmp_path / "frames", prints=prints)
    home = Path(f"/tmp/cockpit-live-{os.getpid()}-{random.randrange(1 << 30)}")
    socket = tmp_path / "broker.sock"
    try:
        async with (
            broker(socket, "--seed", str(seed), "--pace", "5") as client,
            exchange_of(recording, speed=8.0, held=False) as exchange,
        ):
            env = live_environment(home, exchange, socket)
            for life in range(kills + 1):
                async with recorder(env, "BTCUSDT", "ETHUSDT") as process:
                    await run_when_there(env, "status", tries=600)  # it recovers first
                    for number, (name, symbol, fast, slow) in enumerate(STRATEGIES if life == 0 else ()):
                        params = ("--param", "interval=tick", "--param", f"fast={fast}", "--param", f"slow={slow}")
                        await run_when_there(env, "register", name, "--symbols", symbol, "--id", f"s{number}", "--qty", "0.5", *params)
                    goal = (await client.truth()).submits + rng.randint(1, 12)
                    while life < kills and (await client.truth()).submits < goal and not exchange.finished.is_set():  # noqa: ASYNC110
                        await asyncio.sleep(rng.uniform(0.01, 0.4))
                    engine = running_pid(home)
                    assert engine is not None
                    if life < kills:
                        os.kill(engine, signal.SIGKILL)
                        continue
                    exchange.pause()
                    await quiet(env, client)
                    truth = await client.truth()
                    await run_when_there(env, "stop")
                    await process.wait()
            ledger_agrees(home, truth)
            code, out, err = await run_once(env, "audit", "--json")
        found = json.loads(out)
        assert (code, found["details"], found["not_auditable"]) == (0, [], []), err
        assert found["fills"] == found["identical"] == len(truth.executions)
        assert found["books"]["compared"] == found["books"]["identical"] > 0
        return len(truth.executions)
    except BaseException as error:
        log = home / "logs" / "engine.log"
        error.add_note("".join(log.read_text().splitlines(keepends=True)[-40:]) if log.exists() else "no engine ever wrote a log")
        raise
    finally:
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


@pytest.mark.slow
async def test_two_kills_leave_books_ledger_and_broker_in_agreement(tmp_path: Path) -> None:
    assert await storm(tmp_path, kills=2, prints=3000, seed=3) > 5


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_twenty_kills_leave_books_ledger_and_broker_in_agreement(tmp_path: Path) -> None:
    assert await storm(tmp_path, kills=20, prints=20_000, seed=11) > 60
