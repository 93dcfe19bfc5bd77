"""What a strategy on prints is given before it starts: what the tape has, and before that one answer of the venue's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.engine.warm import MOST_ASKED, venue_history
from core.types import TICK, Records
from core.venues.venue import RestCall

NEWEST = 50_000


def prints(first: int, last: int) -> Records:
    """Of these ids, both included."""
    ticks = np.zeros(last - first + 1, TICK)
    ticks["id"] = np.arange(first, last + 1)
    return ticks


class Asked:
    """A venue whose newest print is `NEWEST`; keeps how many were asked for."""

    def __init__(self) -> None:
        self.limits: list[int] = []

    def trades_recent(self, name: str, limit: int = 1000) -> RestCall:
        self.limits.append(limit)
        return RestCall("trades", {"symbol": name, "limit": limit}, 1)

    def parse_trades(self, name: str, body: bytes, recv_ns: int) -> Records:
        return prints(NEWEST - int(body) + 1, NEWEST)


async def answer(call: RestCall) -> bytes:
    return str(call.query["limit"]).encode()


@pytest.mark.parametrize(
    ("warmup", "on_tape", "asked", "given"),
    [
        pytest.param(15, 0, [75], 75, id="nothing on the tape"),
        pytest.param(15, 40, [75], 35, id="some of it on the tape"),
        pytest.param(15, 75, [], 0, id="all of it on the tape"),
        pytest.param(15, 500, [], 0, id="more on the tape"),
        pytest.param(900, 0, [MOST_ASKED], 1000, id="more than one answer holds"),
        pytest.param(900, 1200, [MOST_ASKED], 0, id="what the tape lacks is older than one answer"),
    ],
)
async def test_the_venue_is_asked_once_for_what_the_tape_lacks(warmup: int, on_tape: int, asked: list[int], given: int) -> None:
    venue: Any = Asked()
    plan: Any = SimpleNamespace(interval=0, warmup=warmup)
    before = prints(NEWEST - on_tape + 1, NEWEST)
    older = await venue_history(venue, answer, "BTCUSDT", plan, before, 0)
    assert venue.limits == asked
    assert len(older) == given
    last = NEWEST - on_tape
    assert older["id"].tolist() == list(range(last - given + 1, last + 1)), "what lies right before the tape's"
