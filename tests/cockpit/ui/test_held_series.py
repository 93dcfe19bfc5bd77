"""What a chart holds of indicators and of the trend: what it asks, when, and what it makes of the answers."""

from __future__ import annotations

from typing import Any

import pytest
from chart_data import MINUTE, candles_of

from cockpit import figures
from cockpit.panes.held_series import HeldSeries, Series
from cockpit.panes.held_trend import HeldTrend
from cockpit.panes.indicated import Indicated, named
from cockpit.settings import MOST_DRAWN, Drawn

BARS = candles_of(8)
STARTS = [bar.start for bar in BARS]
READY = {"state": "ready", "note": "", "asof_ns": 0}


def row(name: str = "sma", line: str = "sma", unit: str = "price", panel: str = "main", **more: Any) -> dict[str, Any]:
    values = [float(at) for at in range(len(STARTS))]
    return {"name": name, "line": line, "unit": unit, "panel": panel, "ts_ns": STARTS, "values": values, "note": "", **more}


def held(*drawn: Drawn) -> HeldSeries:
    series = HeldSeries()
    series.draw(drawn or (Drawn("sma"),))
    return series


def ask(series: HeldSeries, now: float = 0.0, *, bars: int = 1, count: int = 100, interval: str = "1m") -> dict[str, Any] | None:
    return series.question(now, "x:BTC", interval, count, bars)


def taken(series: HeldSeries, *rows: dict[str, Any], **state: Any) -> None:
    args = ask(series)
    assert args is not None
    series.take(args, {**READY, **state, "series": list(rows)})


def test_nothing_is_asked_where_nothing_is_drawn() -> None:
    assert HeldSeries().question(0.0, "x:BTC", "1m", 100, 1) is None


def test_variants_are_asked_by_name_and_indicators_with_their_usual_parameters() -> None:
    args = ask(held(Drawn("sma"), Drawn("fast", True)))
    assert args == {
        "symbol": "x:BTC", "interval": "1m", "count": 250, "indicators": [{"indicator": "sma", "params": {}}, {"variant": "fast"}],
    }  # fmt: skip


def test_it_asks_again_when_the_bars_went_on_and_not_more_often_than_once_a_second() -> None:
    series = held()
    assert ask(series, 0.0, bars=1) is not None
    assert ask(series, 9.0, bars=1) is None
    assert ask(series, 9.0, bars=2) is not None
    assert ask(series, 9.5, bars=3) is None
    assert ask(series, 10.1, bars=3) is not None


def test_another_interval_and_more_bars_are_asked_for_at_once() -> None:
    series = held()
    ask(series)
    assert ask(series, 0.1, interval="5m") is not None
    deeper = ask(series, 0.2, interval="5m", count=600)
    assert deeper is not None
    assert deeper["count"] == 750


def test_what_is_held_stays_while_other_symbols_are_looked_at() -> None:
    series = held()
    taken(series, row())
    args = series.question(5.0, "x:ETH", "1m", 100, 1)
    assert args is not None
    series.take(args, {**READY, "series": [row(values=[7.0] * 8)]})
    assert series.of("x:BTC", "1m")[0].values[2] == 2.0
    assert series.of("x:ETH", "1m")[0].values[2] == 7.0
    assert series.of("x:ETH", "5m") == []


def test_an_answer_about_what_is_no_longer_drawn_is_passed_over() -> None:
    series = held()
    args = ask(series)
    series.draw([Drawn("ema")])
    assert args is not None
    series.take(args, {**READY, "series": [row()]})
    assert series.of("x:BTC", "1m") == []


def test_only_what_changed_is_a_change() -> None:
    series = held()
    taken(series, row())
    before = series.version
    args = ask(series, 5.0, bars=2)
    assert args is not None
    series.take(args, {**READY, "series": [row()]})
    assert series.version == before


