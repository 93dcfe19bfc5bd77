"""The recorder is killed with no warning, again and again, while 20,000 ticks a second come in.

Nothing it had said to be on disk may be lost, nor anything another program saw there; what it missed is fetched after the restart.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from core.store.tape_stats import tape_stats
from tests.faults.plain_tape import plain_tape
from tests.faults.store_rig import Recorder, exchange, newest_ids, recorder, rows, scenario, until, whole

RATE = 20_000
NAMES = [f"S{n}USDT" for n in range(4)]


#: Of a recorder that seals what it has as soon as a chunk is full, and looks for what is too old.
SEALING = {"COCKPIT_STORE__SEAL_AFTER_S": "0", "COCKPIT_STORE__UPKEEP_EVERY_S": "0.2", "COCKPIT_STORE__KEEP_DAYS": "1"}


def counts_up_to(tape: Path, ids: dict[str, int]) -> dict[str, int]:
    """How many ticks of each symbol have an id up to this."""
    query = "SELECT count(*) FROM tick_rows JOIN series USING(series) WHERE symbol = ? AND id <= ?"
    with plain_tape(tape) as db:
        return {symbol: db.execute(query, (symbol, last)).fetchone()[0] for symbol, last in ids.items()}


def record_a_while(running: Recorder, tape: Path, dice: random.Random) -> dict[str, int]:
    """Let it record for up to two seconds; the newest ids another program saw on the tape meanwhile."""
    first = until(lambda: running.lines and running.lines[0], "it says what it does")
    until(lambda: running.said("on_tape") > first["on_tape"] and running.said("feed") == "live", "ticks are recorded")
    seen: dict[str, int] = {}
    end = time.monotonic() + dice.uniform(0.1, 2.0)
    while time.monotonic() < end:
        seen = newest_ids(tape)
        time.sleep(dice.uniform(0, 0.05))
    return seen


def see_gaps_filled(tape: Path) -> None:
    """Wait until every gap is filled, however long that takes a busy machine: there must be progress in every minute."""

    def state() -> tuple[int, int]:
        """(ids in open gaps, ids in filled ones)."""
        ((missing,),) = rows(tape, "SELECT coalesce(sum(to_id - from_id + 1), 0) FROM gaps WHERE state = 'open'")
        ((filled,),) = rows(tape, "SELECT coalesce(sum(to_id - from_id + 1), 0) FROM gaps WHERE state = 'filled'")
        return missing, filled

    now = state()
    while now[0]:
        until(lambda: state() != now, f"some of {now[0]:,} missing ids are fetched", 60)  # noqa: B023 - called at once
        time.sleep(1)
        now = state()


_ALL = "SELECT count(*) FROM tick_rows"
_NUMBERED = "SELECT max(seq), count(*), count(DISTINCT seq) FROM tick_rows WHERE seq > 0"


def kill_again_and_again(folder: Path, times: int, *, fetch: bool, **environment: str) -> None:
    """What must be true after every kill, and of everything at the end, once all that was missed is fetched."""
    dice = random.Random(times)
    home, tape = folder / "home", folder / "home" / "tape.db"
    with exchange("--scenario", str(scenario(folder / "market.toml", RATE)), "--autostart") as place:
        for _ in range(times):
            with recorder(home, place, "--no-strategies", names=NAMES, **environment) as running:
                seen = record_a_while(running, tape, dice)
                before = counts_up_to(tape, seen)
                running.kill()
            said = running.lines[-1]
            assert rows(tape, "PRAGMA quick_check") == [("ok",)]
            with plain_tape(tape) as db:
                (count,), (highest, numbered, distinct) = (db.execute(query).fetchone() for query in (_ALL, _NUMBERED))
            assert count >= said["on_tape"], "a tick it had acknowledged is lost"
            after = counts_up_to(tape, seen)
            assert all(after[symbol] >= count for symbol, count in before.items()), "a tick that was on the tape is lost"
            if said["synced_seq"] > running.lines[0]["synced_seq"]:  # it counts from what was set aside by the one before
                assert highest >= said["synced_seq"], "the newest tick it had acknowledged is lost"
            assert numbered == distinct, "two ticks have one seq"
        with recorder(home, place, "--no-strategies", names=NAMES, **environment) as running:
            until(lambda: running.said("feed") == "live" and running.said("ticks_total"), "ticks are recorded again")
            if fetch:
                see_gaps_filled(tape)
            assert running.stop() == 0
    assert running.lines[-1]["on_tape"] == whole(tape, NAMES), "the counter and the rows differ"
    assert all(cause for (cause,) in rows(tape, "SELECT cause FROM gaps"))
    assert not fetch or rows(tape, "SELECT * FROM gaps WHERE state <> 'filled'") == []


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{}, SEALING], ids=["", "sealing"])
def test_two_kills_lose_nothing_acknowledged_and_leave_no_hole_unlisted(tmp_path: Path, environment: dict[str, str]) -> None:
    kill_again_and_again(tmp_path, times=2, fetch=False, **environment)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("environment", [{}, SEALING], ids=["", "sealing"])
def test_twenty_kills_lose_nothing_acknowledged_and_leave_no_hole(tmp_path: Path, environment: dict[str, str]) -> None:
    kill_again_and_again(tmp_path, times=20, fetch=True, **environment)
    assert not environment or sum(one.sealed for one in tape_stats(tmp_path / "home" / "tape.db")) > 100_000
