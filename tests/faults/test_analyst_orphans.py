"""An engine that is killed leaves no analyst and no process of a scan behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from core.client import Client
from core.errors import CockpitError
from core.home_lock import running as running_pid
from tests.engine.engine_rig import exchange_of, until, write_recording
from tests.faults.recorder_rig import environment, recorder


def group_of(pid: int) -> list[int]:
    """All processes of the group it leads that run, and have not just ended."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, NotADirectoryError):
            continue
        if int(fields[2]) == pid and fields[0] != "Z":
            found.append(int(entry.name))
    return found


async def _asked(home: Path, what: str, args: dict[str, Any]) -> dict[str, Any]:
    """Ask until the engine is there and answers."""
    for _ in range(300):
        try:
            async with await Client.connect(home, name="cli") as client:
                found: dict[str, Any] = await client.ask(what, **args)
                return found
        except CockpitError as error:
            said = str(error)
        await asyncio.sleep(0.1)
    raise AssertionError(said)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
async def test_no_analyst_and_no_scan_outlives_an_engine_that_is_killed(tmp_path: Path) -> None:
    names = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    recording = write_recording(tmp_path / "frames", names, prints=300)
    home = tmp_path / "home"
    async with exchange_of(recording, held=False) as exchange, recorder(environment(home, exchange), *names):
        state = await _asked(home, "scan", {"interval": "1s"})
        assert state["stage"] == "running"
        analyst = 0
        while not analyst:
            analyst = (await _asked(home, "status", {}))["analyst"]["pid"]
        await until(lambda: bool(group_of(analyst)), "the analyst is there")
        engine = running_pid(home)
        assert engine is not None
        os.kill(engine, signal.SIGKILL)
        await until(lambda: not group_of(analyst), "nothing of its group is left", 5.0)
