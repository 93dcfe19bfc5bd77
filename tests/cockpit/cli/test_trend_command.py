"""`cockpit trend`: one document or a matrix, from files and the tape; words and null where nothing can be told; backtests on request."""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from cli_doubles import Run

from benchmarks.trend_markets import market
from core.analytics.trend.suggestions import TABLE
from core.clock import iso
from core.home import make_home
from core.research.trends.matrix import WARMING
from core.research.warming import reach_of
from core.store.ledger_reader import read_runs
from core.store.tape import Tape
from core.strategy_files import builtin_folder, load
from core.types import MINUTE, SECOND, Records
from tests.store.store_ticks import STREAM, symbols, ticks_of

START = 1_723_075_200 * SECOND  # 2024-08-08T00:00:00Z
FIGURES = ("trades", "net_pnl", "fees", "win_rate", "profit_factor", "max_drawdown", "max_drawdown_pct", "sharpe")


def write_bars(path: Path, bars: Records, minutes: int = 1, hole: slice = slice(0, 0)) -> Path:
    """OHLCV with a header; the bars of `hole` are not there."""
    lines = [
        f"{START // 10**6 + 60_000 * minutes * place},{bar['open']:.6f},{bar['high']:.6f},{bar['low']:.6f},{bar['close']:.6f},1.0"
        for place, bar in enumerate(bars)
        if place not in range(*hole.indices(len(bars)))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["open_time,open,high,low,close,volume", *lines]) + "\n")
    return path


@pytest.fixture
def coins(tmp_path: Path) -> Path:
    """A folder of minute bars of four coins, a regime each."""
    shapes = {"UPUSDT": ("uptrend", "drift"), "DOWNUSDT": ("downtrend", "stairs"), "FLATUSDT": ("sideways", "bouncing"),
              "WILDUSDT": ("volatile", "thrashing")}  # fmt: skip
    for name, (regime, shape) in shapes.items():
        write_bars(tmp_path / "coins" / f"{name}-1m.csv", market(11, regime, 600, strength=(10.0, 12.0), shape=shape).bars)
    return tmp_path / "coins"


def test_a_folder_of_coins_has_the_trend_of_each_on_each_interval(run: Run, coins: Path) -> None:
    outcome = run("trend", str(coins), "--interval", "1m,5m", "--interval", "10m", "--json")
    assert outcome.code == 0, outcome.err
    rows = outcome.document["symbols"]
    wanted = {"DOWNUSDT": "downtrend", "FLATUSDT": "sideways", "UPUSDT": "uptrend", "WILDUSDT": "volatile"}
    assert [(row["symbol"], row["interval"], row["trend"]) for row in rows] == [
        (f"binance:{name}", interval, trend) for name, trend in wanted.items() for interval in ("1m", "5m", "10m")
    ]
    assert [row["n"] for row in rows[:3]] == [600, 120, 60]
    for row in rows:
        assert 0.5 < row["confidence"] <= 0.99
        assert row["min"] < row["max"]
        assert row["suggestions"]
        assert all("backtest" not in one for one in row["suggestions"])
        for one in row["evidence"]:
            assert {"name", "value", "unit", "sentence"} <= set(one)
    up = rows[6]
    assert up["change_pct"] > 0
    assert [one["strategy"] for one in up["suggestions"]] == ["sma_crossover", "momentum", "macd"]
    assert {one["strategy"] for one in rows[0]["suggestions"]} == {"sma_crossover", "momentum", "macd"}
    assert rows[0]["suggestions"][0]["side"] == "long_short"


def test_without_an_interval_it_is_the_one_of_the_file(run: Run, tmp_path: Path) -> None:
    write_bars(tmp_path / "UPUSDT-5m.csv", market(3, "uptrend", 200, shape="drift").bars, minutes=5)
    (row,) = run("trend", str(tmp_path / "UPUSDT-5m.csv"), "--json").document["symbols"]
    assert (row["interval"], row["n"], row["trend"]) == ("5m", 200, "uptrend")


def test_from_and_to_and_bars_say_what_is_judged(run: Run, coins: Path) -> None:
    words = ("trend", str(coins / "UPUSDT-1m.csv"), "--json", "--from", "2024-08-08T01:00:00Z", "--to", "2024-08-08T05:00:00Z")
    (row,) = run(*words).document["symbols"]
    assert (row["n"], row["from_ns"], row["to_ns"]) == (240, START + 60 * MINUTE, START + 300 * MINUTE)
    (row,) = run(*words, "--bars", "50").document["symbols"]
    assert (row["n"], row["from_ns"], row["to_ns"]) == (50, START + 250 * MINUTE, START + 300 * MINUTE)


