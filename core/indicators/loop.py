"""The loop of an indicator: every follower of a tick's symbol takes a step on its own state, memory, parameters and lines.

`core.indicators.module` bundles it with one indicator's `step`. Run as it is it is the reference.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LINES = 1  # values the indicator gives

#: One variant on one symbol: its place among states and lines, where its work memory begins and how long it is, and its parameters.
FOLLOWER = np.dtype([("place", "i8"), ("at", "i8"), ("work", "i8"), ("variant", "i8")])


def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """Stands where an indicator's own `step` goes."""


def take(ticks: Any, first: Any, followers: Any, states: Any, mem: Any, params: Any, out: Any, rows: Any) -> int:
    """Take ticks in order; returns how many they were.

    Args:
        ticks: TICK (or BAR) records.
        first: int64, by symbol index where its followers begin; one more for where the last one's end. Other symbols have none.
        followers: FOLLOWER records by symbol.
        states: state records by place.
        mem: work memory of them all.
        params: parameter records by variant.
        out: lines by place, LINES each.
        rows: empty; or with one follower and ticks of its symbol alone, where its lines go after each of them, LINES each.
    """
    written = 0
    for i in range(ticks.shape[0]):
        tick = ticks[i]
        symbol = tick.symbol
        if symbol < 0 or symbol + 1 >= first.shape[0]:
            continue
        for j in range(first[symbol], first[symbol + 1]):
            one = followers[j]
            begin = one.place * LINES
            lines = out[begin : begin + LINES]
            step(states[one.place], mem[one.at : one.at + one.work], params[one.variant], tick, lines)
            if rows.shape[0] > 0:
                for k in range(LINES):
                    rows[written + k] = lines[k]
                written += LINES
    return ticks.shape[0]  # type: ignore[no-any-return]
