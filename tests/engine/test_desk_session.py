"""Sessions of the desk on a real engine: what they register, what targets, drawdowns and limits do, and that all of it is there again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.desk_orders import ChangeSession, PauseSession, ResumeSession, SetMode, Settings, StartSession, StopSession
from core.engine.desk_answers import risk_view
from core.engine.periods import day_of, month_of, week_of
from core.errors import UsageError
from core.research.audit import run_audit
from core.types import DAY
from tests.engine.engine_rig import Rig, exchange_of, running, until, write_recording

BUSY = {"interval": "tick", "fast": 2, "slow": 3}


#: Long for some prints, then short for as many: it trades often, and loses its fees.
TURNS = '''"""Turns round every few prints."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.strategy import Interval


class Params(Struct, frozen=True, kw_only=True):
    every: Annotated[int, Meta(ge=1, description="prints")] = 5
    interval: Interval = "tick"


STATE = np.dtype([("seen", "i8")])


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    s.seen += 1
    out[0] = 1.0 if s.seen // p.every % 2 == 0 else -1.0
'''


def teach(home: Path) -> None:
    """Put the strategy into a home."""
    (home / "strategies").mkdir(parents=True, mode=0o700)
    (home / "strategies" / "turns.py").write_text(TURNS)


def settings(**more: Any) -> Settings:
    words = {
        "strategies": ["sma_crossover", "momentum"],
        "watchlist": ["BTCUSDT", "ETHUSDT"],
        "side": "long_short",
        "max_leverage": 100.0,
        "max_notional": 1e12,
    }
    return Settings(**(words | more))


async def busy(rig: Rig, symbol: str = "BTCUSDT", **more: Any) -> str:
    return await rig.register("sma_crossover", symbol, params=BUSY, **more)


def flat(rig: Rig, id_: str) -> bool:
    """It has told its figures, and holds nothing."""
    figures = rig.engine.roster[id_].figures
    return figures is not None and figures.position == 0.0


def test_periods_begin_at_midnights_of_utc() -> None:
    moment = 1_700_000_000_000_000_000  # 2023-11-14T22:13:20Z, a Tuesday
    assert day_of(moment) == 1_699_920_000_000_000_000
    assert week_of(moment) == 1_699_833_600_000_000_000
    assert month_of(moment) == 1_698_796_800_000_000_000
    assert week_of(week_of(moment)) == week_of(moment)


async def test_a_session_registers_its_strategies_and_is_there_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    teach(home)
    async with exchange_of(write_recording(tmp_path / "frames"), speed=20.0) as exchange:
        async with running(home, exchange) as rig:
            submit = rig.engine.commands.submit
            with pytest.raises(UsageError, match="no session runs"):
                await submit(PauseSession(), "test")
            with pytest.raises(UsageError, match="there is no strategy nosuch"):
                await submit(StartSession(settings=settings(strategies=["nosuch"])), "test")
            with pytest.raises(UsageError, match=r"groups: BTCUSDT\+btcusdt names fewer than two symbols"):
                await submit(StartSession(settings=settings(groups=["BTCUSDT+btcusdt"])), "test")
            with pytest.raises(UsageError, match="this engine streams binance only"):
                await submit(StartSession(settings=settings(groups=["other:BTCUSDT+ETHUSDT"])), "test")
            with pytest.raises(UsageError, match="min_notional 10 is above max_notional 5"):
                await submit(StartSession(settings=settings(max_notional=5.0)), "test")
            with pytest.raises(UsageError, match="pairs trades 2 symbols"):
                await submit(StartSession(settings=settings(strategies=["pairs"])), "test")
            answer = await submit(
                StartSession(settings=settings(strategies=["turns", "momentum"], weights={"momentum": 2.0}), name="first"), "test"
            )
            assert len(answer["strategies"]) == len(rig.engine.roster) == 4
            terms = {entry.id: entry.terms for entry in rig.engine.roster}
            assert {(t.size, t.qty, t.capital, t.stop_loss_pct) for t in terms.values()} == {
                ("quote", 50.0, 2500.0, 10.0), ("quote", 100.0, 2500.0, 10.0),
            }  # fmt: skip
            with pytest.raises(UsageError, match="the session first is running"):
                await submit(StartSession(settings=settings()), "test")
            await submit(PauseSession(), "test")
            await until(lambda: all(entry.paused for entry in rig.engine.roster), "all are paused")
        async with running(home, exchange) as rig:
            session = rig.engine.session
            assert session.course is not None
            assert (session.course.name, session.course.state, session.course.settings.weights) == ("first", "paused", {"momentum": 2.0})
            await rig.engine.commands.submit(ResumeSession(), "test")
            exchange.resume()
            await until(lambda: len(rig.engine.blotter.lines) > 3, "it trades")
            await rig.engine.commands.submit(StopSession(), "test")
            await until(lambda: not len(rig.engine.roster), "all are gone")
            made = session.periods.made(session.course.members)
            await rig.settle()
            fills = await rig.fills()
            assert made == pytest.approx(sum(fill["realised"] - fill["fee"] for fill in fills), abs=1e-9)
            assert session.course.state == "stopped"
        async with running(home, exchange) as rig:
            assert rig.engine.session.periods.made(rig.engine.session.course.members) == pytest.approx(made, abs=1e-9)


@pytest.mark.slow
async def test_no_more_positions_than_allowed_are_opened_and_the_audit_agrees(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames", prints=3000), speed=20.0) as exchange, running(home, exchange) as rig:
        engine = rig.engine
        await engine.commands.submit(
            StartSession(settings=settings(strategies=["rsi"], watchlist=["BTCUSDT"], max_positions=1, capital=1e9)), "test"
        )
        first, second = await busy(rig), await busy(rig, "ETHUSDT")
        exchange.resume()
        await until(lambda: any(row.kind == "blocked" and row.reason == "no new positions" for row in engine.blotter.lines), "a block")
        await until(lambda: any("too many positions: 1 of 1 are open" in e.row().detail for e in engine.roster), "it says why")
        await engine.commands.submit(ChangeSession(settings=settings(max_positions=5)), "test")
        await until(lambda: engine.roster[first].bound.mode == engine.roster[second].bound.mode == "normal", "room again")
        await until(lambda: engine.session.course.settings.max_positions == 5, "changed")
        exchange.pause()
        await rig.settle()
        blocks = await engine.ledger.desk.newest_blocks(1000)
        assert {row["reason"] for row in blocks} == {"no new positions"}
        assert all("too many positions" in row["detail"] for row in blocks)
    assert not run_audit(home).details


async def test_the_account_s_levers_hold_for_all_and_for_those_to_come(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames", prints=3000), speed=20.0) as exchange:
        async with running(home, exchange) as rig:
            engine = rig.engine
            old = await busy(rig)
            exchange.resume()
            await until(lambda: len(engine.blotter.lines) > 3, "it trades")
            await engine.commands.submit(SetMode(mode="stop_new", flatten=True), "tui")
            await until(lambda: flat(rig, old), "flat")
            young = await busy(rig, "ETHUSDT")
            await until(lambda: engine.roster[young].figures is not None and engine.roster[young].figures.blocked > 0, "held back")
            assert not await rig.fills(young)
            assert engine.limiting.applied(engine.roster[young]).mode == "stop_new"
        async with running(home, exchange) as rig:
            engine = rig.engine
            assert (engine.guard.mode, engine.guard.by) == ("stop_new", "tui")
            assert {engine.limiting.applied(entry).mode for entry in engine.roster} == {"stop_new"}
            kinds = [row["kind"] for row in await engine.ledger.commands()]
            await engine.commands.submit(SetMode(), "test")
            await until(lambda: {entry.bound.mode for entry in engine.roster} == {"normal"}, "free")
            await until(lambda: any(row.kind == "fill" and row.strategy_id == young for row in engine.blotter.lines), "it trades")
            assert kinds.count("limits") == 2  # nothing was told again by the start
            exchange.pause()
            await rig.settle()
    assert not run_audit(home).details


@pytest.mark.slow
async def test_a_drawdown_closes_what_is_open_and_lets_nothing_in_until_the_session_is_resumed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    teach(home)
    rule = settings(strategies=["turns"], watchlist=["BTCUSDT"], max_drawdown_pct=0.001, on_drawdown="flatten", capital=1_000.0)
    async with exchange_of(write_recording(tmp_path / "frames", prints=3000), speed=20.0) as exchange:
        async with running(home, exchange) as rig:
            engine = rig.engine
            (id_,) = (await engine.commands.submit(StartSession(settings=rule), "test"))["strategies"]
            exchange.resume()
            await until(lambda: "drawdown" in engine.session.course.reached, "reached")
            await until(lambda: flat(rig, id_) and engine.roster[id_].bound.mode == "stop_new", "closed")
            text = "drawdown limit"
            assert any(text in row.text and "positions are closed, nothing new is opened" in row.text for row in engine.alarms.rows())
            await until(lambda: f"blocked: no new positions ({text}" in engine.roster[id_].row().detail, "it says why")
        async with running(home, exchange) as rig:
            engine = rig.engine
            assert engine.session.holds(engine.roster[id_]).mode == "stop_new"
            count = len(await rig.fills())
            await engine.commands.submit(ChangeSession(settings=settings(max_drawdown_pct=None, capital=1_000.0)), "test")
            await engine.commands.submit(ResumeSession(), "test")
            await until(lambda: sum(row.kind == "fill" for row in engine.blotter.lines) > count, "it trades again")
            exchange.pause()
            await rig.settle()
    assert not run_audit(home).details


async def test_a_weekly_target_is_told_and_holds_back_for_the_week(tmp_path: Path) -> None:
    home = tmp_path / "home"
    teach(home)
    rule = settings(strategies=["turns"], watchlist=["BTCUSDT"], target_week=1e-9, on_target="stop_new", capital=1_000.0)
    async with exchange_of(write_recording(tmp_path / "frames", prints=3000), speed=20.0) as exchange, running(home, exchange) as rig:
        engine = rig.engine
        (id_,) = (await engine.commands.submit(StartSession(settings=rule), "test"))["strategies"]
        engine.session.course.members[id_].capital -= 5.0  # as if it had made so much
        exchange.resume()
        await until(lambda: "target" in engine.session.course.reached, "reached")
        assert engine.session.course.reached["target"].week_ns == week_of(engine.clock.now_ns())
        assert "weekly target" in engine.session.holds(engine.roster[id_]).reason
        engine.session.course.reached["target"].week_ns -= 7 * DAY
        await engine.session.look()
        assert engine.session.course.reached["target"].week_ns == week_of(engine.clock.now_ns())


@pytest.mark.slow
async def test_a_symbol_that_fell_silent_or_whose_price_is_far_from_its_quotes_opens_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    teach(home)
    guarded = settings(strategies=["turns"], watchlist=["BTCUSDT"], stale_s=1.0, band_pct=1.0, capital=1e6)
    async with exchange_of(write_recording(tmp_path / "frames", prints=3000), speed=20.0) as exchange, running(home, exchange) as rig:
        engine = rig.engine
        (id_,) = (await engine.commands.submit(StartSession(settings=guarded), "test"))["strategies"]
        exchange.resume()
        await until(lambda: len(engine.blotter.lines) > 3, "it trades")
        exchange.pause()
        await until(lambda: "stale price: the last was heard" in engine.roster[id_].bound.reason, "silence holds it back")
        assert engine.limiting.applied(engine.roster[id_]).mode in ("stop_new", "reduce_only")
        limits = {row.name: row for row in risk_view(engine, []).limits}
        assert (limits["silence"].state, limits["silence"].limit, limits["silence"].detail) == ("reached", 1.0, "BTCUSDT")
        assert (limits["price off quotes"].state, limits["price off quotes"].unit) == ("ok", "%")
        exchange.resume()
        await until(lambda: engine.roster[id_].bound.mode == "normal", "it may trade again")
        exchange.pause()
        seen = engine.market.of(engine.symbols["binance:BTCUSDT"])
        seen.bid = seen.ask = 2.0 * (seen.last or 0.0)
        seen.seen_ns = engine.clock.now_ns()
        engine.guard.look(at_once=True)
        assert engine.roster[id_].bound.reason == "outside the price band: the last price off the quotes: 50.00 %, 1 % at most"
        await rig.settle()
    assert not run_audit(home).details
