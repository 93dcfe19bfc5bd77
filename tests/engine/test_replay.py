"""A recorded span played through a real engine: same bars, same fills, and controls that do what they say."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from engine_rig import bits, until
from replay_rig import NAMES, START, STREAM, Played, prints, recorded, replaying, write_tape

from core.alert_rules import PriceRule
from core.analytics.bar_cuts import Cuts
from core.analytics.bars import aggregate
from core.clock import iso
from core.commands import ReplayPace, ReplaySeek, ReplayStep, SetAlert, Terms, Watch
from core.config import load as load_config
from core.engine import replay_run
from core.engine.engine import Engine
from core.errors import SourceError, UsageError
from core.home import make_home
from core.replay.plan import Plan, plan_of
from core.replay.recording import open_recording
from core.research.backtest import run_backtest
from core.research.order import Order
from core.store.reader import read_ticks
from core.strategy_files import builtin_folder
from core.types import MINUTE, SECOND, Records, Symbols, bar_kind, interval_ns


async def test_what_is_replayed_is_on_the_replays_own_tape_print_by_print_and_makes_the_same_bars(tmp_path: Path) -> None:
    async with recorded(tmp_path) as played:
        await played.to_end()
        for name in NAMES:
            full = f"binance:{name}"
            was = read_ticks(tmp_path / "tape.db", full, STREAM, symbols=Symbols([full]))
            now = read_ticks(played.engine.home / "tape.db", full, STREAM, as_delivered=True, symbols=Symbols([full]))
            for field in ("ts", "id", "price", "qty", "bid", "ask", "side"):
                np.testing.assert_array_equal(was[field], now[field], err_msg=field)
            for interval in ("1s", "1m", "1h"):
                assert aggregate(now, interval_ns(interval)).tobytes() == aggregate(was, interval_ns(interval)).tobytes()
            chart = played.engine.charts.bars({"symbol": name, "interval": "1m"})
            await until(lambda: not played.engine.charts.bars({"symbol": name, "interval": "1m"})["loading"], "the chart")  # noqa: B023
            chart = played.engine.charts.bars({"symbol": name, "interval": "1m"})
            bars = aggregate(was, MINUTE)
            wanted = [[int(b["start"]), *(float(b[k]) for k in ("open", "high", "low", "close", "volume"))] for b in bars]
            assert [bar[:6] for bar in chart["bars"]] == wanted


async def test_a_strategy_registered_before_the_start_fills_as_a_backtest_of_the_recording_does(tmp_path: Path) -> None:
    async with recorded(tmp_path, "BTCUSDT", count=4000) as played:
        id_ = await played.register("sma_crossover", params={"fast": 3, "slow": 8})
        await played.to_end()
        mine = await played.engine.ledger.fills(id_)
    assert len(mine) > 10
    for as_delivered in (False, True):
        order = Order(
            ["tape:BTCUSDT"], "sma_crossover", [builtin_folder()], {"interval": "1s", "fast": 3, "slow": 8}, Terms(side="long_short"),
            home=tmp_path, as_delivered=as_delivered,
        )  # fmt: skip
        assert bits(run_backtest(order).fills) == bits(mine)


async def test_it_stands_still_until_it_is_told_to_play_and_a_pause_holds(tmp_path: Path) -> None:
    async with recorded(tmp_path) as played:
        assert played.ticks == 0
        await played.do(ReplayPace(speed=50))
        await until(lambda: played.ticks > 20, "prints come")
        await played.do(ReplayPace(paused=True))
        played.engine.incoming.absorb()
        held, at = played.ticks, played.engine.clock.now_ns()
        for _ in range(20):
            await played.engine.tape.flush()
        played.engine.incoming.absorb()
        assert (played.ticks, played.engine.clock.now_ns()) == (held, at)
        assert played.replay.view().state == "paused"


async def test_a_step_is_exactly_one_print(tmp_path: Path) -> None:
    async with recorded(tmp_path) as played:
        for number in range(1, 6):
            await played.step()
            assert played.ticks == number
            assert played.replay.view().state == "paused"
        newest = played.engine.recent.since(0)
        assert newest is not None
        assert played.engine.clock.now_ns() == newest["ts"][-1]


async def test_a_step_of_a_bar_ends_with_the_print_that_closes_it(tmp_path: Path) -> None:
    async with recorded(tmp_path, "BTCUSDT") as played:
        ticks = prints()
        for minute in (1, 2, 3):
            await played.step("1m", symbol="BTCUSDT")
            first = int(np.searchsorted(ticks["ts"], START + minute * MINUTE))
            assert played.ticks == first + 1
            assert played.engine.clock.now_ns() == ticks["ts"][first]


@pytest.mark.parametrize("text", ["tick:50", "volume:20", "dollar:500k"])
@pytest.mark.parametrize("charted", [False, True], ids=["no chart", "charted"])
async def test_a_step_of_a_bar_that_is_not_cut_by_time_ends_with_the_print_that_begins_the_next(
    tmp_path: Path, text: str, charted: bool
) -> None:
    ticks = prints()
    _, begins, _ = Cuts(bar_kind(text)).take(ticks)
    async with recorded(tmp_path) as played:
        for number, at in enumerate(begins[1:5]):
            await played.step(text, symbol="BTCUSDT")
            (newest,) = played.engine.recent.newest(played.engine.symbols["binance:BTCUSDT"], 1)
            assert newest["id"] == ticks["id"][at], number
            assert played.engine.last_seq == newest["seq"], "nothing of any symbol after it"
            assert played.replay.view().state == "paused"
            if charted:
                ask = {"symbol": "BTCUSDT", "interval": text}
                await until(lambda ask=ask: not played.engine.charts.bars(ask)["loading"], "the chart is there")  # type: ignore[misc]
                assert len(played.engine.charts.bars(ask)["bars"]) == number + 2
        await played.step()
        await played.step(text, symbol="BTCUSDT")  # from within a bar
        (newest,) = played.engine.recent.newest(played.engine.symbols["binance:BTCUSDT"], 1)
        assert newest["id"] == ticks["id"][begins[5]]


async def test_a_recording_of_one_symbol_need_not_be_told_whose_bars_are_meant(tmp_path: Path) -> None:
    async with recorded(tmp_path, "BTCUSDT") as played:
        await played.step("tick:50")
        assert played.ticks == 51


async def test_a_seek_forward_plays_every_print_between_and_stands_where_it_stood(tmp_path: Path) -> None:
    async with recorded(tmp_path) as played:
        to_ns = START + 100 * SECOND
        await played.do(ReplaySeek(to_ns=to_ns))
        await until(lambda: played.replay.feed.goal is None, "it is there")
        played.engine.incoming.absorb()
        wanted = sum(int((prints(name)["ts"] < to_ns).sum()) for name in NAMES)
        assert played.ticks == wanted
        assert played.engine.clock.now_ns() == to_ns
        assert played.replay.view().state == "paused"


async def test_the_end_is_said_and_nothing_goes_on_or_hangs(tmp_path: Path) -> None:
    async with recorded(tmp_path, count=200) as played:
        await played.to_end()
        assert played.ticks == 400
        assert any("end of the recording" in row.text for row in played.engine.alarms.rows())
        assert played.replay.view().state == "ended"
        for command in (ReplayPace(speed=1), ReplayStep(), ReplayStep(interval="1m")):
            assert (await played.do(command))["state"] == "ended"


async def test_prices_are_stale_by_the_recordings_time_not_by_ours(tmp_path: Path) -> None:
    async with recorded(tmp_path) as played:
        await played.step("1m", symbol="BTCUSDT")
        now = played.engine.clock.now_ns()
        states = {row.symbol: row.state for row in played.engine.market.rows(now)}
        assert states["binance:BTCUSDT"] == "live"
        assert {row.state for row in played.engine.market.rows(now + 3600 * SECOND)} == {"stale"}


@pytest.mark.slow
async def test_an_engine_that_comes_back_goes_on_behind_the_last_print_of_its_tape(tmp_path: Path) -> None:
    async with recorded(tmp_path) as played:
        id_ = await played.register("sma_crossover", params={"fast": 3, "slow": 8})
        await played.do(ReplaySeek(to_ns=START + 150 * SECOND))
        await until(lambda: played.replay.feed.goal is None, "it is there")
        await played.settle()
        count = played.ticks
    async with replaying(tmp_path / "replay", open_recording([f"tape:{name}" for name in NAMES], tmp_path), tmp_path) as played:
        await played.to_end()
        assert count + played.ticks == 2 * 2000
        assert played.engine.tape.total == 2 * 2000
        halves = bits(await played.engine.ledger.fills(id_))
    async with replaying(tmp_path / "whole", open_recording([f"tape:{name}" for name in NAMES], tmp_path), tmp_path) as played:
        id_ = await played.register("sma_crossover", params={"fast": 3, "slow": 8})
        await played.to_end()
        assert [fill[2:] for fill in bits(await played.engine.ledger.fills(id_))] == [fill[2:] for fill in halves]


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["tape:NOPE"], "not on the tape"),
        (["tape:BTCUSDT@2030-01-01..2030-01-02"], "has no prints there"),
        (["tape:BTCUSDT@yesterday..today"], "is not a time"),
        (["tape:BTCUSDT", "tape:btcusdt"], "named twice"),
        (["/nowhere/at/all.csv"], "no such file"),
        ([], "nothing to play"),
    ],
    ids=["unknown symbol", "empty span", "no time", "twice", "no file", "nothing"],
)
async def test_what_cannot_be_played_is_one_line(tmp_path: Path, texts: list[str], line: str) -> None:
    await write_tape(tmp_path, ("BTCUSDT", prints(count=50)))
    with pytest.raises(SourceError, match=line) as caught:
        open_recording(texts, tmp_path)
    assert "\n" not in str(caught.value)


async def test_what_is_not_in_the_recording_is_refused(tmp_path: Path) -> None:
    async with recorded(tmp_path, count=100) as played:
        for command, line in (
            (Watch(symbols=["DOGEUSDT"]), "not in this recording"),
            (ReplaySeek(to_ns=START - SECOND), "goes from"),
            (ReplaySeek(to_ns=START + 10**16), "goes from"),
            (ReplayStep(interval="3 fortnights"), "no kind of bar"),
            (ReplayStep(interval="2d"), "1s to 1d"),
            (ReplayStep(interval="volume:10"), "counted for each symbol: say which of BTCUSDT, ETHUSDT"),
        ):
            with pytest.raises(UsageError, match=line):
                await played.do(command)


async def test_every_symbol_of_the_tape_is_one_word(tmp_path: Path) -> None:
    await write_tape(tmp_path, *((name, prints(name, 50)) for name in NAMES))
    assert open_recording(["tape:*"], tmp_path).names == list(NAMES)
    assert iso(START)[:10] == "2024-08-09"


@contextlib.asynccontextmanager
async def living(home: Path, plan: Plan) -> AsyncIterator[list[Played]]:
    """A replay as its process runs it, one engine after another; those that ran, the newest last."""
    make_home(home)
    ran: list[Played] = []

    async def serve(engine: Engine, opening: replay_run.Opening) -> int:
        await engine.start([])
        engine.spawn(opening(engine), "opening")
        ran.append(Played(engine))
        try:
            await engine.stopping.wait()
        finally:
            await engine.stop()
        return 0

    config = load_config(home, env={}, flags={"engine.workers": 1, "engine.memory_mb": 100_000}).config
    words = argparse.Namespace(home=home, speed="max", paused=True)
    life = asyncio.create_task(replay_run.run(words, plan, config, serve))
    try:
        await until(lambda: bool(ran) or life.done(), "an engine")
        yield ran
    finally:
        ran[-1].engine.stopping.set()
        assert await life == 0


@pytest.mark.slow
async def test_going_back_begins_anew_with_the_same_strategies_and_rules_and_fresh_books(tmp_path: Path) -> None:
    await write_tape(tmp_path, ("BTCUSDT", prints()))
    async with living(tmp_path / "replay", plan_of(tmp_path, ["tape:BTCUSDT"])) as ran:
        first = ran[0]
        id_ = await first.register("sma_crossover", params={"fast": 3, "slow": 8})
        await first.do(SetAlert(rule=PriceRule(symbol="BTCUSDT", side="above", level=30_000.0)))
        await first.to_end()
        fills = bits(await first.engine.ledger.fills(id_))
        assert len(fills) > 10
        await first.do(ReplaySeek(to_ns=START + 60 * SECOND))
        await until(lambda: len(ran) == 2, "a new engine")
        second = ran[1]
        await second.replay.opened.wait()
        await until(lambda: second.replay.feed.goal is None, "it is there")
        await second.settle()
        assert second.replay.view().state == "paused"
        assert second.engine.clock.now_ns() == START + 60 * SECOND
        assert [entry.id for entry in second.engine.roster] == [id_]
        assert len(second.engine.sentinel.rows()) == 1
        early = bits(await second.engine.ledger.fills(id_))
        assert 0 < len(early) < len(fills)
        await second.to_end()
        assert bits(await second.engine.ledger.fills(id_)) == fills
        assert second.engine.tape.total == 2000


async def test_commands_are_journalled_and_those_of_another_mode_refused(tmp_path: Path) -> None:
    async with recorded(tmp_path, "BTCUSDT", count=50) as played:
        await played.do(ReplayPace(speed="max"))
        rows = await played.engine.ledger.commands()
        assert [(row["kind"], json.loads(row["payload"])["speed"]) for row in rows] == [("pace", "max")]
        played.engine.replay = None
        with pytest.raises(UsageError, match="plays no recording"):
            await played.do(ReplayPace(paused=True))


async def test_what_lies_before_the_span_warms_strategies_up_and_fills_the_chart(tmp_path: Path) -> None:
    cut = START + 200 * SECOND
    async with recorded(tmp_path, "BTCUSDT", span=f"@{iso(cut)}..") as played:
        id_ = await played.register("sma_crossover", params={"fast": 3, "slow": 8})
        bars = lambda: played.engine.charts.bars({"symbol": "BTCUSDT", "interval": "1m"})  # noqa: E731
        await until(lambda: not bars()["loading"], "the chart")
        before = aggregate(prints().compress(prints()["ts"] < cut), MINUTE)
        assert [bar[0] for bar in bars()["bars"]] == before["start"].tolist()
        assert [bar[1:5] for bar in bars()["bars"]] == [[float(bar[k]) for k in ("open", "high", "low", "close")] for bar in before]
        await played.to_end()
        mine = bits(await played.engine.ledger.fills(id_))
    order = Order(
        ["tape:BTCUSDT"], "sma_crossover", [builtin_folder()], {"interval": "1s", "fast": 3, "slow": 8}, Terms(side="long_short"),
        home=tmp_path, from_ns=cut,
    )  # fmt: skip
    theirs = bits(run_backtest(order).fills)
    assert [(fill[0], *fill[2:]) for fill in mine] == [(fill[0], *fill[2:]) for fill in theirs]  # seqs count from the span's first print


async def test_files_of_trades_are_played_too(tmp_path: Path) -> None:
    rows = "".join(f"{100 + k},{30_000 + k / 100},0.5,{15_000.0},{START // 1_000_000 + 250 * k},true,true\n" for k in range(400))
    (tmp_path / "BTCUSDT-trades-2024-08-09.csv").write_text(rows)
    recording = open_recording([str(tmp_path / "BTCUSDT-trades-2024-08-09.csv")], tmp_path)
    async with replaying(tmp_path / "replay", recording) as played:
        await played.step("1m")
        assert played.ticks == 241
        await played.to_end()
        assert played.engine.tape.total == 400


async def test_the_recorded_aggtrades_of_two_days_are_replayed_to_the_venues_own_candles(tmp_path: Path, shared_data: Path) -> None:
    recording = open_recording([str(shared_data / "trades" / "binance_spot_XRPETH_aggTrades_20191011_20191013.json.gz")], tmp_path)
    candles = gzip.decompress((shared_data / "ohlcv" / "binance_spot_XRPETH_1m_20191011_20191013.csv.gz").read_bytes()).decode()
    wanted = [[float(cell) for cell in line.split(",")] for line in candles.splitlines()[1:]]
    async with replaying(tmp_path / "replay", recording) as played:
        await played.to_end()
        assert played.engine.tape.total == 12_477
        full = "binance:XRPETH"
        ticks = read_ticks(played.engine.home / "tape.db", full, as_delivered=True, symbols=Symbols([full]))
    bars = aggregate(ticks, MINUTE)
    names = ("open", "high", "low", "close", "volume")
    assert [[bar["start"] / 1e6, *(float(bar[name]) for name in names)] for bar in bars] == wanted


def five_seconds(ticks: Records, now_ns: int) -> list[float]:
    """The last price of each of the sixty stretches of five seconds before the one it is, and the last of all."""
    width = 5 * SECOND
    closed = range(max(now_ns // width - 60, int(ticks["ts"][0]) // width), now_ns // width)
    return [float(ticks["price"][np.searchsorted(ticks["ts"], (n + 1) * width) - 1]) for n in closed] + [float(ticks["price"][-1])]


async def test_the_line_of_the_last_minutes_goes_by_the_time_of_the_recording(tmp_path: Path) -> None:
    async with recorded(tmp_path, "BTCUSDT", count=4000) as played:
        market, clock = played.engine.market, played.engine.clock
        full = read_ticks(tmp_path / "tape.db", "binance:BTCUSDT", STREAM, symbols=Symbols(["binance:BTCUSDT"]))

        def line() -> list[float]:
            return market.rows(clock.now_ns())[0].spark

        def wanted() -> list[float]:
            return five_seconds(full[: played.ticks], clock.now_ns())

        await played.do(ReplaySeek(to_ns=START + 100 * SECOND))
        await until(lambda: played.replay.feed.goal is None, "it is there")
        played.engine.incoming.absorb()
        market.sample(0.0, clock.now_ns())
        held = line()
        assert len(held) == 21
        assert held == wanted()
        for second in range(1, 100):
            market.sample(10.0 * second, clock.now_ns())
        assert line() == held
        await played.to_end()
        market.sample(2000.0, clock.now_ns())
        assert len(line()) == 61
        assert line() == wanted()
        assert len(set(line())) > 30
        assert market.rows(clock.now_ns())[0].direction != 0
