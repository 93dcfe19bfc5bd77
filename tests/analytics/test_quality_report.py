"""The report on recorded prints finds what is wrong with them, however they were split, and on the real recordings finds what is known."""

from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics import quality
from core.analytics.delays import Delays
from core.analytics.quality import HOUR, Survey, survey_tape
from core.config import QualityConfig
from core.store.scan import scan_ticks
from core.store.tape import Tape
from core.types import SECOND, TICK, Origin, Records, Symbols

START = 1_700_000_000 * SECOND // HOUR * HOUR
TERMS = QualityConfig(frozen_after_s=60)


def walk(count: int, *, every_s: float = 1.0, seed: int = 1) -> Records:
    """Prints of a market that moves in small steps."""
    ticks = np.zeros(count, TICK)
    ticks["ts"] = START + (np.arange(count) * every_s * 1e9).astype("i8")
    ticks["recv"] = ticks["ts"] + 5_000_000
    ticks["id"] = 1000 + np.arange(count)
    ticks["seq"] = 1 + np.arange(count)
    ticks["price"] = np.round(100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 1e-3, count))), 6)
    ticks["qty"] = 1 + np.arange(count) % 7
    ticks["bid"], ticks["ask"] = ticks["price"] - 0.01, ticks["price"] + 0.01
    return ticks


def report(*windows: Records, listed: tuple[tuple[int, int], ...] = ()) -> dict[str, Any]:
    survey = Survey(TERMS)
    for window in windows:
        survey.take(window)
    return survey.report(listed)


def test_good_prints_have_nothing_to_report() -> None:
    found = report(walk(5000))
    assert (found["ticks"], found["first"]) == (5000, {"id": 1000, "ts_ns": START})
    assert found["last"] == {"id": 5999, "ts_ns": START + 4999 * SECOND}
    assert found["hours"] == [{"start_ns": START, "ticks": 3600}, {"start_ns": START + HOUR, "ticks": 1400}]
    assert found["missing"] == {"ids": 0, "ranges": 0, "listed": 0, "unlisted": 0, "list": []}
    assert (found["time_back"]["count"], found["same_content"], found["crossed"]) == (0, 0, 0)
    assert (found["jumps"]["count"], found["still"]["count"], found["shares"]) == (0, 0, {"live": 1.0})
    assert found["delay_ms"]["min"] == found["delay_ms"]["p50"] == found["delay_ms"]["max"] == 5


def test_missing_ids_are_told_with_what_the_table_of_gaps_knows_of_them() -> None:
    ticks = walk(100)
    ticks = ticks.compress(~np.isin(ticks["id"], [1005, 1006, 1050, 1099]))
    found = report(ticks, listed=((1000, 1005), (1050, 1050)))["missing"]
    assert (found["ids"], found["ranges"], found["listed"], found["unlisted"]) == (3, 2, 2, 1)
    assert found["list"][0] == {"from_id": 1005, "to_id": 1006, "ids": 2, "listed": 1}


def test_an_id_whose_time_lies_in_a_later_window_is_not_missing() -> None:
    ticks = walk(100)
    later = ticks[[40, *range(60, 100)]]
    later["ts"][0] = ticks["ts"][60]
    found = report(np.delete(ticks[:60], 40), later)
    assert (found["ticks"], found["missing"]["ids"], found["last"]["id"]) == (100, 0, 1099)


def test_times_that_go_back_and_repeated_content_are_counted() -> None:
    ticks = walk(100)
    ticks["ts"][50:60] -= 3 * SECOND
    for name in ("ts", "price", "qty", "side"):
        ticks[name][81:83] = ticks[name][80]
    found = report(ticks)
    assert found["time_back"] == {"count": 1, "most_ms": 2000}
    assert found["same_content"] == 2


def test_jumps_are_listed_with_time_and_size() -> None:
    ticks = walk(1000)
    ticks["price"][700] *= 1.2
    found = report(ticks)["jumps"]
    assert found["count"] == 2
    assert found["list"][0]["ts_ns"] == ticks["ts"][700]
    assert found["list"][0]["id"] == 1700
    assert found["list"][0]["pct"] == pytest.approx(20, abs=1)
    assert found["list"][1]["pct"] == pytest.approx(-16.7, abs=1)


def test_stretches_without_a_new_price_are_listed_the_last_one_too() -> None:
    ticks = walk(1000)
    ticks["price"][100:200], ticks["price"][900:] = 99, 98
    found = report(ticks)["still"]
    assert (found["count"], found["total_s"]) == (2, 199)
    assert [(row["from_ns"] - START, row["seconds"], row["price"]) for row in found["list"]] == [
        (100 * SECOND, 100, 99), (900 * SECOND, 99, 98),
    ]  # fmt: skip


