"""What happens at the seams: commands while something starts, stops that come early, journals cut short, workers that go."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core.clock import SystemClock
from core.commands import Flatten, Pause, Register, Terms, Unregister, Unwatch, Watch
from core.config import load as load_config
from core.engine import history
from core.engine.engine import Engine
from core.engine.roster import Entry
from core.engine.settle import Settler
from core.errors import CockpitError, UsageError
from core.home import make_home
from core.types import Symbols
from core.venues.binance import Binance
from core.workers.frames import Lever, Snapshot
from core.workers.pool import Pool
from tests.engine.engine_rig import exchange_of, running, until, write_recording
from tests.samples import sample


def _rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{home / 'ledger.db'}?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


async def test_a_stop_in_the_middle_of_a_run_loses_no_report_of_what_was_released(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=4000)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("sma_crossover", params={"interval": "tick", "fast": 2, "slow": 3})
            (worker,) = rig.engine.pool.workers
            os.kill(worker.pid, signal.SIGSTOP)
            exchange.resume()
            await exchange.finished.wait()
            await until(lambda: rig.engine.market.ticks_total == 8000, "all prints")
            asyncio.get_running_loop().call_later(0.5, os.kill, worker.pid, signal.SIGCONT)
        with sqlite3.connect(home / "tape.db") as db:
            last = db.execute("SELECT max(seq) FROM ticks WHERE symbol = 'binance:BTCUSDT'").fetchone()[0]
        newest = _rows(home, f"SELECT max(seq) FROM snapshots WHERE strategy_id = '{id_}'")[0][0]
        fills = _rows(home, "SELECT count(*) FROM fills")[0][0]
        async with running(home, exchange) as rig:
            await rig.settle()
    assert newest == last
    assert fills == _rows(home, "SELECT count(*) FROM fills")[0][0] > 100


async def test_a_command_that_was_journalled_and_cut_off_takes_effect_once(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=300)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("sma_crossover")
            await rig.play()
        with sqlite3.connect(home / "ledger.db") as db:
            db.execute(
                "INSERT INTO commands(command_id, ts_ns, actor, kind, payload) VALUES('cut', 1, 'test', 'pause', ?)",
                (json.dumps({"id": id_, "ids": [id_]}),),
            )
        async with running(home, exchange) as rig:
            await until(lambda: rig.engine.roster[id_].paused, "paused")
            last = rig.engine.last_seq
    assert _rows(home, "SELECT after_seq FROM commands WHERE command_id = 'cut'") == [(last,)]


async def test_an_unregistered_strategy_goes_on_closing_after_a_restart(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1500)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=60.0) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("sma_crossover", terms=Terms(side="long_short", latency_ms=20_000))
            exchange.resume()
            await until(lambda: (f := rig.engine.roster[id_].figures) is not None and f.position != 0, "a position")
            await rig.engine.commands.submit(Unregister(id=id_), "test")
            seq = rig.engine.last_seq
            await until(lambda: rig.engine.last_seq > seq + 3, "prints while it waits for its exit")
        assert _rows(home, "SELECT max(seq) FROM snapshots")[0][0] > seq
        async with running(home, exchange) as rig:
            assert id_ in rig.engine.roster
            exchange.resume()
            await until(lambda: id_ not in rig.engine.roster, "gone")
            await rig.settle()
    assert _rows(home, "SELECT position FROM fills ORDER BY rowid DESC LIMIT 1") == [(0.0,)]


@pytest.mark.parametrize("edited", sample([False, True], True))
async def test_a_pause_after_the_last_snapshot_holds_after_a_crash_also_for_an_edited_strategy(tmp_path: Path, edited: bool) -> None:
    recording = write_recording(tmp_path / "frames", prints=300)
    home = tmp_path / "home"
    (home / "strategies").mkdir(parents=True)
    file = home / "strategies" / "mine.py"
    from core.strategy_files import builtin_folder

    file.write_text((builtin_folder() / "sma_crossover.py").read_text())
    async with exchange_of(recording) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("mine")
            await rig.play()
            await rig.engine.commands.submit(Pause(id=id_), "test")
        with sqlite3.connect(home / "ledger.db") as db:
            db.execute("DELETE FROM snapshots WHERE rowid > (SELECT min(rowid) FROM snapshots)")
        if edited:
            file.write_text(file.read_text() + "\n# edited\n\n")
        async with running(home, exchange) as rig:
            await until(lambda: rig.engine.roster[id_].figures is not None, "figures")
            assert rig.engine.roster[id_].paused


async def test_a_command_for_a_strategy_that_is_still_starting_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = write_recording(tmp_path / "frames", prints=300)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        engine, reached, go = rig.engine, asyncio.Event(), asyncio.Event()
        gather = history.gather

        async def slow(*args: Any) -> Any:
            reached.set()
            await go.wait()
            return await gather(*args)

        monkeypatch.setattr(history, "gather", slow)
        registering = asyncio.create_task(rig.register("sma_crossover", id="one"))
        await reached.wait()
        pausing = asyncio.create_task(engine.commands.submit(Pause(id=None), "test"))
        await asyncio.sleep(0)  # one turn of the loop: the command has come to where it waits for the strategy to begin
        assert not pausing.done()
        go.set()
        await registering
        assert await pausing == {"ids": ["one"]}
        await until(lambda: engine.roster["one"].paused, "paused")
        rows = {kind: seq for kind, seq in await _effects(engine)}
        assert rows["pause"] >= rows["register"]


async def _effects(engine: Engine) -> list[tuple[str, int]]:
    return [(row["kind"], row["after_seq"]) for row in await engine.ledger.commands()]


async def test_a_worker_that_dies_while_a_strategy_is_on_its_way_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = write_recording(tmp_path / "frames", prints=600)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        rig.engine.pool.size = 1
        first = await rig.register("sma_crossover")
        engine = rig.engine
        (worker,) = engine.pool.workers
        gather = history.gather

        async def deadly(*args: Any) -> Any:
            os.kill(worker.pid, signal.SIGKILL)
            await until(lambda: worker not in engine.pool.workers, "the worker is missed")
            return await gather(*args)

        monkeypatch.setattr(history, "gather", deadly)
        second = await rig.register("macd")
        await until(lambda: engine.roster[first].state in ("warming", "running"), "the first is taken up again")
        await until(lambda: engine.roster[second].figures is not None, "figures of the second")
        assert worker.process is not None
        await until(lambda: worker.process.poll() is not None, "the dead process is reaped")  # type: ignore[union-attr]


async def test_a_registration_that_failed_half_way_is_not_taken_up_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = write_recording(tmp_path / "frames", prints=300)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange:
        async with running(home, exchange) as rig:

            async def broken(*args: Any) -> Any:
                raise UsageError("no history today")

            monkeypatch.setattr(history, "gather", broken)
            with pytest.raises(UsageError):
                await rig.register("sma_crossover")
            assert rig.engine.pool.holding("sma_crossover-1") is None
        async with running(home, exchange) as rig:
            assert len(rig.engine.roster) == 0


async def test_a_worker_that_ends_before_it_is_ready_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.child.sys.executable", "/bin/false")
    pool = Pool(1, *(4 * [lambda *_: None]))
    try:
        async with asyncio.timeout(20):
            with pytest.raises(CockpitError, match="worker"):
                await pool.place()
        assert pool.workers == []
    finally:
        await pool.stop()


async def test_draining_waits_for_what_was_there_and_not_for_what_comes_after() -> None:
    settler = Settler(lambda seq: asyncio.sleep(0))
    done: list[int] = []

    async def write(n: int) -> None:
        await asyncio.sleep(0)
        done.append(n)
        settler.put(0, lambda: write(n + 1))  # there is always one more

    settler.put(0, lambda: write(0))
    running_ = asyncio.create_task(settler.run())
    async with asyncio.timeout(5):
        await settler.drain()
    running_.cancel()
    assert done[0] == 0


async def test_writes_that_are_ready_share_one_wait_for_the_disk() -> None:
    settler, gate, begun = Settler(lambda seq: asyncio.sleep(0)), asyncio.Event(), []

    async def write(n: int) -> None:
        begun.append(n)
        await gate.wait()

    for n in range(5):
        settler.put(n, lambda n=n: write(n))  # type: ignore[misc]
    running_ = asyncio.create_task(settler.run())
    await until(lambda: begun == [0, 1, 2, 3, 4], "all begun, in order", 5)
    gate.set()
    await settler.drain()
    running_.cancel()


async def test_fills_shown_from_the_ledger_are_not_shown_again_when_replayed(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=800)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange:
        async with running(home, exchange) as rig:
            await rig.register("sma_crossover")
            await rig.play()
        with sqlite3.connect(home / "ledger.db") as db:
            db.execute("DELETE FROM snapshots WHERE rowid > (SELECT min(rowid) FROM snapshots)")
        async with running(home, exchange) as rig:
            await rig.settle()
            shown = [line.fill_id for line in rig.engine.blotter.lines if line.fill_id]
            assert len(await rig.fills()) == len(shown) == len(set(shown)) > 3


async def test_an_engine_that_only_records_takes_no_strategy(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=50)
    home = make_home(tmp_path / "home")
    async with exchange_of(recording) as exchange:
        config, symbols = load_config(home, env={}).config, Symbols()
        venue = Binance(symbols, ws_url=exchange.ws_url, rest_url=exchange.rest_url, stream="trade")
        engine = Engine(home, "paper", config, venue, symbols, SystemClock(), trade=False)
        await engine.start(["BTCUSDT"])
        try:
            with pytest.raises(UsageError, match="records only"):
                await engine.commands.submit(Register(name="sma_crossover", symbols=["BTCUSDT"]), "test")
        finally:
            await engine.stop()


async def test_a_symbol_asked_for_twice_at_once_is_watched_once(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=50)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange, ("BTCUSDT",)) as rig:
        watch = Watch(symbols=["ETHUSDT"])
        await asyncio.gather(*(rig.engine.commands.submit(watch, "test") for _ in range(3)))
        assert rig.engine.market.watched == ["binance:BTCUSDT", "binance:ETHUSDT"]
        answer = await rig.engine.commands.submit(Unwatch(symbols=["ETHUSDT", "ethusdt"]), "test")
        assert answer == {"symbols": ["binance:BTCUSDT"]}


@pytest.mark.parametrize("id_", ["", "a b", "x" * 65, "a:1", "\x1b[2J"])
async def test_an_id_that_is_no_word_is_refused(tmp_path: Path, id_: str) -> None:
    recording = write_recording(tmp_path / "frames", prints=50)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        with pytest.raises(UsageError, match="id"):
            await rig.register("sma_crossover", id=id_)


async def test_flatten_on_the_way_out_waits_for_positions_taken_since_the_last_figures(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1500)
    async with exchange_of(recording, speed=60.0) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await rig.register("sma_crossover")
        exchange.resume()
        engine = rig.engine
        await until(lambda: (f := engine.roster[id_].figures) is not None and f.position != 0, "a position")
        engine.roster[id_].figures = None  # as before the first figures came
        await engine.commands.submit(Pause(id=None), "test")  # or it would be in again before anyone looks
        await engine.commands.submit(Flatten(id=None), "test")
        assert await engine.answers.flat()
        assert engine.roster[id_].figures is not None


def test_a_close_is_said_again_whatever_the_snapshot_holds() -> None:
    entry = Entry("x-1", Register(name="x", symbols=["a:B"], id="x-1"), None)
    entry.tell(7, Lever(id="x-1", lever="pause", number=1))
    entry.tell(9, Lever(id="x-1", lever="close", number=2))
    entry.tell(12, Lever(id="x-1", lever="flatten", number=3))
    entry.keep(Snapshot("x-1", 12, "", "", b"", told=2))
    entry.keep(Snapshot("x-1", 12, "", "", b"", told=2))
    assert [(after, told.lever) for after, told in entry.levers] == [(12, "closing"), (12, "flatten")]
    assert [told.lever for told in entry.stance.values()] == ["pause", "close"]