def test_while_the_analyst_starts_lines_stay_it_says_so_and_is_asked_again() -> None:
    series = held()
    taken(series, row())
    args = ask(series, 5.0, bars=2)
    assert args is not None
    series.take(args, {"state": "starting", "note": "", "series": []})
    assert "starting" in series.note
    assert len(series.of("x:BTC", "1m")) == 1
    assert ask(series, 6.0, bars=2) is None
    assert ask(series, 9.0, bars=2) is not None


def test_a_refusal_is_said_and_it_is_asked_again_later() -> None:
    series = held()
    ask(series)
    series.refused("no answer to 'indicator_series'")
    assert series.note == "no answer to 'indicator_series'"
    assert ask(series, 2.0) is None
    assert ask(series, 4.0) is not None


def test_an_indicator_gives_its_first_line_and_those_like_it_a_variant_what_it_stands_for() -> None:
    rows = [row("boll", line) for line in ("middle", "upper")] + [row("boll", "z", "z", "lower"), row("far", "z", "z", "lower")]
    series = held(Drawn("boll"), Drawn("far", True))
    taken(series, *rows)
    assert [(one.owner, one.line) for one in series.of("x:BTC", "1m")] == [("boll", "middle"), ("boll", "upper"), ("far", "z")]


def test_a_value_stands_on_its_own_bar_alone_and_on_candles_of_several_the_last_one() -> None:
    one = Series("sma", "sma", "price", "main", STARTS[2:7], [2.0, 3.0, None, 5.0, 6.0], "")
    assert one.on(BARS, MINUTE) == [None, None, 2.0, 3.0, None, 5.0, 6.0, None]
    assert one.on(BARS[::2], 2 * MINUTE) == [None, 3.0, 5.0, 6.0]
    assert one.on(BARS, 0)[-1] is None


def test_lines_of_one_indicator_say_its_name_once() -> None:
    series = [Series(*names, "price", "main", (), (), "") for names in (("boll", "middle"), ("boll", "upper"), ("sma", "sma"))]
    assert [name for name, _ in named(series)] == ["boll middle", "upper", "sma"]


def overlay(*rows: dict[str, Any], cross: int | None = None) -> Any:
    indicated = Indicated()
    indicated.draw([Drawn(name, True) for name in dict.fromkeys(one["name"] for one in rows)], False)
    question = indicated.question(0.0, "x:BTC", "1m", 100, 1)
    assert question is not None
    indicated.take(*question, {**READY, "series": list(rows)})
    return indicated.overlay("x:BTC", "1m", BARS, MINUTE, cross, 2)


@pytest.mark.parametrize(
    ("unit", "panel", "value", "told"),
    [("price", "main", 61_686.014, "61,686.01"), ("0-100", "lower", 54.2, "54.20 (0-100)"), ("%", "lower", 0.0123, "0.0123 %"),
     ("base", "lower", 1_234_567.0, "1.2M base"), ("price", "lower", -31.66, "-31.66"), ("z", "lower", 0.0, "0.00 z")],
)  # fmt: skip
def test_a_value_is_told_with_its_unit(unit: str, panel: str, value: float, told: str) -> None:
    made = overlay(row(unit=unit, panel=panel, values=[value] * 8))
    assert [one.told for one in (*made.over, *made.under)] == [told]


def test_the_value_told_is_that_under_the_crosshair_else_the_newest() -> None:
    assert overlay(row()).over[0].told == "7.00"
    assert overlay(row(), cross=3).over[0].told == "3.00"
    torn = row(values=[1.0, 2.0, None, 4.0, 5.0, 6.0, None, None])
    assert overlay(torn, cross=2).over[0].told == figures.NONE
    assert overlay(torn).over[0].told == figures.NONE


def test_what_has_no_value_at_all_takes_no_panel_and_says_why() -> None:
    made = overlay(row("gone", "", "", "lower", ts_ns=[], values=[], note="there is no variant 'gone'"))
    assert made.under == made.over == ()
    assert ["".join(part.text for part in words) for words in made.words] == ["gone there is no variant 'gone'"]


