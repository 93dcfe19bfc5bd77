"""Queues, margin and the venue's own lots, live: the same in a backtest and in an audit, and told by orders as they were."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import msgspec
import pytest

from core.commands import Register, Resume, Terms
from core.engine.filters import kept_to
from core.errors import UsageError
from core.research.audit import run_audit
from core.store.ledger_reader import read_orders
from core.venues.venue import SymbolInfo
from tests.engine.engine_rig import Rig, backtest, bits, exchange_of, running, until, write_recording

QUEUED = Terms(
    side="long_short", qty=0.5, fee_bps=2, latency_ms=150, participation=0.8, entry="limit", limit_fill="queue", queue_model="quotes",
    exits="resting", take_profit_pct=0.004, stop_loss_pct=0.02, maker_fee_bps=-1, leverage=100, capital=400.0,
)  # fmt: skip

#: A margin that a move of one unit ends.
LENT = Terms(side="long_short", capital=240.5, fee_bps=0.01, leverage=125, maintenance_pct=0.799, liquidation_fee_bps=0.5)


def terms_kept(home: Path, id_: str) -> Terms:
    """The terms a strategy was journalled with."""
    with sqlite3.connect(f"file:{home / 'ledger.db'}?mode=ro", uri=True) as db:
        rows = [json.loads(row[0]) for row in db.execute("SELECT payload FROM commands WHERE kind = 'register'")]
    db.close()
    return msgspec.convert(next(row["terms"] for row in rows if row["id"] == id_), Terms)


@pytest.mark.slow
async def test_queues_and_margin_are_live_what_they_are_in_a_backtest_and_an_audit(tmp_path: Path) -> None:
    recording, home = write_recording(tmp_path / "frames", prints=3000), tmp_path / "home"
    async with exchange_of(recording, speed=60.0) as exchange:
        async with running(home, exchange, **{"paper.filters": "venue"}) as rig:
            queued = await rig.register("sma_crossover", terms=QUEUED)
            lent = await rig.register("sma_crossover", terms=LENT)
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 1500, "some prints")
            exchange.pause()
            await rig.settle()
        async with running(home, exchange) as rig:
            await rig.play()
            await until(lambda: rig.engine.tape.total == 6000, "all prints on the tape")
            await rig.settle()
            live = {id_: bits(await rig.fills(id_)) for id_ in (queued, lent)}
            assert rig.engine.roster[lent].detail == "blocked: liquidated, until it is resumed"
    for id_, asked in ((queued, QUEUED), (lent, LENT)):
        kept = terms_kept(home, id_)
        assert kept == msgspec.structs.replace(asked, lot=kept.lot, tick_size=kept.tick_size, min_notional=5.0)
        assert live[id_] == bits(backtest(home, "sma_crossover", "BTCUSDT", terms=kept).fills)
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills == sum(map(len, live.values()))
    assert len(live[queued]) > 4
    _judge_orders(home, queued, lent)


def _judge_orders(home: Path, queued: str, lent: str) -> None:
    placed = read_orders(home / "ledger.db", queued)
    assert {(row["kind"], row["reason"]) for row in placed} >= {("limit", "signal"), ("limit", "take_profit")}
    resting = [
        row for row in placed if row["kind"] == "limit" and row["filled"] and abs(row["qty"]) <= QUEUED.qty
    ]  # the others close first
    assert [row["average"] for row in resting] == pytest.approx([row["limit_price"] for row in resting])
    assert all(row["filled"] == pytest.approx(abs(row["qty"])) for row in placed if row["state"] == "filled")
    last = read_orders(home / "ledger.db", lent)[-1]
    assert (last["reason"], last["kind"], last["state"], last["limit_price"]) == ("liquidated", "market", "filled", None)


@pytest.mark.slow
async def test_a_liquidated_strategy_trades_again_once_it_is_resumed(tmp_path: Path) -> None:
    recording, home = write_recording(tmp_path / "frames", prints=3000), tmp_path / "home"
    small = msgspec.structs.replace(LENT, qty=0.01, capital=2.405)
    async with exchange_of(recording, speed=60.0) as exchange, running(home, exchange) as rig:
        id_ = await rig.register("sma_crossover", terms=small)
        exchange.resume()
        await until(lambda: bool(_reasons(rig, "liquidated")), "a liquidation")
        await until(lambda: rig.engine.roster[id_].state == "paused", "it trades no more")
        await rig.engine.commands.submit(Resume(id=id_), "test")
        await until(lambda: bool(_reasons(rig, "not enough margin")), "a signal again, for which there is no margin left")
        await rig.play()
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills > 1


def _reasons(rig: Rig, reason: str) -> list[str]:
    return [line.kind for line in rig.engine.blotter.lines if line.reason == reason]


@pytest.mark.slow
async def test_the_venues_sizes_are_said_and_what_it_does_not_list_is_refused(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=50)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange, **{"paper.filters": "venue"}) as rig:
        answer = await rig.engine.commands.submit(Register(name="rsi", symbols=["BTCUSDT"], terms=Terms(lot=0.25)), "test")
        assert answer["note"].startswith("the venue's tick_size ")
        assert terms_kept(rig.home, answer["id"]).lot == 0.25
        with pytest.raises(UsageError, match=r"paper\.filters=venue, and binance does not list NOWHERE"):
            await rig.engine.commands.submit(Register(name="rsi", symbols=["NOWHERE"]), "test")


def listed(step: float, tick: float, least: float) -> SymbolInfo:
    return SymbolInfo("X", "TRADING", "X", "USDT", tick, step, least)


def test_legs_keep_to_what_they_share() -> None:
    terms, words = kept_to([listed(0.1, 0.01, 5.0), listed(0.1, 0.5, 10.0)], Terms())
    assert (terms.lot, terms.tick_size, terms.min_notional) == (0.1, None, 10.0)
    assert words == "the venue's lot 0.1, min_notional 10; its legs differ in tick_size, which is left out"
    assert kept_to([listed(0.0, 0.0, 0.0)], Terms()) == (Terms(), "")
