"""Worker processes that crash, hang, exit or are killed: the culprit is out, the rest have the bits they would have had."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from core.commands import Flatten, Pause, Register, Resume
from core.errors import UsageError
from core.home import make_home
from core.home_lock import running as running_pid
from tests.engine.engine_rig import Rig, backtest, bits, exchange_of, running, until, write_recording
from tests.faults.recorder_rig import environment, recorder, run_when_there

BUSY = {"interval": "tick", "fast": 2, "slow": 3}
HEAD = '''"""Bets on nothing."""
import ctypes, os, time
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    at: int = 400
class Strategy:
    def __init__(self, params):
        self.at, self.n, self.kept = params.at, 0, []
    def on_tick(self, tick):
        self.n += 1
        if self.n == self.at:
            {deed}
        return float(self.n // 7 % 2)
'''
DEEDS = {
    "raises": "raise RuntimeError('no more')",
    "exits": "os._exit(3)",
    "calls_exit": "raise SystemExit(0)",
    "loops": "exec('while True: pass')",
    "sleeps": "time.sleep(3600)",
    "crashes": "ctypes.string_at(0)",
}


def write(home: Path, name: str) -> None:
    """A strategy of the home that does a deed on a certain tick."""
    folder = make_home(home) / "strategies"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(HEAD.format(deed=DEEDS[name]))


async def bad_one(rig: Rig, name: str, params: dict[str, str | int | float | bool]) -> str:
    """Register the strategy that does the deed."""
    await rig.engine.commands.submit(Register(name=name, symbols=["BTCUSDT"], params=params, id="bad"), "test")
    return "bad"


async def fills_of(rig: Rig, id_: str) -> list[dict[str, Any]]:
    await rig.settle()
    return await rig.fills(id_)


def restarts(rig: Rig) -> int:
    return sum(place.restarts for place in rig.engine.pool.places.values())


async def whole(rig: Rig, number: int) -> None:
    """Every worker is back, and everybody on it has caught up."""
    engine = rig.engine
    await until(lambda: restarts(rig) >= number, f"{number} restarts")
    await until(lambda: all(entry.state not in ("restarting", "starting") for entry in engine.roster), "everybody is back")


@pytest.mark.parametrize("how", [pytest.param(signal.SIGSEGV, marks=pytest.mark.slow), signal.SIGKILL])
async def test_a_worker_that_is_killed_costs_its_strategies_no_bit(tmp_path: Path, how: signal.Signals) -> None:
    """Only its strategies restart, from snapshot and ticks since; the same bits as without the crash."""
    recording = write_recording(tmp_path / "frames", prints=1500)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=60.0) as exchange, running(home, exchange) as rig:
        ids = [await rig.register("sma_crossover", symbol, params=BUSY) for symbol in ("BTCUSDT", "ETHUSDT") for _ in range(2)]
        exchange.resume()
        await until(lambda: rig.engine.market.ticks_total > 300, "some prints")
        worker = rig.engine.pool.holding(ids[0])
        other = rig.engine.pool.holding(ids[1])
        assert worker is not None
        assert other is not None
        hit = sorted(worker.strategies)
        os.kill(worker.pid, how)
        await whole(rig, 1)
        await exchange.finished.wait()
        await rig.settle()
        assert other is rig.engine.pool.holding(ids[1])
        assert all(rig.engine.roster[id_].state != "failed" for id_ in ids)
        assert any(how.name in place.last_end for place in rig.engine.pool.places.values())
        assert any(", ".join(hit) in row.text for row in rig.engine.alarms.rows())
        live = {id_: bits(await fills_of(rig, id_)) for id_ in ids}
        await rig.engine.answers.settled()  # its figures are those of now
        equity = {id_: rig.engine.roster[id_].figures.equity for id_ in ids}  # type: ignore[union-attr]
    for id_, symbol in zip(ids, ("BTCUSDT", "BTCUSDT", "ETHUSDT", "ETHUSDT"), strict=True):
        result = backtest(home, "sma_crossover", symbol, params=BUSY)
        assert len(live[id_]) > 100
        assert live[id_] == bits(result.fills)
        assert equity[id_] == pytest.approx(10_000 + result.figures["net_pnl"], abs=1e-6)


SLOW = [pytest.param(deed, marks=pytest.mark.slow) for deed in ("loops", "sleeps", "crashes")]


@pytest.mark.slow
@pytest.mark.parametrize("deed", ["exits", *SLOW])
async def test_only_the_culprit_is_taken_out(tmp_path: Path, deed: str) -> None:
    """Killed at the deadline, or seen to end its process; the others run on, with the same bits."""
    recording = write_recording(tmp_path / "frames", prints=1200)
    home = tmp_path / "home"
    write(home, deed)
    flags = {"engine.workers": 1, "engine.worker_deadline_s": 0.5}
    async with exchange_of(recording, speed=60.0) as exchange:
        async with running(home, exchange, **flags) as rig:
            good = await rig.register("sma_crossover", params=BUSY)
            bad = await bad_one(rig, deed, {})
            after = await rig.register("sma_crossover", params=BUSY, id="after")
            exchange.resume()
            await until(lambda: rig.engine.roster[bad].state == "failed", "the culprit is out")
            await whole(rig, 1)
            await exchange.finished.wait()
            await rig.settle()
            assert rig.engine.roster[good].state == rig.engine.roster[after].state == "running"
            assert any(row.open and row.level == "critical" and row.text.startswith("bad failed") for row in rig.engine.alarms.rows())
            assert rig.engine.roster[bad].row().detail
            live = bits(await fills_of(rig, good))
            assert live == bits(await fills_of(rig, after))
        async with running(home, exchange, **flags) as rig:  # a restart does not let it in again
            assert rig.engine.roster[bad].state == "failed"
            await until(lambda: rig.engine.roster[good].state == "running", "the others run")
    assert live == bits(backtest(home, "sma_crossover", "BTCUSDT", params=BUSY).fills)


@pytest.mark.slow
@pytest.mark.parametrize("deed", ["raises", "calls_exit"])
async def test_a_strategy_that_raises_is_out_with_its_traceback_and_its_worker_lives(tmp_path: Path, deed: str) -> None:
    recording = write_recording(tmp_path / "frames", prints=800)
    home = tmp_path / "home"
    write(home, deed)
    async with exchange_of(recording) as exchange, running(home, exchange, **{"engine.workers": 1}) as rig:
        good = await rig.register("sma_crossover", params=BUSY)
        bad = await bad_one(rig, deed, {})
        await rig.play()
        assert restarts(rig) == 0
        assert rig.engine.roster[good].state == "running"
        row = rig.engine.roster[bad].row()
        assert (row.state, f"{deed}.py" in row.traceback) == ("failed", True)
        kinds = [(r["kind"], r["after_seq"]) for r in await rig.engine.ledger.commands() if r["kind"] == "failed"]
        assert len(kinds) == 1
        assert 0 < kinds[0][1] <= rig.engine.last_seq


@pytest.mark.slow
async def test_a_strategy_that_failed_can_be_resumed_when_its_file_is_mended_and_keeps_its_position(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1200)
    home = tmp_path / "home"
    write(home, "raises")
    async with exchange_of(recording, speed=15.0) as exchange, running(home, exchange) as rig:
        bad = await bad_one(rig, "raises", {"at": 300})
        exchange.resume()
        await until(lambda: rig.engine.roster[bad].state == "failed", "it fails")
        await rig.settle()
        position = (await rig.fills(bad))[-1]["position"]
        with pytest.raises(UsageError, match="resume it first"):
            await rig.engine.commands.submit(Flatten(id=bad), "test")
        file = home / "strategies" / "raises.py"
        file.write_text(file.read_text().replace("raise RuntimeError('no more')", "pass"))
        done = len(await rig.fills(bad))
        await rig.engine.commands.submit(Resume(id=bad), "test")
        assert rig.engine.roster[bad].state == "running"
        await until(lambda: exchange.finished.is_set(), "the end")
        fills = await fills_of(rig, bad)
        assert len(fills) > done + 10
        change = fills[done]["qty"] if fills[done]["side"] == "buy" else -fills[done]["qty"]
        assert fills[done]["position"] == pytest.approx(position + change)


@pytest.mark.slow
async def test_a_command_given_while_its_worker_is_away_takes_effect_and_is_journalled_where_it_did(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1500)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=60.0) as exchange, running(home, exchange, **{"engine.workers": 1}) as rig:
        id_ = await rig.register("sma_crossover", params=BUSY)
        exchange.resume()
        await until(lambda: rig.engine.market.ticks_total > 300, "some prints")
        (worker,) = rig.engine.pool.workers
        os.kill(worker.pid, signal.SIGKILL)
        await until(lambda: worker not in rig.engine.pool.workers, "it is missed")
        await rig.engine.commands.submit(Pause(id=id_), "test")
        await whole(rig, 1)
        await until(lambda: rig.engine.roster[id_].paused, "paused")
        await rig.settle()
        (pause,) = [row for row in await rig.engine.ledger.commands() if row["kind"] == "pause"]
        fills = await rig.fills(id_)
        assert all(fill["seq"] <= pause["after_seq"] for fill in fills)
        await rig.engine.commands.submit(Resume(id=id_), "test")
        await exchange.finished.wait()
        assert len(await fills_of(rig, id_)) > len(fills)


@pytest.mark.slow
async def test_a_slow_worker_is_fed_from_the_tape_and_misses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded queues, nothing dropped that anything depends on."""
    monkeypatch.setattr("core.workers.lane.QUEUE", 500)
    monkeypatch.setattr("core.workers.lane.WINDOW", 100)
    recording = write_recording(tmp_path / "frames", prints=4000)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange, running(home, exchange, **{"engine.workers": 1}) as rig:
        rig.engine.recent.keep(300)
        id_ = await rig.register("sma_crossover", params=BUSY)
        (worker,) = rig.engine.pool.workers
        os.kill(worker.pid, signal.SIGSTOP)
        exchange.resume()
        await exchange.finished.wait()
        await until(lambda: worker.behind, "it falls behind")
        assert worker.waiting <= 500
        assert worker.in_flight <= 200
        os.kill(worker.pid, signal.SIGCONT)
        await until(lambda: not worker.behind, "it has caught up")
        live = bits(await fills_of(rig, id_))
    assert live == bits(backtest(home, "sma_crossover", "BTCUSDT", params=BUSY).fills)


