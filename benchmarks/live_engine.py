"""An engine to be measured: a real process on a home of its own, the strategies it runs, and what its processes use of the machine."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.live_venue import NAMES
from core.client import call
from core.commands import Register, Terms
from core.errors import CockpitError
from core.latency import Histogram
from core.view import Ask, Submit

#: Eight strategies: each built-in one on bars of a second, and two that decide on every print.
STRATEGIES: tuple[tuple[str, str, dict[str, str | int | float | bool]], ...] = (
    ("sma_crossover", "BTCUSDT", {"interval": "1s"}),
    ("rsi", "ETHUSDT", {"interval": "1s"}),
    ("macd", "SOLUSDT", {"interval": "1s"}),
    ("bollinger", "BTCUSDT", {"interval": "1s"}),
    ("mean_reversion", "BNBUSDT", {"interval": "1s"}),
    ("momentum", "ADAUSDT", {"interval": "1s"}),
    ("sma_crossover", "ETHUSDT", {"interval": "tick"}),
    ("rsi", "SOLUSDT", {"interval": "tick"}),
)

#: What loads the workers and not the engine: a strategy in ordinary Python that works a while on every print.
CROWD = '''"""Bets on nothing much, in ordinary Python, on every print."""

from msgspec import Struct


class Params(Struct, frozen=True, kw_only=True):
    span: int = 20


class Strategy:
    def __init__(self, params):
        self.prices = []
        self.span = params.span

    def on_tick(self, tick):
        self.prices.append(tick.price)
        if len(self.prices) > self.span:
            del self.prices[0]
        mean = sum(self.prices) / len(self.prices)
        usual = sum(abs(price - mean) for price in self.prices) / len(self.prices)
        return 1.0 if tick.price > mean + 9 * usual else -1.0 if tick.price < mean - 9 * usual else None
'''

PATIENCE_S = 120.0
_TICKS_A_S = os.sysconf("SC_CLK_TCK")


class EngineUnderTest:
    """Its process and the way in."""

    def __init__(self, home: Path, process: subprocess.Popen[bytes]) -> None:
        self.home = home
        self.process = process

    def status(self) -> dict[str, Any]:
        """What it says of itself."""
        found: dict[str, Any] = self.ask("status")
        return found

    def ask(self, what: str) -> Any:
        """The answer to a question."""
        return call(self.home, Ask(what))

    def latencies(self) -> dict[str, Histogram]:
        """Of each stage since the engine started."""
        return {name: Histogram.from_bytes(data) for name, data in self.ask("latency").items()}

    def register(self) -> None:
        """Start the eight."""
        for name, symbol, params in STRATEGIES:
            self.start(name, symbol, params)

    def crowd(self, count: int) -> None:
        """Start so many of `CROWD`, the symbols in turn."""
        for number in range(count):
            self.start("crowd", NAMES[number % len(NAMES)], {"span": 40 + number})

    def start(self, name: str, symbol: str, params: dict[str, str | int | float | bool]) -> None:
        """Register one strategy."""
        order = Register(name=name, symbols=[symbol], params=params, terms=Terms(qty=0.1, side="long_short", fee_bps=0.5))
        call(self.home, Submit(order, actor="cli"), PATIENCE_S)

    def settle(self, goal_ticks: int) -> dict[str, Any]:
        """Wait until it has taken so many ticks, all are on the tape and every worker has seen its own.

        Raises:
            SystemExit: that did not happen in time.
        """
        until = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < until:
            status = self.status()
            waiting = sum(worker["queue_ticks"] + worker["in_flight_ticks"] + worker["behind_seq"] for worker in status["workers"])
            if status["ticks_total"] >= goal_ticks and not status["tape_backlog"] and not waiting:
                return status
            time.sleep(0.02)
        raise SystemExit(f"the engine did not catch up to {goal_ticks:,} ticks: {status}")

    def processes(self) -> dict[str, int]:
        """Pids of the engine and its workers."""
        workers = {f"worker {n}": int(worker["pid"]) for n, worker in enumerate(self.status()["workers"], 1)}
        return {"engine": self.process.pid, **workers}


@contextlib.contextmanager
def engine(
    urls: tuple[str, str], workers: int, *, trade: bool = True, more: str = "", names: Sequence[str] = NAMES, program: str = ""
) -> Iterator[EngineUnderTest]:
    """An engine streaming and recording these symbols, stopped at the end; its files lie in a folder that is removed.

    Args:
        more: configures it.
        program: runs it, where that is not simply `core.engine`.
    """
    with tempfile.TemporaryDirectory(prefix="cockpit-live-", dir="/tmp" if os.path.isdir("/tmp") else None) as folder:
        home = Path(folder)
        (home / "cockpit.toml").write_text(
            f'[venues.binance]\nws_url = "{urls[0]}"\nrest_url = "{urls[1]}"\n[engine]\nworkers = {workers}\n{more}', encoding="utf-8"
        )
        (home / "strategies").mkdir()
        (home / "strategies" / "crowd.py").write_text(CROWD, encoding="utf-8")
        home.chmod(0o700)
        words = ["--home", str(home), "--mode", "paper", "--symbols", ",".join(names), *([] if trade else ["--no-strategies"])]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("COCKPIT_")}
        environment["COCKPIT_ENGINE__MEMORY_MB"] = "4000"  # the crowd is bigger than the budget of most
        with (home / "engine.out").open("wb") as output:
            start = ("-c", program) if program else ("-m", "core.engine")
            process = subprocess.Popen(
                [sys.executable, "-P", *start, *words], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
            )
            try:
                yield _ready(EngineUnderTest(home, process))
            finally:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _ready(engine: EngineUnderTest) -> EngineUnderTest:
    until = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < until:
        if engine.process.poll() is not None:
            break
        try:
            status = engine.status()
            if status["ticks_total"]:
                return engine
        except CockpitError:
            pass
        time.sleep(0.05)
    raise SystemExit((engine.home / "engine.out").read_text(errors="replace") or "the engine did not come up")


def cpu_s(pid: int) -> float:
    """CPU seconds a process has used."""
    return _used(Path(f"/proc/{pid}/stat"))


def threads_s(pid: int) -> dict[str, float]:
    """CPU seconds of each of its threads."""
    return {task.name: _used(task / "stat") for task in Path(f"/proc/{pid}/task").iterdir()}


def _used(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_S


def waited_s(pid: int) -> float:
    """Seconds a process's main thread was ready to run and no processor was free: what others do to our figures."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def pss_mb(pid: int) -> float:
    """Proportional set size: shared pages counted by their share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return float("nan")
