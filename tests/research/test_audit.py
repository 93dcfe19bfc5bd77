"""An audit runs every strategy again over the tape: what was made is found identical, and what was changed is found and named."""

from __future__ import annotations

import asyncio
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.commands import Terms
from core.errors import StoreError, UsageError
from core.research.audit import Findings, run_audit
from tests.research.audit_rig import NAMES, Session, ask, change, market

HEAD = '"""Bets on nothing."""\n{imports}\nfrom msgspec import Struct\nclass Params(Struct, frozen=True, kw_only=True):\n    pass\n'

FLIPS = HEAD.format(imports="from rules import turn") + (
    """
class Memory:
    def __init__(self):
        self.seen = 0
class Strategy:
    def __init__(self, params):
        self.memory = Memory()
        self.prices = []
    def on_tick(self, tick):
        self.memory.seen += 1
        self.prices = [*self.prices[-20:], tick.price]
        return turn(self.memory.seen)
"""
)
RULES = "def turn(seen):\n    return 1.0 if seen // 13 % 2 else -1.0\n"

SPREAD = HEAD.format(imports="import numpy as np") + (
    """
LEGS = 2
STATE = np.dtype([("n", "i8"), ("x", "f8"), ("y", "f8")])
def work(p):
    return 4
def step(s, mem, p, tick, out):
    mem[tick.leg] = tick.price
    s.n += 1
    if s.n % 7 == 0:
        sign = 1.0 if mem[0] > 6.0 * mem[1] else -1.0
        if s.n % 21 == 0:
            sign = 0.0
        out[0] = sign
        out[1] = -sign
"""
)

STOPS = Terms(side="long_short", qty=0.3, fee_bps=2, stop_loss_pct=0.02, take_profit_pct=0.03, trailing_pct=0.025, latency_ms=700)
SHY = Terms(side="long_short", qty=0.8, fee_bps=5, participation=0.3, latency_ms=150)


def strategies(folder: Path) -> dict[str, Path]:
    """Files of this test's own."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"flips": FLIPS, "rules": RULES, "spread": SPREAD}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return {name: folder / f"{name}.py" for name in texts}


async def trade(home: Path) -> None:
    """A session with every kind of strategy and lever, and one more after a restart."""
    files = strategies(home / "strategies")
    ticks = market(9000)
    async with Session(home) as session:
        session.feed(ticks[:600])
        session.register("sma")
        session.register("stops", on=NAMES[1:2], terms=STOPS, params={"interval": "2s", "fast": 2, "slow": 9})
        session.feed(ticks[600:1500], 11)
        session.register("spread", files["spread"], on=[NAMES[2], NAMES[0]], terms=SHY)
        session.register("flips", files["flips"], terms=STOPS)
        session.feed(ticks[1500:3001], 13)
        session.pull("pause", "sma", "flips")
        session.pull("reduce", "spread", pct=40.0)
        session.pull("stops", "stops", stop_loss_pct=0.02, trailing_pct=0.05)
        session.feed(ticks[3001:3500], 3)
        session.pull("resume", "sma")
        session.pull("limits", "spread", "sma", mode="reduce_only", max_position=0.4)
        session.feed(ticks[3500:4200], 5)
        session.pull("flatten", "sma", "stops", "spread")
        session.pull("resume", "flips")
        session.snap()
        session.feed(ticks[4200:4600], 1)
        session.pull("limits", "spread", "sma", mode="normal", price_low=1.0)
        session.feed(ticks[4600:6000], 17)
    async with Session(home) as session:
        for id_, file in (("sma", "sma_crossover"), ("stops", "sma_crossover"), ("spread", files["spread"]), ("flips", files["flips"])):
            await session.take_up(id_, file)
        session.feed(ticks[6000:7000], 2)
        session.snap()
        session.pull("stops", "sma", take_profit_pct=0.03)
        session.pull("reduce", "sma", pct=50.0)
        session.feed(ticks[7000:8001], 9)
        session.pull("flatten", "spread")
        session.pull("close", "stops")
        session.snap()
        session.feed(ticks[8001:], 40)


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home after `trade`; nothing may write to it."""
    home = tmp_path_factory.mktemp("audit") / "home"
    asyncio.run(trade(home))
    return home


