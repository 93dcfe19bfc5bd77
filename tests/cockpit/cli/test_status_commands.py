"""How the engine is and what happened meanwhile, for people on one screen and for programs as it is."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cli_doubles import FakeEngine, Run

from cockpit.cli.status import moment
from core.errors import UsageError

SECOND = 1_000_000_000

STATUS: dict[str, Any] = {
    "state": "running", "health": "degraded", "mode": "paper", "pid": 4711, "home": "/home/x", "started_ns": 0, "now_ns": 90 * SECOND,
    "troubles": [{"level": "critical", "text": "tape out of disk space"}, {"level": "warning", "text": "worker 2 behind 12,000 ticks"}],
    "ticks_total": 1_204_333, "ticks_per_s": 1204.0, "tape_backlog": 12, "equity": 10_012.4, "capital": 10_000.0,
    "feeds": [{
        "venue": "binance", "state": "backoff", "detail": "connection refused", "retry_in_s": 5.0, "latency_ms": 12.0, "skew_ms": -3.0,
        "breaker": {"rest": "closed", "connect": "open"}, "held_s": 30.0, "trouble": "", "clock_steps": 2,
        "counters": {"late": 1, "quarantined": 3}, "reasons": {"price nan": 3}, "degraded": {"XRPUSDT": "prints: garbage"},
        "flags": {"jumped": 2, "quote crossed": 1200}, "frozen": {"SOLUSDT": 301.0},
    }],
    "store": {
        "trouble": "out of disk space", "ledger_trouble": "", "tape_bytes": 48_200_000, "tape_wal_bytes": 4_100_000,
        "ledger_bytes": 1_200_000, "disk_free_bytes": 0, "gaps": {"filled": [2, 34]},
    },
    "latency": {"target": {"p50_us": 140.0, "p99_us": 412.7, "max_us": 900.0, "count": 9}, "fill": {"p99_us": None, "count": 0}},
    "memory": {"used_mb": 132.4, "budget_mb": 500, "shedding": ""}, "loop": {"p99_us": 210.0, "max_minute_us": 1240.0},
    "door": {"connections": 3, "screens": 1, "refused": {"another user": 2, "junk": 1}},
    "workers": [{"number": 2, "pid": 4713, "state": "behind", "strategies": ["rsi-1"], "queue_ticks": 9_000, "in_flight_ticks": 3,
                 "behind_seq": 12_000, "restarts": 1, "last_end": "signal 9", "cpu_pct": 99.0, "rss_mb": 158.4, "p99_us": None}],
    "strategies": [{"id": "rsi-1", "name": "rsi", "symbols": ["binance:BTCUSDT"], "state": "running", "detail": "", "equity": 10_012.4}],
}  # fmt: skip

DIGEST: dict[str, Any] = {
    "since": "detached", "from_ns": 1_795_150_211 * SECOND, "until_ns": 1_795_183_331 * SECOND, "arrived_ns": None, "fills": 2,
    "by_strategy": {"rsi-1": {"fills": 2, "realised": 5.0, "fees": 1.0}}, "realised": 5.0, "fees": 1.0, "unrealised_change": 0.5,
    "pnl_change": 4.5, "equity": 10_012.4, "capital": 10_000.0, "alerts": {}, "worst": [], "gaps": {}, "engine_restarts": 0,
    "engine_kills": 0, "worker_restarts": 0, "failed": [],
}  # fmt: skip


def test_the_status_for_people_is_one_screen_with_what_is_wrong_on_top(run: Run, engine: FakeEngine) -> None:
    engine.answers["status"] = STATUS
    out = run("status").out
    lines = out.splitlines()
    assert lines[0] == "engine    running, degraded · paper · pid 4711 · up 1m 30s · /home/x"
    assert lines[1].strip() == "✖ tape out of disk space"
    assert lines[2].strip() == "! worker 2 behind 12,000 ticks"
    assert "backoff: connection refused, again in 5 s" in lines[3]
    assert "connect breaker open" in lines[3]
    assert "silent for 30 s as asked" in lines[3]
    assert "our clock was set 2 times" in lines[3]
    for words in (
        "odd: jumped 2, quote crossed 1,200", "! stand still: SOLUSDT",
        "1 late", "XRPUSDT: prints: garbage", "refused: price nan 3", "1,204,333", "12 not on disk yet", "tape out of disk space, 48.2 MB",
        "34 ids filled", "strategy 413 µs (last minute)", "132 of 500 MB", "at most 1.24 ms",
        "door      screens 1 · connections 3 · turned away: another user 2, junk 1", "10,012.40 (+12.40)",
        "rsi-1 (last end: signal 9)", "binance:BTCUSDT",
    ):  # fmt: skip
        assert words in out
    assert len(lines) < 24


def test_the_analyst_has_a_line_once_somebody_asked_it_something(run: Run, engine: FakeEngine) -> None:
    asked = {"state": "ready", "pid": 4720, "questions": 1_204, "p99_ms": 61.3, "last_end": "killed by SIGKILL"}
    engine.answers["status"] = STATUS | {"analyst": asked}
    assert "analyst   ready, pid 4720 · 1,204 answers, p99 61 ms · last end: killed by SIGKILL" in run("status").out
    engine.answers["status"] = STATUS | {"analyst": asked | {"state": "idle"}}
    assert "analyst" not in run("status").out


def test_each_source_has_a_line_with_how_it_is_and_when_it_is_asked_again(run: Run, engine: FakeEngine) -> None:
    good = {
        "name": "model", "where": "http://x/…", "state": "ok", "symbols": 2, "answered_ns": 78 * SECOND, "p50_ms": 12.4, "answers": 1204,
        "errors": 3, "failed": 0, "error": "", "next_ns": 95 * SECOND,
    }  # fmt: skip
    down = good | {"name": "other", "state": "down", "answered_ns": 0, "p50_ms": None, "failed": 4, "error": "no answer in time"}
    engine.answers["status"] = STATUS | {"sources": [good, down]}
    lines = run("status").out.splitlines()
    assert "source    model ok · heard 12 s ago · p50 12 ms · 1,204 answers, 3 errors" in lines
    assert "source    other down: no answer in time · 1,204 answers, 3 errors · again in 5 s" in lines


def test_the_status_for_programs_is_what_the_engine_said(run: Run, engine: FakeEngine) -> None:
    engine.answers["status"] = STATUS
    assert run("status", "--json").document == STATUS


def test_an_engine_that_says_little_has_a_short_status(run: Run, engine: FakeEngine) -> None:
    assert run("status").out.splitlines() == ["engine    running · paper · pid 4711", "equity    10,000.00"]


def test_a_digest_is_the_card_of_the_screen_in_lines(run: Run, engine: FakeEngine) -> None:
    engine.answers["digest"] = DIGEST
    lines = run("digest").out.splitlines()
    assert lines[0] == "Since you detached at 04:50:11Z, 9h 12m ago"
    assert lines[1] == "P&L       ▲ +4.50   (realised +5.00, fees 1.00, open positions +0.50)"
    assert run("digest", "--json").document == DIGEST


@pytest.mark.parametrize(("text", "ns"), [("2026-11-20T14:02:11Z", 1_795_183_331), ("2026-11-20T15:02:11+01:00", 1_795_183_331)])
def test_a_time_to_begin_at_is_iso_8601(text: str, ns: int) -> None:
    assert moment(text) == ns * SECOND
    assert moment("2026-11-20T14:02:11") == 1_795_183_331 * SECOND


def test_a_time_to_begin_at_may_be_how_long_ago() -> None:
    assert abs(moment("12h") - (time.time_ns() - 43_200 * SECOND)) < 60 * SECOND


def test_a_time_that_is_none_is_refused_in_a_line(run: Run) -> None:
    with pytest.raises(UsageError, match="--since yesterday"):
        moment("yesterday")
    outcome = run("digest", "--since", "yesterday")
    assert (outcome.code, outcome.out) == (2, "")
