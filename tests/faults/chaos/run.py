"""One chaos run from its beginning to the proof of what is left of it."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

from core.client import Client
from core.errors import CockpitError
from tests.faults.chaos.deeds import PANES, Driver
from tests.faults.chaos.plan import draw
from tests.faults.chaos.processes import alive, command_line, processes_of
from tests.faults.chaos.proof import ledger_faults, tape_faults
from tests.faults.chaos.strategies import EDITED, compile_all, write
from tests.faults.chaos.world import Broken, World

#: How long the feed may take to be well again after the last fault: a breaker's wait and a ban, each with room.
WELL_S = 120.0

#: It is well when it was for so long: what it does not know yet that it misses, it does by then.
STEADY_S = 6.0


async def run_chaos(home: Path, seed: int, seconds: float, *, deeds_every_s: float, faults_every_s: float, trades_per_s: float) -> str:
    """Run chaos for so many seconds in a home that is not there yet; returns what happened, in words.

    Raises:
        AssertionError: something does not hold; the message holds the log.
    """
    world = World(home, seed, seconds, faults_every_s)
    driver = Driver(world)
    try:
        for name in EDITED:
            write(home, name, 0)
        await compile_all(home)
        world.note("compiled")
        await world.start_exchange(trades_per_s)
        await world.start_engine()
        await driver.register_all()
        await _chaos(driver, seed, seconds, deeds_every_s)
        told = await _stand_still(world)
        figures = await _prove(world, told)
    except BaseException as error:
        log = "\n".join(world.log)
        (home.parent / "chaos.log").write_text(f"{log}\n{error!r}\n")
        if isinstance(error, AssertionError | CockpitError):
            faults = "\n".join(json.dumps(fault) for fault in world.played())
            raise AssertionError(f"seed {seed}, {seconds:g} s, home {home}\n{log}\n{faults}\n{error}") from error
        raise
    finally:
        await world.close()
    played = Counter(fault["kind"] for fault in world.played())
    starts = f"{len(world.restarts)} starts, the slowest {max(world.restarts):.1f} s, {world.refused_starts} refused"
    (home.parent / "chaos.log").write_text("\n".join(world.log) + "\n")
    deeds = f"deeds {dict(driver.done)}, in vain {dict(driver.refused)}"
    return "\n".join((f"seed {seed}, {seconds:g} s: {starts}", deeds, f"faults {dict(played)}", json.dumps(figures)))


async def _chaos(driver: Driver, seed: int, seconds: float, every_s: float) -> None:
    """Do deeds at their times, whether earlier ones are over or not."""
    world = driver.world
    begun = time.monotonic()
    tasks: list[asyncio.Task[None]] = []
    try:
        for deed in draw(seed, seconds, every_s):
            await asyncio.sleep(max(0.0, begun + deed.at_s - time.monotonic()))
            world.check_engine()
            tasks.append(asyncio.create_task(driver.do(deed), name=deed.kind))
            for task in tasks:
                if task.done():
                    task.result()
        await asyncio.sleep(max(0.0, begun + seconds - time.monotonic()))
        await asyncio.wait_for(asyncio.gather(*tasks), 120.0)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    world.check_engine()


async def _stand_still(world: World) -> list[dict[str, Any]]:
    """Wait until all is well, stop the market, let everything come to its end, and ask the engine what it has."""
    begun = well = time.monotonic()
    while time.monotonic() - well < STEADY_S:
        status = await world.ask("status")
        feed = status["feeds"][0]
        gaps = feed["counters"]["gaps_open"] or feed["waiting"]
        if feed["state"] != "live" or gaps or any(worker["state"] != "running" for worker in status["workers"]):
            well = time.monotonic()
            if well - begun > WELL_S:
                raise Broken(f"not well {WELL_S:g} s after the last fault: {json.dumps(feed)} {status['workers']} {status['troubles']}")
        await asyncio.sleep(0.25)
    world.note(f"well after {well - begun:.1f} s")
    assert world.exchange is not None
    world.exchange.send_signal(signal.SIGSTOP)
    last, since = -1, time.monotonic()
    while time.monotonic() - since < 4.0:
        status = await world.ask("status")
        if status["last_seq"] != last or status["tape_backlog"]:
            last, since = status["last_seq"], time.monotonic()
        await asyncio.sleep(0.25)
    await world.ask("settled")
    async with await Client.connect(world.home, name="chaos") as client:
        view = await client.pull(PANES)
    told = [{name: getattr(row, name) for name in row.__struct_fields__} for row in view.strategies or []]
    world.note(f"strategies {dict(Counter(row['state'] for row in told))}")
    await world.end_engine(signal.SIGTERM)
    world.exchange.send_signal(signal.SIGCONT)
    return [row for row in told if row["state"] in ("running", "warming", "paused")]


async def _prove(world: World, told: list[dict[str, Any]]) -> dict[str, Any]:
    """
    Raises:
        Broken: something does not hold.
    """
    home = world.home
    wrong, tape = await asyncio.to_thread(tape_faults, home, world.rest_url, world.played())
    more, ledger = await asyncio.to_thread(ledger_faults, home, told, world.acknowledged)
    wrong += more
    code, out, err = await world.cockpit("audit", "--json")
    audit = json.loads(out) if out.strip() else {}
    if code or not audit or audit["differences"]:
        wrong.append(f"the audit ended with {code}: {err.strip()[-500:]} {json.dumps(audit, indent=1)[:6000]}")
    if left := [command_line(pid) for pid in processes_of(home) if alive(pid)]:
        wrong.append(f"left behind: {left}")
    if wrong:
        raise Broken("\n".join(wrong))
    shown = {
        key: audit[key] for key in ("sessions", "fills", "identical", "books", "ticks", "pending", "not_auditable", "tape", "elapsed_s")
    }
    return {"tape": tape, "ledger": ledger, "audit": shown | {"edited": len(audit["edited"])}}
