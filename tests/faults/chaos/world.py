"""The processes of a chaos run: a local exchange, an engine that is started again and again, and everything that belongs to the home."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from core.client import Client
from core.commands import Command
from core.errors import CockpitError
from core.home import data_folder
from tests.faults.chaos.processes import alive, children_of, command_line, processes_of, signal_to
from tests.faults.chaos.strategies import SYMBOLS

REPO = Path(__file__).resolve().parents[3]
PYTHON = (sys.executable, "-P", "-m")

#: Until an engine answers on a machine that has nothing else to do, and until one that was asked to has ended.
RESTART_S = 10.0
STOP_S = 60.0


class Broken(AssertionError):
    """Something happened that must never happen."""


def environment(**more: str) -> dict[str, str]:
    """Ours, without settings of cockpit other than the cache."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_") or name == "COCKPIT_CACHE"}
    return kept | {"PYTHONPATH": str(REPO)} | more


class World:
    """One home, one exchange, at most one engine.

    Attributes:
        log: what was done and seen, a line each.
        restarts: seconds from the start of each engine until it answered.
        acknowledged: commands the engine said yes to, by kind.
        lock: held while the engine is being ended and started.
    """

    def __init__(self, home: Path, seed: int, seconds: float, faults_every_s: float) -> None:
        self.home = home
        self.log: list[str] = []
        self.restarts: list[float] = []
        self.refused_starts = 0
        self.acknowledged: dict[str, int] = {}
        self.lock = asyncio.Lock()
        self.began = time.monotonic()
        self._seed, self._seconds, self._every = seed, seconds, faults_every_s
        self.exchange: subprocess.Popen[bytes] | None = None
        self.engine: subprocess.Popen[bytes] | None = None
        self.expected_end = self.killed_early = self.starting = False
        self.rest_url = ""
        source = random.Random(f"{seed} world")
        self._env = {
            "COCKPIT_HOME": str(home),
            "COCKPIT_ENGINE__SNAPSHOT_EVERY_S": str(source.choice((2, 5, 15))),
            "COCKPIT_ENGINE__WORKERS": str(source.choice((1, 2, 3))),
            "COCKPIT_ENGINE__WORKER_DEADLINE_S": str(source.choice((2, 5))),
            "COCKPIT_VENUES__BINANCE__STREAM": source.choice(("aggTrade", "aggTrade", "trade")),
            "COCKPIT_STORE__SEAL_AFTER_S": "0",
            "COCKPIT_STORE__UPKEEP_EVERY_S": "1",
            "COCKPIT_STORE__KEEP_DAYS": "30",
            "COCKPIT_VENUES__BINANCE__STALE_AFTER_S": "5",
            "COCKPIT_VENUES__BINANCE__RECONNECT_AFTER_S": "8",
        }
        self.stream = self._env["COCKPIT_VENUES__BINANCE__STREAM"]
        self.note(" ".join(f"{name}={value}" for name, value in self._env.items()))

    def note(self, line: str) -> None:
        """Write a line of the log."""
        self.log.append(f"{time.monotonic() - self.began:7.2f} {line}")

    async def start_exchange(self, trades_per_s: float) -> None:
        """Start the market, with so many prints a second in all; its faults begin with the first subscription."""
        scenario = self.home.parent / "scenario.toml"
        text = (data_folder() / "scenarios" / "fast.toml").read_text()
        scenario.write_text(re.sub(r"trades_per_s = .*", f"trades_per_s = {trades_per_s / len(SYMBOLS)}", text))
        out = self.home.parent / "exchange.out"
        faults = ("--faults-seed", str(self._seed), "--faults-for", f"{self._seconds:g}", "--faults-every", f"{self._every:g}")
        words = (*PYTHON, "core.exchange", "--die-with-parent", "--json", "--scenario", str(scenario), *faults)
        with out.open("wb") as output, (self.home.parent / "exchange.err").open("wb") as errors:
            self.exchange = subprocess.Popen(  # noqa: ASYNC220
                words, stdin=subprocess.PIPE, stdout=output, stderr=errors, cwd=self.home.parent, env=environment()
            )
        for _ in range(600):
            first = out.read_text().partition("\n")
            if first[1]:
                break
            await asyncio.sleep(0.05)
        address = json.loads(first[0])
        self.rest_url = address["rest_url"]
        self._env["COCKPIT_VENUES__BINANCE__WS_URL"] = address["ws_url"]
        self._env["COCKPIT_VENUES__BINANCE__REST_URL"] = self.rest_url

    def played(self) -> list[dict[str, Any]]:
        """The faults the exchange has played."""
        if self.exchange is None:
            return []
        lines = (self.home.parent / "exchange.out").read_text().splitlines()[1:]
        return [json.loads(line)["fault"] for line in lines if line.endswith("}")]

    async def start_engine(self) -> None:
        """Start an engine and wait until it answers `status`. One that is kept out by another program's lock is started again."""
        begun = time.monotonic()
        while True:
            tried = time.monotonic()
            errors = self.errors
            size = errors.stat().st_size if errors.exists() else 0
            with errors.open("ab") as output:
                words = (*PYTHON, "cockpit", "--record", "--symbols", ",".join(SYMBOLS))
                self.engine = subprocess.Popen(  # noqa: ASYNC220
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=output,
                    cwd=self.home.parent,
                    env=environment(**self._env),
                )
            self.expected_end = self.killed_early = False
            self.starting = True
            status = await self._answering(tried)
            self.starting = False
            if self.killed_early:
                self.note(f"engine {self.engine.pid} killed while it started")
                continue
            if status is not None:
                took = time.monotonic() - tried
                self.restarts.append(took)
                self.note(f"engine {self.engine.pid} answers after {took:.2f} s (load {os.getloadavg()[0]:.1f})")
                if took > RESTART_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)):
                    raise Broken(f"the engine took {took:.1f} s to answer")
                return
            said = errors.read_bytes()[size:].decode(errors="replace").strip().splitlines()
            line = said[-1] if said else f"code {self.engine.poll()} and no word"
            if time.monotonic() - begun > STOP_S or "lock" not in line:
                raise Broken(f"the engine did not start: {line}")
            self.refused_starts += 1
            self.note(f"start refused: {line}")
            await asyncio.sleep(0.5)

    @property
    def errors(self) -> Path:
        """What engines said on stderr."""
        return self.home.parent / "engine.err"

    async def _answering(self, since: float) -> dict[str, Any] | None:
        """Its status, or None when it has ended."""
        assert self.engine is not None
        while time.monotonic() - since < STOP_S:
            if self.engine.poll() is not None:
                return None
            try:
                async with await Client.connect(self.home, name="chaos", patience=20.0) as client:
                    return dict(await client.ask("status"))
            except CockpitError:
                await asyncio.sleep(0.02)
        raise Broken(f"the engine did not answer within {STOP_S:g} s of its start")

    def kill_while_starting(self) -> bool:
        """Kill -9 an engine that does not answer yet, if there is one."""
        if not self.starting or self.engine is None or self.engine.poll() is not None:
            return False
        self.killed_early = True
        self.engine.kill()
        return True

    def check_engine(self) -> None:
        """
        Raises:
            Broken: the engine ended, and nobody asked it to.
        """
        if self.engine is not None and not self.expected_end and not self.killed_early and (code := self.engine.poll()) is not None:
            said = self.errors.read_text(errors="replace").strip().splitlines()[-3:]
            raise Broken(f"the engine ended by itself with code {code}: {said}")

    async def end_engine(self, how: signal.Signals) -> None:
        """Kill the engine, or have it stop; then nothing of it must be left."""
        assert self.engine is not None
        children = [pid for pid in processes_of(self.home) if pid != self.engine.pid]
        self.check_engine()
        self.expected_end = True
        self.engine.send_signal(how)
        begun = time.monotonic()
        try:
            code = await asyncio.to_thread(self.engine.wait, STOP_S)
        except subprocess.TimeoutExpired:
            raise Broken(f"the engine had not stopped {STOP_S:g} s after {how.name}") from None
        took = time.monotonic() - begun
        self.note(f"engine {self.engine.pid} ended by {how.name} with {code} after {took:.2f} s")
        if how is not signal.SIGKILL and code != 0:
            raise Broken(f"a clean stop ended with {code}: {self.errors.read_text(errors='replace').strip().splitlines()[-1:]}")
        deadline = time.monotonic() + 4.0
        while left := [pid for pid in children if alive(pid) and "audit" not in command_line(pid)]:
            if time.monotonic() > deadline:
                raise Broken(f"left behind: {[command_line(pid) for pid in left]}")
            await asyncio.sleep(0.02)

    def workers(self) -> list[int]:
        """Worker processes of the engine, by pid."""
        if self.engine is None or self.engine.poll() is not None:
            return []
        return sorted(pid for pid in children_of(self.engine.pid) if "core.workers" in command_line(pid))

    async def ask(self, what: str, **args: Any) -> Any:
        """Ask the engine."""
        async with await Client.connect(self.home, name="chaos", patience=30.0) as client:
            return await client.ask(what, **args)

    async def tell(self, command: Command, patience: float = 30.0) -> Any:
        """Tell the engine to do something; what it acknowledged is counted."""
        async with await Client.connect(self.home, name="chaos", patience=patience) as client:
            answer = await client.submit(command)
        kind = type(command).__name__.lower().removeprefix("set")
        self.acknowledged[kind] = self.acknowledged.get(kind, 0) + 1
        return answer

    async def cockpit(self, *words: str) -> tuple[int, str, str]:
        """Run a command; its exit code, what it printed and what it said."""
        process = await asyncio.create_subprocess_exec(
            *PYTHON, "cockpit", *words, env=environment(**self._env), cwd=self.home.parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def close(self) -> None:
        """End whatever still runs."""
        if self.engine is not None and self.engine.poll() is None:
            for pid in self.workers():
                signal_to(pid, signal.SIGCONT)
            self.engine.kill()
            await asyncio.to_thread(self.engine.wait)
        if self.exchange is not None:
            self.exchange.send_signal(signal.SIGCONT)
            self.exchange.kill()
            await asyncio.to_thread(self.exchange.wait)
            assert self.exchange.stdin is not None
            self.exchange.stdin.close()