def test_what_cannot_be_judged_is_null_and_said_in_words(run: Run, tmp_path: Path) -> None:
    some = market(3, "uptrend", 100, shape="drift").bars
    write_bars(tmp_path / "FEWUSDT-1m.csv", some[:7])
    write_bars(tmp_path / "ONEUSDT-1m.csv", some[:1])
    still = some.copy()
    for name in ("open", "high", "low", "close"):
        still[name] = 100.0
    write_bars(tmp_path / "STILLUSDT-1m.csv", still)
    outcome = run("trend", str(tmp_path), "--interval", "1m", "--json")
    assert "NaN" not in outcome.out
    few, one, unmoved = outcome.document["symbols"]
    assert few["status"] == "PENDING: 23 more bars needed"
    assert one["status"] == "PENDING: 29 more bars needed"
    assert unmoved["status"] == "STILL: 100 bars closed at 100, there is nothing to judge"
    for row in (few, one, unmoved):
        assert (row["trend"], row["confidence"], row["evidence"], row["suggestions"], row["min"]) == (None, None, [], [], None)
    assert outcome.code == 0
    text = run("trend", str(tmp_path), "--interval", "1m")
    assert "binance:FEWUSDT 1m: PENDING: 23 more bars needed" in text.out
    assert text.code == 0


def test_prices_that_are_none_refuse_their_file_by_row_and_no_other(run: Run, coins: Path) -> None:
    lines = (coins / "FLATUSDT-1m.csv").read_text().splitlines()
    lines[50] = lines[50].rpartition(",")[0].rpartition(",")[0] + ",nan,1.0"
    (coins / "FLATUSDT-1m.csv").write_text("\n".join(lines) + "\n")
    outcome = run("trend", str(coins), "--json")
    assert outcome.code == 1
    rows = {row["symbol"]: row for row in outcome.document["symbols"]}
    assert rows["binance:FLATUSDT"]["trend"] is None
    assert rows["binance:FLATUSDT"]["status"].startswith("REFUSED: ")
    assert rows["binance:UPUSDT"]["trend"] == "uptrend"
    assert "binance:FLATUSDT: REFUSED: " in outcome.err
    alone = run("trend", str(coins / "FLATUSDT-1m.csv"), "--json")
    assert alone.code == 2
    assert alone.document["exit_code"] == 2


def test_a_source_with_a_hole_is_refused_unless_that_is_allowed(run: Run, tmp_path: Path) -> None:
    path = write_bars(tmp_path / "UPUSDT-1m.csv", market(3, "uptrend", 600, shape="drift").bars, hole=slice(200, 300))
    refused = run("trend", str(path), "--json")
    assert refused.code == 2
    assert "100 bars are missing" in refused.document["error"]
    assert "--allow-gaps" in refused.document["error"]
    (row,) = run("trend", str(path), "--allow-gaps", "--json").document["symbols"]
    assert (row["trend"], row["n"], row["missing"]) == ("uptrend", 500, 100)
    assert any("gaps were allowed" in note for note in row["notes"])


def test_intervals_a_source_cannot_have_are_told_of_beside_those_it_can(run: Run, tmp_path: Path) -> None:
    path = str(write_bars(tmp_path / "UPUSDT-5m.csv", market(3, "uptrend", 200, shape="drift").bars, minutes=5))
    outcome = run("trend", path, "--interval", "1m,15m", "--json")
    assert outcome.code == 1
    refused, made = outcome.document["symbols"]
    assert (refused["status"], made["n"]) == ("REFUSED: bars of 1m cannot be made of bars of 5m", 66)
    assert run("trend", path, "--interval", "1m").code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--interval", "5x"), "'5x' is not an interval"),
        (("--interval", "tick"), "--interval tick: trends are told of bars"),
        (("--bars", "5"), "a whole number from 30 to 20,000"),
        (("--fee-bps", "4"), "--fee-bps does nothing without --backtest"),
        (("--costs", "measured"), "--costs does nothing without --backtest"),
        (("--symbols", "NOUSDT"), "no rows of NOUSDT in it"),
        (("--from", "2024-08-09", "--to", "2024-08-08"), "--from must be before --to"),
    ],
)
def test_wrong_words_are_one_line(run: Run, coins: Path, words: tuple[str, ...], said: str) -> None:
    outcome = run("trend", str(coins), *words)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.slow
