"""Every sync of the disk takes half a second: strategies see ticks as soon as ever, what waits is shown, and nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from store_rig import Recorder, exchange, recorder, rows, scenario, until, whole

NAMES = ["S0USDT", "S1USDT"]
SYNC_MS = 500
WINDOW_S = 65.0
SOURCE = Path(__file__).with_name("slow_disk.c")


@pytest.fixture
def slow_disk(tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose syncs take as many milliseconds as the file `sync_ms` says."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("a disk can be made slow on Linux, with a C compiler")
    library, delay = tmp_path / "slow_disk.so", tmp_path / "sync_ms"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), str(SOURCE)], check=True)
    delay.write_text("0")
    return {"LD_PRELOAD": str(library), "SLOW_DISK": str(delay)}


def trade(running: Recorder) -> None:
    """Have strategies trade on every symbol, several times a second."""
    until(lambda: running.said("feed") == "live" and (running.said("on_tape") or 0) > 500, "ticks are recorded")
    for name in NAMES:
        words = ["--param", "interval=tick", "--param", "fast=5", "--param", "slow=20"]
        running.command("register", "sma_crossover", "--symbols", name, *words)
    until(lambda: len(rows(running.home / "ledger.db", "SELECT 1 FROM fills LIMIT 50")) == 50, "strategies trade", 60)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_strategies_do_not_wait_for_a_slow_disk_and_nothing_is_lost(slow_disk: dict[str, str], tmp_path: Path) -> None:
    count = tmp_path / "sync_ms.count"
    with (
        exchange("--scenario", str(scenario(tmp_path / "s.toml", 300, 2)), "--autostart") as place,
        recorder(tmp_path / "slow", place, names=NAMES, **slow_disk) as slow,
        recorder(tmp_path / "usual", place, names=NAMES) as usual,  # the same market on the same machine at the same time
    ):
        trade(slow)
        trade(usual)
        (tmp_path / "sync_ms").write_text(str(SYNC_MS))
        waited = 0
        end = time.monotonic() + WINDOW_S
        while time.monotonic() < end:  # the figures are of the last minute
            status = slow.command("status")
            assert status["health"] == "ok", status["troubles"]
            waited = max(waited, status["store"]["settling"] + status["store"]["ledger_backlog"])
            time.sleep(1)
        held_up, free = (running.command("status")["latency"] for running in (slow, usual))
        assert count.stat().st_size >= 20, "the disk was not slow at all"
        assert waited > 0, "what waits is shown"
        assert slow.stop(60) == usual.stop(60) == 0
    sys.stderr.write(f"syncs {count.stat().st_size}, most waiting {waited}\nslow:  {held_up}\nusual: {free}\n")
    # A decision that waited for a sync would come half a second later.
    assert held_up["target"]["p50_us"] < free["target"]["p50_us"] + SYNC_MS * 1000 / 10
    assert held_up["target"]["p99_us"] < 2 * free["target"]["p99_us"] + SYNC_MS * 1000 / 10
    for running in (slow, usual):
        last = running.lines[-1]
        assert whole(running.home / "tape.db", NAMES) == last["on_tape"] == last["ticks_total"]
        assert_no_fill_is_missing(running.home / "ledger.db")


def assert_no_fill_is_missing(ledger: Path) -> None:
    """Fills of a strategy are numbered one by one."""
    fills = [fill_id.rpartition(":") for (fill_id,) in rows(ledger, "SELECT fill_id FROM fills")]
    for strategy in {head for head, _, _ in fills}:
        numbers = sorted(int(number) for head, _, number in fills if head == strategy)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"a fill of {strategy} is missing"
