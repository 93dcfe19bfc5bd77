"""Every released tick gets its own number, in the order of arrival across symbols."""

from __future__ import annotations

import numpy as np
import pytest
from feed_doubles import ids_of, ticks_of
from hypothesis import given
from hypothesis import strategies as st

from core.feed.sequencer import Sequencer
from core.types import Records


def arrived(ids: list[int], numbers: list[int], symbol: int = 0) -> Records:
    ticks = ticks_of(ids, symbol=symbol)
    ticks["seq"] = numbers
    return ticks


def test_numbers_go_on_from_the_given_one() -> None:
    sequencer = Sequencer(41)
    assert sequencer.number([arrived([1, 2], [0, 1])])["seq"].tolist() == [41, 42]
    assert sequencer.number([arrived([3], [2])])["seq"].tolist() == [43]
    assert sequencer.next_seq == 44


def test_symbols_merge_in_the_order_their_ticks_arrived() -> None:
    merged = Sequencer().number([arrived([10, 11], [0, 3], symbol=0), arrived([70, 71], [1, 2], symbol=1)])
    assert ids_of(merged) == [10, 70, 71, 11]
    assert merged["seq"].tolist() == [1, 2, 3, 4]


def test_a_tick_that_waited_counts_as_arrived_with_the_one_it_waited_for() -> None:
    merged = Sequencer().number([arrived([10, 11, 12], [5, 0, 1], symbol=0), arrived([70], [3], symbol=1)])
    assert ids_of(merged) == [70, 10, 11, 12]


def test_nothing_takes_no_number() -> None:
    sequencer = Sequencer(7)
    assert len(sequencer.number([])) == 0
    assert sequencer.next_seq == 7


def test_zero_is_not_a_number_to_start_from() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Sequencer(0)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.lists(st.integers(1, 7), min_size=1, max_size=60))
def test_any_batching_of_ordered_arrivals_gives_the_same_numbers(symbols: list[int], cuts: list[int]) -> None:
    stream = np.concatenate([ticks_of([n], symbol=s) for n, s in enumerate(symbols)])
    stream["seq"] = np.arange(len(stream))
    whole = Sequencer().number([stream[stream["symbol"] == s] for s in range(4)])
    pieces, sequencer, at = [], Sequencer(), 0
    for size in [*cuts, len(stream)]:
        piece = stream[at : at + size]
        pieces.append(sequencer.number([piece[piece["symbol"] == s] for s in range(4)]))
        at += size
    assert np.concatenate(pieces).tobytes() == whole.tobytes()
