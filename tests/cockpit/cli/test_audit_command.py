"""`cockpit audit`: one document or a page, its exit code is the verdict."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Run

from tests.research.audit_rig import Session, ask, change, lose, market

LOUD = '''"""Bets on nothing."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    pass
class Strategy:
    def __init__(self, params):
        self.seen = 0
    def on_tick(self, tick):
        print("tick")
        self.seen += 1
        return float(self.seen // 9 % 2)
'''


async def trade(home: Path, file: Path, *ids: str) -> None:
    """A session in which strategies of one file traded."""
    async with Session(home) as session:
        for id_ in ids:
            session.register(id_, file)
        session.feed(market(3000))


@pytest.fixture
def traded(home: Path, tmp_path: Path) -> Path:
    """A home in which a strategy traded."""
    (tmp_path / "loud.py").write_text(LOUD)
    asyncio.run(trade(home, tmp_path / "loud.py", "loud"))
    return home


def test_an_identical_home_is_one_document_and_exit_0(run: Run, traded: Path) -> None:
    outcome = run("audit", "--json")
    assert outcome.code == 0, outcome.err
    document = outcome.document
    (fills,) = ask(traded, "SELECT count(*) FROM fills")[0]
    assert (document["sessions"], document["fills"], document["identical"], document["differences"]) == (1, fills, fills, 0)
    assert document["books"] == {"compared": 1, "identical": 1}
    more = {"details", "edited", "not_auditable", "pending", "holes", "from_seq", "to_seq", "ticks", "tape", "strategies", "elapsed_s"}
    assert more <= document.keys()


def test_people_read_a_page_that_ends_with_the_verdict(run: Run, traded: Path) -> None:
    outcome = run("audit")
    assert outcome.code == 0
    assert "3,000 ticks of 3 series" in outcome.out
    assert outcome.out.splitlines()[-1].startswith("identical")


def test_a_difference_in_the_last_bit_is_shown_with_every_digit_and_exit_1(run: Run, traded: Path) -> None:
    (price,) = ask(traded, "SELECT price FROM fills WHERE fill_id = 'loud:7'")[0]
    change(traded, "UPDATE fills SET price = price + 7.5e-12 WHERE fill_id = 'loud:7'")
    (wrong,) = ask(traded, "SELECT price FROM fills WHERE fill_id = 'loud:7'")[0]
    assert wrong != price
    outcome = run("audit")
    assert outcome.code == 1
    (line,) = [line for line in outcome.out.splitlines() if "loud:7" in line]
    assert line.split() == ["loud", "loud:7", "price", repr(wrong), repr(price)]
    assert outcome.out.splitlines()[-1].startswith("1 difference in")
    again = run("audit", "--json", "--strategy", "loud")
    assert (again.code, again.document["differences"]) == (1, 1)


def test_a_hole_that_no_gap_lists_is_named_and_exit_1(run: Run, traded: Path) -> None:
    lose(traded, "binance:BNBUSDT", 1900)
    outcome = run("audit")
    assert outcome.code == 1
    assert "hole        binance:BNBUSDT trade: 1 id neither on the tape nor in a gap" in outcome.out
    assert outcome.out.splitlines()[-1].startswith("identical, but over a tape with unlisted holes, in")
    document = run("audit", "--json")
    assert (document.code, document.document["differences"]) == (1, 0)
    assert document.document["holes"] == [{"symbol": "binance:BNBUSDT", "stream": "trade", "missing": 1}]
    assert run("audit", "--strategy", "loud").code == 0, "it never saw that symbol"


def test_where_nothing_was_traded_yet_nothing_differs(run: Run, home: Path) -> None:
    outcome = run("audit")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"no ledger in {home} yet: nothing to audit\n"
    document = run("audit", "--json").document
    assert [document[name] for name in ("sessions", "fills", "identical", "differences")] == [0, 0, 0, 0]
    assert run("audit", "--strategy", "x").code == 2


def test_an_unknown_strategy_is_wrong_usage(run: Run, traded: Path) -> None:
    outcome = run("audit", "--strategy", "quiet")
    assert outcome.code == 2
    assert "no strategy 'quiet'" in outcome.err


def test_beside_an_engine_it_audits_what_that_one_has_settled(run: Run, engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(LOUD)
    asyncio.run(trade(engine.home, tmp_path / "loud.py", "loud", "gone"))
    status = engine.answers["status"]
    status["strategies"] = [{"id": "loud", "state": "running"}, {"id": "gone", "state": "failed"}]
    engine.answers["settled"] = {"seq": 1500}
    document = run("audit", "--json").document
    (known,) = ask(engine.home, "SELECT count(*) FROM fills WHERE seq <= 1500 OR strategy_id = 'gone'")[0]
    assert (document["fills"], document["identical"], document["to_seq"]) == (known, known, 3000)
    engine.answers.pop("settled")
    assert run("audit").code == 2, "the engine's refusal"
