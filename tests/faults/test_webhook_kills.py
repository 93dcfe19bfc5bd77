"""The engine is killed with no warning while alerts fire and their receiver cuts connections: every alert arrives, and none twice."""

from __future__ import annotations

import random
import time
import zlib
from collections import Counter
from pathlib import Path

import pytest
import store_rig
from store_rig import exchange, recorder, rows, scenario, until
from test_alert_kills import NAMES, set_levels

from tests.channels.hook import SECRET, Posted, hook_in_thread

#: An engine that tries again soon.
HASTY = "from core.engine import courier\ncourier.DELAYS_S = (0.1, 0.1, 0.2, 0.2, 0.2)\n"

#: On a machine that is busy with other things an engine takes long to start, and there may be a thousand alerts to tell.
PATIENCE_S = 240.0


def unreliable(posted: Posted, nth: int) -> int | str:
    """Of some messages the first tries fail, by their key: before they are taken, after it, or with an answer."""
    number = zlib.crc32(posted.key.encode())
    return ("cut", "take and cut", 503)[(number // 4 + nth) % 3] if nth < number % 4 else 200


def kill_while_alerts_go_out(folder: Path, times: int) -> None:
    dice = random.Random(times)
    home = folder / "home"
    tape, ledger = home / "tape.db", home / "ledger.db"
    home.mkdir(mode=0o700)
    (home / "ops.key").write_text(SECRET)
    (home / "ops.key").chmod(0o600)
    market = str(scenario(folder / "market.toml", 400, symbols=2))
    with hook_in_thread(unreliable) as hook, exchange("--scenario", market, "--autostart") as place:
        terms = 'secret = "file:ops.key"\nallow_internal = true\nper_minute = 0\nlevel = "info"\n'
        (home / "cockpit.toml").write_text(f'[alerts.webhook.ops]\nurl = "{hook.url}"\n{terms}')
        for life in range(times):
            with recorder(home, place, "--no-strategies", names=NAMES) as running:
                until(lambda: running.said("ticks_total"), "ticks come", PATIENCE_S)
                if life == 0:
                    set_levels(running, tape)
                time.sleep(dice.uniform(0.5, 3.0))
                running.kill()
        with recorder(home, place, "--no-strategies", names=NAMES) as running:
            until(lambda: running.said("ticks_total"), "ticks come", PATIENCE_S)
            assert running.stop() == 0
        with recorder(
            home, {key: "http://127.0.0.1:9" if "REST" in key else "ws://127.0.0.1:9" for key in place}, "--no-strategies", names=NAMES
        ):
            due = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND due_ns < ?"
            until(lambda: rows(ledger, due, time.time_ns() + 10**9) == [(0,)], "all is told", PATIENCE_S)
    known = {id_ for (id_,) in rows(ledger, "SELECT alert_id FROM alerts")}
    told = Counter((posted.message["id"], posted.message["state"]) for posted in hook.taken.values())
    assert len(known) > times, "nothing happened"
    assert {id_ for id_, state in told if state == "raised"} == known
    assert set(told.values()) == {1}
    assert all(posted.is_signed for posted in hook.posts)
    bodies = Counter(key for key, _ in {(posted.key, posted.body) for posted in hook.posts})
    assert set(bodies.values()) == {1}, "one key stood for two messages"
    over = {id_ for (id_,) in rows(ledger, "SELECT alert_id FROM alerts WHERE rule_id <> '' AND state = 'closed'")}
    assert {id_ for id_, state in told if state == "resolved"} >= over
    assert len(hook.posts) > len(hook.taken), "no connection was cut"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_rig, "TALKATIVE", HASTY + store_rig.TALKATIVE)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_three_kills_while_a_webhook_is_told_lose_no_alert_and_double_none(tmp_path: Path) -> None:
    kill_while_alerts_go_out(tmp_path, times=3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thirty_kills_while_a_webhook_is_told_lose_no_alert_and_double_none(tmp_path: Path) -> None:
    kill_while_alerts_go_out(tmp_path, times=30)
