"""How the screen ends: on a signal, on a lost terminal, or by itself; the terminal is restored and the exit code says which."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable

#: Signal -> exit code. Textual 8.2 would die of them with the terminal still in its hands.
SIGNALS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGQUIT: 131}

#: Seconds a clean exit may take. With the terminal gone, writing to it can block for ever.
GRACE = 0.7


def watch_signals(leave: Callable[[int], None]) -> None:
    """Call `leave` with the exit code when a signal asks us to go; must run in the loop's thread."""
    loop = asyncio.get_running_loop()
    for number, code in SIGNALS.items():
        loop.add_signal_handler(number, leave, code)


def watch_terminal(leave: Callable[[int], None]) -> None:
    """Call `leave` (in the loop's thread) when the terminal disappears, also where HUP is ignored, as under nohup.

    A closed terminal reads as an endless end of file, on which Textual's input thread spins.
    """
    if not sys.stdin.isatty():
        return
    loop = asyncio.get_running_loop()
    hangup = select.poll()
    hangup.register(sys.stdin.fileno(), 0)

    def watch() -> None:
        # No event is asked for, so only POLLHUP, POLLERR and POLLNVAL end this.
        hangup.poll()
        end_soon(129)
        loop.call_soon_threadsafe(leave, 129)

    threading.Thread(target=watch, name="terminal-watch", daemon=True).start()


def end_soon(code: int) -> None:
    """End the process without ceremony, unless it ended before the grace is over."""
    timer = threading.Timer(GRACE, os._exit, (code,))
    timer.daemon = True
    timer.start()
