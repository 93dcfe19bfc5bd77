"""A tape that is younger than what an indicator needs: the venue's bars take the place of the prints that are not there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live_rig import NAMES, Live, record, walk_of
from venue_rig import VenueOf

from core.analyst import indicator_answers as answers
from core.analyst.words import Past, Reach
from core.analytics.bar_prints import prints_of_bars
from core.engine.venue_bars import bars_before
from core.indicators.bank import Bank
from core.indicators.catalogue import discover
from core.types import BAR, MINUTE, SECOND, Records, Symbols, join

BTC = NAMES[0]

#: Of bars, and of nothing but their prices.
OF_PRICES: dict[str, dict[str, Any]] = {
    **{name: {"period": 40} for name in ("sma", "ema", "rsi", "bollinger", "std", "atr", "stochastic")},
    **{name: {"period": 40} for name in ("highest", "lowest", "momentum", "roc")},
    "macd": {"slow": 40},
}

FOUND = discover()


def table(name: str, indicator: str, **params: Any) -> str:
    """A variant of the file, on BTC."""
    given = ", ".join(f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in params.items())
    return f'[{name}]\nindicator = "{indicator}"\nparams = {{{given}}}\nsymbols = ["BTCUSDT"]\n'


def steady() -> Records:
    """A walk without long silences, about fifteen prints a minute."""
    ticks = walk_of(2400)
    ticks["ts"] = ticks["ts"][0] + np.cumsum(np.minimum(4 * np.diff(ticks["ts"], prepend=ticks["ts"][0]), 20 * SECOND))
    return ticks


def cut_of(ticks: Records, near: int) -> int:
    """Where a tape may begin at a whole second: what was before it in that second is nobody's."""
    return next(at for at in range(near, len(ticks)) if ticks["ts"][at] // SECOND > ticks["ts"][:at].max() // SECOND)


def past_of(ticks: Records, reach: Reach) -> Past:
    """What the engine answers where the venue has these prints."""
    venue = VenueOf(ticks.compress(ticks["symbol"] == NAMES.index(reach.symbol)))
    bars = asyncio.run(bars_before(venue, venue.ask, "it", reach.interval_ns, reach.start_ns, reach.until_ns))  # type: ignore[arg-type]
    return Past(reach, bars.tobytes())


def row_of(live: Live, variant: str) -> dict[str, Any]:
    """What is answered about a variant."""
    return next(row for row in answers.values(live.of, {"symbol": BTC})["values"] if row["variant"] == variant)


def over(ticks: Records, name: str, values: dict[str, Any]) -> np.ndarray:  # type: ignore[type-arg]
    """The lines of an indicator that took all of these."""
    bank = Bank(Symbols(list(NAMES)))
    bank.add("it", FOUND[name], values, [BTC])
    bank.take(np.ascontiguousarray(ticks))
    return bank.values("it", BTC)


def same(ours: Any, theirs: Any) -> None:
    np.testing.assert_array_equal(ours.view(np.int64), theirs.view(np.int64))


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(tmp_path)


@pytest.fixture
def young(live: Live) -> tuple[Live, Records, int]:
    """A home whose tape begins in the middle of a walk: the walk, and where."""
    ticks = steady()
    cut = cut_of(ticks, 1500)
    record(live.home, ticks[cut:2000])
    return live, ticks, cut


def follow(live: Live, ticks: Records, text: str) -> list[Reach]:
    """Live from what is on the tape on; what the venue is to be asked for."""
    live.variants(text)
    live.begin(2000)
    assert live.of.turn() is False
    return live.reaches[-1] if live.reaches else []


@pytest.mark.slow
def test_values_are_those_of_a_tape_that_has_it_all_to_the_last_bit(young: tuple[Live, Records, int]) -> None:
    live, ticks, cut = young
    (asked,) = follow(live, ticks, "".join(table(f"a_{name}", name, **params) for name, params in OF_PRICES.items()))
    assert asked.start_ns < ticks["ts"][0], "both begin with the same bar"
    before = {name: live.lines(f"a_{name}") for name in OF_PRICES}
    live.take(ticks[2000:2100])
    live.of.take_past(past_of(ticks[:cut], asked))
    assert live.of.turn() is False
    live.take(ticks[2100:])
    for name, params in OF_PRICES.items():
        ours, known = live.lines(f"a_{name}"), before[name]
        assert ours is not None
        assert known is not None
        same(ours, over(ticks, name, params))
        assert np.isfinite(ours).all()
        assert not np.array_equal(known, ours, equal_nan=True)


@pytest.mark.parametrize("name", [*OF_PRICES, "obv"])
def test_values_are_those_of_a_bank_that_was_fed_the_same_bars(young: tuple[Live, Records, int], name: str) -> None:
    live, ticks, cut = young
    params = OF_PRICES.get(name, {"interval": "30m"})
    (asked,) = follow(live, ticks, table("it", name, **params))
    past = past_of(ticks[:cut], asked)
    live.of.take_past(past)
    live.of.turn()
    live.take(ticks[2000:])
    prints = prints_of_bars(np.frombuffer(past.bars, BAR))
    ours = live.lines("it")
    assert ours is not None
    same(ours, over(join([prints, ticks[cut:]]), name, params))
    np.testing.assert_allclose(ours, over(ticks, name, params), rtol=1e-9)


def test_a_value_is_there_at_once_marked_as_the_venues_until_as_many_bars_of_our_own_have_closed(young: tuple[Live, Records, int]) -> None:
    live, ticks, cut = young
    (asked,) = follow(live, ticks, table("slow", "sma", period=60))
    ours = len(np.unique(ticks["ts"][cut:2000].compress(ticks["symbol"][cut:2000] == 0) // MINUTE)) - 1
    waiting = row_of(live, "slow")
    assert (waiting["value"] != waiting["value"], waiting["venue_bars"]) == (True, 0)
    assert waiting["note"] == f"PENDING: {60 - ours} more bars of 1m needed; binance is being asked for its history"
    live.of.take_past(Past(asked, problem="no history from binance: it is away"))
    assert row_of(live, "slow")["note"] == (
        f"PENDING: {60 - ours} more bars of 1m needed; binance is asked again: no history from binance: it is away"
    )
    live.of.take_past(past_of(ticks[:cut], asked))
    live.of.turn()
    found = row_of(live, "slow")
    begun = ticks["ts"][cut] % MINUTE > 0  # the bar that the tape began in is the venue's in part
    assert (np.isfinite(found["value"]), found["note"], found["venue_bars"]) == (True, "", 60 - ours + begun)
    later = ticks[-1:].copy()
    later["symbol"] = 0
    seen = []
    for place in range(1, 61):
        later["ts"], later["seq"] = ticks["ts"][-1] + place * MINUTE, 3000 + place
        live.of.values.take(later.copy())
        seen.append(row_of(live, "slow")["venue_bars"])
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0


def test_the_venue_is_asked_once_for_all_that_want_bars_of_a_symbol_and_interval(young: tuple[Live, Records, int]) -> None:
    live, ticks, cut = young
    two = table("a", "sma", period=60) + table("b", "rsi", period=30) + table("c", "sma", period=60, interval="5m")
    asked = follow(live, ticks, two)
    assert [one.interval_ns // MINUTE for one in asked] == [1, 5]
    live.of.turn()
    assert len(live.reaches) == 1
    live.of.take_past(past_of(ticks[:cut], asked[0]))
    live.of.turn()
    assert row_of(live, "a")["venue_bars"] == 0, "the tape is read once for both intervals"
    live.of.take_past(Past(asked[1], problem="it is away"))
    live.of.turn()
    assert row_of(live, "a")["venue_bars"] > 0
    assert row_of(live, "c")["venue_bars"] == 0
    live.of.take_past(past_of(ticks[:cut], asked[1]))
    live.of.turn()
    assert row_of(live, "c")["venue_bars"] > 0
    live.variants(two + table("d", "ema", period=50))
    live.of.turn()
    assert live.reaches == [asked]
    assert row_of(live, "d")["venue_bars"] > 0
    live.variants(two + table("e", "ema", period=90))
    live.of.turn()
    ((deeper,),) = live.reaches[1:]
    assert (deeper.interval_ns, deeper.start_ns < asked[0].start_ns) == (MINUTE, True)


def test_nothing_is_asked_for_what_needs_none_of_it(young: tuple[Live, Records, int]) -> None:
    live, ticks, _ = young
    text = table("each", "sma", period=900, interval="tick") + table("window", "price_window", from_s=9000, to_s=10, resolution_s=1)
    text += table("short", "sma", period=3, interval="1s") + table("prints", "volume", interval="1d")
    assert follow(live, ticks, text) == []
    assert row_of(live, "short")["venue_bars"] == 0
    assert row_of(live, "prints")["note"] == ("PENDING: 1 more bar of 1d needed; made of prints, which the bars of a venue do not tell")
    assert row_of(live, "window")["note"] == "not known: it needs 9,000 s of prints"


def test_a_hole_in_the_tape_is_reached_over(live: Live) -> None:
    ticks = steady()
    ours = ticks.compress(ticks["symbol"] == 0)
    first, last = cut_of(ours, 300), cut_of(ours, 900)
    record(live.home, np.concatenate([ours[:first], ours[last:1000]]))
    live.variants(table("slow", "sma", period=50))
    live.begin(int(ours["seq"][999]))
    live.of.turn()
    ((asked,),) = live.reaches
    assert asked.until_ns == ours["ts"][last]
    live.of.take_past(past_of(ours[:last], asked))
    live.of.turn()
    live.take(ours[1000:])
    found = live.lines("slow")
    assert found is not None
    np.testing.assert_allclose(found, over(ours, "sma", {"period": 50}), rtol=1e-12)


def test_a_home_without_a_tape_asks_once_its_first_prints_are_on_it(live: Live) -> None:
    ticks = steady()
    cut = cut_of(ticks, 1500)
    live.variants(table("slow", "sma", period=40))
    live.begin(0)
    live.of.turn()
    assert live.reaches == []
    assert row_of(live, "slow")["note"] == "PENDING: 40 more bars of 1m needed"
    live.take(ticks[cut:])
    record(live.home, ticks[cut:])
    live.of.turn()
    ((asked,),) = live.reaches
    assert asked.until_ns == ticks["ts"][cut:].compress(ticks["symbol"][cut:] == 0).min()
    live.of.take_past(past_of(ticks[:cut], asked))
    live.of.turn()
    found = live.lines("slow")
    assert found is not None
    same(found, over(ticks, "sma", {"period": 40}))


def test_a_venue_that_has_no_more_leaves_it_at_what_there_is_and_says_so(young: tuple[Live, Records, int]) -> None:
    live, ticks, cut = young
    (asked,) = follow(live, ticks, table("slow", "sma", period=600))
    live.of.take_past(past_of(ticks[cut - 100 : cut], asked))
    live.of.turn()
    had = len(np.unique(ticks["ts"][cut - 100 : 2000].compress(ticks["symbol"][cut - 100 : 2000] == 0) // MINUTE)) - 1
    assert row_of(live, "slow")["note"] == f"PENDING: {600 - had:,} more bars of 1m needed; the venue has no older ones"
    live.of.turn()
    assert len(live.reaches) == 1


def test_what_is_not_followed_any_more_is_not_asked_for_any_more(young: tuple[Live, Records, int]) -> None:
    live, ticks, cut = young
    (asked,) = follow(live, ticks, table("slow", "sma", period=60))
    live.variants(table("window", "price"))
    live.of.turn()
    assert live.reaches[1:] == [[]]
    live.of.take_past(past_of(ticks[:cut], asked))
    live.of.turn()
    live.variants(table("slow", "sma", period=60))
    live.of.turn()
    assert live.reaches[2:] == [[asked]]


RAISES = '''"""Raises on what is dear."""
import numpy as np
from msgspec import Struct
from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval

LINES = (("it", "price", "main"),)
STATE = np.dtype([("bar", BAR_STATE)])


class Params(Struct, frozen=True, kw_only=True):
    interval: Interval = "1m"


def warmup(p):
    return 40


def step(s, mem, p, tick, out):
    if tick.price > 1e6:
        raise ValueError("too dear")
    if close_bar(s.bar, tick, p.interval):
        out[0] = s.bar.close
'''


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_indicator_that_raises_over_bars_of_the_venue_says_so(young: tuple[Live, Records, int]) -> None:
    live, ticks, cut = young
    (live.home / "indicators").mkdir()
    (live.home / "indicators" / "dear.py").write_text(RAISES)
    (asked,) = follow(live, ticks, table("own", "dear"))
    dear = ticks[:cut].copy()
    dear["price"] *= 1e6
    live.of.take_past(past_of(dear, asked))
    live.of.turn()
    assert live.problem("own") == "dear failed: it raised inside its compiled step"


def test_a_silence_of_the_market_is_no_hole(live: Live) -> None:
    ticks = steady()
    ticks["ts"][1200:] += 3600 * SECOND
    record(live.home, ticks)
    live.variants(table("slow", "sma", period=11))
    live.begin(len(ticks))
    live.of.turn()
    assert live.reaches == []
