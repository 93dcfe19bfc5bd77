"""Bars and prints of a running engine: the tape's, the venue's before it, and of every batch since."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_rig import until
from inline_rig import InlineEngine, make_engine

from core.analytics.bars import aggregate
from core.engine import charts
from core.engine.charts import rows
from core.engine.newest_prints import prints as prints_of
from core.engine.requests import Requests
from core.errors import UsageError, VenueError
from core.types import MINUTE, SECOND, TICK, BarQuality, Origin, Records, bar_kind
from core.venues.venue import RestCall

SYMBOL = "binance:BTCUSDT"
START = 1_700_000_000 * SECOND


class Rest:
    """A venue's REST that has these klines, or this error."""

    def __init__(self, bars: list[tuple[int, float, float, float, float, float]] | VenueError) -> None:
        self.bars = bars
        self.calls: list[RestCall] = []

    async def call(self, call: RestCall) -> bytes:
        self.calls.append(call)
        if isinstance(self.bars, VenueError):
            raise self.bars
        since = int(call.query["startTime"])
        return json.dumps(
            [[start, f"{o}", f"{h}", f"{lo}", f"{c}", f"{v}", start + 59_999, "0", 1, "0", "0", "0"]
             for start, o, h, lo, c, v in self.bars if start >= since][: int(call.query["limit"])]
        ).encode()  # fmt: skip


@asynccontextmanager
async def engine_of(home: Path, rest: Rest | None = None) -> AsyncIterator[InlineEngine]:
    """An engine that streams two symbols, and whose venue has these klines."""
    engine = make_engine(home)
    await engine.start(["BTCUSDT", "ETHUSDT"])
    engine.feed.rest = rest or Rest([])  # type: ignore[assignment]
    try:
        yield engine
    finally:
        await engine.stop()


def prints(count: int, *, start: int = START, first_id: int = 1, symbol: int = 0, seed: int = 1) -> Records:
    """TICK records, about three a second."""
    rng = np.random.default_rng(seed)
    ticks = np.zeros(count, TICK)
    ticks["ts"] = start + np.cumsum(rng.integers(0, 700, count)) * 1_000_000
    ticks["recv"] = ticks["ts"] + 1_000_000
    ticks["id"] = first_id + np.arange(count)
    ticks["price"] = np.round(100 + np.cumsum(rng.normal(0, 0.05, count)), 2)
    ticks["qty"] = np.round(rng.exponential(1.0, count) + 1e-5, 5)
    ticks["side"], ticks["symbol"] = rng.choice([-1, 1], count), symbol
    ticks["bid"] = ticks["ask"] = np.nan
    return ticks


async def read(engine: InlineEngine, **args: Any) -> dict[str, Any]:
    """The answer once the past is read."""
    answer = engine.charts.bars({"symbol": SYMBOL, **args})
    await until(lambda: not engine.charts.bars({"symbol": SYMBOL, **args})["loading"], "the past is read")
    answer = engine.charts.bars({"symbol": SYMBOL, **args})
    return answer


async def test_bars_of_a_running_engine_are_those_of_all_its_ticks(tmp_path: Path) -> None:
    async with engine_of(tmp_path) as engine:
        mine = prints(3000)
        for at, batch in enumerate(np.split(mine, [500, 501, 900, 2000])):
            engine.release(batch.copy())
            engine.release(prints(20, symbol=1, first_id=1 + 20 * at))
            answer = await read(engine, interval="5s", count=2000)
            assert answer["symbol"] == SYMBOL
            upto = mine[: [500, 501, 900, 2000, 3000][at]]
            assert answer["bars"] == rows(aggregate(upto, 5 * SECOND)), at
        await engine.tape.flush()
        again = await read(engine, interval="15s", count=2000)
        assert again["bars"] == rows(aggregate(mine, 15 * SECOND))
        assert again["complete_from_ns"] == again["bars"][1][0]


@pytest.mark.parametrize("text", ["tick:7", "tick:500", "volume:40", "dollar:5k"])
async def test_bars_that_are_not_cut_by_time_are_the_same_live_and_from_the_tape(tmp_path: Path, text: str) -> None:
    mine = prints(3000)
    wanted = rows(aggregate(mine, bar_kind(text)))[-2000:]
    async with engine_of(tmp_path) as engine:
        for batch in np.split(mine, [500, 501, 2000]):
            engine.release(batch.copy())
            await read(engine, interval=text, count=2000)
        live = await read(engine, interval=text, count=2000)
        assert (live["bars"], live["note"]) == (wanted, "")
    async with engine_of(tmp_path) as engine:
        assert (await read(engine, interval=text, count=2000))["bars"] == wanted


