"""A real terminal with the cockpit on it, and a reader of what it shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

from terminal_cells import Cells


class Terminal:
    """`cockpit.sitting.run` on a pty.

    Attributes:
        pid: the screen's process.
    """

    def __init__(self, home: Path, columns: int = 120, lines: int = 40, before: str = "", **environment: str) -> None:
        self.columns, self.lines = columns, lines
        self._output = b""
        self.status: int | None = None
        self._size, self._shown, self._cells = (columns, lines), 0, Cells(columns, lines)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # readline, which pytest imports, sets a size in the process's environment that `os.environ` does not know of.
            for name in ("NO_COLOR", "COLUMNS", "LINES"):
                os.environ.pop(name, None)
                os.unsetenv(name)
            os.environ.update({"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment})
            first = f"import sys; from pathlib import Path; {before or 'pass'}"
            code = f"{first}; from cockpit.sitting import run; sys.exit(run(Path(sys.argv[1])).code)"
            os.execv(sys.executable, [sys.executable, "-c", code, str(home)])
        self.resize(columns, lines)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal a size."""
        self.columns, self.lines = columns, lines
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def until(self, condition: Callable[[], object], patience: float = 20.0) -> None:
        """Read on until a condition holds; fail when it never does."""
        end = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < end, f"it never came to be:\n{self.text}"
            self._read(0.05)

        self.read(0.2)  # a frame may come in several reads

    def read(self, seconds: float = 0.0) -> None:
        """Read all there is, until nothing came for so long."""
        while self._read(seconds):
            pass

    def _read(self, seconds: float) -> bool:
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            self.output += os.read(self.fd, 1 << 16)
        except OSError:
            return False
        return True

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.fd, keys.encode())

    def ended(self) -> int | None:
        """The exit code (negative: killed by that signal), once it ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def close(self) -> None:
        """End it, whatever it does."""
        if self.ended() is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.hang_up()

    def hang_up(self) -> None:
        """Close our side, as a dropped connection does."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    @property
    def output(self) -> bytes:
        """Every byte so far; what is put in its place begins anew."""
        return self._output

    @output.setter
    def output(self, value: bytes) -> None:
        if len(value) < len(self._output):
            self._size = (0, 0)
        self._output = value

    @property
    def text(self) -> str:
        """What the terminal shows."""
        if self._size != (self.columns, self.lines):  # another terminal
            self._size, self._shown, self._cells = (self.columns, self.lines), 0, Cells(self.columns, self.lines)
        self._cells.feed(self.output[self._shown :])
        self._shown = len(self.output)
        return self._cells.text

    def line_with(self, *words: str) -> str:
        """The first line that holds all the words; '' when there is none."""
        return next((line for line in self.text.splitlines() if all(word in line for word in words)), "")