@pytest.mark.slow
async def test_a_command_overtakes_the_ticks_that_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.workers.lane.WINDOW", 50)
    recording = write_recording(tmp_path / "frames", prints=4000)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange, running(home, exchange, **{"engine.workers": 1}) as rig:
        id_ = await rig.register("sma_crossover", params=BUSY)
        (worker,) = rig.engine.pool.workers
        os.kill(worker.pid, signal.SIGSTOP)
        exchange.resume()
        await exchange.finished.wait()
        await until(lambda: worker.waiting > 3000, "ticks wait")
        await rig.engine.commands.submit(Flatten(id=id_), "test")
        await rig.engine.commands.submit(Pause(id=id_), "test")
        os.kill(worker.pid, signal.SIGCONT)
        await rig.settle()
        (pause,) = [row for row in await rig.engine.ledger.commands() if row["kind"] == "pause"]
        assert pause["after_seq"] < rig.engine.last_seq - 3000
        assert all(fill["seq"] <= pause["after_seq"] for fill in (await rig.fills(id_))[:-1])


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
async def test_no_worker_outlives_an_engine_that_is_killed(tmp_path: Path) -> None:
    """No worker alive 2 s after kill -9 of the engine."""
    recording = write_recording(tmp_path / "frames", prints=300)
    home = tmp_path / "home"
    async with exchange_of(recording, held=False) as exchange:
        env = environment(home, exchange)
        async with recorder(env, "BTCUSDT", "ETHUSDT"):
            await run_when_there(env, "register", "sma_crossover", "--symbols", "BTCUSDT")
            await run_when_there(env, "register", "sma_crossover", "--symbols", "ETHUSDT")
            engine = running_pid(home)
            assert engine is not None
            children = [pid for pid in _children(engine) if _runs(pid, "core.workers")]
            assert len(children) == 2
            os.kill(engine, signal.SIGKILL)
            await until(lambda: not any(alive(pid) for pid in children), "no worker is alive", 2.0)


def _runs(pid: int, module: str) -> bool:
    return module in Path(f"/proc/{pid}/cmdline").read_text()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
