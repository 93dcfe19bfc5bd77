"""What a chaos run does to a world: each function one deed, its choices drawn from the deed's own numbers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Literal

from core.client import Client
from core.commands import Command, Flatten, Pause, Reduce, Resume, SetLimits, SetStops, Unregister
from core.errors import CockpitError
from tests.faults.chaos.plan import Deed
from tests.faults.chaos.processes import signal_to
from tests.faults.chaos.strategies import EDITED, SPECS, culprit, write
from tests.faults.chaos.world import Broken, World

#: Another program that holds a database, for so many seconds.
HOLD = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=5, isolation_level=None)
db.execute("BEGIN IMMEDIATE")
time.sleep(float(sys.argv[2]))
db.execute("ROLLBACK")
"""

#: Of limits; the normal one most of the time, or soon nobody would trade.
MODES: tuple[Literal["normal", "stop_new", "reduce_only", "halt"], ...] = (
    "normal", "normal", "normal", "normal", "normal", "normal", "stop_new", "reduce_only", "halt",
)  # fmt: skip

PANES = ("header", "prices", "strategies", "trades", "alerts", "system")


class Idle(Exception):
    """There was nothing to do it to."""


class Driver:
    """Does deeds to one world, several at a time.

    Attributes:
        done: deeds that had an effect, by kind.
        refused: those that had none: the engine was away, or said no.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._registered = 0

    async def do(self, deed: Deed) -> None:
        """Do one deed; a refusal is noted.

        Raises:
            Broken: what must not happen did.
        """
        world = self.world
        try:
            said = await _DEEDS[deed.kind](self, deed.source())
            self.done[deed.kind] += 1
        except (CockpitError, Idle) as error:
            said = f"refused: {error}"
            self.refused[deed.kind] += 1
        world.note(f"#{deed.number} {deed.kind}: {said}")

    async def register_all(self) -> None:
        """What trades from the beginning."""
        for spec in SPECS:
            self._registered += 1
            await self.world.tell(spec.order(f"{spec.name}.{self._registered}"), patience=120.0)  # it may have to be compiled
        self.world.note(f"{self._registered} strategies registered")

    async def kill_engine(self, source: random.Random) -> str:
        if self.world.kill_while_starting():
            self.done["kill_engine while it starts"] += 1
            return "while it started"
        return await self._again(signal.SIGKILL, source.choice((0.0, 0.0, 1.0, 6.0)))

    async def restart_engine(self, source: random.Random) -> str:
        return await self._again(signal.SIGTERM, source.choice((0.0, 2.0)))

    async def edit(self, source: random.Random) -> str:
        edits = [(source.choice(EDITED), source.choice((0, 1, 1, 2, 2, 3))) for _ in range(source.randint(1, 2))]
        how, pause = source.choice((signal.SIGKILL, signal.SIGTERM)), source.choice((0.0, 1.0))
        return await self._again(how, pause, edits)

    async def _again(self, how: signal.Signals, pause: float, edits: list[tuple[str, int]] | None = None) -> str:
        world = self.world
        if world.lock.locked():
            raise Idle("it is being started again already")
        async with world.lock:
            await world.end_engine(how)
            words = [write(world.home, name, variant) for name, variant in edits or []]
            await asyncio.sleep(pause)
            await world.start_engine()
        return " ".join([how.name, f"pause {pause:g} s", *words])

    async def kill_worker(self, source: random.Random) -> str:
        how = source.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV))
        workers = self.world.workers()
        if not workers:
            raise Idle("no worker")
        pid = source.choice(workers)
        signal_to(pid, how)
        return f"{pid} {how.name}"

    async def freeze_worker(self, source: random.Random) -> str:
        seconds = source.choice((0.3, 1.5, 4.0, 9.0))
        workers = self.world.workers()
        if not workers:
            raise Idle("no worker")
        pid = source.choice(workers)
        signal_to(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        return f"{pid} for {seconds:g} s" + ("" if signal_to(pid, signal.SIGCONT) else ", which was replaced")

    async def pause(self, source: random.Random) -> str:
        return await self._on_one(source, lambda id_: Pause(id=id_), everybody=0.1)

    async def resume(self, source: random.Random) -> str:
        return await self._on_one(source, lambda id_: Resume(id=id_), everybody=0.4, state="failed" if source.random() < 0.7 else "")

    async def flatten(self, source: random.Random) -> str:
        return await self._on_one(source, lambda id_: Flatten(id=id_), everybody=0.2)

    async def reduce(self, source: random.Random) -> str:
        share = source.choice((20.0, 50.0, 90.0))
        return await self._on_one(source, lambda id_: Reduce(id=id_, pct=share), everybody=0.2)

    async def stops(self, source: random.Random) -> str:
        loss, trail = source.choice((None, 0.1, 1.0)), source.choice((None, None, 0.2))
        return await self._on_one(source, lambda id_: SetStops(id=id_ or "", stop_loss_pct=loss, trailing_pct=trail))

    async def limits(self, source: random.Random) -> str:
        mode = source.choice(MODES)
        most = source.choice((None, None, None, 0.5, 100.0))
        spread = source.choice((None, None, None, 0.5))
        return await self._on_one(source, lambda id_: SetLimits(id=id_, mode=mode, max_position=most, max_spread_pct=spread), everybody=0.4)

    async def unregister(self, source: random.Random) -> str:
        keep = source.random() < 0.4
        return await self._on_one(source, lambda id_: Unregister(id=id_ or "", keep=keep))

    async def register(self, source: random.Random) -> str:
        spec = source.choice(SPECS)
        self._registered += 1
        id_ = f"{spec.name}.{self._registered}"
        if len(await self._states()) > 16:
            raise Idle("enough of them")
        if spec.name == "bars" or len(spec.symbols) > 1 or source.random() < 0.5:
            await self.world.tell(spec.order(id_))
            return id_
        words = [f"--param={key}={value}" for key, value in spec.params.items()]
        code, out, err = await self.world.cockpit("register", spec.name, "--symbols", ",".join(spec.symbols), *words, "--id", id_, "--json")
        if code:
            raise Idle(f"by command: {code} {(out or err).strip()}")
        return f"by command: {out.strip()}"

    async def register_culprit(self, source: random.Random) -> str:
        self._registered += 1
        id_ = f"culprit.{self._registered}"
        if len(await self._states()) > 16:
            raise Idle("enough of them")
        await self.world.tell(culprit(source).order(id_))
        return id_

    async def _states(self) -> dict[str, str]:
        return {row["id"]: row["state"] for row in (await self.world.ask("status"))["strategies"]}

    async def _on_one(
        self, source: random.Random, command: Callable[[str | None], Command], everybody: float = 0.0, state: str = ""
    ) -> str:
        states = await self._states()
        chosen = [id_ for id_ in states if states[id_] == state] or list(states)
        id_ = None if source.random() < everybody else source.choice(chosen) if chosen else None
        if id_ is None and not everybody:
            raise Idle("nobody there")
        return f"{command(id_)} -> {await self.world.tell(command(id_))}"

    async def lock_ledger(self, source: random.Random) -> str:
        return await self._hold("ledger.db", source.choice((0.5, 2.0, 5.0)))

    async def lock_tape(self, source: random.Random) -> str:
        return await self._hold("tape.db", source.choice((0.5, 2.0, 5.0)))

    async def _hold(self, name: str, seconds: float) -> str:
        words = (sys.executable, "-c", HOLD, str(self.world.home / name), f"{seconds:g}")
        process = await asyncio.create_subprocess_exec(*words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, err = await process.communicate()
        return f"{name} for {seconds:g} s" + (f", in vain: {err.decode().strip().splitlines()[-1]}" if process.returncode else "")

    async def viewer(self, source: random.Random) -> str:
        """A screen that pulls for a while, and leaves, or is gone without a word."""
        pulls, rude = source.randint(1, 40), source.random() < 0.5
        client = await Client.connect(self.world.home, name="tui", patience=20.0)
        try:
            for _ in range(pulls):
                await client.pull(PANES)
                await asyncio.sleep(0.1)
        finally:
            with contextlib.suppress(OSError):
                if rude:
                    client._connection.transport.abort()
            await client.close()
        return f"{pulls} pulls" + ", cut off" * rude

    async def audit(self, source: random.Random) -> str:
        """While everything goes on."""
        code, out, err = await self.world.cockpit("audit", "--json")
        if not out.strip():
            raise Idle(f"no answer ({code}): {err.strip().splitlines()[-1:]}")
        found = json.loads(out)
        if found["differences"]:
            raise Broken(f"an audit of the running engine found: {json.dumps(found['details'][:20], indent=1)}")
        return f"{found['fills']} fills, {found['books']} books of {found['ticks']} ticks in {found['elapsed_s']:.1f} s"


_DEEDS: dict[str, Callable[[Driver, random.Random], Awaitable[str]]] = {
    kind: getattr(Driver, kind)
    for kind in (
        "kill_engine", "restart_engine", "edit", "kill_worker", "freeze_worker", "pause", "resume", "flatten", "reduce", "stops", "limits",
        "register", "register_culprit", "unregister", "lock_ledger", "lock_tape", "viewer", "audit",
    )
}  # fmt: skip
