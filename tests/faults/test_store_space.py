"""The disk is full while the recorder runs: it says so at once, waits, and goes on when there is room; nothing is lost."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_rig import Recorder, exchange, recorder, rows, scenario, until, whole

NAMES = ["S0USDT", "S1USDT"]
FULL = "out of disk space"

#: What a limit looks like once it is reached: the system says that a file is too large, which may be anything.
LIMITED = "not writable: the disk reports an error"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A market of 4,000 trades a second."""
    with exchange("--scenario", str(scenario(tmp_path_factory.mktemp("market") / "s.toml", 4000, 2)), "--autostart") as found:
        yield found


def limit_files(running: Recorder, size: int) -> None:
    """Let no file of this process grow beyond so many bytes."""
    _, hard = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def wait_for_ticks(running: Recorder) -> None:
    until(lambda: running.said("feed") == "live" and (running.said("on_tape") or 0) > 1000, "ticks are recorded")


def see_it_told(running: Recorder, words: str) -> None:
    """The alarm is there before the backlog is anywhere near full, and ticks go on coming in."""
    until(lambda: [text for text in running.alerts() if text.startswith("open: the tape") and words in text], "an alarm says so", 15)
    assert f"tape {words}" in running.troubles()
    seen = running.said("ticks_total")
    until(lambda: running.said("ticks_total") > seen + 1000, "ticks go on coming in")
    assert running.said("backlog") > 0


def see_it_end(running: Recorder, words: str) -> None:
    """All that waited is written, and the alarm is over."""
    until(lambda: running.said("backlog") < 2000, "what waited is written")
    until(lambda: words not in running.troubles(), "the trouble is over")
    assert [text for text in running.alerts() if text.startswith("open: the tape")] == []


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="no way to limit a running process here")
def test_a_full_disk_is_said_at_once_and_everything_is_written_when_there_is_room(place: dict[str, str], tmp_path: Path) -> None:
    tape = tmp_path / "home" / "tape.db"
    with recorder(tape.parent, place, "--no-strategies", names=NAMES) as running:
        wait_for_ticks(running)
        limit_files(running, (tape.parent / "tape.db-wal").stat().st_size + 50_000)
        see_it_told(running, LIMITED)
        held = running.said("on_tape")
        limit_files(running, resource.RLIM_INFINITY)
        see_it_end(running, LIMITED)
        assert running.said("on_tape") > held
        assert running.stop() == 0
    assert whole(tape, NAMES) == running.lines[-1]["on_tape"]
    assert rows(tape, "SELECT * FROM gaps") == [], "reading never stopped: there is nothing to fetch"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB of its own, which root alone can make."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("making a small disk takes root and mount")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("no disk may be made here")
    try:
        yield folder
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_reading_stops_with_a_full_backlog_and_what_was_missed_is_fetched_later(place: dict[str, str], small_disk: Path) -> None:
    home = small_disk / "home"
    with recorder(home, place, "--no-strategies", names=NAMES, RIG_BACKLOG="30000") as running:
        wait_for_ticks(running)
        ballast = small_disk / "ballast"
        fill_up(ballast)
        see_it_told(running, FULL)
        until(lambda: any("reading waits" in text for text in running.alerts()), "the backlog is full")
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=400m", str(small_disk)], check=True)
        see_it_end(running, FULL)
        until(lambda: running.said("feed") == "live" and not running.said("gaps_open"), "what was missed is fetched", 60)
        assert running.stop() == 0
    assert whole(home / "tape.db", NAMES) == running.lines[-1]["on_tape"]
    assert rows(home / "tape.db", "SELECT count(*) FROM gaps WHERE state <> 'filled'") == [(0,)]


def fill_up(ballast: Path) -> None:
    """Leave no room at all."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


@pytest.mark.slow
def test_an_engine_that_finds_the_disk_full_does_not_start_and_says_why(place: dict[str, str], small_disk: Path) -> None:
    home = small_disk / "home"
    with recorder(home, place, "--no-strategies", names=NAMES) as running:
        wait_for_ticks(running)
        assert running.stop() == 0
    fill_up(small_disk / "ballast")
    with recorder(home, place, "--no-strategies", names=NAMES) as running:
        assert running.process.wait(30) == 1
    said = (home / "stderr.txt").read_text()
    assert "tape.db is out of disk space" in said or said == "", said  # its own words need room too
    (small_disk / "ballast").unlink()
    with recorder(home, place, "--no-strategies", names=NAMES) as running:
        wait_for_ticks(running)
        until(lambda: not running.said("gaps_open"), "what was missed is fetched", 60)
        assert running.stop() == 0
    whole(home / "tape.db", NAMES)