@pytest.fixture
def home(traded: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    copy = tmp_path / "home"
    shutil.copytree(traded, copy)
    return copy


def only(found: Findings, column: str, what: str | None = None) -> dict[str, Any]:
    """The one difference there is."""
    (line,) = found.details
    assert (found.differences, line["column"]) == (1, column), found.details
    assert what in (None, line["what"])
    return line


def test_what_a_session_made_comes_out_again_to_the_last_bit(traded: Path) -> None:
    found = run_audit(traded)
    assert found.details == []
    counts = dict(ask(traded, "SELECT strategy_id, count(*) FROM fills GROUP BY 1"))
    assert set(counts) == {"sma", "stops", "spread", "flips"}
    assert min(counts.values()) > 8, counts
    assert (found.sessions, found.strategies, found.differences) == (2, 4, 0)
    assert found.fills == found.identical == sum(counts.values())
    assert found.books["compared"] == found.books["identical"] == 16, "of each the newest three and the first of the day"
    assert (found.from_seq, found.to_seq, found.ticks) == (600, 9000, 8400)
    assert found.edited == found.not_auditable == found.pending == []
    assert found.tape == {"series": 3, "ticks": 9000, "late": 0, "listed": 0, "missing": 0, "duplicates": 0}


def test_what_was_audited_has_two_legs_orders_filled_in_parts_and_every_kind_of_command(traded: Path) -> None:
    symbols = {row[0] for row in ask(traded, "SELECT DISTINCT symbol FROM fills WHERE strategy_id = 'spread'")}
    assert symbols == {NAMES[0], NAMES[2]}
    parts = ask(traded, "SELECT order_id, count(*) FROM fills WHERE strategy_id = 'spread' GROUP BY 1 ORDER BY 2 DESC")
    assert parts[0][1] > 1
    kinds = {row[0] for row in ask(traded, "SELECT DISTINCT kind FROM commands")}
    assert kinds == {"register", "pause", "resume", "flatten", "reduce", "stops", "limits", "unregister", "gone"}


def test_a_price_that_is_wrong_in_the_last_bit_is_found_and_named(home: Path) -> None:
    (fill_id, price) = ask(home, "SELECT fill_id, price FROM fills WHERE strategy_id = 'sma' ORDER BY seq LIMIT 1 OFFSET 7")[0]
    wrong = math.nextafter(price, math.inf)
    assert change(home, "UPDATE fills SET price = ? WHERE fill_id = ?", wrong, fill_id) == 1
    found = run_audit(home)
    line = only(found, "price", fill_id)
    assert (line["strategy"], line["ledger"], line["audit"]) == ("sma", wrong, price)
    assert found.identical == found.fills - 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("side", "sell"), ("side", "buy"), ("qty", 0.123), ("fee", 0.0), ("realised", 1e-9), ("position", 5.0), ("ts_ns", 1)),
        *(("seq", 8999), ("seq", 700), ("seq", 1), ("tick_id", 3), ("order_id", "spread:o999"), ("mode", "demo")),
        *(("symbol", "binance:ETHUSDT"), ("strategy_id", "sma"), ("strategy_id", "nobody")),
    ],
)  # fmt: skip
def test_every_column_of_a_fill_counts(home: Path, column: str, value: Any) -> None:
    (fill_id,) = ask(home, f"SELECT fill_id FROM fills WHERE strategy_id = 'spread' AND seq > 4000 AND {column} <> ? LIMIT 1", value)[0]
    change(home, f"UPDATE fills SET {column} = ? WHERE fill_id = ?", value, fill_id)
    line = only(run_audit(home), column, fill_id)
    assert line["ledger"] == value


def test_a_fill_that_is_missing_is_found_and_told(home: Path) -> None:
    change(home, "DELETE FROM fills WHERE fill_id = 'flips:5'")
    found = run_audit(home)
    line = only(found, "fill", "flips:5")
    assert line["ledger"] is None
    assert "binance:BTCUSDT at" in line["audit"]
    assert found.fills == found.identical + 1


def test_a_fill_that_nobody_made_is_found_and_told(home: Path) -> None:
    columns = "strategy_id, symbol, side, qty, price, fee, realised, position, ts_ns, seq, tick_id, order_id, mode"
    assert change(home, f"INSERT INTO fills SELECT 'stops:777', {columns} FROM fills WHERE fill_id = 'stops:3'") == 1
    line = only(run_audit(home), "fill", "stops:777")
    assert line["audit"] is None
    assert line["strategy"] == "stops"


def test_a_bit_of_a_book_is_found_and_named(home: Path) -> None:
    (rowid, state) = ask(
        home, "SELECT rowid, state FROM snapshots WHERE strategy_id = 'spread' AND payload NOT LIKE '%start%' ORDER BY rowid"
    )[0]
    for at, column in ((8, "account.realised"), (160, "books[0].position"), (160 + 2 * 152 + 8, "limits.max_position")):
        bad = bytearray(state)
        bad[at] ^= 1
        change(home, "UPDATE snapshots SET state = ? WHERE rowid = ?", bytes(bad), rowid)
        found = run_audit(home)
        assert only(found, column)["strategy"] == "spread"
        assert found.books["identical"] == found.books["compared"] - 1