def test_where_prints_came_from_crossed_quotes_and_delays_of_live_ones_are_told() -> None:
    ticks = walk(100)
    ticks["origin"][:25], ticks["recv"][:25] = Origin.BACKFILL, ticks["ts"][:25] + HOUR
    ticks["bid"][5], ticks["bid"][6] = ticks["ask"][5], np.nan
    ticks["recv"][50] = ticks["ts"][50] - SECOND
    found = report(ticks)
    assert (found["origins"], found["shares"]) == ({"live": 75, "backfill": 25}, {"live": 0.75, "backfill": 0.25})
    assert found["crossed"] == 1
    assert (found["delay_ms"]["count"], found["delay_ms"]["negative"], found["delay_ms"]["min"]) == (75, 1, -1000)


def test_only_so_many_are_listed_and_all_are_counted() -> None:
    ticks = walk(3000)
    ticks["price"][1000::4] *= 1.5
    found = report(ticks.compress(ticks["id"] % 9 > 0))
    assert found["missing"]["ranges"] > 300
    assert len(found["missing"]["list"]) == len(found["jumps"]["list"]) == quality.LISTED
    assert found["jumps"]["count"] > quality.LISTED


@settings(max_examples=40)
@given(st.lists(st.integers(0, 800), max_size=6), st.integers(0, 3))
def test_the_windows_make_no_difference(cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    ticks = walk(800, seed=seed).take(np.sort(rng.permutation(800)[:600]))
    ticks["price"][300] *= 1.4
    ticks["ts"] += rng.integers(-2, 3, 600) * SECOND
    ticks["price"][400:500] = 101
    assert report(*np.split(ticks, sorted(cut for cut in cuts if cut <= 600))) == report(ticks)


@given(st.lists(st.integers(-(10**13), 10**14), min_size=1, max_size=200))
def test_quantiles_of_delays_are_within_two_percent(values: list[int]) -> None:
    delays = Delays()
    delays.take(np.array(values, np.int64))
    found = delays.figures()
    assert found is not None
    exact = sorted(values)[int(np.ceil(0.5 * len(values))) - 1] / 1e6
    assert found["p50"] == pytest.approx(exact, rel=0.021, abs=2e-3)
    assert (found["min"], found["max"], found["count"]) == (min(values) / 1e6, max(values) / 1e6, len(values))


def test_nothing_has_nothing_to_say() -> None:
    assert report(np.empty(0, TICK)) == {"ticks": 0}
    assert Delays().figures() is None


async def test_a_tape_is_read_in_windows_and_gives_the_report_of_all_its_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "scan_ticks", partial(scan_ticks, rows=500))
    ticks = walk(5000)
    ticks["ts"][1000::7] -= 400 * SECOND
    ticks = ticks.compress(ticks["id"] % 1000 > 0)
    async with await Tape.open(tmp_path / "tape.db", Symbols(["binance:BTCUSDT"])) as tape:
        tape.append(ticks.copy(), "aggTrade")
        await tape.flush()
    survey, told = Survey(TERMS), []
    survey_tape(tmp_path / "tape.db", "binance:BTCUSDT", "aggTrade", survey, told=lambda done, total: told.append((done, total)))
    assert len(told) > 3
    assert told[-1][0] == len(ticks)
    found, wanted = survey.report(), report(ticks)
    for name in ("ticks", "first", "last", "hours", "origins", "missing", "delay_ms"):
        assert found[name] == wanted[name], name
    part = Survey(TERMS)
    survey_tape(tmp_path / "tape.db", "binance:BTCUSDT", "aggTrade", part, from_ns=START + HOUR, to_ns=START + HOUR + 60 * SECOND)
    assert part.ticks == int(((ticks["ts"] >= START + HOUR) & (ticks["ts"] < START + HOUR + 60 * SECOND)).sum())


def test_the_recorded_market_is_as_good_as_it_is_known_to_be(shared_data: Path) -> None:
    name = "binance_spot_XRPETH_aggTrades_20191011_20191013.json.gz"
    trades = [t["info"] for t in json.loads(gzip.decompress((shared_data / "trades" / name).read_bytes()))]
    ticks = np.zeros(len(trades), TICK)
    for field, key in (("id", "a"), ("ts", "T"), ("price", "p"), ("qty", "q")):
        ticks[field] = [float(t[key]) if field in ("price", "qty") else int(t[key]) for t in trades]
    ticks["ts"] *= 1_000_000
    found = report(ticks)
    assert (found["ticks"], found["missing"]["ids"], found["time_back"]["count"], found["jumps"]["count"]) == (12_477, 0, 0, 0)
