"""`cockpit db stats|verify|seal|cleanup|backup`: one document each, a verdict as exit code, one line where it cannot be done."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Run

from core.home import lock_home, make_home
from core.store.ledger import Ledger
from core.store.tape import Tape
from tests.store.store_ticks import NAMES, STREAM, symbols, ticks_of

TICKS = ticks_of(60_000)


@pytest.fixture
def recorded(home: Path) -> Path:
    """A home with a tape of 60,000 ticks of 2024, and a ledger."""

    async def record() -> None:
        async with await Tape.open(home / "tape.db", symbols()) as tape, await Ledger.open(home / "ledger.db"):
            tape.append(TICKS, STREAM)

    make_home(home)
    asyncio.run(record())
    return home


def test_a_tape_is_measured_sealed_and_proved(run: Run, recorded: Path) -> None:
    before = run("db", "stats", "--json").document
    assert (before["ticks"], before["rows"], before["sealed"]) == (60_000, 60_000, 0)
    assert before["bytes_a_row"] < 60
    assert [one["symbol"] for one in before["symbols"]] == sorted(NAMES)
    sealed = run("db", "seal", "--json").document
    assert (sealed["sealed"], sealed["chunks"]) == (6 * 8192, 6)
    assert run("db", "seal", "--all", "--json").document["sealed"] == 60_000 - 6 * 8192
    assert run("db", "seal", "--all").out == "nothing to seal: all is sealed\n"
    assert "(--all seals the rest)" in run("db", "seal").out
    after = run("db", "stats", "--json").document
    assert (after["ticks"], after["rows"], after["sealed"]) == (60_000, 0, 60_000)
    assert after["bytes_a_sealed_tick"] < 15
    for words in (("db", "verify"), ("db", "verify", "--deep")):
        outcome = run(*words, "--json")
        assert outcome.code == 0
        assert outcome.document["ok"] is True
        for one in outcome.document["symbols"]:
            mine = TICKS[TICKS["symbol"] == NAMES.index(one["symbol"])]
            assert (one["rows"], one["first_id"], one["last_id"]) == (len(mine), int(mine["id"].min()), int(mine["id"].max()))
            assert (one["missing"], one["duplicates"], one["gaps"]) == (0, 0, [])
        assert "ok: nothing is missing that is not listed (60,000 ticks" in run(*words).out


def test_a_hole_nobody_listed_is_exit_1_and_a_listed_one_is_not(run: Run, recorded: Path) -> None:
    with closing(sqlite3.connect(recorded / "tape.db", isolation_level=None)) as db:
        db.execute(
            "DELETE FROM tick_rows WHERE id BETWEEN 5000 AND 5004 AND series = (SELECT series FROM series WHERE symbol = ?)", (NAMES[1],)
        )
    outcome = run("db", "verify", "--json")
    assert (outcome.code, outcome.document["ok"]) == (1, False)
    (eth,) = [one for one in outcome.document["symbols"] if one["missing"]]
    assert (eth["symbol"], eth["missing"], eth["unlisted"], eth["holes"]) == (NAMES[1], 5, 5, [[5000, 5004]])
    assert "hole    binance:ETHUSDT: ids 5000 to 5004 (5) are neither here nor listed" in run("db", "verify").out
    with closing(sqlite3.connect(recorded / "tape.db", isolation_level=None)) as db:
        db.execute("INSERT INTO gaps VALUES(?, ?, 5000, 5004, NULL, NULL, 'lost', 'quarantined')", (NAMES[1], STREAM))
    outcome = run("db", "verify", "--json")
    assert (outcome.code, outcome.document["ok"]) == (0, True)
    (eth,) = [one for one in outcome.document["symbols"] if one["missing"]]
    assert (eth["missing"], eth["unlisted"]) == (5, 0)
    gap = {"from_id": 5000, "to_id": 5004, "from_ns": None, "to_ns": None, "state": "lost", "cause": "quarantined"}
    assert eth["gaps"] == [gap]


def test_nothing_is_deleted_before_somebody_says_yes(run: Run, recorded: Path) -> None:
    assert run("db", "cleanup").code == 2
    assert "set store.keep_days" in run("db", "cleanup").err
    plan = run("db", "cleanup", "--keep-days", "1", "--json").document
    assert (plan["ticks"], plan["done"]) == (pytest.approx(60_000, rel=0.01), False)
    assert "would be deleted, for good: --yes does it" in run("db", "cleanup", "--keep-days", "1").out
    assert run("db", "stats", "--json").document["ticks"] == 60_000
    assert run("db", "cleanup", "--keep-days", "36000").out == "nothing to delete: all there is is kept\n"
    before = (recorded / "tape.db").stat().st_size
    done = run("db", "cleanup", "--keep-days", "1", "--yes", "--json").document
    assert (done["ticks"], done["done"]) == (60_000, True)
    assert done["freed_bytes"] == before - (recorded / "tape.db").stat().st_size > 2_000_000
    assert run("db", "stats", "--json").document["ticks"] == 0
    for wrong in ("-1", "x", "nan"):
        outcome = run("db", "cleanup", "--keep-days", wrong)
        assert outcome.code == 2
        assert f"--keep-days: '{wrong}' is no limit: a number above 0, or 0 for none" in outcome.err


def test_a_limit_of_0_is_none(run: Run, recorded: Path) -> None:
    (recorded / "cockpit.toml").write_text("[store]\nkeep_days = 1\n")
    outcome = run("db", "cleanup", "--keep-days", "0", "--yes")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "nothing limits what is kept (0 is no limit)" in outcome.err
    assert run("db", "cleanup", "--keep-days", "0", "--keep-gb", "5", "--yes").out == "nothing to delete: all there is is kept\n"
    assert run("db", "stats", "--json").document["ticks"] == 60_000


def test_a_backup_is_two_files_that_prove_themselves(run: Run, recorded: Path, tmp_path: Path) -> None:
    document = run("db", "backup", str(tmp_path / "copies"), "--json").document
    folder = Path(document["folder"])
    assert folder.parent == tmp_path / "copies"
    assert sorted(file.name for file in folder.iterdir()) == ["ledger.db", "tape.db"]
    assert run("db", "verify", "--deep", "--home", str(folder)).code == 0
    (tmp_path / "file").write_text("")
    folders = {run("db", "backup", str(tmp_path / "copies"), "--json").document["folder"] for _ in range(3)}
    assert len({*folders, str(folder)}) == 4
    assert f"cannot make {tmp_path / 'file'}" in run("db", "backup", str(tmp_path / "file")).err


def test_a_running_engine_seals_itself_and_is_watched(run: Run, engine: FakeEngine, recorded: Path) -> None:
    engine.answers["upkeep"] = {"busy": False, "sealed": 8192, "chunks": 1, "chunk_bytes": 40_960, "trouble": ""}
    assert run("db", "seal").out.startswith("sealed 8,192 ticks in 1 chunk, 5.0 bytes each")
    engine.answers["upkeep"] = {"busy": False, "sealed": 0, "chunks": 0, "chunk_bytes": 0, "trouble": "the tape is damaged"}
    outcome = run("db", "seal")
    assert (outcome.code, outcome.err) == (1, "cockpit: the tape is damaged\n")


def test_beside_an_engine_cleanup_says_what_would_go_and_does_nothing(run: Run, engine: FakeEngine, recorded: Path) -> None:
    before = (recorded / "tape.db").read_bytes()
    for words in (("--keep-days", "1"), ("--keep-gb", "0.001")):
        plan = run("db", "cleanup", *words, "--json").document
        assert plan["done"] is False
        assert plan["ticks"] > 20_000
    refused = run("db", "cleanup", "--keep-days", "1", "--yes")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "an engine runs in this home: stop it first, or set store.keep_days" in refused.err
    assert (recorded / "tape.db").read_bytes() == before


def test_another_program_that_holds_the_home_is_named(run: Run, recorded: Path) -> None:
    with lock_home(recorded):
        assert run("db", "cleanup", "--keep-days", "1", "--yes").code == 1


NOTHING = {
    ("stats",): {"ticks": 0, "symbols": [], "bytes_a_row": None},
    ("verify",): {"symbols": [], "ok": True},
    ("seal",): {"sealed": 0, "chunks": 0},
    ("cleanup", "--keep-days", "1"): {"ticks": 0, "freed_bytes": 0},
}


@pytest.mark.parametrize(("words", "holds"), NOTHING.items(), ids=[words[0] for words in NOTHING])
def test_a_home_without_a_tape_holds_nothing_which_is_no_failure(
    run: Run, home: Path, words: tuple[str, ...], holds: dict[str, object]
) -> None:
    outcome = run("db", *words)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", f"no tape in {home} yet: nothing was recorded\n")
    assert run("db", *words, "--json").document.items() >= holds.items()
    assert not home.exists()


def test_what_is_not_there_cannot_be_copied(run: Run) -> None:
    outcome = run("db", "backup")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert run("db").code == 2


def test_in_a_home_where_nothing_happened_every_command_says_so_in_the_same_way(run: Run, home: Path) -> None:
    asked = {
        0: ("fills", "alerts", "logs", "audit", "strategies", "config", "db stats", "db verify", "db seal", "db cleanup --keep-days 1"),
        2: (
            "audit --strategy x",
            "db quality BTCUSDT",
            "db export ticks --symbol BTCUSDT -o x.csv",
            "backtest tape:BTCUSDT --strategy rsi",
        ),
        3: ("status", "stop", "digest", "alert list", "alert ack --all", "pause x", "flatten --all", "unregister x"),
    }
    found = {words: run(*words.split()).code for many in asked.values() for words in many}
    assert found == {words: code for code, many in asked.items() for words in many}
    assert not home.exists()
