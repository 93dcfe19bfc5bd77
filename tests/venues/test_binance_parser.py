"""What the Binance stream parser makes of frames: good, odd and hostile."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from binance_frames import RECV, agg_trade, book_ticker, combined, parser, trade
from hypothesis import given
from hypothesis import strategies as st

from core.types import QUOTE, TICK, Symbols
from core.venues.binance import BinanceParser
from core.venues.binance_parser import MAX_FRAME, NO_REQUEST
from core.venues.venue import Parsed, Parser, Quarantined


def read(*frames: bytes | str) -> Parsed:
    taken = parser()
    for frame in frames:
        taken.receive(frame, RECV)
    return taken.drain()


def test_the_parser_is_what_the_feed_expects() -> None:
    taken: Parser = parser()
    assert taken.drain().malformed == 0


def test_an_aggregate_becomes_a_tick() -> None:
    ticks = read(combined("btcusdt@aggTrade", agg_trade())).ticks
    assert ticks.dtype == TICK
    tick = ticks[0]
    assert (tick["ts"], tick["recv"], tick["id"]) == (1672515782130_000_000, RECV, 12345)
    assert (tick["price"], tick["qty"], tick["side"]) == (16500.10, 0.5, -1)
    assert (tick["seq"], tick["leg"], tick["origin"], tick["symbol"]) == (0, 0, 0, 0)
    assert np.isnan(tick["bid"])
    assert np.isnan(tick["ask"])


def test_a_trade_becomes_a_tick_and_an_aggressive_buy_is_plus_one() -> None:
    tick = read(combined("btcusdt@trade", trade())).ticks[0]
    assert (tick["id"], tick["side"]) == (777, 1)


def test_milliseconds_and_microseconds_are_told_apart() -> None:
    ms = combined("btcusdt@trade", trade(T=1672515782130))
    us = combined("btcusdt@trade", trade(T=1672515782130_456))
    assert read(ms, us).ticks["ts"].tolist() == [1672515782130_000_000, 1672515782130_456_000]


@pytest.mark.parametrize("make", [agg_trade, trade, book_ticker])
def test_raw_spaced_and_text_frames_give_the_same_records(make: Any) -> None:
    kind = {agg_trade: "aggTrade", trade: "trade", book_ticker: "bookTicker"}[make]
    enveloped = combined(f"btcusdt@{kind}", make())
    spaced = json.dumps({"data": make(), "stream": f"btcusdt@{kind}"}, indent=2).encode()
    shapes: list[bytes | str] = [enveloped, enveloped.decode(), json.dumps(make()).encode(), json.dumps(make()), spaced]
    parsed = [read(shape) for shape in shapes]
    assert [out.malformed for out in parsed] == [0] * len(shapes)
    assert len({(out.ticks.tobytes(), out.quotes.tobytes()) for out in parsed}) == 1
    assert len(parsed[0].ticks) + len(parsed[0].quotes) == 1


def test_a_quote_is_recorded_and_stamped_on_the_ticks_after_it() -> None:
    out = read(
        combined("btcusdt@trade", trade(t=1)),
        combined("btcusdt@bookTicker", book_ticker()),
        combined("btcusdt@trade", trade(t=2)),
        combined("ethusdt@trade", trade(s="ETHUSDT", t=3)),
    )
    assert out.quotes.dtype == QUOTE
    quote = out.quotes[0]
    assert (quote["bid"], quote["bid_qty"], quote["ask"], quote["ask_qty"]) == (16500.00, 31.21, 16500.10, 40.66)
    assert (quote["update_id"], quote["symbol"], quote["recv"]) == (400900217, 0, RECV)
    assert out.ticks["bid"].tolist()[1] == 16500.00
    assert np.isnan(out.ticks["bid"][[0, 2]]).all()


def test_quotes_are_remembered_across_drains() -> None:
    taken = parser()
    taken.receive(combined("btcusdt@bookTicker", book_ticker()), RECV)
    taken.drain()
    taken.receive(combined("btcusdt@trade", trade()), RECV)
    assert taken.drain().ticks["ask"].tolist() == [16500.10]


def test_a_side_without_orders_is_unknown() -> None:
    out = read(combined("btcusdt@bookTicker", book_ticker(b="0.00000000", B="0.00000000")), combined("btcusdt@trade", trade()))
    assert out.malformed == 0
    assert math.isnan(out.quotes["bid"][0])
    assert math.isnan(out.ticks["bid"][0])
    assert out.ticks["ask"][0] == 16500.10


def test_what_a_drain_gave_belongs_to_the_caller() -> None:
    taken = parser()
    taken.receive(combined("btcusdt@trade", trade(t=1)), RECV)
    first = taken.drain()
    first.ticks["seq"] = 9
    taken.receive(combined("btcusdt@trade", trade(t=2)), RECV)
    assert first.ticks[["id", "seq"]].tolist() == [(1, 9)]
    assert taken.drain().ticks[["id", "seq"]].tolist() == [(2, 0)]
    assert len(taken.drain().ticks) == 0


@pytest.mark.parametrize("bad", ["NaN", "nan", "Infinity", "-Infinity", "0", "0.00000000", "-1", "-0.0", 0, -3.5])
@pytest.mark.parametrize("field", ["p", "q"])
def test_a_number_no_market_has_is_quarantined(field: str, bad: str | float) -> None:
    out = read(combined("btcusdt@aggTrade", agg_trade(**{field: bad})))
    assert len(out.ticks) == 0
    assert out.malformed == 0
    assert [(q.symbol, q.id, q.ts) for q in out.quarantined] == [(0, 12345, 1672515782130_000_000)]
    assert isinstance(out.quarantined[0], Quarantined)
    assert out.quarantined[0].reason in {
        f"{'price' if field == 'p' else 'size'} is {what}" for what in ("NaN", "infinite", "0", "negative")
    }


@pytest.mark.parametrize(
    ("frame", "blamed"),
    [
        pytest.param(combined("btcusdt@trade", trade(p=None, price="1")), ("prints", "required field `p`"), id="price-renamed"),
        pytest.param(combined("btcusdt@aggTrade", agg_trade(a="x")), ("prints", "Expected `int`"), id="id-retyped"),
        pytest.param(combined("btcusdt@trade", trade(e="print")), ("prints", "an event of another kind"), id="event-renamed"),
        pytest.param(combined("btcusdt@bookTicker", book_ticker(u=None)), ("quotes", "required field `u`"), id="quote-renamed"),
        pytest.param(b'{"stream":"btcusdt@trade","data":' + b"[" * 200_000, ("prints", "nested too deeply"), id="deep"),
        pytest.param(b'{"stream":"btcusdt@trade","data":"' + b"x" * (5 << 20), ("prints", "too large"), id="five-megabytes"),
        pytest.param(combined("btcusdt@trade", trade())[:-9], ("prints", "truncated"), id="cut-short"),
        pytest.param(b'{"stream":"btcusdt@trade"}', ("prints", "no 'data'"), id="no-data"),
    ],
)
def test_a_frame_that_cannot_be_read_is_put_down_to_the_symbol_of_its_stream(frame: bytes, blamed: tuple[str, str]) -> None:
    out = read(combined("btcusdt@trade", trade(t=1)), frame, combined("btcusdt@trade", trade(t=2)))
    assert out.malformed == 1
    assert [(bad.symbol, bad.what, bad.after) for bad in out.unreadable] == [(0, blamed[0], blamed[0] == "prints")]
    assert blamed[1] in out.unreadable[0].reason


@pytest.mark.parametrize("frame", [b"{", b'{"stream":"dogeusdt@trade","data":1}', b'{"stream":"btcusdt@depth","data":1}'])
def test_garbage_that_names_no_stream_of_a_known_symbol_is_nobodys(frame: bytes) -> None:
    assert read(frame).unreadable == []


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-1"])
@pytest.mark.parametrize("field", ["b", "B", "a", "A"])
def test_a_quote_no_book_has_is_counted_and_the_last_one_kept(field: str, bad: str) -> None:
    out = read(
        combined("btcusdt@bookTicker", book_ticker()),
        combined("btcusdt@bookTicker", book_ticker(**{field: bad})),
        combined("btcusdt@trade", trade()),
    )
    assert (out.malformed, len(out.quotes)) == (1, 1)
    assert out.ticks["bid"].tolist() == [16500.00]


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"@", id="at-end"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[1,2]", id="list-of-numbers"),
        pytest.param(b"\xff\xfe{}", id="not-utf8"),
        pytest.param(b'{"stream":"btcusdt@trade","data":{"s":"\xff"}}', id="bad-utf8-inside"),
        pytest.param('{"s":"\ud800"}', id="lone-surrogate"),
        pytest.param(b"[" * 200_000, id="deep-list"),
        pytest.param(b'{"stream":"btcusdt@trade","data":' + b'{"x":' * 200_000, id="deep-combined"),
        pytest.param(b'{"stream":"btcusdt@trade","data":"' + b"x" * (5 << 20) + b'"}', id="five-megabytes"),
        pytest.param(combined("btcusdt@trade", trade(pad="x" * MAX_FRAME)), id="valid-but-huge"),
        pytest.param(b'{"stream":"btcusdt@trade"}', id="no-data"),
        pytest.param(combined("btcusdt@trade", None), id="null-data"),
        pytest.param(combined("btcusdt@trade", [trade(), 3]), id="list-data"),
        pytest.param(combined("btcusdt@trade", trade())[:-9], id="truncated"),
        pytest.param(combined("btcusdt@trade", trade()) + b"}", id="trailing"),
        pytest.param(combined("btcusdt@trade", trade(p=None, price="16500.10")), id="price-renamed"),
        pytest.param(combined("btcusdt@aggTrade", agg_trade(a=None, id=1)), id="id-renamed"),
        pytest.param(combined("btcusdt@trade", trade(p={"v": 1})), id="price-retyped"),
        pytest.param(combined("btcusdt@trade", trade(p="1_0")), id="price-not-a-number"),
        pytest.param(combined("btcusdt@trade", trade(p="")), id="price-empty"),
        pytest.param(combined("btcusdt@trade", trade(t=1.5)), id="id-fraction"),
        pytest.param(combined("btcusdt@trade", trade(t=-1)), id="id-negative"),
        pytest.param(combined("btcusdt@trade", trade(t=1 << 63)), id="id-too-large"),
        pytest.param(combined("btcusdt@trade", trade(T="2024-01-01")), id="time-retyped"),
        pytest.param(combined("btcusdt@trade", trade(T=0)), id="time-zero"),
        pytest.param(combined("btcusdt@trade", trade(T=10**18)), id="time-overflows"),
        pytest.param(combined("btcusdt@trade", trade(m="maybe")), id="side-retyped"),
        pytest.param(combined("btcusdt@trade", trade(s="DOGEUSDT")), id="unknown-symbol"),
        pytest.param(combined("btcusdt@trade", trade(s="")), id="empty-symbol"),
        pytest.param(combined("btcusdt@bookTicker", book_ticker(u=None)), id="quote-renamed"),
    ],
)
def test_a_frame_that_cannot_be_used_is_counted_and_the_parser_lives(frame: bytes | str) -> None:
    out = read(frame, combined("btcusdt@trade", trade()))
    assert out.malformed == 1
    assert len(out.ticks) == 1
    assert len(out.quotes) + len(out.quarantined) + len(out.replies) == 0


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": 1, "u": 2, "b": [], "a": []}, id="depth"),
        pytest.param({"lastUpdateId": 1, "bids": [], "asks": []}, id="partial-depth"),
        pytest.param({"e": "24hrTicker", "s": "BTCUSDT", "p": "1"}, id="ticker"),
        pytest.param({"e": "blockTrade", "s": "BTCUSDT", "t": 1, "p": "1", "q": "1", "T": 1, "m": True}, id="block-trade"),
        pytest.param({"e": "kline", "s": "BTCUSDT", "k": {}}, id="kline"),
        pytest.param([{"e": "24hrMiniTicker", "s": "BTCUSDT"}], id="all-market"),
    ],
)
@pytest.mark.parametrize(("stream", "malformed"), [("btcusdt@any", 0), ("btcusdt@aggTrade", 1), ("btcusdt@trade", 1)])
def test_events_nobody_asked_for_are_skipped_but_not_where_others_were_asked_for(stream: str, malformed: int, data: Any) -> None:
    out = read(combined(stream, data))
    assert (len(out.ticks), len(out.quotes), out.malformed) == (0, 0, malformed)


def test_an_extra_field_changes_nothing() -> None:
    assert len(read(combined("btcusdt@trade", trade(b=88, a=50, new={"x": []}))).ticks) == 1


@pytest.mark.parametrize(
    ("frame", "reply"),
    [
        (b'{"result":null,"id":1}', (1, None)),
        (b'{"result":["btcusdt@trade"],"id":3}', (3, None)),
        (b'{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":2}', (2, "Invalid request: invalid stream (2)")),
        (
            b'{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}',
            (NO_REQUEST, "Invalid JSON: expected value at line 1 column 1 (3)"),
        ),
        (b'{"error":"\\u001b]52;c;x\\u0007busy","id":"a"}', (NO_REQUEST, "]52;c;xbusy")),
    ],
)
def test_answers_to_our_requests_are_passed_on(frame: bytes, reply: tuple[int, str | None]) -> None:
    out = read(frame)
    assert out.replies == [reply]
    assert out.malformed == 0


@pytest.mark.parametrize(
    "frame",
    [
        b'{"e":"serverShutdown","E":1770123456789}',
        b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
        b'{"event":{"e":"serverShutdown","E":1770123456789}}',
    ],
)
def test_a_shutdown_notice_is_seen_once(frame: bytes) -> None:
    taken = parser()
    taken.receive(frame, RECV)
    out = taken.drain()
    assert out.shutdown
    assert out.malformed == 0
    assert not taken.drain().shutdown


def test_a_symbol_added_after_the_parser_was_made_is_taken_up() -> None:
    symbols = Symbols(["binance:BTCUSDT", "kraken:SOLUSDT"])
    taken = BinanceParser(symbols)
    taken.receive(combined("solusdt@trade", trade(s="SOLUSDT")), RECV)
    index = symbols.add("binance:SOLUSDT")
    taken.receive(combined("solusdt@trade", trade(s="SOLUSDT")), RECV)
    out = taken.drain()
    assert (out.malformed, out.ticks["symbol"].tolist()) == (1, [index])


def test_symbols_need_not_be_ascii() -> None:
    taken = parser("币安人生USDT")
    taken.receive(combined("币安人生usdt@trade", trade(s="币安人生USDT")), RECV)
    assert len(taken.drain().ticks) == 1


def test_records_of_many_frames_are_those_of_the_frames_one_by_one() -> None:
    frames = [combined("btcusdt@bookTicker", book_ticker(u=n, b=str(16000 + n))) for n in range(100)]
    frames += [combined("btcusdt@aggTrade", agg_trade(a=n)) for n in range(300)]
    taken, together = parser(), read(*frames)
    apart = []
    for frame in frames:
        taken.receive(frame, RECV)
        apart.append(taken.drain())
    assert np.concatenate([out.ticks for out in apart]).tobytes() == together.ticks.tobytes()
    assert np.concatenate([out.quotes for out in apart]).tobytes() == together.quotes.tobytes()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
FIELDS = st.dictionaries(
    st.sampled_from(list("eEsatpqfTlmMubBAkd")), JSON | st.sampled_from(["BTCUSDT", "trade", "aggTrade", "1.5", "NaN"])
)


def accounted(frame: bytes | str) -> None:
    out = read(frame)
    assert len(out.ticks) + len(out.quotes) + len(out.quarantined) + len(out.replies) + out.malformed + out.shutdown <= 1
    assert ((out.ticks["price"] > 0) & np.isfinite(out.ticks["price"])).all()


@given(st.binary() | st.text())
def test_no_bytes_make_it_raise(frame: bytes | str) -> None:
    accounted(frame)


@given(JSON)
def test_no_json_makes_it_raise(value: Any) -> None:
    accounted(json.dumps(value).encode())


@given(st.sampled_from([agg_trade(), trade(), book_ticker()]), FIELDS, st.sampled_from(["aggTrade", "trade", "bookTicker", "depth"]))
def test_no_change_of_fields_makes_it_raise(data: dict[str, Any], changes: dict[str, Any], stream: str) -> None:
    accounted(combined(f"btcusdt@{stream}", data | changes))
    accounted(json.dumps(data | changes))


@given(st.sampled_from([combined("btcusdt@aggTrade", agg_trade()), combined("btcusdt@bookTicker", book_ticker())]), st.data())
def test_no_flipped_or_cut_byte_makes_it_raise(frame: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(frame) - 1))
    accounted(frame[:at] + data.draw(st.binary(max_size=3)) + frame[at + 1 :])
    accounted(frame[:at])
