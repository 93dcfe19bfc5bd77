"""The recorder is killed with no warning, again and again, while 20,000 ticks a second come in.

Nothing it had said to be on disk may be lost, nor anything another program saw there; what it missed is fetched after the restart.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from store_rig import Recorder, exchange, newest_ids, recorder, rows, scenario, until, whole

RATE = 20_000
NAMES = [f"S{n}USDT" for n in range(4)]


def counts_up_to(tape: Path, ids: dict[str, int]) -> dict[str, int]:
    """How many ticks of each symbol have an id up to this."""
    query = "SELECT count(*) FROM tick_rows JOIN series USING(series) WHERE symbol = ? AND id <= ?"
    return {symbol: rows(tape, query, symbol, last)[0][0] for symbol, last in ids.items()}


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
        """(ids in open gaps, ticks that came late)."""
        ((missing,),) = rows(tape, "SELECT coalesce(sum(to_id - from_id + 1), 0) FROM gaps WHERE state = 'open'")
        ((late,),) = rows(tape, "SELECT count(*) FROM tick_rows WHERE seq = 0")
        return missing, late

    now = state()
    while now[0]:
        until(lambda: state() != now, f"some of {now[0]:,} missing ids are fetched", 60)  # noqa: B023 - called at once
        time.sleep(1)
        now = state()


def kill_again_and_again(folder: Path, times: int, fetch: bool) -> None:
    """What must be true after every kill, and of everything at the end, once all that was missed is fetched."""
    dice = random.Random(times)
    home, tape = folder / "home", folder / "home" / "tape.db"
    with exchange("--scenario", str(scenario(folder / "market.toml", RATE)), "--autostart") as place:
        for _ in range(times):
            with recorder(home, place, "--no-strategies", names=NAMES) as running:
                seen = record_a_while(running, tape, dice)
                before = counts_up_to(tape, seen)
                running.kill()
            said = running.lines[-1]
            assert rows(tape, "PRAGMA quick_check") == [("ok",)]
            assert rows(tape, "SELECT count(*) FROM tick_rows")[0][0] >= said["on_tape"], "a tick it had acknowledged is lost"
            after = counts_up_to(tape, seen)
            assert all(after[symbol] >= count for symbol, count in before.items()), "a tick that was on the tape is lost"
            ((highest, numbered, distinct),) = rows(tape, "SELECT max(seq), count(*), count(DISTINCT seq) FROM tick_rows WHERE seq > 0")
            if said["synced_seq"] > running.lines[0]["synced_seq"]:  # it counts from what was set aside by the one before
                assert highest >= said["synced_seq"], "the newest tick it had acknowledged is lost"
            assert numbered == distinct, "two ticks have one seq"
        with recorder(home, place, "--no-strategies", names=NAMES) as running:
            until(lambda: running.said("feed") == "live" and running.said("ticks_total"), "ticks are recorded again")
            if fetch:
                see_gaps_filled(tape)
            assert running.stop() == 0
    assert running.lines[-1]["on_tape"] == whole(tape, NAMES), "the counter and the rows differ"
    assert all(cause for (cause,) in rows(tape, "SELECT cause FROM gaps"))
    assert not fetch or rows(tape, "SELECT * FROM gaps WHERE state <> 'filled'") == []


def test_two_kills_lose_nothing_acknowledged_and_leave_no_hole_unlisted(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=2, fetch=False)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_twenty_kills_lose_nothing_acknowledged_and_leave_no_hole(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=20, fetch=True)
