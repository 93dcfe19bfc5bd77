"""The screen in a real terminal: what it paints by the short way, how it ends, and that the terminal is whole afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from fake_engine import FakeEngine, price_row
from screen_rig import opened, trading
from terminal import Terminal

from cockpit.settings import Settings
from tests.samples import sample

#: What leaves the alternative screen, shows the cursor, and stops reports of mouse, focus and pastes.
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?1004l", b"\x1b[?2004l")


@contextmanager
def terminal(home: Path, lines: int = 40, **options: str) -> Iterator[Terminal]:
    """A terminal that is gone afterwards."""
    opened = Terminal(home, lines=lines, **options)  # type: ignore[arg-type]  # the columns are never given
    try:
        yield opened
    finally:
        opened.close()


async def shown(screen: Terminal, condition: Callable[[], object]) -> None:
    """Wait for the terminal while the engine of this test answers."""
    await asyncio.to_thread(screen.until, condition)


def restored(screen: Terminal) -> bool:
    """Whether the terminal was given back, and nothing was drawn after that."""
    tail = screen.output[screen.output.rfind(b"\x1b[?1049h") :]
    return all(sequence in tail for sequence in RESTORED)


async def test_what_goes_out_by_the_short_way_lands_where_it_belongs(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        with terminal(tmp_path, lines=36) as screen:  # too low for the chart, which moves with the price
            await shown(screen, lambda: screen.line_with("sma-1", "+18.00") and screen.line_with("time", "││", "alert"))
            before = screen.text.splitlines()
            sent = len(screen.output)
            engine.prices[0] = msgspec.structs.replace(engine.prices[0], last=61_700.55, bid=61_700.54, ask=61_700.55)
            engine.strategies[0] = msgspec.structs.replace(engine.strategies[0], unrealised=25.25)
            engine.moved("prices", "strategies")
            await shown(screen, lambda: screen.line_with("sma-1", "+25.25") and screen.line_with("61,700.55"))
            # Every line but those two stands as it was, and those two differ in the figures alone.
            for old, new in zip(before[1:], screen.text.splitlines()[1:], strict=True):
                expected = old.replace("61,686.01", "61,700.55").replace("61,685.99", "61,700.54").replace("61,686.00", "61,700.55")
                expected = re.sub(r"\+18\.00(?= +\+29\.80 +12)", "+25.25", expected).replace("+36.00", "+43.25").replace("30,843", "30,850")
                assert re.sub(r"<1 s| 1 s| 2 s|1\d s", "   s", new) == re.sub(r"<1 s| 1 s| 2 s|1\d s", "   s", expected)
            assert len(screen.output) - sent < 4_000


async def test_after_a_dialog_the_screen_is_whole_again(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        with terminal(tmp_path) as screen:
            await shown(screen, lambda: screen.line_with("blocked: spread"))
            screen.press("q")
            await shown(screen, lambda: screen.line_with("Leave the cockpit?"))
            engine.prices[0] = msgspec.structs.replace(engine.prices[0], last=70_000.0)
            engine.moved("prices")
            await shown(screen, lambda: screen.line_with("70,000.00"))
            assert screen.line_with("Leave the cockpit?")
            screen.press("\x1b")
            await shown(screen, lambda: not screen.line_with("Leave the cockpit?") and screen.line_with("sma-1", "● run"))
            engine.prices[0] = msgspec.structs.replace(engine.prices[0], last=71_000.0)
            engine.moved("prices")
            await shown(screen, lambda: screen.line_with("BTCUSDT", "71,000.00"))


async def test_quitting_gives_the_terminal_back_and_exits_0(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        with terminal(tmp_path) as screen:
            await shown(screen, lambda: screen.line_with("sma-1"))
            screen.press("q")
            await shown(screen, lambda: screen.line_with("Leave the cockpit?"))
            screen.press("d")
            await shown(screen, lambda: screen.ended() is not None)
            assert screen.ended() == 0
            assert restored(screen)
            assert b"The engine (pid 4711) keeps running" in screen.output.rpartition(RESTORED[0])[2]
            assert not engine.commands


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (signal.SIGQUIT, 131)])
async def test_a_signal_ends_it_with_its_code_and_the_terminal_whole(tmp_path: Path, number: signal.Signals, code: int) -> None:
    async with trading(FakeEngine(tmp_path)):
        with terminal(tmp_path) as screen:
            await shown(screen, lambda: screen.line_with("sma-1"))
            os.kill(screen.pid, number)
            await shown(screen, lambda: screen.ended() is not None)
            await shown(screen, lambda: restored(screen))
            assert screen.ended() == code


async def test_a_crash_ends_it_with_1_and_the_terminal_whole(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)):
        broken = "import cockpit.moves as moves; moves.maximise = None; import cockpit.live as live; live.LiveScreen.open_filter = None"
        with terminal(tmp_path, before=broken) as screen:
            await shown(screen, lambda: screen.line_with("sma-1"))
            screen.press("/")
            await shown(screen, lambda: screen.ended() is not None)
            assert screen.ended() == 1
            assert restored(screen)


@pytest.mark.parametrize("before", ["", "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"], ids=["HUP", "HUP ignored"])
async def test_when_the_terminal_disappears_it_ends_within_a_second(tmp_path: Path, before: str) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        with terminal(tmp_path, before=before) as screen:
            await shown(screen, lambda: screen.line_with("sma-1"))
            screen.hang_up()
            gone = time.monotonic()
            while screen.ended() is None:
                assert time.monotonic() - gone < 10
                await asyncio.sleep(0.01)
            assert screen.ended() == 129
            assert not engine.commands


async def test_a_stopped_screen_comes_back_whole(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)):
        with terminal(tmp_path) as screen:
            await shown(screen, lambda: screen.line_with("sma-1"))
            os.kill(screen.pid, signal.SIGTSTP)
            await shown(screen, lambda: screen.output.rstrip().endswith(RESTORED[4]) or b"\x1b[?1049l" in screen.output)
            screen.output = b""
            os.kill(screen.pid, signal.SIGCONT)
            await shown(screen, lambda: screen.line_with("sma-1", "● run"))


async def test_ctrl_l_paints_every_cell_again(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)):
        with terminal(tmp_path) as screen:
            await shown(screen, lambda: screen.line_with("sma-1"))
            screen.output = b""
            screen.press("\x0c")
            await shown(screen, lambda: screen.line_with("sma-1", "● run") and screen.line_with("r register"))


async def test_without_colour_it_paints_greys_and_signs(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        with terminal(tmp_path, NO_COLOR="1") as screen:
            await shown(screen, lambda: screen.line_with("sma-1", "+18.00"))
            engine.prices[0] = msgspec.structs.replace(engine.prices[0], last=61_700.55)
            engine.moved("prices")
            await shown(screen, lambda: screen.line_with("61,700.55", "▲"))
            colours = set(re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", screen.output))
            assert colours
            assert all(red == green == blue for red, green, blue in colours)


async def test_hostile_names_write_nothing_but_letters_to_the_terminal(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)) as engine:
        hostile = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31mEVIL\u202e"
        engine.prices.insert(0, price_row(f"binance:{hostile}"))
        engine.strategies[2].detail = hostile
        with terminal(tmp_path) as screen:
            await shown(screen, lambda: screen.line_with("EVIL", "61,686.01") and screen.line_with("✖ failed: EVIL"))
            written = screen.output.decode()
            assert "\x1b]52" not in written
            assert "\x1b[2J" not in written
            assert not set("\x9b\x9d\u202e") & set(written)


async def test_resizing_paints_for_the_new_size(tmp_path: Path) -> None:
    async with trading(FakeEngine(tmp_path)):
        with terminal(tmp_path) as screen:
            await shown(screen, lambda: screen.line_with("sma-1"))
            screen.resize(80, 24)
            await shown(screen, lambda: screen.line_with("1 Prices │ 2 Strategies"))
            screen.resize(160, 48)
            await shown(screen, lambda: screen.line_with("1 Prices", "3 Trades"))


async def test_views_that_arrive_while_the_app_closes_its_screens_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as (_, app, _):
        close_all = app._close_all

        async def close_all_slowly() -> None:
            await close_all()
            await asyncio.sleep(4 * Settings().period_s)

        monkeypatch.setattr(app, "_close_all", close_all_slowly)


TERMINALS = [
    {"TERM": "xterm-256color", "COLORTERM": ""}, {"TERM": "xterm-16color", "COLORTERM": ""}, {"TERM": "screen", "COLORTERM": ""},
    {"TERM": "screen-256color", "COLORTERM": "", "STY": "1.pts"}, {"TERM": "linux", "COLORTERM": ""}, {"TERM": "vt100", "COLORTERM": ""},
    {"TERM": "dumb", "COLORTERM": ""}, {"TERM": "", "COLORTERM": ""}, {"TERM": "xterm-16color", "COLORTERM": "", "NO_COLOR": "1"},
    {"TERM": "xterm-256color", "LANG": "C", "LC_ALL": "C"},
]  # fmt: skip


@pytest.mark.parametrize("environment", TERMINALS, ids=lambda environment: "-".join(environment.values()) or "none")
async def test_it_is_whole_and_gives_back_every_kind_of_terminal(tmp_path: Path, environment: dict[str, str]) -> None:
    async with trading(FakeEngine(tmp_path)):
        with terminal(tmp_path, **environment) as screen:
            before = termios.tcgetattr(screen.fd)
            await shown(screen, lambda: screen.line_with("sma-1", "+18.00") and screen.line_with("┌ 1 Prices ─"))
            sixteen = environment.get("COLORTERM") == "" and "256" not in environment["TERM"] and environment["TERM"] != "dumb"
            assert not (sixteen and re.search(rb"[34]8;[25];", screen.output))
            assert len({len(line) for line in screen.text.splitlines()}) == 1
            screen.press("q")
            await shown(screen, lambda: screen.line_with("Leave the cockpit?"))
            screen.press("d")
            await shown(screen, lambda: screen.ended() is not None)
            assert screen.ended() == 0
            assert restored(screen)
            assert termios.tcgetattr(screen.fd) == before


async def test_a_locale_without_these_letters_is_one_clear_line(tmp_path: Path) -> None:
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    with terminal(tmp_path, **environment) as screen:
        await shown(screen, lambda: screen.ended() is not None)
        assert screen.ended() == 1
        assert b"this terminal's locale is not UTF-8 but ascii: set LANG=C.UTF-8" in screen.output
        assert b"\x1b[?1049h" not in screen.output


TINY = [(40, 10), (20, 5), (1, 1), (2, 2), (3, 40), (200, 2), (500, 120), (99, 29)]


@pytest.mark.parametrize("screen_key", sample(["\x1bOP", "\x1bOQ", "\x1b[17~"], "\x1bOP"), ids=["live", "lab", "system"])
async def test_it_survives_any_size_and_many_sizes_in_a_hurry(tmp_path: Path, screen_key: str) -> None:
    async with trading(FakeEngine(tmp_path)):
        with terminal(tmp_path) as screen:
            await shown(screen, lambda: screen.line_with("sma-1"))
            screen.press(screen_key)
            for columns, lines in TINY:
                screen.resize(columns, lines)
                await asyncio.sleep(0.15)
                screen.press("5[mx\x1b[D2?\x1b")
            for step in range(60):
                screen.resize(*(TINY[step % len(TINY)]))
                await asyncio.sleep(0.01)
            screen.resize(120, 40)
            await asyncio.sleep(0.2)
            # Keys that come while a screen closes go to the one that closes: one at a time, and again where that one was busy.
            for _ in range(20):
                for key in ("\x1b", "\x1bOP", "1", "\x0c"):
                    screen.press(key)
                    await asyncio.sleep(0.25)
                screen.read()
                if screen.line_with("BTCUSDT", "61,686.01"):
                    break
            screen.output = b""
            screen.press("\x0c")
            await shown(screen, lambda: screen.line_with("BTCUSDT", "61,686.01"))
            assert screen.ended() is None
