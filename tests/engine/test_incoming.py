"""In which order the tape is told: a hole is listed before what lies beyond it, and called filled after what fills it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from core.engine.incoming import Incoming
from core.feed.batch import Batch, Counters, GapEvent
from core.types import TICK, Records, Symbols


class Tape:
    """Notes what it is told."""

    full = False

    def __init__(self) -> None:
        self.told: list[Any] = []

    def append(self, ticks: Records, stream: str) -> None:
        self.told.append(ticks["id"].tolist())

    def record_gap(self, symbol: str, stream: str, from_id: int, to_id: int, **more: Any) -> None:
        self.told.append((more["state"], from_id, to_id))


class Anything:
    """Takes every call."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_more: None


def prints(*ids: int, seq: int = 1) -> Records:
    ticks = np.zeros(len(ids), TICK)
    ticks["id"], ticks["seq"] = ids, np.arange(seq, seq + len(ids))
    return ticks


def gap(state: Any, first: int, last: int) -> GapEvent:
    return GapEvent(0, "aggTrade", first, last, 1, 2, state, "cut")


async def test_a_hole_is_on_the_tape_before_what_lies_beyond_it_and_filled_after_what_fills_it() -> None:
    tape = Tape()
    other = Anything()
    engine: Any = SimpleNamespace(
        tape=tape, symbols=Symbols(["binance:A"]), venue=SimpleNamespace(stream="aggTrade"), last_seq=0, market=other, recent=other,
        passage=other, pool=other, panes=other, alarms=other, sentinel=other, analyst=other,
    )  # fmt: skip
    incoming = Incoming(engine)
    incoming.take(Batch(Counters(), prints(1, 2)))  # waits for more
    incoming.take(Batch(Counters(), prints(6, 7, seq=3), gaps=(gap("open", 3, 5),)))
    assert tape.told == [("open", 3, 5), [1, 2, 6, 7]]
    tape.told.clear()
    incoming.take(Batch(Counters(), late=prints(3, 4, seq=0), gaps=(gap("filled", 3, 4), gap("lost", 5, 5))))
    assert tape.told == [("lost", 5, 5), [3, 4], ("filled", 3, 4)]
