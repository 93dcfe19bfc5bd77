"""Signs of life: a file that is always whole and says what the engine does, and words to systemd that are as its manual says."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from engine_rig import exchange_of, running, write_recording

from core.engine.heartbeat import Heartbeat, notify


async def test_the_file_says_what_the_engine_does(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "market.jsonl", prints=100)) as exchange, running(tmp_path / "home", exchange) as rig:
        await rig.play()
        await Heartbeat(rig.engine).beat("running")
        said = json.loads((rig.home / "heartbeat.json").read_bytes())
        assert (said["state"], said["mode"], said["pid"], said["ticks_total"]) == ("running", "paper", os.getpid(), 200)
        assert said["on_tape"] == rig.engine.tape.total
        (rig.home / "heartbeat.json").unlink()
        (rig.home / "heartbeat.json").mkdir()
        await Heartbeat(rig.engine).beat("running")  # told in the log; the engine goes on
        assert rig.engine.failure is None


def test_systemd_hears_that_it_is_ready_lives_and_stops(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(60)
        environment = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "COCKPIT_VENUES__BINANCE__WS_URL": "ws://127.0.0.1:9"}
        words = [sys.executable, "-P", "-m", "cockpit", "--record", "--json", "--home", str(tmp_path / "home"), "--no-strategies"]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, env=environment | {"COCKPIT_VENUES__BINANCE__REST_URL": "http://127.0.0.1:9"}
        ) as engine:
            try:
                said = ear.recv(4096).decode()
                assert said == "READY=1"
                assert ear.recv(4096).decode().startswith("WATCHDOG=1\nSTATUS=0 ticks, 0 a second, feed ")
                engine.send_signal(signal.SIGTERM)
                while (said := ear.recv(4096).decode()) != "STOPPING=1":
                    assert said.startswith("WATCHDOG=1")
                assert engine.wait(30) == 0
            finally:
                engine.kill()
    assert json.loads((tmp_path / "home" / "heartbeat.json").read_bytes())["state"] == "stopped"


def test_where_nobody_listens_nothing_happens(tmp_path: Path) -> None:
    notify("READY=1", "")
    notify("READY=1", str(tmp_path / "nobody"))
    notify("READY=1", "@cockpit-nobody-listens-here")
