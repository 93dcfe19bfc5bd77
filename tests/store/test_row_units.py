"""Every tick is counted in the coarsest units it has, and all that reads a row finds the same bits, whatever they are."""

from __future__ import annotations

import math
import sqlite3

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from store_ticks import assert_same, stored, tick

from core.store.packed import fetch
from core.store.row_units import EPOCH
from core.store.tick_rows import SELECT
from core.types import TICK, Records

_VIEW = "SELECT ts_ns, recv_ns, seq, trade_id, price, qty, bid, ask, 1, 0, side, origin FROM ticks ORDER BY trade_id"
_ROWS = "(SELECT * FROM tick_rows ORDER BY id) t"
_DAY = 86_400_000_000_000


def read_every_way(db: sqlite3.Connection) -> dict[str, Records]:
    """All ticks by id: as readers take them, as they do where numbers are no whole units, and as anybody with `sqlite3` does."""
    return {
        "fast": fetch(db, _ROWS, ()),
        "slow": np.fromiter(db.execute(f"SELECT {SELECT} FROM {_ROWS}"), TICK),
        "view": np.fromiter(db.execute(_VIEW), TICK),
    }


def one_row(**values: float) -> tuple[int, ...]:
    """What the database holds of one tick: ts, lag, price, qty, bid, ask, flags."""
    (row,) = stored(tick(**values)).execute("SELECT ts, lag, price, qty, bid, ask, flags FROM tick_rows").fetchall()
    return tuple(row)


PLACES = st.integers(0, 8)


@st.composite
def decimals(draw: st.DrawFn, most: int = 2**53 - 1) -> float:
    """Numbers as venues send them."""
    return draw(st.integers(1, most)) / 10 ** draw(PLACES)


