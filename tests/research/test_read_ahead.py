"""Reading ahead changes when a batch is made and by whom, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from core.research.read_ahead import DEPTH, read_ahead


def count(to: int, made: list[int] | None = None, fails_at: int | None = None) -> Generator[int, None, None]:
    for number in range(to):
        if number == fails_at:
            raise LookupError(f"no {number}")
        if made is not None:
            made.append(number)
        yield number


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("read ahead")]


@pytest.mark.parametrize("length", [0, 1, DEPTH, 50])
def test_everything_comes_once_and_in_order(length: int) -> None:
    assert list(read_ahead(count(length))) == list(range(length))
    assert not readers()


def test_no_more_is_made_than_may_wait() -> None:
    made: list[int] = []
    ahead = read_ahead(count(50, made))
    for taken in range(10):
        assert next(ahead) == taken
        assert len(made) <= taken + 1 + DEPTH
    ahead.close()


def test_another_thread_makes_it() -> None:
    def who() -> Generator[threading.Thread, None, None]:
        yield threading.current_thread()

    assert list(read_ahead(who())) != [threading.current_thread()]


def test_what_fails_there_fails_here_in_its_place() -> None:
    ahead = read_ahead(count(50, fails_at=3))
    assert [next(ahead) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LookupError, match="no 3"):
        next(ahead)
    assert not readers()


def test_closed_early_it_leaves_no_thread_and_no_open_source() -> None:
    closed = []

    def source() -> Generator[int, None, None]:
        try:
            yield from count(50)
        finally:
            closed.append(True)

    ahead = read_ahead(source())
    assert next(ahead) == 0
    ahead.close()
    assert closed == [True]
    assert not readers()
