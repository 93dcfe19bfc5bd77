"""Memory and pauses of a real engine: a strategy that leaks, a burst of ten times the market, twenty thousand ticks a second."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.store_rig import Recorder, exchange, recorder, scenario, until, whole

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

NAMES = ("S0USDT", "S1USDT", "S2USDT", "S3USDT")

LEAKER = '''"""Bets on nothing, and keeps a megabyte of every tick."""
from msgspec import Struct
HELD = []
class Params(Struct, frozen=True, kw_only=True):
    pass
class Strategy:
    def __init__(self, params):
        self.n = 0
    def on_tick(self, tick):
        self.n += 1
        HELD.append(b"x" * (1 << 20))
        return float(self.n // 50 % 2)
'''

BUSY = ("--param", "interval=tick", "--param", "fast=2", "--param", "slow=3")

#: Sleeps as the engine's probe does, in a process with nothing to do: what the machine itself adds.
IDLE = """
import sys, time
late = total = 0
while True:
    due = time.monotonic() + 0.01
    time.sleep(0.01)
    total += 1
    late += time.monotonic() - due > 0.005
    print(late, total, flush=True)
"""


def memory(engine: Recorder) -> dict[str, Any]:
    """What the engine says of its memory."""
    figures: dict[str, Any] = engine.command("status")["memory"]
    return figures


def test_a_strategy_that_leaks_has_its_worker_replaced_and_the_others_go_on_with_the_same_bits(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "strategies").mkdir(mode=0o700, parents=True)
    home.chmod(0o700)
    (home / "strategies" / "leaker.py").write_text(LEAKER)
    words = ("--scenario", str(scenario(tmp_path / "market.toml", 120)))
    limits = {"COCKPIT_ENGINE__MEMORY_MB": "400", "COCKPIT_ENGINE__WORKERS": "2", "COCKPIT_ENGINE__SNAPSHOT_EVERY_S": "2"}
    with exchange(*words) as place, recorder(home, place, names=NAMES, **limits) as engine:
        until(lambda: engine.said("feed") == "live", "live")
        for name in NAMES[:3]:
            engine.command("register", "sma_crossover", "--symbols", name, *BUSY)
        engine.command("register", "leaker", "--symbols", "S0USDT", "--id", "leaker")
        until(lambda: memory(engine)["shed"].get("workers"), "its worker is replaced", 200)
        engine.command("unregister", "leaker", "--keep")
        status = until(lambda: _calm(engine), "the others run, within the budget", 90)
        assert sum(worker["restarts"] for worker in status["workers"]) >= 1
        assert any("memory" in alert for alert in engine.alerts())
        assert engine.stop() == 0
        audited = engine.command("audit", check=False)
    assert whole(home / "tape.db", NAMES) > 0
    assert audited["fills"] > 50
    assert audited["differences"] in (0, [])


def _calm(engine: Recorder) -> dict[str, Any] | None:
    """The status, once there is room and the three that do not leak run."""
    status: dict[str, Any] = engine.command("status")
    states = [row["state"] for row in status["strategies"]]
    return status if states == ["running"] * 3 and status["memory"]["stage"] == 0 else None


def test_a_burst_of_ten_times_the_market_leaves_memory_flat_and_the_tape_whole(tmp_path: Path) -> None:
    script = tmp_path / "faults.toml"
    script.write_text('[[fault]]\nat_s = 30\nkind = "burst"\nfor_s = 15\ntimes = 10\n')
    words = ("--scenario", str(scenario(tmp_path / "market.toml", 1000)), "--faults", str(script))
    home = tmp_path / "home"
    with exchange(*words) as place, recorder(home, place, names=NAMES) as engine:
        until(lambda: engine.said("feed") == "live", "live")
        for name in NAMES:
            engine.command("register", "sma_crossover", "--symbols", name)
        until(lambda: engine.said("ticks_per_s") > 500, "the usual rate", 60)
        before = memory(engine)["used_mb"]
        until(lambda: engine.said("ticks_per_s") > 4000, "the burst", 90)
        most = queued = waiting = 0
        while engine.said("ticks_per_s") > 3000:
            status = engine.command("status")
            most = max(most, status["memory"]["used_mb"])
            queued = max(queued, *(worker["queue_ticks"] for worker in status["workers"]))
            waiting = max(waiting, status["tape_backlog"])
        sys.stdout.write(f"before {before} MB, most {most} MB; {queued:,} ticks waited for a worker, {waiting:,} for the tape\n")
        assert most < before + 100
        assert queued <= 100_000
        assert waiting <= 500_000
        assert engine.stop(60) == 0
    assert whole(home / "tape.db", NAMES) > 50_000


@contextmanager
def idle_probe() -> Iterator[Callable[[], tuple[int, int]]]:
    """A process that does nothing but sleep; gives what ends it and tells its late wake-ups and all its wake-ups."""
    with subprocess.Popen([sys.executable, "-c", IDLE], stdout=subprocess.PIPE, text=True) as process:

        def end() -> tuple[int, int]:
            process.kill()
            assert process.stdout is not None
            late, total = process.stdout.read().splitlines()[-1].split()
            return int(late), int(total)

        try:
            yield end
        finally:
            process.kill()


def test_the_loop_makes_no_long_pauses_of_its_own_at_twenty_thousand_ticks_a_second(tmp_path: Path) -> None:
    words = ("--scenario", str(scenario(tmp_path / "market.toml", 22_000)))
    home = tmp_path / "home"
    place_more = {"COCKPIT_VENUES__BINANCE__STREAM": "trade"}
    with exchange(*words) as place, recorder(home, place | place_more, names=NAMES) as engine:
        until(lambda: engine.said("feed") == "live", "live")
        for number in range(8):
            engine.command(
                "register", ("sma_crossover", "macd", "rsi")[number % 3], "--symbols", NAMES[number % 4], "--param", "interval=1s"
            )
        time.sleep(5)  # what registering set off is over; nothing is waited for
        with idle_probe() as ended:
            before = engine.command("status")
            time.sleep(35)
            after = engine.command("status")
            late, total = ended()
        engine.stop(60)
    loops = before["loop"], after["loop"]
    probes = loops[1]["count"] - loops[0]["count"]
    longs = {cause: loops[1]["long_by"][cause] - loops[0]["long_by"][cause] for cause in loops[0]["long_by"]}
    rate = (after["ticks_total"] - before["ticks_total"]) / ((after["now_ns"] - before["now_ns"]) / 1e9)
    ours = longs["gc"] + longs["work"] + longs["blocked"]
    sys.stdout.write(f"{rate:,.0f} ticks/s; pauses over 5 ms of {probes:,} probes: {longs}; idle process: {late} of {total}; {loops[1]}\n")
    assert ours / probes < 0.001 + late / total, "more often late than the machine alone explains"