async def test_where_a_day_is_too_long_to_read_the_chart_says_since_when_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.bar_history.REACH", 2000)
    mine = prints(5000)
    async with engine_of(tmp_path) as engine:
        engine.release(mine.copy())
        await engine.tape.flush()
        answer = await read(engine, interval="volume:40", count=2000)
        begin = 300 * SECOND * -(-int(mine["ts"][-2000]) // (300 * SECOND))
        assert answer["bars"] == rows(aggregate(mine.compress(mine["ts"] >= begin), bar_kind("volume:40")))
        assert re.fullmatch(r"counted from \d\d:\d\d UTC on: the whole day is too long to read", answer["note"])


async def test_a_bar_says_what_its_prints_are(tmp_path: Path) -> None:
    mine = prints(600)
    mine["origin"][100:150] = Origin.BACKFILL
    mine = mine.compress((mine["id"] < 300) | (mine["id"] > 310))
    async with engine_of(tmp_path) as engine:
        engine.release(mine.copy())
        answer = await read(engine, interval="5s", count=2000)
        quality = np.array([bar[6] for bar in answer["bars"]])
        assert (quality & BarQuality.LIVE).any()
        fetched, torn = np.flatnonzero(quality & BarQuality.BACKFILL), np.flatnonzero(quality & BarQuality.INCOMPLETE)
        starts = [bar[0] for bar in answer["bars"]]
        assert starts[fetched[0]] <= mine["ts"][100] < starts[fetched[0]] + 5 * SECOND
        assert starts[torn[0]] <= mine["ts"][mine["id"] == 299] < starts[torn[0]] + 5 * SECOND


async def test_only_bars_from_a_start_on_are_sent_again(tmp_path: Path) -> None:
    async with engine_of(tmp_path) as engine:
        engine.release(prints(300))
        first = await read(engine, interval="1s", count=2000)
        last = first["bars"][-1]
        engine.release(prints(30, start=last[0] + SECOND, first_id=301, seed=2))
        more = await read(engine, interval="1s", count=2000, since_ns=last[0])
        assert more["bars"][0] == last
        assert len(more["bars"]) > 1
        assert [bar[0] for bar in more["bars"]] == sorted(bar[0] for bar in more["bars"])


async def test_after_a_restart_the_bars_are_read_from_the_tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.bar_history.PIECE", 100)
    mine = prints(3000)
    async with engine_of(tmp_path) as engine:
        engine.release(mine.copy())
    async with engine_of(tmp_path) as engine:
        engine.market.of(0).last_ts = int(mine["ts"].max())
        answer = await read(engine, interval="5s", count=2000)
        assert answer["bars"] == rows(aggregate(mine, 5 * SECOND))


async def test_before_the_tape_the_bars_are_the_venues(tmp_path: Path) -> None:
    minute = START // MINUTE * MINUTE
    rest = Rest([((minute - k * MINUTE) // 1_000_000, 90 + k, 95 + k, 85 + k, 91 + k, 1000.0) for k in range(5, -1, -1)])
    mine = prints(600)
    async with engine_of(tmp_path, rest) as engine:
        engine.release(mine.copy())
        answer = await read(engine, interval="1m", count=300)
        ours = rows(aggregate(mine, MINUTE))
        assert [bar[0] for bar in answer["bars"]] == [minute - k * MINUTE for k in range(5, 0, -1)] + [bar[0] for bar in ours]
        assert answer["bars"][0][1:7] == [95, 100, 90, 96, 1000, BarQuality.VENUE]
        straddling = answer["bars"][5]
        assert straddling[1:8] == [90, max(ours[0][2], 95), min(ours[0][3], 85), ours[0][4], 1000, BarQuality.VENUE | BarQuality.LIVE, None]
        assert answer["bars"][6:] == ours[1:]
        assert answer["complete_from_ns"] == minute - 5 * MINUTE
        assert len(rest.calls) == 1


async def test_a_venue_without_history_leaves_the_tape_and_says_so(tmp_path: Path) -> None:
    mine = prints(600)
    async with engine_of(tmp_path, Rest(VenueError("binance is not reachable"))) as engine:
        engine.release(mine.copy())
        answer = await read(engine, interval="1m")
        assert answer["bars"] == rows(aggregate(mine, MINUTE))
        assert answer["note"] == "no history from binance: binance is not reachable"
        assert answer["complete_from_ns"] == answer["bars"][0][0] + MINUTE


async def test_ticks_that_left_the_ring_are_read_from_the_tape(tmp_path: Path) -> None:
    mine = prints(3000)
    async with engine_of(tmp_path) as engine:
        engine.recent.keep(100)
        engine.release(mine[:50].copy())
        assert len((await read(engine, interval="1s", count=2000))["bars"]) > 1
        engine.release(mine[50:].copy())
        await engine.tape.flush()
        answer = await read(engine, interval="1s", count=2000)
        assert answer["bars"] == rows(aggregate(mine, SECOND))


async def test_an_answer_never_waits_for_the_past(tmp_path: Path) -> None:
    async with engine_of(tmp_path) as engine:
        stuck = asyncio.Event()

        async def never(call: RestCall) -> bytes:
            await stuck.wait()
            return b"[]"

        engine.feed.rest.call = never  # type: ignore[method-assign, assignment]
        engine.release(prints(300))
        assert engine.charts.bars({"symbol": SYMBOL, "interval": "1s"})["loading"]
        await until(lambda: bool(engine.charts.bars({"symbol": SYMBOL, "interval": "1s"})["bars"]), "the tape's bars are there")
        assert engine.charts.bars({"symbol": SYMBOL, "interval": "1s"})["loading"]
        stuck.set()
        await until(lambda: not engine.charts.bars({"symbol": SYMBOL, "interval": "1s"})["loading"], "the venue answered")


async def test_only_so_many_series_are_kept(tmp_path: Path) -> None:
    async with engine_of(tmp_path) as engine:
        for seconds in range(1, charts.SERIES + 14):
            engine.charts.bars({"symbol": SYMBOL, "interval": f"{seconds}s"})
        assert len(engine.charts._charts) == charts.SERIES
        await until(lambda: not any(chart.loading for chart in engine.charts._charts.values()), "all are read")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"symbol": "DOGEUSDT"}, "'DOGEUSDT' is not streamed: binance:BTCUSDT, binance:ETHUSDT"),
        ({}, "None is not streamed"),
        ({"symbol": "kraken:BTCUSDT"}, "this engine streams binance only"),
        ({"symbol": "BTCUSDT", "interval": "tick:0"}, "'tick:0': the number is whole and from 1 to 1e.12"),
        ({"symbol": "BTCUSDT", "interval": "1w"}, "a chart's interval is from 1s to 1d: '1w' is not"),
        ({"symbol": "BTCUSDT", "interval": "soon"}, "'soon' is no kind of bar"),
        ({"symbol": "BTCUSDT", "count": "many"}, "count is a whole number, not 'many'"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_in_a_line(tmp_path: Path, args: dict[str, Any], words: str) -> None:
    async with engine_of(tmp_path) as engine:
        with pytest.raises(UsageError, match=words.replace("'", ".")):
            engine.charts.bars(args)


async def test_the_newest_prints_come_first(tmp_path: Path) -> None:
    async with engine_of(tmp_path) as engine:
        mine = prints(5000)
        engine.release(mine.copy())
        engine.release(prints(5000, symbol=1))
        answer = prints_of(engine, {"symbol": "btcusdt", "count": 3})
        wanted = [[t["ts"], t["price"], t["qty"], t["side"], t["id"], t["origin"]] for t in mine[:-4:-1]]
        assert answer == {"symbol": SYMBOL, "prints": wanted}
        assert len(prints_of(engine, {"symbol": "btcusdt", "count": 10_000})["prints"]) == 2000


async def test_looking_further_back_reads_on_where_the_last_reading_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, read_back = prints(4000), []
    real = charts.bar_history.read_tape

    async def noted(engine: Any, symbol: str, series: Any, start: int, end: int, through: int) -> tuple[int, bool]:
        read_back.append((start, end))
        return await real(engine, symbol, series, start, end, through)

    monkeypatch.setattr(charts.bar_history, "read_tape", noted)
    async with engine_of(tmp_path) as engine:
        engine.release(mine.copy())
        await engine.tape.flush()
        few = await read(engine, interval="1s", count=100)
        assert few["bars"] == rows(aggregate(mine, SECOND))[-100:]
        more = await read(engine, interval="1s", count=1200)
        assert more["bars"] == rows(aggregate(mine, SECOND))[-1200:]
        assert len(read_back) == 2
        assert read_back[1][1] == read_back[0][0]


async def test_a_venue_that_did_not_answer_is_asked_again_later_and_the_tape_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "AGAIN_S", 0.05)
    mine, rest = prints(600), Rest(VenueError("binance is not reachable"))
    minute = START // MINUTE * MINUTE
    async with engine_of(tmp_path, rest) as engine:
        engine.release(mine.copy())
        assert (await read(engine, interval="1m"))["note"]
        rest.bars = [((minute - MINUTE) // 1_000_000, 90.0, 95.0, 85.0, 91.0, 1000.0)]
        await until(lambda: not engine.charts.bars({"symbol": SYMBOL, "interval": "1m"})["note"], "it was asked again")
        answer = await read(engine, interval="1m")
        assert answer["bars"][0][:6] == [minute - MINUTE, 90.0, 95.0, 85.0, 91.0, 1000.0]
        assert answer["bars"][1:] == rows(aggregate(mine, MINUTE))


async def test_an_engine_stops_while_a_chart_waits_for_the_venue(tmp_path: Path) -> None:
    async with engine_of(tmp_path) as engine:

        async def never(call: RestCall) -> bytes:
            await asyncio.Event().wait()
            return b""

        engine.feed.rest.call = never  # type: ignore[method-assign, assignment]
        engine.release(prints(30))
        assert engine.charts.bars({"symbol": SYMBOL})["loading"]
    assert engine.failure is None


async def test_charts_are_asked_for_over_the_same_door_as_everything(tmp_path: Path) -> None:
    async with engine_of(tmp_path) as engine:
        engine.release(prints(30))
        requests = Requests(engine)
        assert (await requests.ask("bars", {"symbol": "btcusdt"})).keys() >= {"bars", "complete_from_ns", "loading", "note"}
        assert len((await requests.ask("prints", {"symbol": "btcusdt"}))["prints"]) == 30
        assert await requests.ask("equity", {}) == {"strategy": None, "capital": 0, "samples": []}
        with pytest.raises(UsageError, match="bars, bar_fills, prints, equity"):
            await requests.ask("candles", {})


def fill(number: int, **changes: Any) -> dict[str, Any]:
    """A buy of 1 at 100, one a second."""
    row = dict(
        fill_id=f"a:{number}", strategy_id="a", symbol=SYMBOL, side="buy", qty=1.0, price=100.0, fee=0.1, realised=0.0, position=0.0,
        ts_ns=START + number * SECOND, seq=number, tick_id=number, order_id=f"a:o{number}", mode="paper",
    )  # fmt: skip
    return row | changes


async def test_all_fills_of_a_span_are_told_however_many_by_bar(tmp_path: Path) -> None:
    async with engine_of(tmp_path) as engine:
        await engine.ledger.add_fills([fill(number) for number in range(3000)])
        answer = await Requests(engine).ask("bar_fills", {"symbol": "BTCUSDT", "length_ns": MINUTE, "since_ns": START, "strategy": "a"})
        assert sum(row[3] for row in answer["fills"]) == 3000
        assert len(answer["fills"]) == 51
        assert answer["fills"][-1][2:6] == [True, 20, START + 2999 * SECOND, "a"]


@pytest.mark.parametrize(
    "args", [{"symbol": "NONE"}, {"symbol": None}, {"length_ns": "1m"}, {"since_ns": 1.5}, {"strategy": 7}, {"length_ns": [1]}], ids=str
)
async def test_what_is_no_question_about_fills_is_refused_in_a_line(tmp_path: Path, args: dict[str, Any]) -> None:
    async with engine_of(tmp_path) as engine:
        with pytest.raises(UsageError) as refused:
            await Requests(engine).ask("bar_fills", {"symbol": "BTCUSDT", "length_ns": MINUTE} | args)
        assert "\n" not in str(refused.value)
