"""The header says the same at any width, shorter, and never hides what kind of money is at stake."""

from __future__ import annotations

import pytest
from fake_engine import NOON, header_view
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.figures import NONE
from cockpit.panes.header import Widths, compose_header
from cockpit.text import width
from core.view import FeedState, HeaderView, Trouble


def text(header: HeaderView | None, cells: int, trouble: str = "") -> str:
    return "".join(part.text for part in compose_header(header, NOON, trouble, cells, Widths()))


def test_everything_is_there_where_there_is_room() -> None:
    line = text(header_view(), 160)
    expected = (
        "cockpit │  PAPER  │ binance ● 12 ms │ 1,204 ticks/s │ tape ok, 0 gaps │ equity 10,012.40 ▲ +12.40 (+0.12 %) │ dd 0.3 % │ up 2d 04h"
    )
    assert line.split() == [*expected.split(), "14:02:11Z"]


def test_at_80_columns_it_is_short() -> None:
    expected = "cockpit PAPER binance● 1.2k t/s eq 10,012.40 ▲12.40 dd 0.3% 14:02:11Z"
    assert text(header_view(), 80).split() == expected.split()


@given(st.integers(31, 220), st.sampled_from(["paper", "live", "demo", "replay"]))
@settings(deadline=None)
def test_it_fits_any_width_and_always_shows_the_mode(cells: int, mode: str) -> None:
    line = text(header_view(mode=mode), cells)
    assert width(line) == cells
    assert mode.upper() in line


def test_an_unknown_mode_is_shown_as_alarming_as_live() -> None:
    parts = compose_header(header_view(mode="other"), NOON, "", 80, Widths())
    assert next(part.tone for part in parts if "OTHER" in part.text) == "badge-live"


def test_a_feed_in_trouble_says_why() -> None:
    feeds = [FeedState("binance", "backoff", "connection refused, next try in 5 s", None)]
    assert "binance ○ backoff: connection refused, next try in 5 s" in text(header_view(feeds=feeds), 160)


def test_the_next_try_is_counted_down_by_the_local_clock() -> None:
    header = header_view(feeds=[FeedState("binance", "backoff", "connection refused", None, NOON + 5_200_000_000)])
    assert "backoff: connection refused, again in 5 s" in text(header, 160)
    assert "○ backoff 5 s" in text(header, 80)
    later = "".join(part.text for part in compose_header(header, NOON + 9_000_000_000, "", 160, Widths()))
    assert "again in 0 s" in later


def test_a_degraded_feed_says_of_what() -> None:
    header = header_view(feeds=[FeedState("binance", "degraded", "XRPUSDT prints: price not readable")])
    assert "binance ◐ degraded: XRPUSDT prints: price not readable" in text(header, 160)


def test_the_worst_trouble_is_named_and_the_others_are_counted() -> None:
    header = header_view(troubles=[Trouble("critical", "tape out of disk space"), Trouble("warning", "worker 2 behind 12,000 ticks")])
    assert "! tape out of disk space +1" in text(header, 200)
    assert "!2 F6" in text(header, 80)
    (part,) = (part for part in compose_header(header, NOON, "", 200, Widths()) if "out of disk" in part.text)
    assert part.tone == "bad"


def test_what_was_quarantined_is_told_on_a_small_screen_too() -> None:
    assert "2 gaps 3 quar" in text(header_view(gaps_open=2, quarantined=3), 100)


def test_gaps_quarantined_ticks_and_duplicates_are_counted() -> None:
    line = text(header_view(gaps_open=2, quarantined=3, duplicates=1500, tape_backlog=20_000), 200)
    assert "tape 2 gaps, 20.0k behind, 3 quarantined, 1.5k dup" in line


def test_without_an_engine_it_says_so_and_keeps_the_mode() -> None:
    line = text(header_view(mode="live"), 80, "engine gone, reconnecting 3 s")
    assert "LIVE" in line
    assert "engine gone, reconnecting 3 s" in line
    assert f"{NONE} ticks/s" in text(header_view(ticks_per_s=18.0), 160, "engine gone, reconnecting 3 s")


def test_before_the_first_view_it_is_the_name_and_the_time() -> None:
    assert text(None, 80).split() == ["cockpit", "14:02:11Z"]


def test_a_shorter_figure_does_not_move_its_neighbours() -> None:
    widths = Widths()
    first, second = (
        "".join(part.text for part in compose_header(header_view(ticks_per_s=rate), NOON, "", 160, widths)) for rate in (12_040.0, 7.0)
    )
    assert first.index("tape") == second.index("tape")


@pytest.mark.parametrize("hostile", ["bi\x1b[31mnance", "\x1b]52;c;eA==\x07binance"])
def test_names_from_outside_are_cleaned(hostile: str) -> None:
    assert "\x1b" not in text(header_view(feeds=[FeedState(hostile, "live", "", 1.0)]), 160)