def test_why_an_indicator_has_no_values_is_said_once_for_all_of_its_lines() -> None:
    lacking = [row("macd", line, "price", "lower", values=[None] * 8, note="not known: it needs 34 bars") for line in ("line", "signal")]
    made = overlay(*lacking, row("sma"))
    assert ["".join(part.text for part in words) for words in made.words] == ["macd not known: it needs 34 bars"]
    assert [one.letter for one in made.over] == ["a"]


def test_words_from_outside_are_shown_as_words() -> None:
    made = overlay(row("a\x1b[2Jb", note="\x1b]52;c;x\x07bad"))
    assert made.over[0].name == "ab"
    assert made.over[0].note == "bad"


def test_no_more_are_drawn_than_can_be_told_apart() -> None:
    indicated = Indicated()
    indicated.draw([Drawn(f"one_{number}") for number in range(20)], False)
    assert len(indicated.drawn) == MOST_DRAWN


TREND = {
    **READY, "trend": "downtrend", "confidence": 0.715, "change_pct": -0.4, "status": "ok",
    "line": {"start_ns": STARTS[2], "start_price": 100.0, "end_ns": STARTS[6], "end_price": 121.0}, "changes_ns": [STARTS[4] + 5],
}  # fmt: skip


def trending(answer: dict[str, Any] = TREND) -> HeldTrend:
    trend = HeldTrend()
    trend.wanted = True
    args = trend.question(0.0, "x:BTC", "1m")
    assert args == {"symbol": "x:BTC", "interval": "1m"}
    trend.take(args, answer)
    return trend


def said(trend: HeldTrend) -> str:
    return "".join(part.text for part in trend.words())


def test_the_line_of_a_trend_lies_over_the_bars_judged_straight_in_logarithms() -> None:
    line = [None if value is None else round(value, 2) for value in trending().line_on(BARS)]
    assert line == [None, None, 100.0, 104.88, 110.0, 115.37, 121.0, None]
    assert trending().changes_on(BARS) == (4,)
    assert said(trending()) == "t ▼ downtrend 72 %, -0.40 %"


def test_a_market_without_a_trend_says_why_and_has_no_line() -> None:
    trend = trending({**READY, "trend": None, "status": "40 bars: at least 50 are needed", "line": None, "changes_ns": None})
    assert said(trend) == "trend 40 bars: at least 50 are needed"
    assert trend.line_on(BARS) == []
    assert trend.changes_on(BARS) == ()


def test_of_bars_that_are_not_cut_by_time_no_trend_is_asked() -> None:
    trend = HeldTrend()
    trend.wanted = True
    assert trend.question(0.0, "x:BTC", "tick:100") is None
    assert "bars of time" in said(trend)


def test_a_trend_is_asked_for_every_few_seconds_and_of_another_symbol_at_once() -> None:
    trend = trending()
    assert trend.question(4.0, "x:BTC", "1m") is None
    assert trend.question(5.1, "x:BTC", "1m") is not None
    assert trend.question(5.2, "x:ETH", "1m") is not None
    assert trend.line_on(BARS) == []
    trend.refused({"symbol": "x:ETH", "interval": "1m"}, "no such thing")
    assert said(trend) == "trend no such thing"


def test_a_trend_that_is_not_wanted_is_neither_asked_for_nor_drawn() -> None:
    trend = trending()
    trend.wanted = False
    assert trend.question(99.0, "x:BTC", "1m") is None
    assert (trend.words(), trend.line_on(BARS), trend.changes_on(BARS)) == ((), [], ())


def test_the_trend_of_one_symbol_is_never_drawn_on_another() -> None:
    indicated = Indicated()
    indicated.draw([], True)
    question = indicated.question(0.0, "x:BTC", "1m", 100, 1)
    assert question is not None
    indicated.take(*question, TREND)
    assert [one.letter for one in indicated.overlay("x:BTC", "1m", BARS, MINUTE, None, 2).over] == ["t"]
    elsewhere = indicated.overlay("x:ETH", "1m", BARS, MINUTE, None, 2)
    assert (elsewhere.over, elsewhere.changes) == ((), ())
    assert [[part.text for part in words] for words in elsewhere.words] == [["trend ", "…"]]
