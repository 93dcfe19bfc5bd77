"""Exact numbers, aggregates and frames of the local exchange."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange.bars import FOREVER_US, bars_of_trades, merged, without_holes
from core.exchange.rows import AGG, TRADE, Kind, Source, aggregate, decimal, exact_sums, in_order, scaled
from core.exchange.wire import websocket_frame
from core.types import Records

prices = st.sampled_from([100, 101, 102])
flows = st.lists(st.tuples(prices, st.booleans(), st.integers(0, 2), st.integers(1, 10**12)), min_size=1, max_size=60)


def trades_of(flow: list[tuple[int, bool, int, int]]) -> Records:
    rows, time = np.zeros(len(flow), TRADE), 0
    for number, (price, maker, gap, qty) in enumerate(flow):
        time += gap
        rows[number] = (time * 1000 + number, time + 1, time, number + 10, price, qty, maker)
    return rows


@given(st.integers(0, 2**63 - 1))
def test_a_number_is_printed_and_read_back(value: int) -> None:
    assert scaled(decimal(value)) == value
    assert Decimal(decimal(value)) * 10**8 == value


@pytest.mark.parametrize("text", ["", "-1", "1e5", "NaN", "1.2.3", "0x1", " 1", "1_0", ".5", "٣", "1.123456789", "9" * 30])
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal|large"):
        scaled(text)


@given(flows)
def test_aggregates_tile_the_trades_and_keep_their_sum(flow: list[tuple[int, bool, int, int]]) -> None:
    trades = trades_of(flow)
    aggs = aggregate(trades, 7)
    assert aggs["id"].tolist() == list(range(7, 7 + len(aggs)))
    assert (aggs["first"][0], aggs["last"][-1]) == (trades["id"][0], trades["id"][-1])
    assert (aggs["first"][1:] == aggs["last"][:-1] + 1).all()
    assert aggs["qty"].sum() == trades["qty"].sum()
    for agg in aggs:
        part = trades[agg["first"] - 10 : agg["last"] - 9]
        assert {(row["price"], row["maker"], row["time"]) for row in part} == {(agg["price"], agg["maker"], agg["time"])}
        assert agg["when"] == part["when"][-1]


@given(flows)
def test_neighbouring_aggregates_differ(flow: list[tuple[int, bool, int, int]]) -> None:
    keys = aggregate(trades_of(flow), 1)[["price", "maker", "time"]].tolist()
    assert all(left != right for left, right in itertools.pairwise(keys))


def test_a_missing_trade_ends_an_aggregate() -> None:
    trades = trades_of([(100, True, 0, 1), (100, True, 0, 1), (100, True, 0, 1)])
    assert aggregate(trades[[0, 2]], 1)[["first", "last"]].tolist() == [(10, 10), (12, 12)]
    assert aggregate(trades[:0], 1).dtype == AGG


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1), st.data())
def test_sums_are_exact_beyond_64_bits(values: list[int], data: st.DataObject) -> None:
    starts = sorted(data.draw(st.sets(st.integers(1, len(values)))) - {len(values)} | {0})
    ends = [*starts[1:], len(values)]
    assert exact_sums(np.array(values, np.int64), starts) == [sum(values[a:b]) for a, b in zip(starts, ends, strict=True)]


@given(flows, st.integers(1, 5))
def test_bars_say_what_a_plain_loop_over_the_trades_says(flow: list[tuple[int, bool, int, int]], interval: int) -> None:
    trades = trades_of(flow)
    bars = {bar.start: bar for bar in bars_of_trades(trades, interval)}
    groups: dict[int, list[tuple[int, int, bool]]] = {}
    for row in trades:
        groups.setdefault(int(row["time"]) // interval * interval, []).append((int(row["price"]), int(row["qty"]), bool(row["maker"])))
    assert list(bars) == list(groups)
    for start, rows in groups.items():
        values = [row[0] for row in rows]
        assert bars[start][1:6] == (values[0], max(values), min(values), values[-1], sum(row[1] for row in rows))
        assert (bars[start].trades, bars[start].taker_volume) == (len(rows), sum(row[1] for row in rows if not row[2]))


@given(flows, st.integers(1, 3), st.integers(1, 4))
def test_short_bars_merge_to_the_long_ones(flow: list[tuple[int, bool, int, int]], short: int, times: int) -> None:
    trades = trades_of(flow)
    for long in (short * times, FOREVER_US):
        expected, got = bars_of_trades(trades, long), merged(bars_of_trades(trades, short), long)
        assert [bar._replace(quote_volume=0, taker_quote_volume=0) for bar in got] == [
            bar._replace(quote_volume=0, taker_quote_volume=0) for bar in expected
        ]
        assert [bar.quote_volume for bar in got] == pytest.approx([bar.quote_volume for bar in expected])


@given(flows)
def test_intervals_without_a_trade_get_a_flat_bar(flow: list[tuple[int, bool, int, int]]) -> None:
    bars = list(without_holes(bars_of_trades(trades_of(flow), 1), 1))
    assert [bar.start for bar in bars] == list(range(bars[0].start, bars[-1].start + 1))
    for before, bar in itertools.pairwise(bars):
        if bar.trades == 0:
            assert bar[1:6] == (before.close, before.close, before.close, before.close, 0)


def test_events_due_at_once_are_sent_as_they_came() -> None:
    rows = trades_of([(100, True, 0, 1)] * 3)
    rows["when"] = 5
    quotes = rows[:2].copy()
    keys: dict[Source, Records] = {(Kind.TRADE, 0): rows, (Kind.BOOK, 0): quotes}
    segment = in_order(keys, {(Kind.TRADE, 0): np.array([1, 3, 4]), (Kind.BOOK, 0): np.array([2, 5])}, 9)
    assert list(zip(segment.kind.tolist(), segment.row.tolist(), strict=True)) == [(1, 0), (0, 0), (1, 1), (1, 2), (0, 1)]
    assert len(in_order({}, None, 9).when) == 0


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 100_000])
def test_a_frame_has_the_length_the_protocol_wants(size: int) -> None:
    frame, text = websocket_frame("é" * (size // 2) + "x" * (size % 2)), size
    head = 2 if size < 126 else 4 if size < 65536 else 10
    assert frame[0] == 0x81
    assert len(frame) == head + text
    assert int.from_bytes(frame[2:head], "big") == (size if size >= 126 else 0)
    json.dumps(frame[head:].decode())
