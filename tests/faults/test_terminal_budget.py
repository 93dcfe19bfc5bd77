"""What a screen may cost the line and the processor: the price pane, ten times a second, in a real terminal."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.screen import asked, measure

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def measured(*words: str) -> dict[str, Any]:
    return measure(asked(["--seconds", "8", "--keys", "30", *words]))


def test_a_usual_market_is_four_kilobytes_a_frame_and_a_key_is_answered_at_once() -> None:
    found = measured()
    assert found["frames_per_s"] > 5
    assert found["bytes_per_frame"] <= 4096
    assert found["key_to_paint_ms"]["p50"] < 50


def test_a_still_market_costs_next_to_nothing() -> None:
    assert measured("--changing", "0")["bytes_per_frame"] <= 600


def test_every_figure_changing_on_a_large_screen_stays_under_twenty_kilobytes_a_frame() -> None:
    assert measured("--columns", "160", "--lines", "48", "--rows", "40", "--changing", "400")["bytes_per_frame"] <= 20_000
