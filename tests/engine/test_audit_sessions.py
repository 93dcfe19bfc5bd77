"""What a real engine made with real workers, through levers, restarts and edits, an audit finds identical."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core.commands import Flatten, Pause, Resume, SetLimits, Terms, Unregister
from core.research.audit import Findings, run_audit
from core.strategy_files import builtin_folder
from tests.engine.engine_rig import Rig, exchange_of, running, until, write_recording

TERMS = Terms(side="long_short", qty=0.5, fee_bps=2, slippage_bps=1, latency_ms=150, stop_loss_pct=0.3, participation=0.8)

PLAIN = '''"""Bets on nothing."""
from core.strategy import Interval
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    interval: Interval = "1s"
class Strategy:
    def __init__(self, params):
        self.seen = 0
    def on_tick(self, tick):
        self.seen += 1
        if self.seen == 900:
            raise ValueError("no more")
        return 1.0 if self.seen // 17 % 2 else -1.0
'''


async def audit(rig: Rig) -> Findings:
    """Of an engine that runs."""
    seq = await rig.engine.answers.settled()
    running_now = {entry.id for entry in rig.engine.roster if entry.state != "failed"}
    return await asyncio.to_thread(run_audit, rig.home, horizon=seq, running=running_now)


async def printed(rig: Rig, count: int) -> None:
    """Wait until so many prints came, then hold the exchange."""
    rig.exchange.resume()
    await until(lambda: rig.engine.market.ticks_total >= count, f"{count} prints")
    rig.exchange.pause()
    await rig.settle()


async def tell(rig: Rig, *commands: Any) -> None:
    for command in commands:
        await rig.engine.commands.submit(command, "test")


def count_fills(home: Path) -> dict[str, int]:
    with sqlite3.connect(f"file:{home / 'ledger.db'}?mode=ro", uri=True) as db:
        return dict(db.execute("SELECT strategy_id, count(*) FROM fills GROUP BY 1").fetchall())


def write_strategies(home: Path, last: int) -> Path:
    """Strategies of the home's own, of which one raises at a tick; the other, which will be edited."""
    folder = home / "strategies"
    folder.mkdir(parents=True)
    (folder / "plain.py").write_text(PLAIN.replace("900", str(last)))
    mine = folder / "mine.py"
    mine.write_text((builtin_folder() / "sma_crossover.py").read_text())
    return mine


@pytest.mark.slow
async def test_sessions_with_levers_restarts_and_an_edited_strategy_come_out_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    mine = write_strategies(home, 2800)
    text = mine.read_text()
    async with exchange_of(write_recording(tmp_path / "frames", prints=3000), speed=200.0) as exchange:
        async with running(home, exchange) as rig:
            ids = [await rig.register("sma_crossover", terms=TERMS), await rig.register("mine"), await rig.register("plain", "ETHUSDT")]
            await printed(rig, 900)
            await tell(rig, Pause(id=ids[0]), SetLimits(id=ids[1], mode="reduce_only"))
            await printed(rig, 1400)
            await tell(rig, Resume(id=ids[0]), Flatten(id=None), SetLimits(id=None, mode="normal", max_position=0.4))
            await printed(rig, 2000)
            found = await audit(rig)
            assert found.details == []
            assert found.fills == found.identical == sum(count_fills(home).values()) > 50
            assert found.books["compared"] == found.books["identical"]
        mine.write_text(text.replace("out[0] = -1.0", "out[0] = 0.0"))
        async with running(home, exchange) as rig:
            await tell(rig, SetLimits(id=ids[1]), Pause(id="plain-1"), Resume(id="plain-1"))
            await printed(rig, 1500)
            await tell(rig, Flatten(id=ids[1]), Unregister(id=ids[0]))
            await rig.play()
            await until(lambda: rig.engine.tape.total == 6000, "all prints on the tape")
            await until(lambda: ids[0] not in rig.engine.roster, "gone")
            assert rig.engine.roster["plain-1"].state == "failed"
            await rig.settle()
            found = await audit(rig)
            assert found.details == []
            assert {line["strategy"] for line in found.edited} == {ids[1]}
    found = run_audit(home)
    assert found.details == []
    assert (found.sessions, found.differences, found.not_auditable, found.pending) == (2, 0, [], [])
    assert found.fills == found.identical == sum(count_fills(home).values())
    assert min(count_fills(home).values()) > 4, count_fills(home)
    assert found.books["compared"] == found.books["identical"] > 3
    assert found.tape["missing"] == 0
    (edit,) = found.edited
    assert (edit["strategy"], edit["at_seq"] is not None) == (ids[1], True)


@pytest.mark.slow
async def test_a_strategy_that_failed_and_is_resumed_from_a_mended_file_is_audited_through_both_lives(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_strategies(home, 900)
    plain = home / "strategies" / "plain.py"
    async with (
        exchange_of(write_recording(tmp_path / "frames", prints=2500), speed=200.0) as exchange,
        running(home, exchange) as rig,
    ):
        id_ = await rig.register("plain", terms=TERMS)
        exchange.resume()
        await until(lambda: rig.engine.roster[id_].state == "failed", "it raised")
        exchange.pause()
        plain.write_text(PLAIN.replace("900", "-1").replace("17", "7"))
        await tell(rig, Resume(id=id_), Pause(id=id_), Resume(id=id_))
        await rig.play()
        found = await audit(rig)
        assert found.details == []
        assert found.fills == found.identical == count_fills(home)[id_] > 100
    found = run_audit(home)
    assert (found.details, found.differences) == ([], 0)
    assert [line["strategy"] for line in found.edited] == [id_]


@pytest.mark.slow
async def test_an_audit_of_a_home_that_was_killed_says_what_the_next_start_will_do_and_then_it_is_done(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames", prints=2000), speed=200.0) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("sma_crossover", terms=TERMS)
            await printed(rig, 2000)
            seq = await rig.engine.answers.settled()
        lost = _forget(home, id_, seq - 600)  # as if nothing of its last ticks had reached the ledger
        assert lost > 1
        found = run_audit(home)
        assert (found.details, found.differences) == ([], 0)
        (wait,) = found.pending
        assert wait["strategy"] == id_
        assert wait["ticks"] > 100
        async with running(home, exchange) as rig:
            await rig.play()
            found = await audit(rig)
            assert found.details == []
            assert found.fills == found.identical == count_fills(home)[id_]


def _forget(home: Path, id_: str, after: int) -> int:
    with sqlite3.connect(home / "ledger.db") as db:
        db.execute("DELETE FROM snapshots WHERE seq > ?", (after,))
        lost = db.execute("DELETE FROM fills WHERE strategy_id = ? AND seq > ?", (id_, after)).rowcount
        db.execute("DELETE FROM orders WHERE seq > ?", (after,))
        db.execute("UPDATE sessions SET ended_ns = NULL")
        kept = db.execute("SELECT payload FROM snapshots").fetchall()
    db.close()
    assert any("start" in json.loads(payload) for (payload,) in kept)
    return int(lost)
