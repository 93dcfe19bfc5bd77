"""An audit of strategies that were edited, failed, were killed or left: each stretch is run from what it began with to its end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.commands import Terms
from core.research.audit import run_audit
from tests.research.audit_rig import NAMES, Session, ask, change, market

TURNS = '''"""Bets on nothing."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    pass
class Strategy:
    def __init__(self, params):
        self.seen = 0
    def on_tick(self, tick):
        self.seen += 1
        if self.seen == BREAK:
            raise ValueError("no more")
        return 1.0 if self.seen // EVERY % 2 else -1.0
'''
FAST = Terms(side="long_short", qty=0.5, fee_bps=1)
SLOW = Terms(side="long_short", qty=0.5, fee_bps=1, latency_ms=3_000)


def turns(folder: Path, every: int = 11, broken: int = 0) -> Path:
    """A strategy that turns every so many of its ticks, and raises at one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "turns.py"
    path.write_text(TURNS.replace("BREAK", str(broken)).replace("EVERY", str(every)))
    return path


def count(home: Path, id_: str = "it") -> int:
    """Fills of a strategy on the ledger."""
    return int(ask(home, "SELECT count(*) FROM fills WHERE strategy_id = ?", id_)[0][0])


async def test_an_edited_strategy_is_run_with_the_text_of_each_time_and_said_to_be_edited(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(6000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=FAST)
        session.register("sma")
        session.feed(ticks[:2000])
    async with Session(home) as session:
        await session.take_up("sma", "sma_crossover")
        await session.begin_again("it", turns(tmp_path, 5), "edited")
        session.feed(ticks[2000:])
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical == count(home) + count(home, "sma")
    (edit,) = found.edited
    hashes = [
        row[0] for row in ask(home, "SELECT source_hash FROM snapshots WHERE strategy_id = 'it' AND payload LIKE '%start%' ORDER BY rowid")
    ]
    assert (edit["strategy"], edit["at_seq"], [edit["from"], edit["to"]]) == ("it", 2000, hashes)
    assert hashes[0] != hashes[1]


async def test_what_a_killed_engine_had_not_saved_before_an_edit_is_no_difference(tmp_path: Path) -> None:
    """The last fills of the old text were lost with the engine; the new one took over the books as the ledger had them."""
    home, ticks = tmp_path / "home", market(6000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=FAST)
        session.feed(ticks[:2000])
        session.snap()
        session.feed(ticks[2000:2400])
        session.crash()
    kept = change(home, "DELETE FROM fills WHERE seq > 2200")
    assert kept > 1
    async with Session(home) as session:
        session.seq = 2400
        await session.begin_again("it", turns(tmp_path, 5), "edited")
        session.feed(ticks[2400:])
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical == count(home)
    at, number = ask(home, "SELECT seq, max(CAST(substr(fill_id, 4) AS INTEGER)) FROM fills WHERE seq <= 2200")[0]
    change(home, "DELETE FROM fills WHERE fill_id = ?", f"it:{number}")
    (line,) = run_audit(home).details
    assert (line["what"], line["column"]) == (f"it:{number}", "fill"), f"the last fill before the edit, at {at}"


@pytest.mark.parametrize("pieces", [1, 7, 400])
async def test_an_exception_ends_a_strategy_in_the_middle_of_its_batch(tmp_path: Path, pieces: int) -> None:
    home, ticks = tmp_path / "home", market(3000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path, 7, broken=500), terms=FAST)
        session.register("sma")
        session.feed(ticks, pieces)
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical == count(home) + count(home, "sma")
    assert count(home) > 60
    (last,) = ask(home, "SELECT max(seq) FROM fills WHERE strategy_id = 'it'")[0]
    assert last <= 1500
    assert found.pending == []


async def test_a_failure_the_ledger_does_not_know_of_is_a_difference(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(3000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path, 7, broken=500), terms=FAST)
        session.feed(ticks)
    change(home, "DELETE FROM commands WHERE kind = 'failed'")
    change(home, "UPDATE snapshots SET seq = 0 WHERE payload LIKE '%start%'")
    async with Session(home) as session:
        session.feed(market(300, first_seq=3001))
    assert run_audit(home).details == [], "as far as the ledger goes"
    found = run_audit(home, horizon=3300, running={"it"})
    assert [(line["column"], line["audit"]) for line in found.details] == [("failed", "ValueError: no more")]


async def test_a_strategy_that_failed_and_was_resumed_goes_on_with_its_books(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(6000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path, 7, broken=500), terms=FAST)
        session.feed(ticks[:1200])
        session.snap()
        session.pull("limits", "it", mode="normal", max_position=0.3)
        session.feed(ticks[1200:3000])
        await session.begin_again("it", turns(tmp_path, 9), "resumed")
        session.feed(ticks[3000:])
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical == count(home)
    numbers = [int(row[0].rpartition(":")[2]) for row in ask(home, "SELECT fill_id FROM fills ORDER BY seq")]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_fill_after_the_end_of_a_strategy_is_a_difference(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(3000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=FAST)
        session.feed(ticks[:1500])
        session.pull("drop", "it")
        session.feed(ticks[1500:])
    assert run_audit(home).differences == 0
    columns = "strategy_id, symbol, side, qty, price, fee, realised, position, ts_ns, 2600, tick_id, order_id, mode"
    change(home, f"INSERT INTO fills SELECT 'it:999', {columns} FROM fills WHERE fill_id = 'it:1'")
    (line,) = run_audit(home).details
    assert (line["what"], line["column"], line["audit"]) == ("it:999", "fill", None)


async def test_levers_of_one_tick_are_told_apart_from_the_snapshots_between_them(tmp_path: Path) -> None:
    """No tick comes between a flatten, a snapshot, a pause that takes its order back, and another snapshot."""
    home, ticks = tmp_path / "home", market(4000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=SLOW)
        session.feed(ticks[:2002])
        session.snap()
        session.pull("flatten", "it")
        session.snap()
        session.pull("pause", "it")
        session.pull("resume", "it")
        session.snap()
        session.feed(ticks[2002:])
        session.crash()
    states = [row[0] for row in ask(home, "SELECT state FROM snapshots WHERE payload NOT LIKE '%start%'")]
    assert len(set(states)) == 3
    found = run_audit(home)
    assert found.details == []
    assert found.books == {"compared": 3, "identical": 3}


async def test_what_came_after_the_last_thing_saved_is_the_next_starts_to_do(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(6000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=FAST)
        session.feed(ticks[:4000])
        session.snap()
        session.feed(ticks[4000:])
        session.crash()
    change(home, "DELETE FROM fills WHERE seq > 5000")
    found = run_audit(home)
    (last,) = ask(home, "SELECT max(seq) FROM fills")[0]
    assert (found.differences, found.to_seq) == (0, last)
    mine = sum(1 for tick in ticks if tick["seq"] > last and tick["symbol"] == 0)
    assert found.pending == [{"strategy": "it", "after_seq": last, "ticks": mine}]
    running = run_audit(home, horizon=6000, running={"it"})
    assert running.pending == []
    assert running.differences == running.fills - running.identical > 5, "an engine that says it is done, and is not"


async def test_fills_beyond_what_a_running_engine_vouches_for_are_left_alone(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(6000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=FAST)
        session.feed(ticks)
    found = run_audit(home, horizon=4000, running={"it"})
    (known,) = ask(home, "SELECT count(*) FROM fills WHERE seq <= 4000")[0]
    assert (found.fills, found.identical, found.differences, found.to_seq) == (known, known, 0, 4000)


async def test_where_old_ticks_are_gone_an_audit_begins_at_the_oldest_state_that_has_all_of_its(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(6000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=SLOW)
        session.feed(ticks[:2500])
        session.pull("limits", "it", mode="reduce_only")
        session.snap()
        session.feed(ticks[2500:4000])
        session.pull("limits", "it", mode="normal")
        session.register("late", turns(tmp_path), on=NAMES[1:2], terms=FAST)
        session.feed(ticks[4000:])
    (early,) = ask(home, "SELECT count(*) FROM fills WHERE seq <= 2500")[0]
    assert early > 20
    whole = run_audit(home)
    assert (whole.differences, whole.from_seq) == (0, 0)
    (home / "tape.db").unlink()
    async with Session(home) as session:  # a tape that lost its beginning
        session.feed(ticks[2400:], record=True)
        session.crash()
    found = run_audit(home)
    assert found.details == []
    assert found.from_seq == 2500
    assert [(line["strategy"], line["fills"]) for line in found.not_auditable] == [("it", early)]
    assert "ticks through seq 2500 are no longer on the tape" in found.not_auditable[0]["reason"]
    assert found.fills == found.identical == count(home) + count(home, "late") - early


async def test_a_home_whose_ticks_are_all_gone_has_nothing_that_is_identical(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(2000)
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=FAST)
        session.feed(ticks)
    (home / "tape.db").unlink()
    found = run_audit(home)
    assert (found.fills, found.differences) == (0, 0)
    assert [(line["fills"], line["reason"]) for line in found.not_auditable] == [(count(home), "its ticks are no longer on the tape")]


async def test_a_strategy_that_never_traded_is_audited_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with Session(home) as session:
        session.register("it", turns(tmp_path, 100_000), terms=Terms())
        session.feed(market(900))
    found = run_audit(home)
    assert (found.fills, found.differences, found.ticks) == (0, 0, 300)
    assert found.books == {"compared": 1, "identical": 1}


async def test_holes_in_the_tape_are_counted(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(900)
    async with Session(home) as session:
        session.feed(ticks[(ticks["id"] != 1100) & (ticks["id"] != 1200)])
        session.tape.record_gap(NAMES[0], "trade", 1100, 1100, from_ns=None, to_ns=None, state="lost", cause="test")
    found = run_audit(home)
    assert (found.tape["listed"], found.tape["missing"]) == (1, 5)
    assert sum(hole["missing"] for hole in found.holes) == 5
    assert not found.proven


async def test_one_strategy_is_not_judged_by_holes_in_what_it_never_saw(tmp_path: Path) -> None:
    home, ticks = tmp_path / "home", market(900)
    elsewhere = int(ticks["id"][ticks["symbol"] == 1][50])
    async with Session(home) as session:
        session.register("it", turns(tmp_path), on=NAMES[:1], terms=FAST)
        session.feed(ticks[(ticks["symbol"] != 1) | (ticks["id"] != elsewhere)])
    assert run_audit(home, strategy="it").proven
    found = run_audit(home)
    assert found.holes == [{"symbol": NAMES[1], "stream": "trade", "missing": 1}]
    assert (found.differences, found.proven) == (0, False)


async def test_an_audit_leaves_both_files_as_they_are(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with Session(home) as session:
        session.register("it", turns(tmp_path), terms=FAST)
        session.feed(market(900))
    before = {path.name: path.read_bytes() for path in home.glob("*.db")}
    shutil.copytree(home, tmp_path / "copy")
    run_audit(home)
    assert {path.name: path.read_bytes() for path in home.glob("*.db")} == before
