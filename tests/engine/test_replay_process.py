"""`cockpit replay` as a person or a script has it: processes, exit codes, a kill in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from engine_rig import bits
from replay_rig import START, prints, write_tape

from core.clock import iso, parse_time
from core.home import read_stamp, running, stamp
from core.store.ledger_reader import read_fills
from core.types import SECOND


@dataclass
class Shell:
    """Runs command lines in one home."""

    home: Path

    @property
    def replay(self) -> Path:
        return self.home / "replay"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "COCKPIT_HOME": str(self.home), "COCKPIT_ENGINE__WORKERS": "1"}
        command = [sys.executable, "-P", "-m", "cockpit", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL, check=False)

    def ask(self, *words: str) -> Any:
        """The document of one that must succeed."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def until_state(self, state: str) -> dict[str, Any]:
        """Wait until the replay is so."""
        end = time.monotonic() + 60
        while (found := self.ask("status", "--home", str(self.replay))["replay"])["state"] != state:
            assert time.monotonic() < end, found
        return dict(found)

    def until_anew(self) -> dict[str, Any]:
        """Wait until a replay that went back stands still there; in between no engine answers."""
        end = time.monotonic() + 60
        while True:
            done = self.run("status", "--home", str(self.replay), "--json")
            found = json.loads(done.stdout)["replay"] if done.returncode == 0 else {}
            if found.get("state") == "paused":
                return dict(found)
            assert time.monotonic() < end, (done.stdout, done.stderr)

    def fills(self) -> list[tuple[Any, ...]]:
        """Settled by stopping."""
        self.ask("stop", "--home", str(self.replay))
        return [fill[:1] + fill[2:] for fill in bits(read_fills(self.replay / "ledger.db"))]  # after a kill seqs jump


@pytest.fixture
async def shell(tmp_path: Path) -> Shell:
    await write_tape(tmp_path / "home", ("BTCUSDT", prints(count=3000)), ("ETHUSDT", prints("ETHUSDT", 3000)))
    return Shell(tmp_path / "home")


@pytest.fixture(autouse=True)
def ended(shell: Shell) -> Iterator[None]:
    """No engine outlives its test."""
    yield
    pid = running(shell.replay)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


REGISTER = ("register", "sma_crossover", "--symbols", "BTCUSDT", "--param", "interval=1s", "--param", "fast=3", "--param", "slow=8")


@pytest.mark.slow
def test_a_kill_in_the_middle_changes_no_fill_and_the_recorded_home_is_only_read(shell: Shell) -> None:
    before = (shell.home / "tape.db").read_bytes()
    begun = shell.ask("replay", "tape:*", "--background", "--paused", "--speed", "20")
    assert (begun["state"], begun["symbols"], begun["speed"]) == ("paused", ["BTCUSDT", "ETHUSDT"], 20.0)
    shell.ask(*REGISTER, "--home", str(shell.replay))
    shell.ask("replay", "--seek", iso(START + 200 * SECOND))
    shell.until_state("paused")
    pid = running(shell.replay)
    assert pid is not None
    shell.ask("replay", "--play", "40")
    os.kill(pid, signal.SIGKILL)
    while running(shell.replay) == pid:
        time.sleep(0.01)
    again = shell.ask("replay", "--background", "--speed", "max")
    assert again["begin"] <= again["now"]
    shell.until_state("ended")
    killed = shell.fills()
    assert shell.ask("audit", "--home", str(shell.replay))["identical"]
    shell.ask("replay", "tape:*", "--fresh", "--background", "--paused")
    shell.ask(*REGISTER, "--home", str(shell.replay))
    shell.ask("replay", "--play", "max")
    shell.until_state("ended")
    assert shell.fills() == killed
    assert len(killed) > 10
    assert (shell.home / "tape.db").read_bytes() == before
    assert read_stamp(shell.home) is None


@pytest.mark.slow
def test_wrong_words_are_one_line_and_exit_2(shell: Shell) -> None:
    stamp(shell.home, "paper", ["binance"])
    for words, line in (
        (["tape:NOPE", "--background"], "not on the tape"),
        (["tape:BTCUSDT@2030-01-01..", "--background"], "has no prints there"),
        (["tape:BTCUSDT@2024-08-09..2024-08-08", "--background"], "FROM must be before TO"),
        (["nothing.csv", "--background"], "no such file"),
        (["--background"], "holds no replay yet"),
        (["--from", "2024-08-09", "--background"], "go with a SOURCE"),
        (["tape:BTCUSDT", "--pause"], "leave the SOURCE out"),
        (["tape:BTCUSDT"], "needs a terminal"),
        (["tape:BTCUSDT", "--json"], "--json goes with"),
        (["tape:BTCUSDT", "--speed", "fast", "--background"], "no speed"),
        (["tape:BTCUSDT", "--into", str(shell.home), "--background"], "is a paper home and cannot replay"),
        (["--seek", "tomorrow"], "is not a time"),
    ):
        done = shell.run("replay", *words)
        assert done.returncode == 2, (words, done.stderr)
        assert line in (done.stderr + done.stdout), (words, done.stderr)
        assert done.stderr.count("\n") <= 1
    assert shell.run("replay", "--pause").returncode == 3


@pytest.mark.slow
def test_something_else_in_the_same_home_needs_fresh(shell: Shell) -> None:
    shell.ask("replay", "tape:BTCUSDT", "--background", "--paused")
    other = shell.run("replay", "tape:ETHUSDT", "--background")
    assert other.returncode == 2
    assert "add --fresh" in other.stderr
    assert shell.ask("replay", "tape:BTCUSDT", "--background", "--speed", "5")["speed"] == 5.0
    assert shell.ask("replay", "tape:ETHUSDT", "--background", "--paused", "--fresh")["symbols"] == ["ETHUSDT"]
    refused = shell.run("start", "--home", str(shell.replay))
    assert refused.returncode == 2
    assert "`cockpit replay` opens it" in refused.stderr


@pytest.mark.slow
def test_at_the_end_there_is_nothing_to_play_and_a_place_is_what_the_dialog_takes(shell: Shell) -> None:
    shell.ask("replay", "tape:BTCUSDT", "--background", "--speed", "max")
    end = shell.until_state("ended")
    for words in (["--pause"], ["--step"], ["--play"]):
        done = shell.run("replay", *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert "the recording is at its end: --seek goes back" in done.stderr
    back = shell.ask("replay", "--seek", "start")
    assert (back["state"], back["goal"]) == ("seeking", end["begin"])
    at = shell.until_anew()["now"]
    assert at < end["now"]
    assert shell.ask("replay", "--seek", "+90s")["state"] in ("seeking", "paused")
    assert shell.until_state("paused")["now"] == iso(parse_time(at) + 90 * SECOND)
    assert "going back to" in shell.run("replay", "--seek", "-30s").stdout
    assert shell.until_anew()["now"] == iso(parse_time(at) + 60 * SECOND)
    shell.ask("replay", "--seek", "00:02:30")
    assert shell.until_state("paused")["now"] == iso(START + 150 * SECOND)
    wrong = shell.run("replay", "--seek", "-2d")
    assert wrong.returncode == 2
    assert "is not in the recording" in wrong.stderr
