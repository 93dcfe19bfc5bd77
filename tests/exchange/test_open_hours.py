"""A generated market that is closed for hours: nothing is traded, and the ids go on afterwards where they stopped."""

from __future__ import annotations

import argparse
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.exchange.cli import arguments
from core.exchange.generated import GeneratedMarket
from core.exchange.history import History
from core.exchange.hours import Closure, OpenHours
from core.exchange.paths import ORIGIN_HOUR
from core.exchange.rows import Kind
from core.exchange.scenario import Instrument, Scenario
from core.types import MINUTE

NOON = 1_795_262_400_000_000_000
HOUR = 60 * MINUTE
NOW = NOON // HOUR
BTC = Instrument(base="BTC", price=64_000.0, tick=0.01, step=0.00001, trades_per_s=0.5)
SCENARIO = Scenario(instruments=[BTC], seed=7)


@st.composite
def closures(draw: st.DrawFn) -> list[Closure]:
    """Up to four, in order."""
    lengths = draw(st.lists(st.integers(1, 30), min_size=8, max_size=8))
    edges = [ORIGIN_HOUR + steps for steps in accumulate(lengths)]
    return list(zip(edges[::2], edges[1::2], strict=True))[: draw(st.integers(0, 4))]


def market(*closed: Closure, now_ns: int = NOON) -> GeneratedMarket:
    return GeneratedMarket(SCENARIO, lambda: now_ns, closed)


@given(closures())
def test_hours_of_trading_count_the_open_ones_and_lead_back_to_them(closed: list[Closure]) -> None:
    hours = OpenHours(closed, ORIGIN_HOUR + 1000)
    count = 0
    for hour in range(ORIGIN_HOUR, ORIGIN_HOUR + 300):
        assert hours.before(hour) == count
        if not hours.closed(hour):
            assert hours.at(count) == hour
            count += 1
        assert hours.closed(hour) == any(begin <= hour < end for begin, end in closed)


@pytest.mark.parametrize("kind", [Kind.TRADE, Kind.AGG])
def test_ids_go_on_over_a_closing_and_nothing_is_traded_in_it(kind: Kind) -> None:
    source = market((NOW - 70, NOW - 40), (NOW - 30, NOW - 2))
    around = [*range(NOW - 71, NOW - 69), *range(NOW - 41, NOW - 39), *range(NOW - 31, NOW - 29), *range(NOW - 3, NOW)]
    rows = np.concatenate([source.rows(kind, 0, hour * 60 + minute) for hour in around for minute in range(60)])
    of = rows["when"] // HOUR
    assert set(of.tolist()) == {NOW - 71, NOW - 40, NOW - 31, NOW - 2, NOW - 1}
    spans = [rows["id"][of == hour] for hour in (NOW - 71, NOW - 40)]
    assert spans[1][0] == spans[0][-1] + 1
    spans = [rows["id"][of == hour] for hour in (NOW - 31, NOW - 2, NOW - 1)]
    assert [spans[1][0], spans[2][0]] == [spans[0][-1] + 1, spans[1][-1] + 1]
    assert (np.diff(rows["id"][of >= NOW - 31]) == 1).all()


@pytest.mark.parametrize("kind", [Kind.TRADE, Kind.AGG])
def test_pages_by_id_lead_from_before_a_closing_to_after_it(kind: Kind) -> None:
    source = market((NOW - 70, NOW - 2))
    before = source.rows(kind, 0, (NOW - 71) * 60 + 59)
    page = History(source).from_id(kind, 0, int(before["id"][0]), 1000)
    assert page["id"].tolist() == list(range(int(before["id"][0]), int(before["id"][0]) + 1000))
    assert page[: len(before)].tobytes() == before.tobytes()
    assert page["when"][len(before)] // HOUR == NOW - 2


def test_what_was_before_a_closing_is_the_same_as_without_it() -> None:
    number = (NOW - 80) * 60
    assert market((NOW - 70, NOW - 2)).rows(Kind.TRADE, 0, number).tobytes() == market().rows(Kind.TRADE, 0, number).tobytes()


def test_bars_of_a_closed_stretch_are_flat_and_empty() -> None:
    bars = History(market((NOW - 3, NOW - 1), now_ns=NOON)).bars(0, 3_600_000_000, start_us=(NOW - 4) * 3_600_000_000, end_us=None, limit=4)
    assert [bar.trades > 0 for bar in bars] == [True, False, False, True]
    assert bars[1].open == bars[1].close == bars[0].close


@pytest.mark.parametrize(
    "closed", [[(NOW - 9, NOW)], [(NOW - 5, NOW - 9)], [(NOW - 9, NOW - 6), (NOW - 6, NOW - 2)], [(ORIGIN_HOUR, NOW - 9)], [(NOW, NOW + 5)]]
)
def test_closings_that_cannot_be_are_refused(closed: list[Closure]) -> None:
    with pytest.raises(UsageError, match="closed hours are spans in order"):
        market(*closed)


def test_the_program_reads_closings_as_spans_of_whole_hours(capsys: pytest.CaptureFixture[str]) -> None:
    spans = ["2024-08-09T10:00Z..2024-08-09T12:00Z", "2024-08-10..2024-08-11"]
    chosen: argparse.Namespace = arguments().parse_args([word for span in spans for word in ("--closed", span)])
    first = 1_723_197_600 // 3600
    assert chosen.closed == [(first, first + 2), (first + 14, first + 38)]
    for wrong in ("2024-08-09T10:30Z..2024-08-09T12:00Z", "2024-08-09", "x..y"):
        with pytest.raises(SystemExit):
            arguments().parse_args(["--closed", wrong])
    assert "is not in whole hours, such as" in capsys.readouterr().err
