"""Another program holds a database for itself: a bounded wait, then a clear state; when it lets go, nothing is lost."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_rig import Recorder, exchange, recorder, rows, scenario, until, whole

NAMES = ["S0USDT", "S1USDT"]
LOCKED = "locked by another program"

HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
db.execute("BEGIN " + sys.argv[2])
print("held", flush=True)
input()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A market of 2,000 trades a second."""
    with exchange("--scenario", str(scenario(tmp_path_factory.mktemp("market") / "s.toml", 2000, 2)), "--autostart") as found:
        yield found


@contextlib.contextmanager
def held(path: Path, how: str) -> Iterator[None]:
    """A process of somebody else that has begun a transaction to write."""
    command = [sys.executable, "-c", HOLDER, str(path), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        try:
            assert other.stdout.readline() == "held\n"
            yield
        finally:
            other.kill()


def wait_for_ticks(running: Recorder) -> None:
    until(lambda: running.said("feed") == "live" and (running.said("on_tape") or 0) > 500, "ticks are recorded")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_tape_held_by_another_program_is_said_and_written_when_it_is_free(place: dict[str, str], tmp_path: Path, how: str) -> None:
    tape = tmp_path / "home" / "tape.db"
    with recorder(tape.parent, place, "--no-strategies", names=NAMES) as running:
        wait_for_ticks(running)
        with held(tape, how):
            until(lambda: any(f"the tape is {LOCKED}" in text for text in running.alerts() if text.startswith("open:")), "an alarm says so")
            status = running.command("status")
            assert (status["health"], status["troubles"][0]["text"]) == ("degraded", f"tape {LOCKED}")
            seen = running.said("ticks_total")
            until(lambda: running.said("ticks_total") > seen + 1000, "ticks go on coming in")
            assert running.said("backlog") > 0
        until(lambda: running.said("backlog") < 1000, "what waited is written")
        assert running.troubles() == ""
        assert running.stop() == 0
    assert whole(tape, NAMES) == running.lines[-1]["on_tape"] == running.lines[-1]["ticks_total"]


@pytest.mark.slow
def test_a_ledger_held_by_another_program_is_said_and_the_tape_goes_on(place: dict[str, str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    with recorder(home, place, names=NAMES) as running:
        wait_for_ticks(running)
        words = [sys.executable, "-P", "-m", "cockpit", "register", "sma_crossover", "--symbols", "S0USDT", "--json"]
        with contextlib.ExitStack() as lock:
            lock.enter_context(held(home / "ledger.db", "IMMEDIATE"))
            # A command is journalled before it acts: this one waits for the file.
            asking = subprocess.Popen(words, env=running.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            until(lambda: f"ledger {LOCKED}" in running.troubles(), "status says so")
            count = running.said("on_tape")
            until(lambda: running.said("on_tape") > count + 1000, "the tape goes on")
            assert asking.poll() is None
        _, errors = asking.communicate(timeout=60)
        assert asking.returncode == 0, errors
        until(lambda: running.troubles() == "", "the trouble is over")
        assert running.stop() == 0
    assert [kind for (kind,) in rows(home / "ledger.db", "SELECT kind FROM commands") if kind == "register"] == ["register"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tape.db", "ledger.db"])
def test_an_engine_that_finds_a_file_held_waits_for_seconds_and_says_which(place: dict[str, str], tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    with recorder(home, place, "--no-strategies", names=NAMES) as running:
        wait_for_ticks(running)
        assert running.stop() == 0
    with held(home / name, "EXCLUSIVE"), recorder(home, place, "--no-strategies", names=NAMES) as running:
        assert running.process.wait(30) == 1
    assert (home / "stderr.txt").read_text().strip() == f"cockpit: {home / name} is {LOCKED}"
    with recorder(home, place, "--no-strategies", names=NAMES) as running:
        wait_for_ticks(running)
        assert running.stop() == 0
