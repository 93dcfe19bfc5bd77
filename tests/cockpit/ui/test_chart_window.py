"""What of a chart is in sight, what it asks for, and how its axes are written."""

from __future__ import annotations

from typing import Any

import pytest
from chart_data import LAST, MINUTE, candles_of
from hypothesis import given
from hypothesis import strategies as st

from cockpit.panes.chart_text import bar_text
from cockpit.panes.held_bars import EVERY, WHILE_LOADING, HeldBars
from cockpit.panes.scale import scale_of, time_step, time_text
from cockpit.panes.window import ZOOMS, Window, grouped
from core.types import DAY, SECOND

BARS = candles_of(100)


def window(room: int = 20) -> Window:
    made = Window()
    made.room = room
    return made


def test_the_newest_candles_are_in_sight_until_somebody_goes_back() -> None:
    seen = window()
    assert seen.seen(BARS) == BARS[80:]
    seen.scroll(BARS, -15)
    assert seen.seen(BARS) == BARS[65:85]
    assert seen.back(BARS) == 15
    newer = [*BARS, BARS[-1]._replace(start=LAST + MINUTE)]
    assert seen.seen(newer) == BARS[65:85]
    seen.scroll(newer, 1000)
    assert seen.seen(newer) == newer[81:]
    assert seen.until is None


def test_nobody_scrolls_beyond_the_oldest() -> None:
    seen = window()
    seen.scroll(BARS, -100_000)
    assert seen.seen(BARS) == BARS[:20]
    few = window(300)
    few.scroll(BARS, -5)
    assert few.seen(BARS) == BARS


def test_the_crosshair_begins_at_the_newest_and_takes_the_window_along() -> None:
    seen = window()
    assert seen.at(BARS) is None
    seen.move(BARS, -1)
    assert seen.at(BARS) == 99
    seen.move(BARS, -25)
    assert seen.at(BARS) == 74
    assert seen.seen(BARS) == BARS[74:94]
    seen.move(BARS, 22)
    assert seen.at(BARS) == 96
    assert seen.seen(BARS) == BARS[77:97]
    seen.move(BARS, -1000)
    assert seen.at(BARS) == 0
    seen.move(BARS, 1000)
    assert (seen.at(BARS), seen.until) == (99, None)


def test_the_crosshair_stays_at_its_time_when_bars_get_longer() -> None:
    seen = window()
    seen.move(BARS, 0)
    seen.move(BARS, -7)
    longer = grouped(BARS, 5 * MINUTE)
    at = seen.at(longer)
    assert at is not None
    assert longer[at].start <= BARS[92].start < longer[at].start + 5 * MINUTE


@given(st.lists(st.tuples(st.sampled_from(["move", "scroll", "room", "reset"]), st.integers(-150, 150)), max_size=12), st.integers(0, 100))
def test_whatever_is_pressed_there_is_always_something_in_sight_and_the_crosshair_in_it(steps: Any, count: int) -> None:
    seen, bars = window(), BARS[:count]
    for what, number in steps:
        if what == "room":
            seen.room = max(1, abs(number))
        elif what == "reset":
            seen.reset()
        else:
            getattr(seen, what)(bars, number)
        shown = seen.seen(bars)
        assert len(shown) == min(seen.room, len(bars))
        at = seen.at(bars)
        if at is not None and what == "move":
            assert bars[at] in shown


def test_zooming_ends_at_both_ends() -> None:
    seen = window()
    assert [seen.resize(-1) for _ in range(3)] == [True, True, False]
    assert seen.zoom == ZOOMS[0]
    assert [seen.resize(1) for _ in range(6)] == [True] * 5 + [False]


def test_longer_candles_hold_all_of_the_shorter() -> None:
    made = grouped(BARS, 10 * MINUTE)
    assert sum(candle.volume for candle in made) == pytest.approx(sum(candle.volume for candle in BARS))
    assert made[0].open == BARS[0].open
    assert made[-1].close == BARS[-1].close
    assert max(candle.high for candle in made) == max(candle.high for candle in BARS)
    assert {candle.start % (10 * MINUTE) for candle in made} == {0}


# What it asks for


def answer(bars: Any, whole_from: int = 0, **changes: Any) -> dict[str, Any]:
    given = [list(bar) for bar in bars]
    return {"symbol": "S", "interval": "1m", "bars": given, "complete_from_ns": whole_from, "loading": False, "note": "",
            **changes}  # fmt: skip


