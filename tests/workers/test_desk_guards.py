"""What a person lifts is lifted; what is said again to a book that was taken over lifts nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from core.commands import Terms
from core.compile.__main__ import build
from core.kernels.records import DRAWDOWN_LIMIT
from core.types import TICK
from core.workers import frames
from core.workers.desk import Desk
from core.workers.frames import Assignment, Lever

LONG = '''"""Always long."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    pass
class Strategy:
    def __init__(self, params):
        pass
    def on_tick(self, tick):
        return 1.0
'''


@pytest.mark.parametrize(("number", "locked"), [(0, DRAWDOWN_LIMIT), (1, 0)], ids=["said again", "a person's"])
def test_only_a_person_lifts_a_lock(tmp_path: Path, number: int, locked: int) -> None:
    (tmp_path / "long.py").write_text(LONG)
    terms, desk = Terms(max_drawdown_pct=0.2, fee_bps=0), Desk(lambda _: None)
    order = Assignment(id="long", plan=build([tmp_path], "long", {}, terms), terms=terms, legs={0: 0})
    desk.handle(frames.ASSIGN, 0, bytearray(msgspec.msgpack.encode(order)))
    desk.handle(frames.WARM, 0, bytearray(b"\x04\x00long"))
    ticks = np.zeros(3, TICK)
    ticks["seq"] = ticks["ts"] = np.arange(1, 4)
    ticks["price"] = [100.0, 100.0, 80.0]
    desk.handle(frames.TICKS, 3, bytearray(ticks.tobytes()))
    account = desk.posts["long"].account
    assert account.barred == DRAWDOWN_LIMIT
    for lever in ("pause", "resume"):
        desk.handle(frames.LEVER, 0, bytearray(msgspec.msgpack.encode(Lever(id="long", lever=lever, number=number))))
    assert (account.paused, account.barred) == (0, locked)
