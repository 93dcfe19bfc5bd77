"""Keeping pace with the terminal: it is asked how much of what was sent it has drawn, and while it lags no frame is sent.

A line of 100 kbit/s takes 12 kB a second, and what stands between us and it (Textual's queue, the pty, SSH's window, TCP) takes
hundreds of kB without a word: frames would arrive seconds late, and keys be answered behind them. Only the terminal's
own answer, which comes in the order of what was sent, says how far it is. One that never answers is sent everything.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual import events
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.message import Message

#: Bytes that may be under way when the next frame goes, 0.2 s at 100 kbit/s. So many since the last question call for another.
UNDER_WAY, ASK_AFTER = 2048, 512

#: Writes that may wait for Textual's writer, of a terminal that takes nothing.
WAITING = 4

#: Seconds after which an answer counts as lost.
LOST = 5.0

#: Seconds an answer that is owed is waited for at the end, so that it does not arrive in the shell; and where the terminal may be gone.
GRACE, HURRY = 1.5, 0.3

#: "Where is your cursor?": known to terminals since the VT100, and answered after all that was sent before it.
QUESTION = "\x1b[6n"


class PacedDriver(LinuxDriver):
    """Textual's driver, which knows how far the terminal has come.

    Attributes:
        hurry: the terminal may be gone: nothing is waited for at the end.
    """

    hurry = False
    _sent = 0
    _drawn = 0
    _asked: tuple[int, float] | None = None
    _answers = False
    _listens = False

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own has no annotations
        self._drawn, self._asked, self._listens = self._sent, None, True
        self._ask()

    def write(self, data: str) -> None:
        self._sent += len(data) if data.isascii() else len(data.encode(errors="replace"))
        super().write(data)

    @property
    def behind(self) -> bool:
        """Whether the terminal has still so much to draw that a frame would only wait."""
        if self._asked is None:
            if self._sent - self._drawn > ASK_AFTER:
                self._ask()
        elif self._answers and time.monotonic() - self._asked[1] > LOST:
            self._drawn, self._asked = self._sent, None
        return (self._answers and self._sent - self._drawn > UNDER_WAY) or self._stuck

    @property
    def _stuck(self) -> bool:
        """Whether the terminal takes nothing for the moment: Textual's queue, which stops the app when it is full, is filling up."""
        return self._writer_thread is not None and self._writer_thread._queue.qsize() > WAITING

    def _ask(self) -> None:
        if self._listens and self.input_tty and self._writer_thread is not None:
            self._asked = (self._sent, time.monotonic())
            self.write(QUESTION)

    def process_message(self, message: Message) -> None:
        # It runs in the thread that reads the keyboard.
        asked = self._asked
        if isinstance(message, events.CursorPosition) and asked is not None:
            self._drawn, self._asked, self._answers = asked[0], None, True
            return
        super().process_message(message)

    def disable_input(self) -> None:
        self._listens = False
        until = time.monotonic() + (HURRY if self.hurry else GRACE)
        while self._answers and self._asked is not None and time.monotonic() < until:
            time.sleep(0.01)
        super().disable_input()