def test_all_bars_are_asked_for_first_and_then_the_last_one_again() -> None:
    held = HeldBars("S", "1m")
    assert held.question(0.0, 40) == {"symbol": "S", "interval": "1m", "count": 250}
    assert held.question(0.1, 40) is None
    held.take(answer(BARS[:50]))
    assert held.question(EVERY, 40) == {"symbol": "S", "interval": "1m", "count": 250, "since_ns": BARS[49].start}
    changed = BARS[49]._replace(close=1.0)
    held.take(answer([changed, *BARS[50:60]]))
    assert held.candles == [*BARS[:49], changed, *BARS[50:60]]


def test_while_the_engine_reads_the_past_all_is_asked_for_again_and_soon() -> None:
    held = HeldBars("S", "1m")
    held.question(0.0, 40)
    held.take(answer(BARS[40:], loading=True))
    question = held.question(WHILE_LOADING, 40)
    assert question is not None
    assert "since_ns" not in question
    held.take(answer(BARS))
    assert held.candles == BARS


def test_more_is_asked_for_at_once_when_more_is_looked_at() -> None:
    held = HeldBars("S", "1m")
    held.question(0.0, 40)
    held.take(answer(BARS[60:]))
    assert held.question(0.1, 600) == {"symbol": "S", "interval": "1m", "count": 750}
    assert held.loading
    held.question(0.2, 100_000)
    assert held.asked == 2000


def test_bars_that_came_before_those_held_make_it_ask_for_all_again() -> None:
    held = HeldBars("S", "1m")
    held.question(0.0, 40)
    held.take(answer(BARS[60:], whole_from=7))
    held.take(answer(BARS[99:], whole_from=3))
    question = held.question(9.0, 40)
    assert question is not None
    assert "since_ns" not in question


def test_nothing_new_changes_nothing() -> None:
    held = HeldBars("S", "1m")
    held.take(answer(BARS))
    version = held.version
    held.take(answer(BARS[-1:]))
    held.take(answer(BARS, symbol="T"))
    assert (held.version, held.candles) == (version, BARS)


# Axes


@given(st.floats(1e-6, 1e7), st.floats(0, 0.2), st.integers(1, 60), st.integers(0, 8))
def test_a_scale_holds_what_it_is_made_for_and_is_round(low: float, share: float, lines: int, decimals: int) -> None:
    high = low * (1 + share)
    scale = scale_of(low, high, lines, decimals=decimals)
    assert scale.low <= low * (1 + 1e-9)
    assert scale.high >= high * (1 - 1e-9)
    assert 0 <= scale.half(high) <= scale.half(low) < 2 * lines
    digits = f"{scale.step:.1e}"[:3]
    assert digits in ("1.0", "2.0", "5.0")
    for value in scale.round_values():
        assert scale.low - scale.step <= value <= scale.high + scale.step


def test_round_prices_are_written_with_the_decimals_they_need() -> None:
    assert [scale_of(61_600, 61_700, 12, decimals=2).decimals, scale_of(0.6, 0.61, 12, decimals=4).decimals] == [0, 3]
    assert scale_of(61_613, 61_688, 12, decimals=2).round_values() == [61_620, 61_640, 61_660, 61_680]


def test_times_on_an_axis_are_round_and_far_enough_apart() -> None:
    assert time_step(60 * SECOND, 10) == 600 * SECOND
    assert time_step(SECOND, 10) == 10 * SECOND
    assert time_step(DAY, 10) == 30 * DAY
    assert time_text(LAST, 60 * SECOND) == "14:02"
    assert time_text(LAST + SECOND, SECOND) == "14:02:01"
    assert time_text(LAST, DAY) == "11-20"
    assert time_text(LAST - LAST % DAY, 3600 * SECOND) == "11-20"


def test_a_bar_is_told_in_as_many_words_as_fit() -> None:
    bar = candles_of(1)[0]._replace(open=61_600.0, high=61_700.0, low=61_500.0, close=61_661.6, volume=18_200.0)
    whole = "14:02 O 61,600.00 H 61,700.00 L 61,500.00 C 61,661.60 V 18.2k +0.10 %"
    assert bar_text(bar, 2, MINUTE, LAST, 200) == whole
    assert bar_text(bar, 2, MINUTE, LAST, len(whole) - 1) == whole[: -len(" +0.10 %")]
    assert bar_text(bar, 2, MINUTE, LAST, 3) == "14:02"
    assert bar_text(bar, 2, SECOND, LAST + DAY, 200).startswith("11-20 14:02:00 O")
    assert bar_text(bar, 2, DAY, LAST, 200).startswith("11-20 O")
