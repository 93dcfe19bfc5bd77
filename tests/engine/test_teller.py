"""What `--record` says goes out in order, and a reader that does not read stops nothing."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.engine import teller
from core.engine.teller import WAITING, Teller, Voice

REPO = Path(__file__).resolve().parents[2]


class Stalled(io.StringIO):
    """A reader that takes a line and then no more until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = threading.Event()
        self.go = threading.Event()

    def write(self, text: str) -> int:
        self.taken.set()
        self.go.wait(30)
        return super().write(text)


def test_lines_go_out_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    voice = Voice()
    for number in range(10):
        voice.say(f"{number}\n")
    voice.finish()
    assert out.getvalue().split() == [str(number) for number in range(10)]


def test_a_reader_that_stops_costs_lines_and_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Stalled()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr(teller, "LAST_S", 0.05)
    voice = Voice()
    voice.say("first\n")
    assert out.taken.wait(30)
    for number in range(100):
        voice.say(f"{number}\n")
    assert voice.lost == 100 - WAITING
    voice.finish()  # gives up
    assert out.getvalue() == ""
    out.go.set()
    monkeypatch.setattr(teller, "LAST_S", 30.0)
    voice.finish()
    assert out.getvalue().split() == ["first", *map(str, range(WAITING))]


def test_a_process_whose_pipe_nobody_reads_ends_all_the_same() -> None:
    script = """
from core.engine import teller
teller.LAST_S = 0.1
voice = teller.Voice()
for _ in range(50):
    voice.say("x" * 100_000)
voice.finish()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=REPO) as process:
        assert process.wait(60) == 0


def test_a_reader_that_is_gone_is_no_reason_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    out.close()
    monkeypatch.setattr("sys.stdout", out)
    voice = Voice()
    voice.say("to nobody\n")
    deadline = time.monotonic() + 30
    while not voice.lost and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert voice.lost == 1


async def test_what_keeps_writes_waiting_is_told_when_it_comes_and_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    tape = SimpleNamespace(trouble=None, backlog=0, total=7, synced_seq=7)
    steps = iter([None, "out of disk space", "out of disk space", None])

    async def next_second(_seconds: float) -> None:
        try:
            tape.trouble = next(steps)
        except StopIteration:
            raise asyncio.CancelledError from None

    monkeypatch.setattr(teller.asyncio, "sleep", next_second)
    engine: Any = SimpleNamespace(
        tape=tape, ledger=SimpleNamespace(trouble=None), roster=[], feed_state=SimpleNamespace(state="live", venue="binance", detail=""),
        clock=SimpleNamespace(monotonic=lambda: 0.0, now_ns=lambda: 1), market=SimpleNamespace(ticks_total=7, rate=lambda: 0.0),
        feed=SimpleNamespace(counters=SimpleNamespace(gaps_open=0, duplicates=0, quarantined=0, reconnects=0)),
    )  # fmt: skip
    speaker = Teller(engine, json_lines=True)
    with pytest.raises(asyncio.CancelledError):
        await speaker.run()
    speaker.tell_end()
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["event"], line["trouble"]) for line in told] == [
        ("feed", ""), ("trouble", "the tape is out of disk space"), ("trouble", ""), ("stopped", ""),
    ]  # fmt: skip
