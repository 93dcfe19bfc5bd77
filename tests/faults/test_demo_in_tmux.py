"""The demo as somebody sees it who types one command inside tmux: prices, strategies, a stroll through the screens, detach, come back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]


class Tmux:
    """A terminal in a server of its own, with a shell in it."""

    def __init__(self, folder: Path, columns: int = 160, lines: int = 48) -> None:
        self._base = ["tmux", "-S", str(folder / "tmux"), "-f", os.devnull]
        env = {key: value for key, value in os.environ.items() if not key.startswith(("COCKPIT_", "TMUX", "COLUMNS", "LINES"))}
        env |= {
            "COCKPIT_HOME": str(folder / "home"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PS1": "$ ",
            "TERM": "xterm",
        }
        subprocess.run([*self._base, "new", "-d", "-x", str(columns), "-y", str(lines), "sh"], env=env, check=True)

    def keys(self, *keys: str) -> None:
        subprocess.run([*self._base, "send-keys", *keys], check=True)

    def resize(self, columns: int, lines: int) -> None:
        subprocess.run([*self._base, "resize-window", "-x", str(columns), "-y", str(lines)], check=True)

    @property
    def text(self) -> str:
        return subprocess.run([*self._base, "capture-pane", "-p"], check=True, capture_output=True, text=True).stdout

    def until(self, condition: Callable[[str], object], what: str, seconds: float = 60.0) -> str:
        """Wait for what is to be seen; how the screen looks then."""
        end = time.monotonic() + seconds
        while not condition(text := self.text):
            assert time.monotonic() < end, f"not seen: {what}\n{text}"
            time.sleep(0.1)
        return text

    def close(self) -> None:
        subprocess.run([*self._base, "kill-server"], check=False, capture_output=True)


@pytest.fixture
def tmux() -> Iterator[Tmux]:
    with tempfile.TemporaryDirectory(prefix="ct") as folder:
        made = Tmux(Path(folder))
        yield made
        made.close()
        stop = [sys.executable, "-P", "-m", "cockpit", "stop", "--demo", "--force"]
        subprocess.run(stop, env=os.environ | {"COCKPIT_HOME": str(Path(folder, "home"))}, check=False, capture_output=True, timeout=60)


def test_one_command_shows_what_the_product_is_and_every_way_leads_back(tmux: Tmux) -> None:
    tmux.keys("cockpit --demo", "Enter")
    tmux.until(lambda text: "BTCUSDT" in text and "DEMO" in text, "prices")
    tmux.until(lambda text: text.count("● run") >= 6, "six strategies at work")
    tmux.until(lambda text: "today" in text and "Trades" in text, "trades")
    tmux.keys("F6")
    tmux.until(lambda text: "1 Workers" in text and "8 Log" in text, "the system screen")
    tmux.keys("F1")
    tmux.keys("?")
    tmux.until(lambda text: "what can be done here" in text, "the help")
    tmux.keys("Escape")
    for columns, lines in ((80, 24), (20, 5), (120, 40), (160, 48)):
        tmux.resize(columns, lines)
        time.sleep(0.3)
    tmux.until(lambda text: "2 Strategies" in text and "4 Alerts" in text, "all panes again")
    tmux.keys("q")
    tmux.until(lambda text: "Leave the cockpit?" in text, "what leaving does")
    tmux.keys("d")
    left = tmux.until(lambda text: "brings you back, `cockpit stop" in text, "the shell again")
    assert "DEMO" not in left.splitlines()[0], "the screen of before is back"
    tmux.keys("clear; cockpit status --demo --json", "Enter")
    tmux.until(lambda text: '"state"' in text, "the engine that goes on")
    tmux.keys("clear; cockpit --demo", "Enter")
    tmux.until(lambda text: text.count("● run") >= 6, "the same strategies")
