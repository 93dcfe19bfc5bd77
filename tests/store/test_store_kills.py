"""The recording process is killed at any moment, again and again: what it acknowledged is there, and the tape is whole."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from store_ticks import NAMES, symbols

from core.store.ledger import Ledger
from core.store.ledger_reader import read_fills
from core.store.reader import read_ticks, ticks_since
from core.store.tape import Tape
from core.store.tape_stats import tape_stats
from core.types import Symbols

RECORDER = Path(__file__).with_name("store_recorder.py")
REPO = RECORDER.parents[2]


class Acknowledged:
    """How far a recorder said it was when it was killed."""

    def __init__(self, lines: list[str]) -> None:
        said = [line.split() for line in lines]
        self.first_seq = next(int(n) for what, n in said if what == "ready")
        self.seq = max((int(n) for what, n in said if what == "tape"), default=0)
        self.fills = {int(n) for what, n in said if what == "fill"}


def record_and_kill(folder: Path, rate: int, lines: int) -> Acknowledged:
    """Run the recorder until it said so many lines, kill it, and return what it had said."""
    command = [sys.executable, str(RECORDER), str(folder), str(rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPO, env={**os.environ, "PYTHONPATH": str(REPO)}) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().splitlines()
    assert process.returncode == -signal.SIGKILL
    return Acknowledged([line for line in said if len(line.split()) == 2])


def kill_again_and_again(folder: Path, times: int, rate: int) -> None:
    """What must be true after every kill, and at the end."""
    dice = random.Random(times)
    acknowledged_fills: set[int] = set()
    highest = 0
    for _ in range(times):
        was = record_and_kill(folder, rate, dice.randint(3, 40))
        assert was.first_seq > highest, "a seq was given twice"
        there = [int(seq) for part in ticks_since(folder / "tape.db", was.first_seq - 1, symbols=Symbols()) for seq in part["seq"]]
        assert there == list(range(was.first_seq, was.first_seq + len(there))), "a tick is missing"
        assert not there or there[-1] >= was.seq, "an acknowledged tick is lost"
        assert there or was.seq < was.first_seq, "an acknowledged tick is lost"
        highest = max(highest, *there, was.seq)
        acknowledged_fills |= was.fills
        fills = read_fills(folder / "ledger.db")
        assert acknowledged_fills <= {int(row["fill_id"].partition(":")[2]) for row in fills}, "an acknowledged fill is lost"
        assert max((row["seq"] for row in fills), default=0) <= highest, "a fill is there without its tick"
    asyncio.run(check_whole(folder))


async def check_whole(folder: Path) -> None:
    async with await Tape.open(folder / "tape.db", symbols()), await Ledger.open(folder / "ledger.db"):
        pass
    for name in ("tape.db", "ledger.db"):
        with contextlib.closing(sqlite3.connect(folder / name)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    (stats,) = tape_stats(folder / "tape.db")
    assert (stats.missing, stats.listed, stats.duplicates, stats.first_id) == (0, 0, 0, 1)
    assert len(read_ticks(folder / "tape.db", NAMES[0], symbols=symbols())) == stats.ticks


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=3, rate=20_000)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_in_twenty_kills(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=20, rate=20_000)
