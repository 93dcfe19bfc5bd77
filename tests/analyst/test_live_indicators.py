"""Indicators on the live market: the values are those of `cockpit indicators values` on the same ticks, whenever they began to follow."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_rig import NAMES, STREAM, CompilesHere, Live, record, walk_of

from core.analyst import indicator_answers as answers
from core.analyst.held import Held
from core.analyst.warming import Tape, begins
from core.analytics.bars import aggregate
from core.indicators.catalogue import discover
from core.indicators.over import Wanted, values_sheet
from core.research.source_tape import open_tape
from core.types import MINUTE, SECOND, bar_kind

FILE = """
[slow]
indicator = "ema"
params = {period = 12, interval = "1m"}

[window]
indicator = "price_window"
params = {from_s = 60, to_s = 10}
symbols = ["BTCUSDT"]

[each]
indicator = "sma"
params = {period = 300, interval = "tick"}

[danger]
indicator = "price"
type = "risk"
"""

MIX = {"slow": ("ema", {"period": 12, "interval": "1m"}), "window": ("price_window", {"from_s": 60, "to_s": 10})}
MIX |= {"each": ("sma", {"period": 300, "interval": "tick"}), "danger": ("price", {})}


@pytest.fixture
def live(tmp_path: Path) -> Live:
    found = Live(tmp_path)
    found.variants(FILE)
    return found


def told_by_the_command(home: Path, variant: str, symbol: str) -> list[float]:
    """The last row of `cockpit indicators values VARIANT tape:SYMBOL --every tick`."""
    name, values = MIX[variant]
    sheet = values_sheet(
        Wanted(variant, discover()[name], values, every="tick"), open_tape(f"tape:{symbol}/{STREAM}", None, home, None, None, False)
    )
    *_, last = sheet.rows
    return [float(column[-1]) for column in last.values[3:]]


def assert_as_the_command_says(live: Live) -> None:
    for variant in MIX:
        for symbol in NAMES if variant != "window" else NAMES[:1]:
            found = live.lines(variant, symbol)
            assert found is not None, (variant, symbol)
            np.testing.assert_array_equal(found.view(np.int64), np.array(told_by_the_command(live.home, variant, symbol)).view(np.int64))


def test_values_are_those_of_the_command_on_the_same_ticks_to_the_last_bit(live: Live) -> None:
    ticks = walk_of(1200)
    record(live.home, ticks[:800])
    live.begin(700)  # the stream overlaps the tape
    live.take(ticks[700:1000])
    assert live.wanted == [(NAMES, 800)]
    assert live.lines("slow") is None
    assert live.of.turn() is False
    live.take(ticks[1000:])
    record(live.home, ticks[800:])
    assert_as_the_command_says(live)


def test_it_is_warmed_up_on_as_much_as_the_command_reads_before_its_first_row_and_on_what_was_before(live: Live) -> None:
    ticks = walk_of(4000)
    record(live.home, ticks)
    live.of.turn()
    begun = {one.name: begins(Tape(live.home / "tape.db", STREAM), NAMES[0], one) for one in live.of.values.following(NAMES[0])}
    ours = ticks["ts"].compress(ticks["symbol"] == 0)
    last = int(ours[-1])
    for name, back in (("window", 65 * SECOND), ("slow", (5 * 12 + 1) * MINUTE)):
        assert begun[name] <= last - back
        assert ((ours >= begun[name]) & (ours < last - back)).any()
        assert begun[name] > ours[0]
    assert (ours >= begun["each"]).sum() >= 1500


def test_what_comes_later_is_warmed_up_while_the_others_go_on(live: Live) -> None:
    ticks = walk_of(1200)
    record(live.home, ticks[:500])
    live.variants('[slow]\nindicator = "ema"\nparams = {period = 12, interval = "1m"}\n')
    live.begin(500)
    live.of.turn()
    live.take(ticks[500:800])
    record(live.home, ticks[500:780])
    live.variants(FILE)
    live.of.turn()
    live.take(ticks[800:])
    record(live.home, ticks[780:])
    assert_as_the_command_says(live)


def test_a_tape_that_ends_before_the_stream_begins_is_waited_for(live: Live) -> None:
    ticks = walk_of(600)
    record(live.home, ticks[:300])
    live.begin(400)
    live.take(ticks[400:500])
    assert live.of.turn() is True
    assert live.lines("slow") is None
    record(live.home, ticks[300:450])
    assert live.of.turn() is False
    live.take(ticks[500:])
    record(live.home, ticks[450:])
    assert_as_the_command_says(live)


def test_a_symbol_that_is_streamed_later_is_followed_once_its_ticks_come(live: Live) -> None:
    ticks = walk_of(1200)
    live.of.watch(NAMES[:1])
    live.begin(0)
    live.of.turn()
    live.take(ticks[:600].compress(ticks["symbol"][:600] == 0))
    record(live.home, ticks[:600])
    last = int(ticks["seq"][:600][ticks["symbol"][:600] == 0][-1])
    live.of.watch(NAMES)
    assert live.of.turn() is True
    assert live.wanted == [(NAMES[:1], 0), (NAMES, last)]
    assert live.lines("slow", NAMES[1]) is None
    live.of.begin(last)
    live.take(ticks[last:])
    assert live.of.turn() is False
    record(live.home, ticks[600:])
    assert_as_the_command_says(live)


def test_a_home_without_a_tape_begins_with_the_stream(live: Live) -> None:
    live.begin(0)
    ticks = walk_of(400)
    live.of.turn()
    live.take(ticks)
    record(live.home, ticks)
    assert_as_the_command_says(live)


def test_a_changed_variant_begins_anew_and_one_that_is_gone_is_followed_no_more(live: Live) -> None:
    ticks = walk_of(900)
    record(live.home, ticks[:600])
    live.begin(600)
    live.of.turn()
    before = live.lines("slow")
    live.variants(
        '[slow]\nindicator = "ema"\nparams = {period = 3, interval = "1m"}\n[danger]\nindicator = "price"\nsymbols = ["ETHUSDT"]\n'
    )
    live.of.turn()
    after = live.lines("slow")
    assert before is not None
    assert after is not None
    assert after[0] != before[0]
    assert [one.name for one in live.of.values.following(NAMES[0])] == ["slow"]
    assert [one.name for one in live.of.values.following(NAMES[1])] == ["slow", "danger"]
    live.variants("")
    live.of.turn()
    assert live.of.values.following(NAMES[1]) == []
    assert live.wanted[-1][0] == []


def test_a_broken_table_and_a_broken_file_are_named_and_stop_nothing_else(live: Live) -> None:
    ticks = walk_of(600)
    record(live.home, ticks)
    (live.home / "indicators").mkdir()
    (live.home / "indicators" / "mine.py").write_text("1 / 0\n")
    live.variants(FILE + '\n[wrong]\nindicator = "ema"\nparams = {period = 0}\n\n[own]\nindicator = "mine"\n')
    live.begin(600)
    live.of.turn()
    assert_as_the_command_says(live)
    found = answers.values(live.of, {"symbol": NAMES[0]})
    assert [row["variant"] for row in found["values"]] == ["slow", "window", "each", "danger"]
    assert "wrong: ema: period=0 is not allowed" in found["wrong"][0]
    assert "ZeroDivisionError" in found["wrong"][1]
    assert answers.catalogue(live.of)["broken"].keys() == {"mine"}


RAISES = '''"""Raises when it is dear."""
import numpy as np
from msgspec import Struct

LINES = (("it", "price", "main"),)
STATE = np.dtype([("n", "i8")])


class Params(Struct, frozen=True, kw_only=True):
    most: float = 50.0


def step(s, mem, p, tick, out):
    if tick.price > p.most:
        raise ValueError("too dear")
    out[0] = tick.price
'''


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_indicator_that_raises_says_so_and_begins_again_when_its_file_is_mended(live: Live) -> None:
    ticks = walk_of(300)
    record(live.home, ticks)
    (live.home / "indicators").mkdir()
    (live.home / "indicators" / "dear.py").write_text(RAISES)
    live.variants(FILE + '\n[own]\nindicator = "dear"\n')
    live.begin(300)
    live.of.turn()
    assert live.lines("own") is None
    assert live.problem("own") == "dear failed: it raised inside its compiled step"
    assert_as_the_command_says(live)
    (live.home / "indicators" / "dear.py").write_text(RAISES.replace("50.0", "5e9"))
    live.of.turn()
    assert live.lines("own") is not None
    (live.home / "indicators" / "dear.py").write_text(RAISES.replace("tick.price > p.most", "nonsense(p)"))
    live.of.turn()
    assert "step uses nonsense, a name that is not defined" in live.problem("own")


def test_a_wish_is_told_when_its_value_is_known_and_changes(live: Live) -> None:
    ticks = walk_of(400)
    ticks["price"] = np.where(ticks["seq"] < 300, 100.0, ticks["price"])
    live.variants('[danger]\nindicator = "price"\n\n[three]\nindicator = "sma"\nparams = {period = 3, interval = "tick"}\n')
    live.begin(0)
    live.of.turn()
    live.of.values.wish([f"danger {NAMES[0]}", f"three {NAMES[1]}", "nobody binance:NONE", "odd"])
    live.take(ticks, size=1)
    of_price = [(figure.value, figure.ts_ns) for figure in live.told if figure.name == f"danger {NAMES[0]}"]
    ours = ticks.compress(ticks["symbol"] == 0)
    changes = np.flatnonzero(np.diff(ours["price"], prepend=0.0))
    assert of_price == [(float(ours["price"][at]), int(ours["ts"][at])) for at in changes]
    assert {figure.name for figure in live.told} == {f"danger {NAMES[0]}", f"three {NAMES[1]}"}
    assert np.isfinite([figure.value for figure in live.told]).all()


def test_a_value_that_is_known_is_told_to_who_wishes_for_it_without_another_tick(live: Live) -> None:
    ticks = walk_of(400)
    record(live.home, ticks)
    live.of.values.wish([f"danger {NAMES[0]}"])
    live.begin(400)
    assert live.told == []
    live.of.turn()
    live.of.values.wish([f"danger {NAMES[0]}", f"danger {NAMES[1]}"])
    last = [float(ticks["price"].compress(ticks["symbol"] == symbol)[-1]) for symbol in (0, 1)]
    assert [(figure.name, figure.value) for figure in live.told] == [
        (f"danger {name}", price) for name, price in zip(NAMES, last, strict=True)
    ]


def test_values_of_a_risk_outside_its_bounds_are_flagged_and_stay_what_they_are(live: Live) -> None:
    ticks = walk_of(400)
    ticks["price"][-20:] = 150.0
    record(live.home, ticks)
    live.begin(400)
    waiting = answers.values(live.of, {"symbol": NAMES[0]})
    assert {row["note"] for row in waiting["values"]} == {"warming up"}
    live.of.turn()
    found = {row["variant"]: row for row in answers.values(live.of, {"symbol": NAMES[0]})["values"]}
    assert found["danger"]["value"] == 150.0
    assert found["danger"]["flagged"]
    assert found["danger"]["note"] == "a risk is 0 to 100: 150 is not"
    assert (found["slow"]["line"], found["slow"]["unit"], found["slow"]["flagged"]) == ("ema", "price", False)
    live.variants('[long]\nindicator = "sma"\nparams = {period = 500, interval = "1h"}\n')
    live.of.turn()
    (row,) = answers.values(live.of, {"symbol": NAMES[0]})["values"]
    assert row["note"] == "PENDING: 500 more bars of 1h needed; binance is being asked for its history"


def test_a_variant_is_checked_with_its_indicator_and_refused_in_one_line(live: Live) -> None:
    live.of.turn()
    good = answers.check_variant(live.of, {"variant": {"name": "fast", "indicator": "rsi", "params": {"period": "7"}}})
    assert good["variant"] == {
        "name": "fast", "indicator": "rsi", "type": "general", "params": {"period": 7}, "line": "rsi", "symbols": None,
    }  # fmt: skip
    for variant, why in (
        ({"name": "fast", "indicator": "rsi", "params": {"period": 0}}, "fast: rsi: period=0 is not allowed"),
        ({"name": "fast", "indicator": "rsy"}, "did you mean rsi?"),
        ({"name": "rsi", "indicator": "rsi"}, "rsi is an indicator"),
        ({"name": "fast"}, "missing required field `indicator`"),
    ):
        found = answers.check_variant(live.of, {"variant": variant})
        assert found["variant"] is None
        assert why in found["problem"]
        assert "\n" not in found["problem"]


def test_lines_over_a_charts_bars_are_those_of_a_backtest_on_bars(live: Live) -> None:
    ticks = walk_of(3000)
    bars = aggregate(ticks.compress(ticks["symbol"] == 0), MINUTE)
    live.of.turn()
    args = {"count": 5, "indicators": [{"indicator": "sma", "params": {"period": 3}}, {"variant": "danger"}, {"indicator": "smma"}]}
    found = answers.series(live.of, msgspec.to_builtins(args), bars, bar_kind("1m"), CompilesHere())["series"]
    assert [row["name"] for row in found] == ["sma", "danger", "smma"]
    closes = bars["close"]
    np.testing.assert_allclose(
        found[0]["values"], [closes[at - 2 : at + 1].mean() for at in range(len(closes) - 5, len(closes))], rtol=1e-12
    )
    assert found[0]["ts_ns"].tolist() == bars["start"][-5:].tolist()
    assert found[1]["values"].tolist() == closes[-5:].tolist()
    assert found[2]["note"] == "no indicator 'smma'; did you mean sma?"


@given(sizes=st.lists(st.integers(1, 9), max_size=20), most=st.integers(5, 40), back=st.integers(0, 60))
def test_held_ticks_are_all_there_from_the_floor_on_or_none(sizes: list[int], most: int, back: int) -> None:
    ticks = walk_of(sum(sizes)) if sizes else walk_of(1)[:0]
    held = Held(most)
    assert held.since(0) is None
    held.begin(0)
    at = 0
    for size in sizes:
        held.add(ticks[at : at + size])
        at += size
    after = max(len(ticks) - back, 0)
    found = held.since(after)
    if after < held.floor:
        assert found is None
    else:
        assert found is not None
        assert found["seq"].tolist() == list(range(after + 1, len(ticks) + 1))
    assert len(ticks) - held.floor <= most
