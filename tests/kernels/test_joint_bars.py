"""Bars of two legs that close by themselves: those of both are the ones an alignment of all closes has, and in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_rig import prints

from core.analytics.pairs.align import align
from core.analytics.pairs.closes import Closes, closes_of
from core.kernels.joint_bars import ALONE, CLOSED, JOINT_BARS, close_joint_bar
from core.types import SECOND, Records

INTERVAL = 10 * SECOND


def closed(ticks: Records) -> tuple[list[tuple[int, float, float]], list[int]]:
    """(start, close of A, close of B) of every bar of both, and what each tick did."""
    joint: Any = np.zeros(1, JOINT_BARS).view(np.recarray)[0]
    found, told = [], []
    for tick in ticks.view(np.recarray):
        told.append(close_joint_bar(joint, tick, INTERVAL))
        if told[-1] == CLOSED:
            found.append((int(joint.start), float(joint.a.close), float(joint.b.close)))
    assert joint.count == len(found)
    return found, told


def aligned(ticks: Records) -> list[tuple[int, float, float]]:
    """The same of the closes of both legs: of each, of all its intervals but the one that may go on."""
    legs = []
    for symbol in (0, 1):
        times, prices = closes_of(ticks.compress(ticks["symbol"] == symbol), False, INTERVAL)
        legs.append(Closes(str(symbol), INTERVAL, times[:-1], prices[:-1]))
    both = align(*legs)
    return list(zip(both.times.tolist(), both.a.tolist(), both.b.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), mean=st.sampled_from([1_000, 8_000, 30_000]), share=st.floats(0.05, 0.95))
def test_bars_of_both_are_those_of_an_alignment(seed: int, mean: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    at = np.cumsum(rng.exponential(mean, 150))
    ticks = prints(rng.integers(1, 100, 150), at=at, symbol=(rng.random(150) < share).astype(int))
    ticks["leg"] = ticks["symbol"]
    assert closed(ticks)[0] == aligned(ticks)


def test_a_print_that_comes_after_the_other_leg_has_gone_on_still_makes_its_bar() -> None:
    at = [0, 12_000, 9_000, 22_000, 21_000, 31_000, 33_000]
    ticks = prints([1, 2, 3, 4, 5, 6, 7], at=at, symbol=[0, 0, 1, 0, 1, 1, 0], start=0)
    ticks["leg"] = ticks["symbol"]
    assert closed(ticks)[0] == [(0, 1.0, 3.0), (20 * SECOND, 4.0, 5.0)]


@pytest.mark.parametrize(("silent", "alone"), [(1, False), (2, True), (5, True)])
def test_a_leg_is_alone_once_the_other_has_not_traded_for_two_whole_bars(silent: int, alone: bool) -> None:
    steps = 3 + silent
    at = [k * 10_000 + 5_000 for k in range(steps + 1)]
    both = sorted([*((ms, 0) for ms in at), *((ms + 1, 1) for ms in at[:3])])
    ticks = prints([1.0] * len(both), at=[ms for ms, _ in both], symbol=[symbol for _, symbol in both], start=0)
    ticks["leg"] = ticks["symbol"]
    assert (ALONE in closed(ticks)[1]) == alone