POSITIVE = decimals() | decimals(most=10**7) | st.floats(min_value=5e-324, max_value=1e299)
QUOTES = POSITIVE | st.just(math.nan) | decimals().map(lambda number: -number) | st.sampled_from([0.0, -0.0, 1e300, -1e300])
NEAR = st.integers(EPOCH // _DAY - 2000, EPOCH // _DAY + 2000).map(lambda day: day * _DAY)
MOMENTS = st.one_of(
    st.builds(lambda day, part, unit: day + part * unit % _DAY, NEAR, st.integers(0, 10**9), st.sampled_from([1, 1_000, 1_000_000])),
    st.integers(0, 2**63 - 1),
    st.integers(0, (2**63 - 1) // 10**6).map(lambda ms: ms * 10**6),
)

LAGS = st.integers(-(10**9), 10**9).map(lambda us: us * 1000)


@st.composite
def market(draw: st.DrawFn) -> Records:
    """Some ticks, no two alike in their units; their ids ascend."""
    count = draw(st.integers(1, 12))
    ticks = np.zeros(count, TICK)
    for one, id_ in zip(ticks, sorted(draw(st.sets(st.integers(-(2**63), 2**63 - 1), min_size=count, max_size=count))), strict=True):
        ts, price = draw(MOMENTS), draw(POSITIVE)
        recv = ts + draw(LAGS) if draw(st.booleans()) else draw(MOMENTS)
        bid, ask = draw(QUOTES), draw(QUOTES | st.just(price))
        one["ts"], one["recv"], one["id"] = ts, recv if 0 <= recv < 2**63 else ts, id_
        one["price"], one["qty"], one["bid"], one["ask"] = price, draw(POSITIVE), bid, ask
        one["seq"], one["side"], one["origin"] = draw(st.integers(0, 2**63 - 1)), draw(st.integers(-1, 1)), draw(st.integers(0, 4))
    ticks["symbol"] = 1
    return ticks


@given(market())
def test_ticks_in_any_units_come_back_bit_for_bit_whoever_reads_them(ticks: Records) -> None:
    for found in read_every_way(stored(ticks)).values():
        assert_same(found, ticks)


@given(number=decimals(most=10**15), more=st.sampled_from([0.01, 12_345.678, 3e12]))
def test_what_lies_beside_a_tick_does_not_change_how_it_is_kept(number: float, more: float) -> None:
    alone = one_row(price=1.0, qty=number, id=1)
    beside = stored(np.concatenate((tick(price=1.0, qty=number, id=1), tick(price=more, qty=more, id=2))))
    assert tuple(beside.execute("SELECT ts, lag, price, qty, bid, ask, flags FROM tick_rows WHERE id = 1").fetchone()) == alone


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(2, 8), PLACES)
@example(6_000_001, 1, 2, 3)
def test_prices_and_quantities_are_counted_in_their_own_last_place(price: int, qty: int, places: int, places_of_qty: int) -> None:
    row = one_row(price=price / 10**places, qty=qty / 10**places_of_qty, bid=price / 10**places, ask=(price + 1) / 10**places)
    while price % 10 == 0 and (price + 1) % 10 == 0:
        price //= 10
    while qty % 10 == 0 and places_of_qty:
        qty, places_of_qty = qty // 10, places_of_qty - 1
    least = min(n for n in range(2, places + 1) if all(number * 10**n % 10**places == 0 for number in (price, price + 1)))
    assert row[2:6] == (price // 10 ** (places - least), qty, 0, 10 ** (least - places) if least > places else 1)


def test_a_tick_of_a_liquid_market_takes_few_bytes() -> None:
    now = EPOCH - 400 * _DAY
    ts, lag, price, qty, bid, ask, flags = one_row(
        ts=now + 123_000_000, recv=now + 130_456_000, price=64_123.45, qty=0.012, bid=64_123.44, ask=64_123.45, side=1
    )
    assert -(1 << 47) <= ts < 1 << 47, "six bytes"
    assert lag == 7_456
    assert (price, qty, bid, ask) == (6_412_345, 12, 1, 0)
    assert flags < 128, "one byte"


@pytest.mark.parametrize("year", [1971, 2017, 2099, 2199])
def test_whole_milliseconds_take_six_bytes_in_any_year(year: int) -> None:
    ts = (year - 1970) * 365 * _DAY + 1_000_000
    assert abs(one_row(ts=ts, recv=ts)[0]) < 1 << 47
    for found in read_every_way(stored(tick(ts=ts, recv=ts + 5_000))).values():
        assert (found["ts"][0], found["recv"][0]) == (ts, ts + 5_000)


def test_a_delay_to_the_nanosecond_leaves_the_time_in_six_bytes() -> None:
    ts, lag, *_ = one_row(ts=EPOCH + 5_000, recv=EPOCH + 8_001)
    assert (ts, lag) == (5, 3_001)


def test_times_that_are_no_whole_microseconds_are_kept_to_the_last_nanosecond() -> None:
    for ts, recv in ((EPOCH + 1, EPOCH + 2), (EPOCH, EPOCH + 1), (EPOCH + 1, EPOCH), (EPOCH - 999, EPOCH - 1000)):
        for found in read_every_way(stored(tick(ts=ts, recv=recv))).values():
            assert (found["ts"][0], found["recv"][0]) == (ts, recv)


def test_a_tick_whose_numbers_are_no_decimals_still_has_its_own_clock() -> None:
    ts, lag, price, *_ = one_row(ts=EPOCH + 5_000, recv=EPOCH + 8_000, price=math.pi)
    assert (ts, lag, price) == (5, 3, math.pi)


def test_quotes_that_are_not_known_change_nothing_of_the_rest() -> None:
    assert one_row(price=1.23, qty=5, bid=math.nan, ask=math.nan)[2:6] == (123, 5, None, None)
    assert one_row(price=1.23, qty=5, bid=1.2, ask=math.nan)[2:6] == (123, 5, 3, None)


@pytest.mark.parametrize("seq", [2**51 - 1, 2**51, 2**63 - 1])
def test_no_digit_of_a_seq_is_lost(seq: int) -> None:
    for found in read_every_way(stored(tick(seq=seq, bid=1.0, ask=1.0))).values():
        assert found["seq"].tolist() == [seq]


def test_rows_of_every_unit_read_the_same_in_every_way() -> None:
    db = stored(tick(id=-1))
    db.execute("DELETE FROM tick_rows")
    kinds = 15 * (1 + 9 * 7 * 4)
    for flags in range(kinds):
        row = (1, flags, 777_777 + flags, 1_234, 7_000_000 + flags, 5 + flags, 123_457, 3, None if flags % 2 else 1, flags)
        db.execute(f"INSERT INTO tick_rows VALUES({', '.join('?' * 10)})", row)
    found = read_every_way(db)
    assert len(found["fast"]) == kinds
    assert_same(found["slow"], found["fast"])
    assert_same(found["view"], found["fast"])
    assert set(zip(found["fast"]["side"].tolist(), found["fast"]["origin"].tolist(), strict=True)) == {
        (side, origin) for side in (-1, 0, 1) for origin in range(5)
    }


def test_a_database_without_sqlites_mathematics_shows_the_same() -> None:
    (sql,) = stored(tick()).execute("SELECT sql FROM sqlite_schema WHERE name = 'ticks'").fetchone()
    for name in ("pow", "power", "exp", "floor", "ceil", "trunc", "round", "log"):
        assert f"{name}(" not in sql.lower()
