"""An engine killed again and again while a model is heard: what strategies did with it comes out of an audit, beside it and after."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from core.home_lock import running as running_pid
from core.store.heard import read_heard
from tests.channels.model import model_in_thread
from tests.engine.engine_rig import exchange_of, write_recording
from tests.faults.recorder_rig import environment, recorder, run_once, run_when_there
from tests.research.listener import listener

LIVES = 4
SECRET = "hunter2-hunter2"


def answers(question: dict[str, Any], nth: int) -> str | int:
    """Signals that change, and now and then none."""
    if nth % 11 == 7:
        return ("<html>", 500, "cut")[nth % 3]
    return json.dumps({"signal": ("BUY", "SELL", "HOLD")[nth % 3], "confidence": (nth % 8) / 8, "reason": question["symbol"]})


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_what_was_heard_by_an_engine_that_is_killed_comes_out_again(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=6000)
    home = Path(f"/tmp/cockpit-heard-{os.getpid()}-{random.randrange(1 << 30)}")
    listener(home / "strategies")
    with model_in_thread(answers) as model:
        terms = 'every_s = 0.1\nfresh_s = 3600\nsecret = "env:COCKPIT_SECRET_MODEL"\n'
        (home / "cockpit.toml").write_text(f'[sources.model]\nurl = "{model.url}"\n{terms}')
        async with exchange_of(recording, speed=30.0, held=False) as exchange:
            env = environment(home, exchange, COCKPIT_ENGINE__SNAPSHOT_EVERY_S="1", COCKPIT_SECRET_MODEL=SECRET)
            try:
                for life in range(LIVES):
                    async with recorder(env, "BTCUSDT", "ETHUSDT"):
                        await run_when_there(env, "status")
                        for symbol in ("BTCUSDT", "ETHUSDT") if life == 0 else ():
                            await run_when_there(env, "register", "listener", "--symbols", symbol, "--id", symbol)
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
                    await run_when_there(env, "stop")
                    await process.wait()
                last = await _audit(env)
                heard = read_heard(home / "ledger.db")
                written = _written(home)
            finally:
                shutil.rmtree(home, ignore_errors=True)
    assert last["differences"] == 0, last["details"]
    assert last["fills"] == last["identical"] > 50
    assert (last["not_auditable"], last["pending"], last["sessions"]) == ([], [], LIVES + 1)
    assert len([row for row in heard if row["told"]]) > 50
    assert SECRET.encode() not in written
    assert b"t0k3n" not in written


def _written(home: Path) -> bytes:
    """All that was written in a home but its configuration."""
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != "cockpit.toml")


async def _audit(env: dict[str, str]) -> dict[str, Any]:
    code, out, err = await run_once(env, "audit", "--json")
    found: dict[str, Any] = json.loads(out)
    assert code == (1 if found.get("differences") else 0), (found, err)
    return found