def test_a_suggestion_s_backtest_is_that_of_the_backtest_command(run: Run, coins: Path) -> None:
    words = ("--from", "2024-08-08T05:00:00Z", "--fee-bps", "2")
    found = run("trend", str(coins), "--symbols", "UPUSDT,FLATUSDT", "--interval", "1m,5m", "--backtest", *words, "--json").document
    compared = 0
    for row in found["symbols"]:
        for one in row["suggestions"]:
            assert list(one["backtest"]) == list(FIGURES)
            command = shlex.split(one["command"])
            assert command[:2] == ["cockpit", "backtest"]
            alone = run(*command[1:], "--fee-bps", "2", "--json").document
            assert one["backtest"] == {name: alone[name] for name in FIGURES}
            compared += one["backtest"]["trades"] > 0
    assert compared >= 6


def test_more_is_read_before_the_first_bar_than_any_suggestion_warms_up_on() -> None:
    suggested = [load(builtin_folder() / f"{name}.py") for name in {one.strategy for row in TABLE.values() for one in row}]
    assert suggested
    for definition in suggested:
        reach = reach_of(definition, {}, START)
        assert reach is not None
        assert START - reach < WARMING * MINUTE


def test_every_backtest_is_a_trial_and_without_one_nothing_is_noted(run: Run, home: Path, coins: Path) -> None:
    run("optimize", str(coins / "UPUSDT-1m.csv"), "--strategy", "macd", "--range", "fast=3,5", "--jobs", "1", "--json")
    run("trend", str(coins / "UPUSDT-1m.csv"), "--json")
    assert len(read_runs(home / "ledger.db")) == 1
    run("trend", str(coins / "UPUSDT-1m.csv"), "--backtest", "--json")
    assert {row["strategy"] for row in read_runs(home / "ledger.db") if row["kind"] == "backtest"} == {"sma_crossover", "momentum", "macd"}


def test_people_get_a_matrix_of_80_columns_and_the_evidence_of_one_symbol(run: Run, coins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    outcome = run("trend", str(coins), "--interval", "1m,5m,6m,10m,12m")
    assert outcome.code == 0, outcome.err
    assert max(map(len, outcome.out.splitlines())) <= 80
    for words in ("▲ uptrend 99 %", "▼ downtrend 99 %", "= sideways 9", "≈ volatile 9", "12m"):
        assert words in outcome.out
    assert "slope_t" not in outcome.out
    one = run("trend", str(coins), "--symbols", "UPUSDT", "--backtest").out
    for words in ("* slope_t", "standard errors from 0", "% a year", "sma_crossover", "net P&L", "proves nothing"):
        assert words in one
    assert "\x1b" not in one


def test_the_tape_has_trends_too(run: Run, home: Path) -> None:
    async def record() -> None:
        async with await Tape.open(home / "tape.db", symbols()) as tape:
            tape.append(ticks_of(9000), STREAM)

    make_home(home)
    asyncio.run(record())
    rows = run("trend", "tape:", "--interval", "1m,5m", "--json").document["symbols"]
    assert [row["symbol"] for row in rows[::2]] == ["binance:BNBUSDT", "binance:BTCUSDT", "binance:ETHUSDT"]
    assert rows[0]["n"] >= 140
    assert rows[0]["trend"] == "sideways"
    assert rows[1]["status"] in ("PENDING: 1 more bar needed", "judged")
    (alone,) = run("trend", "tape:BTCUSDT", "--json").document["symbols"]
    assert {**alone, "suggestions": []} == {**rows[2], "suggestions": []}
    command = shlex.split(rows[2]["suggestions"][0]["command"])
    assert run(*command[1:], "--json").document["ticks"] > 1000
    assert run("trend", "tape:NOUSDT", "--json").code == 2


def test_real_markets_have_a_trend_of_finite_numbers(run: Run, shared_data: Path) -> None:
    folder = shared_data / "ohlcv" / "binance_usdm_1m_2025"
    outcome = run("trend", str(folder), "--interval", "1m,15m,1h,4h", "--json")
    assert outcome.code == 0, outcome.err
    rows = outcome.document["symbols"]
    assert len(rows) == 24
    for row in rows:
        assert row["trend"] in ("uptrend", "downtrend", "sideways", "volatile")
        assert sum(row["likely"].values()) == pytest.approx(1.0, abs=1e-3)
        assert row["min"] <= row["max"]
    months = {row["symbol"]: row["change_pct"] for row in rows if row["interval"] == "1h"}
    bars = np.loadtxt(folder / "BTCUSDT_1m.csv.gz", delimiter=",", skiprows=1)
    on_the_hour = bars[(bars[:, 0] // 3_600_000 < bars[-1, 0] // 3_600_000)]
    assert months["binance:BTCUSDT"] == pytest.approx(100 * (on_the_hour[-1, 4] / on_the_hour[0, 1] - 1))
    assert iso(rows[0]["to_ns"]).startswith("2025-06")
    assert json.dumps(rows)
