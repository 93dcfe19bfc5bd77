"""When a worker speaks: at once with what others wait for, now and then of ticks seen."""

from __future__ import annotations

import pytest

from core.workers import frames, outbox
from core.workers.outbox import LINGER_S, SPAN, Outbox


def seen(seq: int) -> bytes:
    return frames.frame(frames.SEEN, b"", seq)


def kinds(data: bytes) -> list[tuple[int, int]]:
    return [(kind, seq) for kind, seq, _ in frames.Splitter().split(data)]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [100.0]
    monkeypatch.setattr(outbox.time, "monotonic", lambda: moment[0])
    return moment


def test_nothing_to_say_waits_for_ever(now: list[float]) -> None:
    assert Outbox().patience_s is None


def test_a_word_on_ticks_seen_waits_and_the_last_one_stands_for_all(now: list[float]) -> None:
    box = Outbox()
    box.put(seen(1))
    now[0] += LINGER_S / 2
    box.put(seen(2))
    assert box.patience_s == pytest.approx(LINGER_S / 2)  # since the first
    now[0] += LINGER_S
    assert box.patience_s == 0
    assert kinds(box.take()) == [(frames.SEEN, 2)]
    assert box.patience_s is None


def test_many_ticks_seen_are_told_at_once(now: list[float]) -> None:
    box = Outbox()
    box.put(seen(SPAN - 1))
    assert box.patience_s
    box.put(seen(SPAN))
    assert box.patience_s == 0
    box.take()
    box.put(seen(SPAN + 1))
    assert box.patience_s


def test_what_cannot_wait_goes_at_once_and_in_order(now: list[float]) -> None:
    box = Outbox()
    box.put(seen(1))
    box.put(seen(2))
    box.put(frames.frame(frames.REPORTS, b"x", 3))
    box.put(seen(3))
    assert box.patience_s == 0
    assert kinds(box.take()) == [(frames.SEEN, 2), (frames.REPORTS, 3), (frames.SEEN, 3)]
