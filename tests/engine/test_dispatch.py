"""Alerts of a running engine on their way out: told once, again where that failed, folded where it is too much, and never lost."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import load
from core.engine import courier
from core.engine.dispatch import SETTLE_NS
from core.log import logging_to
from core.store.ledger_reader import read_alerts
from tests.channels.hook import SECRET, Hook
from tests.engine.engine_rig import until
from tests.engine.inline_rig import InlineEngine, crash, make_engine


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "DELAYS_S", (0.05, 0.05, 0.05, 0.05, 0.05))


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with Hook().listening() as found:
        yield found


def configure(home: Path, hook: Hook, more: str = "", alerts: str = "") -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "ops.key").write_text(SECRET)
    (home / "ops.key").chmod(0o600)
    section = f'[alerts]\n{alerts}\n[alerts.webhook.ops]\nurl = "{hook.url}"\nsecret = "file:ops.key"\nallow_internal = true\n{more}\n'
    (home / "cockpit.toml").write_text(section)


@contextlib.asynccontextmanager
async def engine_of(home: Path, *, killed: bool = False) -> AsyncIterator[InlineEngine]:
    engine = make_engine(home)
    await engine.start(["BTCUSDT"])
    try:
        yield engine
    finally:
        await (crash(engine) if killed else engine.stop())


def told(hook: Hook) -> list[tuple[str, str]]:
    return [(posted.message["text"], posted.message["state"]) for posted in hook.taken.values()]


async def settled(engine: InlineEngine, condition: Callable[[], bool], what: str) -> None:
    await until(condition, what, 20.0)
    await engine.settler.drain()
    await engine.ledger.wait_committed()


async def test_an_alert_arrives_signed_with_all_it_says_and_is_told_once(tmp_path: Path, hook: Hook) -> None:
    configure(tmp_path, hook)
    async with engine_of(tmp_path) as engine:
        engine.alarms.raise_("disk", "critical", "the disk is full")
        engine.alarms.raise_("disk", "critical", "the disk is full")
        await settled(engine, lambda: bool(hook.taken) and engine.dispatch.rows()[0].sent == 1, "it arrived")
        (row,) = engine.dispatch.rows()
        assert (row.name, row.kind, row.state, row.sent, row.failed, row.waiting, row.error) == ("ops", "webhook", "ok", 1, 0, 0, "")
    (posted,) = hook.posts
    assert posted.is_signed
    (alert,) = read_alerts(tmp_path / "ledger.db")
    expected = {"id": alert["alert_id"], "rule": "", "level": "critical", "text": "the disk is full", "state": "raised", "count": 1}
    assert expected.items() <= posted.message.items()
    assert (posted.message["home"], posted.message["ts_ns"]) == (str(tmp_path), alert["ts_ns"])
    assert posted.message["host"]


async def test_only_severities_that_are_wanted_go_out(tmp_path: Path, hook: Hook) -> None:
    configure(tmp_path, hook, 'level = "critical"')
    async with engine_of(tmp_path) as engine:
        engine.alarms.raise_("a", "warning", "mild")
        engine.alarms.raise_("b", "critical", "bad")
        await settled(engine, lambda: bool(hook.taken), "it arrived")
    assert told(hook) == [("bad", "raised")]


async def test_that_a_rule_s_alert_was_seen_is_told_at_once_and_of_the_engine_s_own_once_it_stays_away(tmp_path: Path, hook: Hook) -> None:
    configure(tmp_path, hook)
    async with engine_of(tmp_path) as engine:
        row = engine.alarms.fire("price-1:1", "price-1", "warning", "BTCUSDT crossed above 61,650")
        assert row is not None
        engine.sentinel.write([row], [])
        engine.alarms.raise_("disk", "warning", "the disk is full")
        await settled(engine, lambda: len(hook.taken) == 2, "they arrived")
        engine.alarms.acknowledge("price-1:1")
        engine.alarms.resolve("disk")
        await settled(engine, lambda: len(hook.taken) == 3, "its end arrived")
        assert told(hook)[2] == ("BTCUSDT crossed above 61,650", "resolved")
        (waits,) = await engine.ledger.outbox.waiting("ops", 9)
        assert waits.event == "resolved"
        assert waits.due_ns > engine.clock.now_ns() + SETTLE_NS // 2


async def test_a_receiver_that_comes_back_is_told_then(tmp_path: Path, hook: Hook) -> None:
    hook.does = lambda _post, nth: 500 if nth < 3 else 200
    configure(tmp_path, hook)
    async with engine_of(tmp_path) as engine:
        engine.alarms.raise_("disk", "critical", "the disk is full")
        await settled(engine, lambda: bool(hook.taken), "it arrived")
        await until(lambda: engine.dispatch.rows()[0].state == "ok", "all is well again")
    assert len(hook.posts) == 4
    assert len({posted.body for posted in hook.posts}) == 1


async def test_after_six_tries_it_is_given_up_and_said_but_not_to_that_channel(tmp_path: Path, hook: Hook) -> None:
    async with Hook(lambda _post, _nth: 503).listening() as broken:
        configure(tmp_path, hook)
        with (tmp_path / "cockpit.toml").open("a") as file:
            file.write(f'[alerts.webhook.broken]\nurl = "{broken.url}"\nsecret = "file:ops.key"\nallow_internal = true\n')
        async with engine_of(tmp_path) as engine:
            engine.alarms.raise_("disk", "critical", "the disk is full")
            await settled(engine, lambda: len(hook.taken) == 2, "it is said")
            row = next(row for row in engine.dispatch.rows() if row.name == "broken")
            assert (row.state, row.sent, row.failed, row.error) == ("failing", 0, 1, "it answers HTTP 503")
            broken.does = lambda _post, _nth: 200
            engine.alarms.raise_("net", "critical", "the network is gone")
            await until(lambda: not [a for a in engine.alarms.rows() if a.open and "not delivered" in a.text], "it works again")
    assert told(hook)[:2] == [("the disk is full", "raised"), ("an alert was not delivered to broken: it answers HTTP 503", "raised")]
    assert [posted.message["text"] for posted in broken.posts] == ["the disk is full"] * 6 + ["the network is gone"]


async def test_what_is_too_much_for_a_minute_is_folded_into_one(tmp_path: Path, hook: Hook) -> None:
    configure(tmp_path, hook, "per_minute = 3")
    async with engine_of(tmp_path) as engine:
        rows = [engine.alarms.fire(f"r{n}:1", f"r{n}", "warning", f"alert {n}") for n in range(15)]
        engine.sentinel.write([row for row in rows if row is not None], [])
        await settled(engine, lambda: len(hook.taken) == 3, "they arrived")
        assert hook.texts == ["alert 0", "alert 1", "alert 2 and 12 more"]
        assert [posted.message["count"] for posted in hook.posts] == [1, 1, 13]
        engine.alarms.raise_("disk", "critical", "the disk is full")  # has a share of its own
        await settled(engine, lambda: len(hook.taken) == 4, "it arrived")


async def test_what_comes_in_quiet_hours_waits_for_their_end_but_for_what_is_critical(
    tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(tmp_path, hook, alerts=f'quiet = "{time.strftime("%H:%M", time.gmtime(time.time() - 7200))}'
              f'-{time.strftime("%H:%M", time.gmtime(time.time() + 7200))}"')  # fmt: skip
    async with engine_of(tmp_path) as engine:
        for number in range(4):
            engine.alarms.raise_(f"x{number}", "warning", f"trouble {number}")
        engine.alarms.raise_("disk", "critical", "the disk is full")
        await settled(engine, lambda: bool(hook.taken), "what is critical arrived")
        assert engine.dispatch.rows()[0].state == "quiet"
        now = engine.clock.now_ns
        monkeypatch.setattr(engine.clock, "now_ns", lambda: now() + 3 * 3600 * 10**9)
        engine.dispatch.couriers["ops"].wake.set()
        await settled(engine, lambda: len(hook.taken) == 2, "the rest arrived")
    assert hook.texts == ["the disk is full", "trouble 0 and 3 more"]


async def test_what_was_not_told_when_the_engine_was_killed_is_told_by_the_next(tmp_path: Path, hook: Hook) -> None:
    hook.does = lambda _post, _nth: "hang"
    configure(tmp_path, hook)
    async with engine_of(tmp_path, killed=True) as engine:
        row = engine.alarms.fire("price-1:1", "price-1", "warning", "BTCUSDT crossed above 61,650")
        assert row is not None
        engine.sentinel.write([row], [])
        await settled(engine, lambda: bool(hook.posts), "it is on its way")
    hook.does = lambda _post, _nth: "take and cut" if len(hook.posts) < 3 else 200
    async with engine_of(tmp_path) as engine:
        await settled(engine, lambda: engine.dispatch.rows()[0].sent == 1, "it arrived")
    assert len(hook.posts) == 3
    assert len({(posted.key, posted.body) for posted in hook.posts}) == 1
    assert len(hook.taken) == 1


async def test_a_receiver_that_hangs_holds_up_neither_other_channels_nor_the_engine(tmp_path: Path, hook: Hook) -> None:
    async with Hook(lambda _post, _nth: "hang").listening() as stuck:
        configure(tmp_path, hook)
        with (tmp_path / "cockpit.toml").open("a") as file:
            file.write(f'[alerts.webhook.a-stuck]\nurl = "{stuck.url}"\nsecret = "file:ops.key"\nallow_internal = true\n')
        async with engine_of(tmp_path) as engine:
            for number in range(5):
                engine.alarms.raise_(f"x{number}", "critical", f"trouble {number}")
            await settled(engine, lambda: len(hook.taken) == 5, "they arrived")
            assert len(stuck.posts) == 1


async def test_a_secret_that_others_may_read_turns_the_channel_off_and_says_so(tmp_path: Path, hook: Hook) -> None:
    configure(tmp_path, hook)
    (tmp_path / "ops.key").chmod(0o644)
    async with engine_of(tmp_path) as engine:
        await until(lambda: bool(engine.alarms.rows()), "it is said")
        (row,) = engine.dispatch.rows()
        assert row.state == "off"
        assert "ops.key has mode 0644" in row.error
        assert "alerts do not go to ops" in engine.alarms.rows()[0].text


async def test_in_a_replay_nothing_goes_out(tmp_path: Path, hook: Hook) -> None:
    configure(tmp_path, hook)
    engine = make_engine(tmp_path)
    engine.mode = "replay"
    await engine.dispatch.open()
    assert engine.dispatch.rows() == []


async def test_no_secret_is_in_anything_the_engine_says_or_keeps(
    tmp_path: Path, hook: Hook, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, logs = tmp_path / "home", tmp_path / "logs"
    configure(home, hook)
    monkeypatch.setenv("COCKPIT_SECRET_URL", hook.url)
    with (home / "cockpit.toml").open("a") as file:
        file.write('[alerts.webhook.hidden]\nurl = "env:COCKPIT_SECRET_URL"\nsecret = "file:ops.key"\nallow_internal = true\n')
    hook.does = lambda _post, nth: [302, 500, "cut", "garbage", 404, 200][nth % 6]
    said: list[Any] = [dict((key, value) for key, value, _ in load(home, dict(os.environ)).rows())]
    with logging_to(logs, level="debug"):
        async with engine_of(home) as engine:
            for number in range(3):
                engine.alarms.raise_(f"x{number}", "critical", f"trouble {number}")
            await settled(engine, lambda: len(hook.posts) >= 6, "tries")
            said += [msgspec.structs.asdict(row) for row in [*engine.dispatch.rows(), *engine.alarms.rows()]]
    kept = b"".join(path.read_bytes() for path in home.rglob("*.db*")) + b"".join(path.read_bytes() for path in logs.rglob("*.log*"))
    out, err = capfd.readouterr()
    everything = json.dumps(said, default=str) + out + err + kept.decode("latin-1")
    assert "was not delivered" in everything
    for secret in (SECRET, "t0k3n"):
        assert secret not in everything
