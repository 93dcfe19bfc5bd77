"""An alert calls a person in a real terminal: bell and notice go out once, whole, and not for what is mere information."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from screen_rig import trading
from terminal import Terminal

from core.view import AlertRow


def fire(engine: FakeEngine, id_: str, level: str, text: str) -> None:
    engine.alerts = [AlertRow(engine.header.now_ns, level, text, True, id_, "price-1"), *engine.alerts]
    engine.moved("alerts")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of its own, wherever the tests run."""
    for name in ("TMUX", "STY", "TERM_PROGRAM", "VTE_VERSION", "KITTY_WINDOW_ID", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
        os.unsetenv(name)


async def call_of(home: Path, **environment: str) -> bytes:
    """What a terminal was sent when two alerts came, one of them information."""
    async with trading(FakeEngine(home)) as engine:
        screen = Terminal(home, **environment)
        try:
            await asyncio.to_thread(screen.until, lambda: screen.line_with("XRPUSDT stale"))
            sent = len(screen.output)
            fire(engine, "price-1:1", "info", "BTCUSDT rose")
            await asyncio.to_thread(screen.until, lambda: screen.text.count("BTCUSDT rose") >= 2)
            fire(engine, "price-1:2", "warning", "BTCUSDT crossed\x1b]0;evil\x07 above 61,650")
            await asyncio.to_thread(screen.until, lambda: screen.text.count("BTCUSDT crossed above 61,650") >= 2)
            engine.moved("alerts")
            await asyncio.to_thread(screen.until, lambda: len(engine.pulls) > 20)
            return screen.output[sent:]
        finally:
            screen.close()


async def test_a_bell_and_a_notice_go_out_once(tmp_path: Path) -> None:
    sent = await call_of(tmp_path)
    assert sent.count(b"\x1b]9;cockpit: BTCUSDT crossed above 61,650\x07") == 1
    assert sent.count(b"\x1b]777;notify;cockpit;BTCUSDT crossed above 61,650\x07") == 1
    assert sent.count(b"\x07") == 3
    assert b"evil" not in sent


async def test_what_is_switched_off_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "cockpit.toml").write_text("[ui]\nbell = false\nnotify = false\n")
    assert b"\x07" not in await call_of(tmp_path)


async def test_inside_tmux_a_notice_is_in_its_envelope(tmp_path: Path) -> None:
    sent = await call_of(tmp_path, TMUX="/tmp/tmux-0/default,1,0")
    assert sent.count(b"\x1bPtmux;\x1b\x1b]9;cockpit: BTCUSDT crossed above 61,650\x07\x1b\\") == 1
    assert sent.count(b"\x1b]9;") == 1  # the one in the envelope
