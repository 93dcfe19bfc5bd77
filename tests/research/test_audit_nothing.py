"""No opinion is NaN in a state: an audit tells it from a number, not one NaN from another, and old states are run as they were kept."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest

from core.commands import Terms
from core.compile.instance import Instance
from core.research.audit import run_audit
from tests.research.audit_rig import TERMS, Session, ask, market

NAN, OTHER_NAN = struct.pack("<Q", 0x7FF8 << 48), struct.pack("<Q", 0xFFF8 << 48)

#: Its index is 0/0 where the price did not move, as some formulas are; then it has no opinion.
DIVIDES = '''"""Bets on a ratio that is not always one."""
from typing import Any
import numpy as np
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    pass
STATE = np.dtype([("last", "f8"), ("index", "f8")])
def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    rise = max(tick.price - s.last, 0.0)
    s.index = rise / abs(tick.price - s.last)
    s.last = tick.price
    out[0] = s.index
'''

FORGETS = '''"""Bets on nothing for long."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    pass
class Strategy:
    def __init__(self, params):
        self.seen, self.index, self.known = 0, float("nan"), [float("nan")]
    def on_tick(self, tick):
        self.seen += 1
        return None if self.seen < 100 else float("nan") if self.seen % 3 else 1.0 if self.seen // 9 % 2 else -1.0
'''


def strategy(folder: Path, name: str, text: str) -> Path:
    """Its file."""
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


async def session(home: Path, folder: Path) -> None:
    """Three strategies that have no opinion at first, or now and then, and one that never has one."""
    ticks = market(3000)
    stands = ticks["symbol"] == 0
    ticks["price"][stands] = np.round(ticks["price"][stands], -1)  # it often does not move
    async with Session(home) as life:
        life.register("ratio", strategy(folder, "ratio", DIVIDES), terms=Terms(side="long_short", fee_bps=1))
        life.register("forgets", strategy(folder, "forgets", FORGETS), terms=TERMS)
        life.register("slow", params={"interval": "1s", "fast": 5, "slow": 60})
        life.register("never", params={"interval": "1s", "fast": 5, "slow": 9000})
        life.snap()
        life.pull("flatten", "slow", "never")
        life.feed(ticks[:40])
        life.snap()
        life.feed(ticks[40:])


def states(home: Path) -> list[bytes]:
    """All snapshots' bytes."""
    return [row[0] for row in ask(home, "SELECT state FROM snapshots ORDER BY rowid")]


def rewrite(home: Path, old: bytes, new: bytes, where: str = "1") -> int:
    """Other bytes in the snapshots; how many snapshots."""
    with sqlite3.connect(home / "ledger.db") as db:
        kept = db.execute(f"SELECT rowid, state FROM snapshots WHERE {where}").fetchall()
        changed = [(state.replace(old, new), rowid) for rowid, state in kept if old in state]
        db.executemany("UPDATE snapshots SET state = ? WHERE rowid = ?", changed)
    db.close()
    return len(changed)


@pytest.mark.slow
async def test_strategies_without_an_opinion_are_audited_to_the_last_bit(tmp_path: Path) -> None:
    await session(tmp_path / "home", tmp_path)
    found = run_audit(tmp_path / "home")
    assert found.details == []
    assert found.fills == found.identical > 100
    assert any(NAN in state or OTHER_NAN in state for state in states(tmp_path / "home"))


async def test_which_nan_a_processor_gave_is_no_difference(tmp_path: Path) -> None:
    home = tmp_path / "home"
    await session(home, tmp_path)
    before = run_audit(home)
    assert rewrite(home, NAN, OTHER_NAN, "payload NOT LIKE '%start%'") >= 4
    found = run_audit(home)
    assert found.details == []
    assert (found.books, found.identical) == (before.books, before.identical)


async def test_nothing_where_the_replay_has_a_number_is_a_difference(tmp_path: Path) -> None:
    home = tmp_path / "home"
    await session(home, tmp_path)
    one = struct.pack("<d", 1.0)
    assert rewrite(home, NAN, one, "payload NOT LIKE '%start%' AND strategy_id = 'never' AND seq > 40") == 1
    found = run_audit(home)
    assert found.differences == 1
    (line,) = [line for line in found.details if line["column"] == "books.opinion"]
    assert (line["strategy"], line["ledger"]) == ("never", 1.0)
    assert np.isnan(line["audit"])


async def test_a_home_of_before_no_opinion_was_told_from_0_is_run_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = Instance.reset_books

    def as_before(self: Instance) -> None:
        now(self)
        self.books.view(np.ndarray)["opinion"] = 0.0

    home = tmp_path / "home"
    with monkeypatch.context() as before:
        before.setattr(Instance, "reset_books", as_before)
        await session(home, tmp_path)
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical > 100
    assert found.books["compared"] == found.books["identical"] > 4
