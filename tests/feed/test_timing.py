"""How long silence is borne: the promised time, and longer only where a market turns out to be a quiet one."""

from __future__ import annotations

from core.feed.timing import MAX_PATIENCE_S, Patience


def test_the_first_silence_is_borne_for_the_promised_time() -> None:
    assert Patience(30.0).limit(0.0) == 30.0


def test_sockets_that_fall_silent_again_and_again_are_given_longer_up_to_a_bound() -> None:
    patience, now, limits = Patience(30.0), 0.0, []
    for _ in range(6):
        limits.append(patience.limit(now))
        now += limits[-1]
        patience.gave_up(now, streamed_s=0.0)
    assert limits == [30.0, 60.0, 120.0, 240.0, MAX_PATIENCE_S, MAX_PATIENCE_S]


def test_a_socket_that_streamed_for_long_shows_that_silence_is_a_fault() -> None:
    patience = Patience(30.0)
    patience.gave_up(100.0, streamed_s=0.0)
    patience.gave_up(200.0, streamed_s=0.0)
    patience.gave_up(300.0, streamed_s=31.0)
    assert patience.limit(300.0) == 30.0


def test_a_silence_long_ago_is_forgotten() -> None:
    patience = Patience(30.0)
    patience.gave_up(0.0, streamed_s=0.0)
    assert patience.limit(1.0) == 60.0
    assert patience.limit(2 * MAX_PATIENCE_S + 1) == 30.0


def test_a_limit_above_the_bound_stands() -> None:
    assert Patience(1000.0).limit(0.0) == 1000.0
