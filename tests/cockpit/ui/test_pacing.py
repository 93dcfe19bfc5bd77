"""A line slower than the screen: frames are left out, keys are answered, and nothing of it is left in the terminal."""

from __future__ import annotations

import asyncio
import os
import select
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from fake_engine import FakeEngine, price_row
from screen_rig import trading
from terminal import Terminal
from textual.events import CursorPosition

from cockpit.pacing import ASK_AFTER, LOST, QUESTION, UNDER_WAY, PacedDriver

#: Bytes a second of 100 kbit/s.
LINE = 12_500

ASKED, ANSWER = QUESTION.encode(), b"\x1b[24;80R"


class SlowLine:
    """A terminal that draws so many bytes a second, and answers in the order of what it drew."""

    def __init__(self, home: Path) -> None:
        self.screen = Terminal(home, 160, 48)
        self.answers = 0
        self._room, self._last = 0.0, time.monotonic()

    def draw(self, until: Callable[[bytes], object], patience: float = 30.0) -> int:
        """Draw until what is new satisfies a condition; how many bytes that took."""
        start, deadline = len(self.screen.output), time.monotonic() + patience
        while not until(self.screen.output[start:]):
            now = time.monotonic()
            assert now < deadline, f"it never came to be:\n{self.screen.text}"
            self._room, self._last = min(self._room + (now - self._last) * LINE, LINE / 20), now
            if self._room < 32 or not select.select([self.screen.fd], [], [], 0.01)[0]:
                time.sleep(0.002)
                continue
            try:
                data = os.read(self.screen.fd, int(self._room))
            except OSError:  # nobody writes there any more
                data = b""
            self._room -= len(data)
            self.screen.output += data
            while self.answers < self.screen.output.count(ASKED):
                self.answers += 1
                os.write(self.screen.fd, ANSWER)
        return len(self.screen.output) - start

    def draw_for(self, seconds: float) -> int:
        """Draw for so long; how many bytes that were."""
        until = time.monotonic() + seconds
        return self.draw(lambda _: time.monotonic() > until)


@asynccontextmanager
async def on_a_slow_line(home: Path) -> AsyncIterator[tuple[FakeEngine, SlowLine]]:
    """A screen on which two figures of thirty symbols change ten times a second: 30 kB/s where nothing holds it back."""
    async with trading(FakeEngine(home)) as engine:
        engine.prices = [price_row(f"binance:SYM{number:02d}USDT") for number in range(30)]
        engine.alerts = []  # what lies over the screen makes every frame a large one

        async def move() -> None:
            step = 0
            while True:
                step += 1
                engine.prices = [
                    msgspec.structs.replace(row, last=60_000.0 + 7 * step + at, bid=59_000.0 + 7 * step + at)
                    for at, row in enumerate(engine.prices)
                ]
                engine.moved("prices")
                await asyncio.sleep(0.05)

        moving = asyncio.create_task(move())
        line = SlowLine(home)
        try:
            yield engine, line
        finally:
            moving.cancel()
            line.screen.close()


@pytest.mark.slow
async def test_a_key_is_answered_within_what_the_line_carries_in_a_second_however_much_changes(tmp_path: Path) -> None:
    async with on_a_slow_line(tmp_path) as (_, line):
        await asyncio.to_thread(line.draw, lambda new: b"SYM10USDT" in new and line.answers > 3)
        assert await asyncio.to_thread(line.draw_for, 2.0) > LINE / 2  # it is the line that holds it back
        waits = []
        for key in ("\x1b[B", "\x1b[A") * 4:
            line.screen.press(key)
            waits.append(await asyncio.to_thread(line.draw, lambda new: "▶".encode() in new))
            await asyncio.to_thread(line.draw_for, 0.4)
        assert sorted(waits)[-2] < LINE, waits  # one may have met a machine that was busy otherwise
        assert sorted(waits)[len(waits) // 2] < LINE / 2, waits


@pytest.mark.slow
async def test_keys_held_down_do_not_pile_up_and_the_cursor_ends_where_it_belongs(tmp_path: Path) -> None:
    async with on_a_slow_line(tmp_path) as (_, line):
        await asyncio.to_thread(line.draw, lambda new: b"SYM10USDT" in new and line.answers > 3)
        for _ in range(60):
            line.screen.press("\x1b[B\x1b[A")
            await asyncio.to_thread(line.draw_for, 0.02)
        line.screen.press("\x1b[B\x1b[B")
        await asyncio.to_thread(line.draw, lambda _: "▶SYM02USDT" in line.screen.text)
        marks = [at for at in line.screen.text.splitlines() if "▶SYM" in at]
        assert len(marks) == 1


async def test_no_answer_is_left_to_the_shell(tmp_path: Path) -> None:
    async with on_a_slow_line(tmp_path) as (_, line):
        await asyncio.to_thread(line.draw, lambda new: b"SYM10USDT" in new and line.answers > 3)
        line.screen.press("q")
        await asyncio.to_thread(line.draw, lambda new: b"Leave the cockpit?" in new)
        line.screen.press("d")
        await asyncio.to_thread(line.draw, lambda new: b"\x1b[?1004l" in new and line.screen.ended() is not None)
        given_back = line.screen.output.rindex(b"\x1b[?1049l")
        assert line.screen.output.rfind(ASKED) < given_back
        assert line.answers == line.screen.output.count(ASKED)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> PacedDriver:
    """One that was started, on a terminal that is not there."""
    made = PacedDriver.__new__(PacedDriver)
    sent: list[str] = []
    made.input_tty, made._listens = True, True
    made._writer_thread = SimpleNamespace(write=sent.append, _queue=SimpleNamespace(qsize=lambda: 0))  # type: ignore[assignment]
    return made


def test_a_terminal_that_never_answers_is_sent_everything_and_asked_once(driver: PacedDriver) -> None:
    for _ in range(50):
        driver.write("x" * 500)
        assert not driver.behind
    assert driver._sent == 50 * 500 + len(QUESTION)


def test_one_that_answers_is_waited_for_until_it_has_drawn_enough(driver: PacedDriver) -> None:
    driver._ask()
    driver.process_message(CursorPosition(1, 1))
    driver.write("─" * (UNDER_WAY // 3 + 200))  # three bytes each
    assert driver.behind
    assert driver.behind
    driver.process_message(CursorPosition(1, 1))
    assert not driver.behind
    driver.write("x" * (ASK_AFTER - 100))
    assert not driver.behind
    assert driver._asked is None


def test_an_answer_that_is_lost_stops_nothing_for_good(driver: PacedDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver._ask()
    driver.process_message(CursorPosition(1, 1))
    driver.write("x" * (UNDER_WAY + 1))
    assert driver.behind
    now = time.monotonic()
    monkeypatch.setattr("cockpit.pacing.time.monotonic", lambda: now + LOST + 1)
    assert not driver.behind
