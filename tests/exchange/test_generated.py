"""The generated market: the same for the same seed and clock, whole, and made of plausible prices."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from core.exchange.generated import GeneratedMarket
from core.exchange.history import History
from core.exchange.paths import MINUTES, ORIGIN_HOUR, Paths, aggregates_an_hour, trades_an_hour
from core.exchange.rows import AGG, SCALE, Kind, aggregate
from core.exchange.scenario import Instrument, Scenario, load, names
from core.types import MINUTE, Records

NOON = 1_795_262_400_000_000_000
HOUR = 60 * MINUTE

BTC = Instrument(base="BTC", price=64_000.0, tick=0.01, step=0.00001, trades_per_s=4.0)
ETH = Instrument(base="ETH", price=3_000.0, tick=0.01, step=0.0001, trades_per_s=2.0)
SCENARIO = Scenario(instruments=[BTC, ETH], seed=7)


def market(now_ns: int = NOON, scenario: Scenario = SCENARIO) -> GeneratedMarket:
    return GeneratedMarket(scenario, lambda: now_ns)


def through(source: GeneratedMarket, kind: Kind, symbol: int, minutes: int) -> Records:
    """All rows of the last minutes."""
    last = source.last()
    return np.concatenate([source.rows(kind, symbol, number) for number in range(last - minutes, last)])


def test_a_restarted_exchange_tells_the_same_past_under_the_same_ids() -> None:
    first, later = market(), market(NOON + 47 * MINUTE)
    # Asked in another order, and by a process that came up later.
    for number in (first.last() - 3, first.last() - 90, first.last() - 61):
        for kind, symbol in itertools.product(Kind, (1, 0)):
            assert first.rows(kind, symbol, number).tobytes() == later.rows(kind, symbol, number).tobytes()


def test_a_symbol_does_not_depend_on_the_others_listed() -> None:
    alone = market(scenario=Scenario(instruments=[ETH], seed=7))
    assert alone.rows(Kind.TRADE, 0, alone.last()).tobytes() == market().rows(Kind.TRADE, 1, alone.last()).tobytes()


def test_another_seed_is_another_market() -> None:
    other = market(scenario=Scenario(instruments=[BTC, ETH], seed=8))
    assert other.rows(Kind.TRADE, 0, other.last())["price"].tolist() != market().rows(Kind.TRADE, 0, other.last())["price"].tolist()


@pytest.mark.parametrize("kind", [Kind.TRADE, Kind.AGG])
def test_ids_have_no_gap_across_minutes_and_hours(kind: Kind) -> None:
    rows = through(market(NOON + 30 * MINUTE), kind, 0, 150)
    assert (np.diff(rows["id"]) == 1).all()
    assert rows["id"][0] > 0


def test_every_hour_has_the_same_number_of_prints_and_every_minute_one() -> None:
    paths = Paths(SCENARIO)
    for hour in range(NOON // HOUR, NOON // HOUR + 20):
        within = paths.hour(BTC, hour)
        assert (within.trades.sum(), within.aggregates.sum()) == (trades_an_hour(4.0), aggregates_an_hour(4.0)) == (14_400, 8_928)
        assert within.aggregates.min() >= 1
        assert (within.trades >= within.aggregates).all()
        assert len(within.anchors) == MINUTES + 1


def test_hours_meet_where_they_end() -> None:
    paths = Paths(SCENARIO)
    hour = NOON // HOUR
    for number in range(hour, hour + 5):
        assert paths.hour(BTC, number).anchors[-1] == pytest.approx(paths.hour(BTC, number + 1).anchors[0], abs=1e-12)


def test_aggregates_are_those_its_trades_give() -> None:
    source = market()
    trades, aggs = through(source, Kind.TRADE, 0, 30), through(source, Kind.AGG, 0, 30)
    derived = aggregate(trades, int(aggs["id"][0]))
    for field in AGG.names or ():
        assert (derived[field] == aggs[field]).all(), field


def test_prints_are_in_time_on_tick_and_at_the_quote() -> None:
    source = market()
    for symbol, instrument in enumerate((BTC, ETH)):
        aggs, book = through(source, Kind.AGG, symbol, 30), through(source, Kind.BOOK, symbol, 30)
        assert (np.diff(aggs["time"]) > 0).all()
        assert (np.diff(book["update_id"]) > 0).all()
        tick, step = round(instrument.tick * SCALE), round(instrument.step * SCALE)
        assert (aggs["price"] % tick == 0).all()
        assert (aggs["qty"] % step == 0).all()
        assert (aggs["qty"] > 0).all()
        assert (book["bid"] < book["ask"]).all()
        assert (aggs["price"] == np.where(aggs["maker"], book["bid"], book["ask"])).all()


def test_prices_move_as_they_do_in_markets() -> None:
    source = market(scenario=Scenario(instruments=[BTC, ETH], seed=7, history_hours=12))
    history = History(source)
    returns = []
    for symbol in (0, 1):
        bars = history.bars(symbol, 60_000_000, start_us=None, end_us=None, limit=600)
        assert all(bar.trades for bar in bars)
        returns.append(np.diff(np.log([bar.close for bar in bars])))
    yearly = returns[0].std() * np.sqrt(365 * 24 * 60)
    assert 0.2 < yearly < 2.5
    assert np.corrcoef(returns[0], returns[1])[0, 1] > 0.2
    sides = through(source, Kind.AGG, 0, 60)["maker"]
    assert 0.6 < (sides[1:] == sides[:-1]).mean() < 0.8


def test_the_price_stays_near_where_it_belongs_for_years() -> None:
    paths = Paths(SCENARIO)
    levels = [np.exp(paths.hour(BTC, hour).anchors[0]) for hour in range(NOON // HOUR, NOON // HOUR + 24 * 365 * 2, 97)]
    assert 64_000 / 4 < min(levels) < max(levels) < 64_000 * 4


@settings(max_examples=40)
@given(st.integers(-5 * 3600, 0), st.integers(1, 400), st.sampled_from([Kind.TRADE, Kind.AGG]))
def test_rows_asked_by_id_are_those_asked_by_time(seconds: int, limit: int, kind: Kind) -> None:
    source = market()
    history = History(source)
    by_time = history.between(kind, 0, (NOON + seconds * 10**9) // 1000, None, limit)
    if len(by_time):
        by_id = history.from_id(kind, 0, int(by_time["id"][0]), limit)
        assert by_id.tobytes() == by_time.tobytes()
        assert (by_time["when"] <= source.visible).all()
        full = by_time["id"][-1] == history.latest(kind, 0, 1)["id"][0]
        assert full or len(by_time) == limit


def test_ids_before_the_first_and_after_the_newest_are_found_at_the_edges() -> None:
    source = market()
    history = History(source)
    newest = int(history.latest(Kind.TRADE, 0, 1)["id"][0])
    assert len(history.from_id(Kind.TRADE, 0, newest + 1, 10)) == 0
    assert len(history.from_id(Kind.TRADE, 0, newest + 10**9, 10)) == 0
    first = history.from_id(Kind.TRADE, 0, -5, 1)
    assert (first["id"].tolist(), first["time"][0] // 60_000_000) == ([1], ORIGIN_HOUR * 60)


def test_by_time_it_tells_of_its_history_and_by_id_of_all_there_was() -> None:
    source = market()
    history = History(source)
    oldest = history.between(Kind.TRADE, 0, 0, None, 1)
    assert oldest["time"][0] // 60_000_000 == source.first() == (NOON - 6 * HOUR) // MINUTE
    earlier = history.from_id(Kind.TRADE, 0, int(oldest["id"][0]) - 50_000, 10)
    assert earlier["id"].tolist() == list(range(int(oldest["id"][0]) - 50_000, int(oldest["id"][0]) - 49_990))
    assert earlier["time"][0] < oldest["time"][0]


def test_bars_answer_from_the_beginning_and_longer_ones_add_up() -> None:
    history = History(market(NOON + 7 * MINUTE))
    minutes = history.bars(0, 60_000_000, start_us=None, end_us=None, limit=121)
    assert len(minutes) == 121
    fives = history.bars(0, 300_000_000, start_us=(NOON - HOUR) // 1000, end_us=None, limit=12)
    assert [bar.start for bar in fives] == [(NOON - HOUR) // 1000 + n * 300_000_000 for n in range(12)]
    for five in fives:
        parts = [bar for bar in minutes if five.start <= bar.start < five.start + 300_000_000]
        assert (five.open, five.close) == (parts[0].open, parts[-1].close)
        assert (five.high, five.low) == (max(bar.high for bar in parts), min(bar.low for bar in parts))
        assert (five.volume, five.trades) == (sum(bar.volume for bar in parts), sum(bar.trades for bar in parts))


def test_the_24_hour_figures_fit_the_prints() -> None:
    source = market(NOON + 17 * MINUTE)
    history = History(source)
    day = source.day(0)
    assert day is not None
    assert day.close == history.latest(Kind.TRADE, 0, 1)["price"][0]
    assert day.low <= min(day.open, day.close) <= max(day.open, day.close) <= day.high
    hours = history.bars(0, 3_600_000_000, start_us=None, end_us=None, limit=4)[:3]
    assert day.trades == pytest.approx(24 * hours[0].trades, rel=0.05)
    assert day.volume == pytest.approx(8 * sum(bar.volume for bar in hours), rel=0.2)


@pytest.mark.parametrize("rate", [0.001, 0.5, 3000.0])
def test_any_rate_gives_a_market(rate: float) -> None:
    odd = Instrument(base="X", price=0.00002, tick=1e-8, step=1.0, trades_per_s=rate)
    source = market(scenario=Scenario(instruments=[odd]))
    for number in (source.last(), source.last() - 1):
        trades, aggs = source.rows(Kind.TRADE, 0, number), source.rows(Kind.AGG, 0, number)
        assert len(trades) >= len(aggs) >= 1
        assert (trades["price"] > 0).all()
        assert ((aggs["time"] >= number * 60_000_000) & (aggs["time"] < (number + 1) * 60_000_000)).all()


@pytest.mark.parametrize("name", ["default", "fast"])
def test_scenarios_that_ship_are_valid(name: str) -> None:
    scenario = load(name)
    assert name in names()
    assert [instrument.symbol for instrument in scenario.instruments] == ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT"]
    assert load(name, seed=5).seed == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed = 'x'", "seed"),
        ("colour = 1\n[[instruments]]\nbase = 'A'\nprice = 1.0", "colour"),
        ("[[instruments]]\nbase = 'A'\nprice = -1.0", "price"),
        ("instruments = []", "instruments"),
        ("[[instruments]]\nbase = 'A'\nprice = 1.0\n[[instruments]]\nbase = 'A'\nprice = 1.0", "listed twice"),
        ("[", "toml"),
    ],
)
def test_a_bad_scenario_names_the_file_and_the_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"bad\.toml") as raised:
        load(str(path))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["nosuch", "../default", "", "nosuch.toml"])
def test_an_unknown_scenario_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="scenario"):
        load(name)
    with pytest.raises(UsageError, match="seed"):
        load("default", seed=-1)
