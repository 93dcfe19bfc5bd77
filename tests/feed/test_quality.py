"""A symbol whose newest prints or quotes are of no use is degraded, until a good one comes; the others are not."""

from __future__ import annotations

import numpy as np
from feed_doubles import ticks_of

from core.feed.intake import UNREAD_AFTER_S, Intake
from core.feed.quality import Quality
from core.feed.sequencer import Sequencer
from core.types import QUOTE, Records, Symbols
from core.venues.binance import Binance
from core.venues.venue import Parsed, Quarantined, Unreadable


def unread(symbol: int = 0, *, after: int = 0, count: int = 1, quotes: bool = False) -> list[Unreadable]:
    return [Unreadable(symbol, "quotes" if quotes else "prints", "no `p`", after)] * count


def parsed(*bad: Unreadable, good: Records | None = None, quotes: int = 0) -> Parsed:
    """Frames of which these were bad, and these good."""
    found = np.zeros(quotes, QUOTE)
    return Parsed(ticks=ticks_of([]) if good is None else good, quotes=found, malformed=len(bad), unreadable=list(bad))


def test_three_bad_prints_in_a_row_degrade_a_symbol_and_two_do_not() -> None:
    quality = Quality()
    assert not quality.take(parsed(*unread(count=2)))
    assert quality.degraded == {}
    assert quality.take(parsed(*unread()))
    assert quality.degraded == {0: "prints: no `p`"}


def test_one_good_print_ends_it_and_one_of_another_symbol_does_not() -> None:
    quality = Quality()
    quality.take(parsed(*unread(count=9)))
    assert not quality.take(parsed(good=ticks_of([1], symbol=1)))
    assert quality.degraded
    assert quality.take(parsed(good=ticks_of([1])))
    assert quality.degraded == {}


def test_what_came_last_in_a_batch_decides() -> None:
    quality = Quality()
    assert not quality.take(parsed(*unread(count=5, after=0), good=ticks_of([1, 2])))
    assert quality.take(parsed(*unread(count=5, after=2), good=ticks_of([3, 4])))
    assert list(quality.degraded) == [0]


def test_good_quotes_do_not_make_up_for_bad_prints() -> None:
    quality = Quality()
    quality.take(parsed(*unread(count=3)))
    quality.take(parsed(*unread(count=3, quotes=True), quotes=0))
    assert quality.degraded == {0: "prints: no `p`; quotes: no `p`"}
    quality.take(parsed(quotes=1))
    assert quality.degraded == {0: "prints: no `p`"}


def test_prints_with_impossible_values_degrade_too_and_are_counted_by_reason() -> None:
    quality = Quality()
    quality.take(Parsed(quarantined=[Quarantined(0, n, 0, "price is NaN" if n else "size is 0") for n in range(3)], malformed=2))
    assert quality.reasons == {"price is NaN": 2, "size is 0": 1, "garbage": 2}
    assert quality.degraded == {0: "prints: price is NaN"}


def test_a_symbol_watched_no_more_is_forgotten() -> None:
    quality = Quality()
    quality.take(parsed(*unread(count=3)))
    quality.forget(0)
    assert quality.degraded == {}


def test_a_print_that_cannot_be_read_is_asked_for_over_rest_in_time_and_not_put_off_by_the_next() -> None:
    intake = Intake(Binance(Symbols()), Sequencer())
    intake.follow(0, last=9)
    for now in range(30):
        intake.receive(parsed(*unread()), float(now))
    assert intake.next_probe() == UNREAD_AFTER_S
    wants = intake.wants(1000, UNREAD_AFTER_S)
    assert [(want.spans, want.probe) for want in wants] == [(((10, 1009),), True)]
