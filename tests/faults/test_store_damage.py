"""A database is damaged, or half-way to a new version, when the engine starts: it changes nothing, and says which file and what to do."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from store_rig import REPO, exchange, recorder, rows, scenario, until

from core.errors import StoreError
from core.store.migrations import LEDGER, TAPE
from core.store.schema import Schema, open_to_read, prepare

NAMES = ["S0USDT", "S1USDT"]
PAGE = 8192


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was killed in the middle of recording: both files have logs that were not written back."""
    folder = tmp_path_factory.mktemp("recorded")
    with (
        exchange("--scenario", str(scenario(folder / "s.toml", 4000, 2)), "--autostart") as place,
        recorder(folder / "home", place, "--no-strategies", names=NAMES) as running,
    ):
        until(lambda: running.said("feed") == "live" and (running.said("on_tape") or 0) > 4000, "ticks are recorded")
        running.kill()
    return folder / "home"


@pytest.fixture
def home(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(recorded, tmp_path / "home", ignore=shutil.ignore_patterns("run", "*.sock")))


def settle(home: Path) -> None:
    """Write both logs back into their files."""
    for name in ("tape.db", "ledger.db"):
        db = sqlite3.connect(home / name)
        assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        db.close()


def start(home: Path) -> tuple[int, str]:
    """(exit code, stderr) of an engine on this home; it reaches no venue, since it must not come so far."""
    (home / "stderr.txt").unlink()
    nowhere = {"COCKPIT_VENUES__BINANCE__WS_URL": "ws://127.0.0.1:9", "COCKPIT_VENUES__BINANCE__REST_URL": "http://127.0.0.1:9"}
    with recorder(home, nowhere, "--no-strategies", names=NAMES) as running:
        code = running.process.wait(30)
    return code, (home / "stderr.txt").read_text()


def overwrite(path: Path, at: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(os.urandom(size))


def damage_header(home: Path, name: str) -> str:
    settle(home)
    overwrite(home / name, 0, 100)
    return name


def damage_middle_page(home: Path, name: str) -> str:
    settle(home)
    overwrite(home / name, (home / name).stat().st_size // PAGE // 2 * PAGE, PAGE)
    return name


def cut_short(home: Path, name: str) -> str:
    settle(home)
    os.truncate(home / name, (home / name).stat().st_size // 2 // PAGE * PAGE)
    return name


def garbage_for_a_log(home: Path, name: str) -> str:
    overwrite(home / f"{name}-wal", 0, (home / f"{name}-wal").stat().st_size)
    return name


def damage_inside_the_log(home: Path, name: str) -> str:
    overwrite(home / f"{name}-wal", 32 + 24 + 500, 64)
    return name


@pytest.mark.parametrize("name", ["tape.db", "ledger.db"])
@pytest.mark.parametrize("damage", [damage_header, damage_middle_page, cut_short, garbage_for_a_log], ids=lambda damage: damage.__name__)
def test_a_damaged_file_stops_the_start_by_name_and_is_left_as_it_is(home: Path, damage: Callable[[Path, str], str], name: str) -> None:
    damage(home, name)
    files = [home / name, home / f"{name}-wal"]
    before = [path.read_bytes() if path.exists() else b"" for path in files]
    code, said = start(home)
    assert code == 1
    assert said.startswith(f"cockpit: {home / name} is corrupt ("), said
    assert said.rstrip().endswith("nothing was written to it; move it away and put a backup in its place")
    assert said.count("\n") == 1
    assert [path.read_bytes() if path.exists() else b"" for path in files] == before


def test_a_ledger_whose_log_lost_transactions_in_its_middle_is_not_taken_for_one_that_crashed(home: Path) -> None:
    damage_inside_the_log(home, "ledger.db")
    before = (home / "ledger.db-wal").read_bytes()
    code, said = start(home)
    assert (code, "ledger.db is corrupt (frame 1 of its log is damaged, finished transactions follow it)" in said) == (1, True), said
    assert (home / "ledger.db-wal").read_bytes() == before


SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000000) INSERT INTO half_way SELECT i FROM n"


def next_version(schema: Schema, *steps: str) -> Schema:
    """The version after the present one."""
    return Schema(schema.name, schema.application_id, (*schema.migrations, ("CREATE TABLE half_way(x)", *steps)))


MIGRATION = f"""
import sys
from pathlib import Path
from core.store import migrations, schema
old = getattr(migrations, sys.argv[2])
steps = ("CREATE TABLE half_way(x)", {SLOW!r})
print("begun", flush=True)
schema.prepare(Path(sys.argv[1]), schema.Schema(old.name, old.application_id, (*old.migrations, steps)))
"""


@pytest.mark.parametrize(("name", "schema"), [("tape.db", TAPE), ("ledger.db", LEDGER)])
def test_a_migration_that_is_killed_half_way_leaves_what_the_old_version_opens(home: Path, name: str, schema: Schema) -> None:
    settle(home)
    count = len(rows(home / name, "SELECT name FROM sqlite_schema"))
    command = [sys.executable, "-c", MIGRATION, str(home / name), schema.name.upper()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPO, env={**os.environ, "PYTHONPATH": str(REPO)}) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        # The new table's pages overflow the cache into the log: the transaction is in the file, and not finished.
        until(lambda: (home / f"{name}-wal").exists() and (home / f"{name}-wal").stat().st_size > 1_000_000, "it is half-way")
        process.send_signal(signal.SIGKILL)
    prepare(home / name, schema)
    with open_to_read(home / name, schema) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (schema.version,)
        assert db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (count,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    prepare(home / name, next_version(schema))
    with pytest.raises(StoreError, match="newer than this program"):
        prepare(home / name, schema)
