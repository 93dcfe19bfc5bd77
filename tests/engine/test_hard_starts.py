"""Starts and stops at bad moments: a symbol is gone, a worker is killed while it starts, a database is locked till the end."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from core.commands import Unregister
from core.engine.engine import Engine
from core.engine.recovery import Recovery
from core.engine.roster import Entry
from core.feed.feed import Feed
from core.research.audit import run_audit
from core.store.tape import Tape
from core.strategy_files import builtin_folder
from core.types import Origin
from core.workers.worker import Worker
from tests.engine.engine_rig import exchange_of, running, until, write_recording
from tests.engine.replay_rig import prints, write_tape

BUSY = {"interval": "tick", "fast": 2, "slow": 3}


@pytest.mark.slow
async def test_a_home_starts_when_a_symbol_it_recorded_is_listed_no_more_and_goes_on_when_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strategies on it are halted with that reason, the others trade."""
    async with exchange_of(write_recording(tmp_path / "frames", prints=600), speed=30.0) as exchange:
        async with running(tmp_path / "home", exchange) as rig:
            gone, there = await rig.register("sma_crossover", params=BUSY), await rig.register("sma_crossover", "ETHUSDT", params=BUSY)
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 50, "some prints")
            exchange.pause()
        exchange.set_status("BTCUSDT", None)
        monkeypatch.setattr("core.engine.streaming.Feed", partial(Feed, tickers_every_s=0.5))
        async with running(tmp_path / "home", exchange) as rig:
            await until(lambda: rig.engine.roster[gone].halted != "", "it is halted")
            assert "not listed" in rig.engine.roster[gone].halted
            assert rig.engine.roster[there].halted == ""
            exchange.set_status("BTCUSDT", "TRADING")
            await until(lambda: rig.engine.roster[gone].halted == "", "it may trade again")
            await rig.play()
            assert (await rig.fills(gone))[-1]["seq"] > rig.engine.last_seq - 200


async def test_a_worker_that_is_killed_while_it_starts_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Worker.start
    killed: list[int] = []

    async def start_and_be_killed(worker: Worker) -> None:
        await start(worker)
        if not killed:
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    monkeypatch.setattr(Worker, "start", start_and_be_killed)
    async with exchange_of(write_recording(tmp_path / "frames", prints=50)) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await rig.register("sma_crossover", params=BUSY)
        worker = rig.engine.pool.holding(id_)
        assert worker is not None
        assert killed
        assert worker.pid not in killed
        await rig.play()


async def test_a_tape_that_is_in_trouble_while_it_closes_does_not_ask_for_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger is closed by then."""
    close, troubles = Tape.close, []

    async def close_in_trouble(tape: Tape) -> None:
        assert tape.on_trouble is not None
        tape.on_trouble("locked by another program")
        troubles.append(tape)
        await close(tape)

    monkeypatch.setattr(Tape, "close", close_in_trouble)
    async with exchange_of(write_recording(tmp_path / "frames", prints=50)) as exchange, running(tmp_path / "home", exchange) as rig:
        await rig.play()
    assert troubles == [rig.engine.tape]


async def test_what_a_strategy_did_after_its_snapshot_is_known_at_the_start(tmp_path: Path) -> None:
    """Should its worker die before it has done that again, the journal must not say that it ended earlier."""
    async with exchange_of(write_recording(tmp_path / "frames", prints=200)) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await rig.register("sma_crossover", params=BUSY)
        await rig.play()
        last = max(fill["seq"] for fill in await rig.fills(id_))
        entry = Entry(id_, rig.engine.roster[id_].order, None)
        entry.since = 1
        await asyncio.to_thread(Recovery(rig.engine)._find_reported, [entry])
        assert entry.reported == last > 1


@pytest.mark.slow
async def test_a_strategy_whose_file_no_longer_loads_and_that_is_taken_out_ended_where_it_last_ran(tmp_path: Path) -> None:
    """An audit does not run it over ticks that it never saw."""
    home = tmp_path / "home"
    (home / "strategies").mkdir(parents=True)
    file = home / "strategies" / "mine.py"
    file.write_text((builtin_folder() / "sma_crossover.py").read_text())
    async with exchange_of(write_recording(tmp_path / "frames", prints=800), speed=60.0) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("mine", params=BUSY)
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 200, "some prints")
            exchange.pause()
            await rig.settle()
        file.write_text(file.read_text() + "\n)\n")
        async with running(home, exchange) as rig:
            assert rig.engine.roster[id_].state == "failed"
            await rig.play()
            await rig.engine.commands.submit(Unregister(id=id_), "test")
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical > 10


async def test_a_ledger_that_is_gone_is_told_once_and_one_that_is_new_with_its_tape_is_not(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = "the ledger was not there and begins anew: strategies and fills of before are not known"

    def alerts(engine: Engine) -> list[str]:
        return [row.text for row in engine.alarms.rows() if "ledger" in row.text]

    async with exchange_of(write_recording(tmp_path / "frames", prints=200)) as exchange:
        async with running(home, exchange) as rig:
            await rig.play()
            assert alerts(rig.engine) == []
        for part in ("", "-wal", "-shm"):
            (home / f"ledger.db{part}").unlink(missing_ok=True)
        for _ in range(2):
            async with running(home, exchange) as rig:
                assert alerts(rig.engine) == [told]
                assert [row["text"] for row in await rig.engine.ledger.alerts.newest(50)].count(told) == 1


async def test_an_imported_tape_without_a_ledger_is_nothing_to_tell(tmp_path: Path) -> None:
    ticks = prints(count=20)
    ticks["origin"] = Origin.LATE  # without a seq, as what is imported
    await write_tape(tmp_path / "home", ("BTCUSDT", ticks))
    async with exchange_of(write_recording(tmp_path / "frames", prints=200)) as exchange, running(tmp_path / "home", exchange) as rig:
        assert not any("ledger" in row.text for row in rig.engine.alarms.rows())
