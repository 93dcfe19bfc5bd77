"""Rules that more than a crossing is asked of: a band, so long, so far back, several at once; against a plain reading of each print."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alert_rules import (
    AnyRule,
    BetweenRule,
    Condition,
    DrawdownRule,
    EquityRule,
    GroupRule,
    IndicatorRule,
    MoveRule,
    PnlRule,
    PriceRule,
    ZscoreRule,
)
from core.alerts.book import Book, Line
from core.alerts.firing import Done, Mark
from core.types import SECOND, TICK, Records

A, B = "binance:A", "binance:B"
START = 1_700_000_000 * SECOND

#: Steps of time and price: (symbol, seconds since the print before, price).
Path = list[tuple[str, int, float]]

paths = st.lists(st.tuples(st.sampled_from([A, A, B]), st.sampled_from([0, 1, 1, 4, 20]), st.integers(92, 108).map(float)), max_size=50)


def prints(path: Path) -> list[tuple[str, Records]]:
    """One print each, numbered as they came."""
    made, now = [], START
    for number, (symbol, step, price) in enumerate(path, 1):
        now += step * SECOND
        tick = np.zeros(1, TICK)
        tick["seq"], tick["ts"], tick["price"] = number, now, price
        made.append((symbol, tick))
    return made


def book_of(*rules: AnyRule) -> Book:
    book = Book(by_prints=True)
    for rule in rules:
        book.put(rule, times=1)
    return book


def batches(path: Path, data: st.DataObject | None) -> list[list[tuple[str, Records]]]:
    """The prints, cut anywhere; of each symbol in one array."""
    single = prints(path)
    if data is None:
        return [[one] for one in single]
    cut = []
    while single:
        size = data.draw(st.integers(1, 9))
        part, single = single[:size], single[size:]
        cut.append([(name, np.concatenate([tick for symbol, tick in part if symbol == name])) for name in {symbol for symbol, _ in part}])
    return cut


def fired(book: Book, path: Path, data: st.DataObject | None = None) -> list[tuple[str, int, int]]:
    """(rule, number, moment) of all that fired."""
    looked = [[(name, ticks) for name, ticks in batch if name in book.marks] for batch in batches(path, data)]
    return sorted((said.rule.id, said.number, said.ts_ns) for batch in looked for said in book.look(batch, START))


def price(level: float, **more: Any) -> PriceRule:
    return PriceRule(**{"id": "r", "symbol": A, "level": level, "cooldown_s": 0, **more})


sides, levels, ways = st.sampled_from(["above", "below"]), st.integers(95, 105).map(float), st.sampled_from(["either", "up", "down"])

conditions: st.SearchStrategy[Condition] = st.one_of(
    st.builds(PriceRule, symbol=st.sampled_from([A, B]), side=sides, level=levels),
    st.builds(PriceRule, symbol=st.just(A), level=levels, side=sides, hysteresis=st.just(3.0)),
    st.builds(
        BetweenRule, symbol=st.sampled_from([A, B]), low=st.integers(95, 99).map(float), high=st.integers(100, 104).map(float),
        where=st.sampled_from(["inside", "outside"]),
    ),
    st.builds(MoveRule, symbol=st.just(A), percent=st.sampled_from([2.0, 5.0]), window_s=st.just(60.0), direction=ways),
)  # fmt: skip


@given(conditions, paths, st.sampled_from([0.0, 5.0]), st.sampled_from([0.0, 10.0]), st.data())
def test_a_group_of_one_equals_its_condition(condition: Condition, path: Path, for_s: float, cooldown: float, data: st.DataObject) -> None:
    alone = msgspec.structs.replace(condition, id="r", for_s=for_s, cooldown_s=cooldown)
    group = GroupRule(id="r", conditions=[condition], for_s=for_s, cooldown_s=cooldown)
    assert fired(book_of(alone), path) == fired(book_of(group), path, data)


@given(conditions, paths)
def test_rules_of_before_say_nothing_of_new_fields_and_do_what_they_did(condition: Condition, path: Path) -> None:
    old = {**msgspec.to_builtins(msgspec.structs.replace(condition, id="r", cooldown_s=0, hysteresis=0)), "for_s": 0}
    without = {key: value for key, value in old.items() if key not in ("for_s", "hysteresis", "until_ns")}
    new, before = (msgspec.convert(words, AnyRule) for words in (old, without))
    assert fired(book_of(new), path) == fired(book_of(before), path)


@given(paths, st.integers(95, 105).map(float), st.data())
def test_without_a_hysteresis_every_crossing_is_told_as_ever(path: Path, level: float, data: st.DataObject) -> None:
    own = [tick for symbol, tick in prints(path) if symbol == A]
    values = [float(tick["price"][0]) for tick in own]
    crossed = [int(own[at]["ts"][0]) for at in range(1, len(own)) if values[at - 1] < level <= values[at]]
    for rule in (price(level), GroupRule(id="r", conditions=[price(level, id="", cooldown_s=60.0)], cooldown_s=0)):
        assert [at for _, _, at in fired(book_of(rule), path, data)] == crossed


@given(paths, st.lists(conditions, min_size=2, max_size=4), st.sampled_from(["all", "any"]), st.sampled_from([0.0, 6.0]), st.data())
def test_a_group_fires_the_same_however_prints_are_batched(
    path: Path, leaves: list[Condition], of: str, for_s: float, data: st.DataObject
) -> None:
    rule = GroupRule(id="r", conditions=leaves, of=of, for_s=for_s, cooldown_s=0)  # type: ignore[arg-type]
    assert [row[:2] for row in fired(book_of(rule), path)] == [row[:2] for row in fired(book_of(rule), path, data)]


@given(
    paths,
    st.lists(st.tuples(st.sampled_from([A, B]), st.sampled_from(["above", "below"]), st.integers(95, 105)), min_size=2, max_size=5),
    st.sampled_from(["all", "any"]),
    st.data(),
)
def test_a_group_fires_when_the_whole_becomes_true_and_only_then(
    path: Path, leaves: list[tuple[str, str, int]], of: str, data: st.DataObject
) -> None:
    rule = GroupRule(
        id="r", of=of, cooldown_s=0, conditions=[PriceRule(symbol=name, side=side, level=level) for name, side, level in leaves]  # type: ignore[arg-type]
    )  # fmt: skip
    last: dict[str, float] = {}
    expected, before = [], None
    for symbol, tick in prints(path):
        new = symbol not in last
        last[symbol] = float(tick["price"][0])
        each = [
            None if name not in last else last[name] >= level if side == "above" else last[name] <= level for name, side, level in leaves
        ]
        if of == "all":
            whole = False if False in each else None if None in each else True
        else:
            whole = True if True in each else None if None in each else False
        if whole and before is not True and not new:  # a first print crosses nothing
            expected.append(int(tick["ts"][0]))
        before = whole
    assert [at for _, _, at in fired(book_of(rule), path, data)] == expected


@given(paths, st.integers(95, 105).map(float), st.sampled_from([3, 6, 15]), st.data())
def test_what_must_hold_for_a_while_fires_once_a_stay_that_was_long_enough(
    path: Path, level: float, for_s: int, data: st.DataObject
) -> None:
    own = [tick for symbol, tick in prints(path) if symbol == A]
    expected, since, before = 0, 0, None
    for tick in own:
        value, ts = float(tick["price"][0]), int(tick["ts"][0])
        if since and ts - since >= for_s * SECOND:
            expected, since = expected + 1, 0
        if value < level:
            since = 0
        elif before is not None and before < level:
            since = ts
        before = value
    assert len(fired(book_of(price(level, for_s=for_s)), path, data)) == expected


@given(paths, st.integers(97, 103).map(float), st.sampled_from([1.0, 3.0]), st.data())
def test_between_two_firings_the_price_went_back_by_the_hysteresis(path: Path, level: float, percent: float, data: st.DataObject) -> None:
    found = [at for _, _, at in fired(book_of(price(level, hysteresis=percent)), path, data)]
    own = [(int(tick["ts"][0]), float(tick["price"][0])) for symbol, tick in prints(path) if symbol == A]
    armed, before, expected = True, None, []
    for ts, value in own:
        if value <= level - level * percent / 100:
            armed = True
        if armed and before is not None and before < level <= value:
            expected.append(ts)
            armed = False
        before = value
    assert found == expected


@given(conditions, st.lists(conditions, max_size=2), paths, paths, st.sampled_from([0.0, 6.0]), st.booleans())
def test_a_state_that_is_taken_up_elsewhere_goes_on_as_if_nothing_had_been(
    first: Condition, others: list[Condition], before: Path, after: Path, for_s: float, grouped: bool
) -> None:
    leaves = [first, *others]
    rule: AnyRule = (
        GroupRule(id="r", conditions=leaves, for_s=for_s, cooldown_s=0)
        if grouped
        else msgspec.structs.replace(first, id="r", for_s=for_s, cooldown_s=0)
    )
    if any(isinstance(leaf, MoveRule) for leaf in rule.leaves):
        return  # windows of time are read from the tape again
    whole = book_of(rule)
    single = prints([*before, *after])
    expected = []
    for number, (name, tick) in enumerate(single):
        said = whole.look([(name, tick)], START) if name in whole.marks else []
        expected += [(one.number, one.ts_ns) for one in said] if number >= len(before) else []
    dead = book_of(rule)
    for name, tick in single[: len(before)]:
        if name in dead.marks:
            dead.look([(name, tick)], START)
    kept = {name: msgspec.json.encode(mark) for name, mark in dead.state([*dead.everything(), *dead.places("r")]).items()}
    again = Book(by_prints=True)
    again.done["r"] = msgspec.json.decode(msgspec.json.encode(dead.done["r"]), type=Done)
    again.put(rule, times=1)
    again.resume({name: msgspec.json.decode(text, type=Mark) for name, text in kept.items()})
    found = [(one.number, one.ts_ns) for name, tick in single if name in again.marks for one in again.look([(name, tick)], START)]
    assert found == expected


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        pytest.param(ZscoreRule(a=A, b=B, level=2), [0, 2.5, 1.9, 2.1, 0, -2.2], [1, 3, 5], id="either side of a pair"),
        pytest.param(ZscoreRule(a=A, b=B, level=2, hysteresis=1), [0, 2.5, 1.9, 2.1, 0.9, 2.1], [1, 5], id="a unit back"),
        pytest.param(IndicatorRule(variant="rsi", symbol=A, level=70), [50, 71, 69, 70], [1, 3], id="an indicator"),
        pytest.param(IndicatorRule(variant="rsi", symbol=A, level=70), [75, 71], [0], id="beyond when it is first known"),
        pytest.param(IndicatorRule(variant="o", symbol=A, level=0, hysteresis=0.5), [-1, 0.1, -0.4, 0.2, -0.5, 0.1], [1, 5], id="around 0"),
        pytest.param(BetweenRule(variant="rsi", symbol=A, low=40, high=60), [30, 50, 60, 61, 20, 45], [1, 5], id="into a band"),
        pytest.param(BetweenRule(variant="rsi", symbol=A, low=40, high=60), [30, 90, 30], [], id="past a band"),
        pytest.param(BetweenRule(variant="rsi", symbol=A, low=40, high=60, where="outside"), [50, 60, 61, 39, 40], [2, 3], id="out of it"),
        pytest.param(DrawdownRule(percent=5, hysteresis=0), [0, 6, 4, 6], [1, 3], id="a drawdown without its own rule"),
        pytest.param(EquityRule(level=900), [1000, 899, 950, 900], [1, 3], id="equity"),
        pytest.param(PnlRule(strategy="s", level=-10, hysteresis=5), [0, -11, -6, -11, -5, -10], [1, 5], id="a loss, by its own unit"),
    ],
)  # fmt: skip
def test_each_kind_fires_where_it_says(rule: Condition, values: list[float], expected: list[int]) -> None:
    for one in (rule, GroupRule(conditions=[rule])):
        book = book_of(msgspec.structs.replace(one, id="r", cooldown_s=0))
        found = [at for at, value in enumerate(values) if book.value(rule.watches, value, START + at * SECOND)]
        assert found == expected


def test_a_figure_that_stays_fires_when_its_time_has_come_and_the_clock_alone_says_so() -> None:
    book = book_of(PnlRule(id="r", strategy="s", level=-10, for_s=60))
    assert book.value("pnl s", -20, START) == []
    assert book.ripen(START + 59 * SECOND, lambda symbol: 0) == []
    (said,) = book.ripen(START + 60 * SECOND, lambda symbol: 0)
    assert (said.text, said.ts_ns) == ("P&L of s is below -10 for 60 s", START + 60 * SECOND)
    assert book.ripen(START + 200 * SECOND, lambda symbol: 0) == []


def test_a_quiet_price_is_known_only_as_far_as_its_prints_are() -> None:
    book = book_of(price(100, for_s=60))
    for symbol, tick in prints([(A, 0, 99.0), (A, 1, 101.0)]):
        book.look([(symbol, tick)], START)
    assert book.ripen(START + 3600 * SECOND, lambda symbol: START + 30 * SECOND) == []
    assert len(book.ripen(START + 3600 * SECOND, lambda symbol: START + 61 * SECOND)) == 1


def test_a_group_of_a_price_and_a_figure_waits_for_both_and_is_told_where_it_is_so_already() -> None:
    rule = GroupRule(id="r", conditions=[PriceRule(symbol=A, level=100), PnlRule(strategy="s", level=-10)])
    book = book_of(rule)
    book.begin(A, Mark(105.0))
    (said,) = book.value("pnl s", -20, START)
    assert said.text == "A is above 100 and P&L of s is below -10"
    late = book_of(PnlRule(id="p", strategy="s", level=-1000), PriceRule(id="q", symbol=A, level=1))
    late.begin(A, Mark(105.0))
    late.value("pnl s", -20, START)
    late.put(rule, times=1)
    assert len(late.holds(rule, START)) == 1


def test_a_rule_that_is_over_says_nothing_of_what_comes_after_and_all_of_what_came_before() -> None:
    book = book_of(price(100, until_ns=START + 10 * SECOND))
    path = [(A, 0, 99.0), (A, 5, 101.0), (A, 1, 99.0), (A, 10, 101.0)]
    assert [number for _, number, _ in fired(book, path)] == [1]


def test_figures_that_belong_to_prints_are_looked_at_in_the_order_of_the_prints() -> None:
    rule = GroupRule(
        id="r", cooldown_s=0, conditions=[PriceRule(symbol=A, level=100), IndicatorRule(variant="rsi", symbol=A, side="below", level=30)]
    )
    book = book_of(rule)
    ticks = np.concatenate([tick for _, tick in prints([(A, 0, 99.0), (A, 1, 101.0), (A, 1, 99.0), (A, 1, 101.0)])])
    line = Line(f"indicator rsi {A}", np.array([50.0, 50.0, 20.0, 20.0]), ticks["seq"].copy(), ticks["ts"].copy())
    assert [said.ts_ns for said in book.look([(A, ticks)], START, [line])] == [START + 3 * SECOND]


def test_removed_rules_leave_nothing_behind() -> None:
    leaves: list[Condition] = [PriceRule(symbol=A, level=100), MoveRule(symbol=B, percent=2), PnlRule(strategy="s", level=-10)]
    book = book_of(GroupRule(id="g", conditions=leaves), price(100, id="r", for_s=5))
    book.remove("g")
    assert set(book.marks) == {A}
    book.remove("r")
    assert (dict(book.marks), book.everything(), book.series("pnl")) == ({}, [], [])