def test_work_memory_and_the_attributes_of_a_python_strategy_are_compared_too(home: Path) -> None:
    (rowid, state) = ask(
        home, "SELECT rowid, state FROM snapshots WHERE strategy_id = 'spread' AND payload NOT LIKE '%start%' ORDER BY rowid"
    )[0]
    bad = bytearray(state)
    bad[-17] ^= 0x40
    change(home, "UPDATE snapshots SET state = ? WHERE rowid = ?", bytes(bad), rowid)
    assert only(run_audit(home), "mem[1]")["strategy"] == "spread"
    change(home, "UPDATE snapshots SET state = ? WHERE rowid = ?", state, rowid)
    (rowid, state) = ask(
        home, "SELECT rowid, state FROM snapshots WHERE strategy_id = 'flips' AND payload NOT LIKE '%start%' ORDER BY rowid"
    )[0]
    at = state.index(b"seen") + 6
    bad = bytearray(state)
    bad[at] ^= 1
    change(home, "UPDATE snapshots SET state = ? WHERE rowid = ?", bytes(bad), rowid)
    line = only(run_audit(home), "strategy.memory.seen")
    assert int(line["ledger"]) == int(line["audit"]) ^ 1


def test_a_start_state_that_was_changed_does_not_pass(home: Path) -> None:
    (rowid, state) = ask(home, "SELECT rowid, state FROM snapshots WHERE strategy_id = 'sma' AND payload LIKE '%start%'")[0]
    bad = bytearray(state)
    bad[0:8] = np.float64(9_999.5).tobytes()
    change(home, "UPDATE snapshots SET state = ? WHERE rowid = ?", bytes(bad), rowid)
    found = run_audit(home)
    assert {line["column"] for line in found.details} >= {"account.capital"}
    change(home, "UPDATE snapshots SET state = ? WHERE rowid = ?", state[:-1], rowid)
    lines = run_audit(home).details
    assert (lines[0]["strategy"], lines[0]["column"], lines[0]["what"]) == ("sma", "state", "start 600")


def test_a_lever_that_is_left_out_makes_a_difference(home: Path) -> None:
    change(home, "DELETE FROM commands WHERE kind = 'pause'")
    found = run_audit(home)
    assert found.differences > 0
    assert {line["strategy"] for line in found.details} <= {"sma", "flips"}


def test_one_strategy_alone(traded: Path) -> None:
    found = run_audit(traded, strategy="stops")
    (count,) = ask(traded, "SELECT count(*) FROM fills WHERE strategy_id = 'stops'")[0]
    assert (found.strategies, found.fills, found.identical) == (1, count, count)
    with pytest.raises(UsageError, match="no strategy 'nobody'"):
        run_audit(traded, strategy="nobody")


def test_the_plan_that_ran_is_what_runs_again_whatever_became_of_the_file(home: Path) -> None:
    folder = Path(json.loads(ask(home, "SELECT text FROM sources WHERE name = 'plan' AND text LIKE '%Memory%'")[0][0])["path"]).parent
    kept = {path: path.read_text() for path in folder.glob("*.py")}
    try:
        (folder / "flips.py").write_text(FLIPS.replace("-20", "-21"))
        (folder / "rules.py").unlink()
        found = run_audit(home)
    finally:
        for path, text in kept.items():
            path.write_text(text)
    assert found.differences == 0
    assert [(line["strategy"], line["at_seq"], line["file"]) for line in found.edited] == [("flips", None, str(folder / "flips.py"))]


def test_fills_without_a_start_state_are_not_called_identical(home: Path) -> None:
    (count,) = ask(home, "SELECT count(*) FROM fills WHERE strategy_id = 'sma'")[0]
    change(home, "DELETE FROM snapshots WHERE strategy_id = 'sma' AND payload LIKE '%start%'")
    found = run_audit(home)
    assert found.not_auditable == [{"strategy": "sma", "fills": count, "reason": "no state it started from was kept"}]
    (others,) = ask(home, "SELECT count(*) FROM fills WHERE strategy_id <> 'sma'")[0]
    assert (found.fills, found.identical, found.differences) == (others, others, 0)


def test_a_plan_that_was_not_kept_is_said_so(home: Path) -> None:
    change(home, "DELETE FROM sources WHERE text LIKE '%Memory%'")
    found = run_audit(home)
    assert [(line["strategy"], line["reason"]) for line in found.not_auditable] == [("flips", "its plan was not kept")]
    assert found.differences == 0


def test_a_home_without_a_ledger_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"ledger\.db does not exist"):
        run_audit(tmp_path)


def test_progress_is_told_and_ends_with_every_strategy_done(traded: Path) -> None:
    told: list[tuple[int, int]] = []
    run_audit(traded, progress=lambda ticks, done: told.append((ticks, done)))
    assert told[-1] == (8400, 4)
    assert [ticks for ticks, _ in told] == sorted(ticks for ticks, _ in told)
