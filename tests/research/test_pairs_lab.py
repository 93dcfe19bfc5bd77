"""A strategy of two legs in the lab: backtests over two sources, studies, checks; and what is said where it cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.commands import Terms
from core.compile.instance import Instance
from core.errors import UsageError
from core.research.backtest import run_backtest
from core.research.checks.check import check
from core.research.checks.subject import Ask as CheckAsk
from core.research.curve import Curve
from core.research.job import detail_of
from core.research.order import Order, definition_of
from core.research.rows import trip_rows
from core.research.search.crew import local_crew
from core.research.search.question import Wanted, open_question
from core.research.search.ranges import parse_range
from core.research.search.runner import Runner
from core.research.search.study import Ask
from core.research.source import Source
from core.research.source_legs import LegsSource, open_leg_sources
from core.strategy_files import builtin_folder
from core.transfer.run_out import trades_table
from core.types import BAR, MINUTE, TICK, Records

LONG_SHORT = Terms(side="long_short", fee_bps=2)
T0_MS = 1_700_006_400_000


def closes(count: int, seed: int = 1) -> tuple[Any, Any]:
    """Of two legs whose spread comes back."""
    rng = np.random.default_rng(seed)
    x = np.log(3_000) + np.cumsum(rng.normal(0, 1e-3, count))
    spread = np.zeros(count)
    for i in range(1, count):
        spread[i] = 0.9 * spread[i - 1] + rng.normal(0, 2e-3)
    return np.round(np.exp(4 + 0.8 * x + spread), 2), np.round(np.exp(x), 2)


def bars_file(folder: Path, symbol: str, close: Any, step_ms: int = 60_000) -> Path:
    """Bars that open where the one before closed."""
    path = folder / f"{symbol}-{step_ms // 60_000}m-2023-11.csv"
    opens = np.concatenate([close[:1], close[:-1]])
    rows = [f"{T0_MS + step_ms * k},{o},{max(o, c)},{min(o, c)},{c},1000" for k, (o, c) in enumerate(zip(opens, close, strict=True))]
    path.write_text("open_time,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def legs(tmp_path: Path) -> list[str]:
    a, b = closes(800)
    return [str(bars_file(tmp_path, "BTCUSDT", a)), str(bars_file(tmp_path, "ETHUSDT", b))]


def order(sources: list[str], **more: Any) -> Order:
    return Order(sources, "pairs", [builtin_folder()], **({"terms": LONG_SHORT, "cache": False} | more))


def few_lines(a: Any, b: Any, window: int, fee: float) -> tuple[float, int]:
    """(net P&L at the last closes, fills) of pairs with its usual bounds, filled at the next opens, which are the closes."""
    y, x = np.log(a), np.log(b)
    side, held, cash, fills, waits = 0.0, np.zeros(2), 0.0, 0, False
    for i in range(window - 1, len(a) - 1):
        part = slice(i + 1 - window, i + 1)
        slope, intercept = np.polyfit(x[part] - x[i], y[part], 1)
        left = y[part] - intercept - slope * (x[part] - x[i])
        z = left[-1] / left.std(ddof=1)
        waits = abs(z) > 4 or (waits and abs(z) >= 0.5)
        want = -np.sign(z) if abs(z) > 2 else side if -side * z >= 0.5 else 0.0
        want = 0.0 if waits or slope <= 0 else want
        if want != side:
            side, target = want, np.array([want, -want * slope * a[i] / b[i]])
            for leg, price in enumerate((a[i], b[i])):
                if target[leg] != held[leg]:
                    traded = abs(target[leg] - held[leg])
                    cash -= (target[leg] - held[leg]) * price + traded * price * fee
                    fills += 1
            held = target
    return cash + held[0] * a[-1] + held[1] * b[-1], fills


def test_a_backtest_over_two_files_agrees_with_a_few_independent_lines(legs: list[str]) -> None:
    result = run_backtest(order(legs, watched=True, signals=None))
    net, fills = few_lines(*closes(800), 60, 2e-4)
    assert result.figures["fills"] == fills > 50
    assert result.figures["net_pnl"] == pytest.approx(net, abs=1e-6)
    assert {fill["symbol"] for fill in result.fills} == {"binance:BTCUSDT", "binance:ETHUSDT"}
    assert result.figures["trades"] == len(result.trips) > 20
    assert result.figures["expectancy"] == pytest.approx(float(result.trips["net"].mean()))
    assert 0 < result.figures["exposure"] < 0.6
    assert result.figures["max_drawdown_s"] is None
    assert result.signals is not None
    assert {"hedge_ratio", "zscore"} < set(result.signals.names)
    json.dumps(result.figures)


def test_a_round_trip_says_whose_it_is(legs: list[str]) -> None:
    result = run_backtest(order(legs))
    rows = trip_rows(result.trips, "pairs", symbols=result.source.symbols)
    assert [row["symbol"] for row in rows[:2]] == ["binance:BTCUSDT", "binance:ETHUSDT"]
    assert {row["symbol"] for row in detail_of(result, Curve()).trips} == set(result.source.symbols)
    assert "binance:ETHUSDT" in {row["symbol"] for row in trades_table(rows, result.source.symbol).rows}


def test_legs_are_told_by_their_order_or_by_their_names(legs: list[str], tmp_path: Path) -> None:
    wanted = run_backtest(order(legs)).figures["net_pnl"]
    assert run_backtest(order([str(tmp_path)], symbol="BTCUSDT,ETHUSDT")).figures["net_pnl"] == wanted
    assert run_backtest(order(legs[::-1], symbol="BTCUSDT,ETHUSDT")).figures["net_pnl"] == wanted
    assert run_backtest(order(legs[::-1])).figures["net_pnl"] != wanted


def test_a_later_beginning_is_warmed_up_by_what_lies_before(legs: list[str]) -> None:
    whole, from_ns = run_backtest(order(legs)), (T0_MS + 400 * 60_000) * 1_000_000
    late = run_backtest(order(legs, from_ns=from_ns))
    assert late.cold == ""
    assert late.first_ns == from_ns
    assert {fill["ts_ns"] for fill in late.fills[4:]} <= {fill["ts_ns"] for fill in whole.fills}
    assert "60 bars of 1m" in run_backtest(order(legs, to_ns=(T0_MS + 30 * 60_000) * 1_000_000)).cold


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder, legs: order(legs[:1]), "name 2 sources, one for each leg in their order, or the symbols: --symbol A,B"),
        (lambda folder, legs: order(legs, symbol="BTCUSDT"), "name 2 sources"),
        (lambda folder, legs: order([legs[0], legs[0]]), "binance:BTCUSDT twice: each leg needs a symbol of its own"),
        (lambda folder, legs: order(legs, symbol="BTCUSDT,XRPUSDT"), "no rows of XRPUSDT"),
        (lambda folder, legs: order([legs[0], str(bars_file(folder, "ETHUSDT", closes(50)[1], 300_000))]), "bars of 1m and .* bars of 5m"),
        (lambda folder, legs: order(legs, as_delivered=True), "--as-delivered is for tape:SYMBOL; files do not record"),
    ],
    ids=["one source", "one symbol", "twice", "not there", "two lengths", "as delivered"],
)
def test_what_cannot_be_told_apart_or_put_together_is_one_line(tmp_path: Path, legs: list[str], make: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        run_backtest(make(tmp_path, legs))


def test_legs_without_a_common_time_are_refused_and_unequal_spans_are_said(tmp_path: Path, legs: list[str]) -> None:
    from_ns = (T0_MS + 400 * 60_000) * 1_000_000
    early = open_leg_sources(legs, 2).legs[0]
    late = open_leg_sources(legs, 2, from_ns=from_ns).legs[1]
    uneven = LegsSource([early, late])
    uneven.load()
    assert uneven.notes == [
        "the legs are of unequal spans: binance:BTCUSDT 2023-11-15T00:01:00Z to 2023-11-15T13:20:00Z, "
        "binance:ETHUSDT 2023-11-15T06:41:00Z to 2023-11-15T13:20:00Z; together only 2023-11-15T06:41:00Z to 2023-11-15T13:20:00Z"
    ]
    early = open_leg_sources(legs, 2, to_ns=from_ns).legs[0]
    with pytest.raises(UsageError, match=r"BTCUSDT ends .*06:40:00Z, before binance:ETHUSDT begins .*06:41:00Z: legs need a time"):
        LegsSource([early, late]).load()
    even = open_leg_sources(legs, 2)
    even.load()
    assert even.notes == []


def test_where_one_symbol_is_traded_it_is_refused(legs: list[str]) -> None:
    with pytest.raises(UsageError, match="pairs trades 2 symbols: here a strategy of one is wanted"):
        definition_of(order(legs))


def test_a_study_gives_the_figures_of_backtests(legs: list[str], tmp_path: Path) -> None:
    ask = Ask(["pairs"], [builtin_folder()], [parse_range("window=40,60"), parse_range("method=ols,kalman")], terms=LONG_SHORT)
    question = open_question(ask, Wanted(sources=legs, cache=False), tmp_path)
    tried = Runner(question.study, lambda: local_crew(1)).run(tmp_path / "journal")
    assert [one.result.error for one in tried] == [""] * 4
    for one in tried:
        alone = run_backtest(order(legs, params=one.params))
        assert all(alone.figures[name] == one.result.figures[name] for name in ("net_pnl", "fills", "trades", "max_drawdown"))
    assert tried[0].symbol == "binance:BTCUSDT,binance:ETHUSDT"


def test_a_study_takes_strategies_of_as_many_legs_each(legs: list[str], tmp_path: Path) -> None:
    ask = Ask(["pairs", "momentum"], [builtin_folder()], terms=LONG_SHORT)
    with pytest.raises(UsageError, match="as many symbols each: pairs 2, momentum 1"):
        open_question(ask, Wanted(sources=legs), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["ols", "kalman"])
def test_it_does_not_look_ahead_and_is_warm_when_it_says_so(legs: list[str], tmp_path: Path, method: str) -> None:
    found = check(CheckAsk("pairs", [builtin_folder()], legs, {"method": method, "window": 30}, home=tmp_path))
    assert found.lookahead.ok, found.lookahead
    assert found.warmup.ok, found.warmup
    assert found.warmup.early is None


READS = '''"""Bets on leg A, and on B by what lies beyond its work memory."""

import numpy as np
from msgspec import Struct

LEGS = 2


class Params(Struct, frozen=True, kw_only=True):
    """Nothing."""


STATE = np.dtype([("n", "i8")])


def step(s, mem, p, tick, out):
    """Leg B by memory of others."""
    out[0] = 1.0
    out[1] = mem[5]
'''


@pytest.mark.slow
def test_a_check_looks_at_what_is_wanted_of_further_legs_too(legs: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "reads.py").write_text(READS)
    found = check(CheckAsk("reads", [folder], legs, home=tmp_path))
    assert found.lookahead.kind == "memory"


def test_a_check_needs_a_source_of_each_leg(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pairs trades 2 symbols: name a source of each"):
        check(CheckAsk("pairs", [builtin_folder()], home=tmp_path))


class Pieces(Source):
    """Rows in batches of any size."""

    def __init__(self, symbol: str, times: list[int], cuts: list[int], kind: Any) -> None:
        super().__init__(symbol, kind, "test", symbol, MINUTE if kind == "bars" else 0)
        self.rows: Records = np.zeros(len(times), BAR if kind == "bars" else TICK)
        self.rows["ts"], self.rows["id"] = sorted(times), np.arange(len(times))
        self.cuts = cuts

    def batches(self) -> Any:
        yield from filter(len, np.split(self.rows, sorted(min(cut, len(self.rows)) for cut in self.cuts)))


@settings(max_examples=60, deadline=None)
@given(
    a=st.lists(st.integers(0, 50), min_size=1), b=st.lists(st.integers(0, 50), min_size=1), cuts=st.lists(st.integers(0, 20), max_size=5),
    bars=st.booleans(),
)  # fmt: skip
def test_rows_of_legs_come_by_time_and_leg_whatever_the_batches(a: list[int], b: list[int], cuts: list[int], bars: bool) -> None:
    kind = "bars" if bars else "ticks"
    a, b = [*a, 25], [*b, 25]  # legs have a time in common
    rows = LegsSource([Pieces("A", a, cuts, kind), Pieces("B", b, cuts[::2], kind)]).load()
    wanted = sorted([*((ts, 0, k) for k, ts in enumerate(sorted(a))), *((ts, 1, k) for k, ts in enumerate(sorted(b)))])
    assert list(zip(rows["ts"].tolist(), rows["symbol"].tolist(), rows["id"].tolist(), strict=True)) == wanted
    assert rows["seq"].tolist() == list(range(1, len(rows) + 1))
    assert (rows["leg"] == rows["symbol"]).all()


def test_rows_that_nobody_can_write_to_are_traded(legs: list[str]) -> None:
    rows = open_leg_sources(legs, 2).load()
    rows.flags.writeable = False
    result = run_backtest(order(legs))
    told = Instance(result.plan, LONG_SHORT)
    before = rows.tobytes()
    told.feed(rows)
    assert rows.tobytes() == before
    assert int(told.account[0].fills) == result.figures["fills"]
