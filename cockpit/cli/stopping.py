"""The end of a long command before it is done: by ctrl-c or SIGTERM, with one line on stderr that says what is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cockpit.cli.call import Call


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def stopping(call: Call, kept: str | Callable[[], str]) -> Iterator[None]:
    """Within, SIGTERM ends the work as ctrl-c does, so that it cleans up behind itself.

    Args:
        kept: what is said behind "stopped: "; asked for when it has stopped.

    Raises:
        Terminated: SIGTERM came; ctrl-c stays the KeyboardInterrupt it was.
    """
    came: list[int] = []

    def end(signum: int, frame: FrameType | None) -> None:
        came.append(signum)
        as_ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(as_ctrl_c):  # a shell's background jobs do not hear ctrl-c; this they are to hear
            raise KeyboardInterrupt
        as_ctrl_c(signal.SIGINT, frame)

    # Signals are heard by the main thread only.
    before = signal.signal(signal.SIGTERM, end) if threading.current_thread() is threading.main_thread() else None
    try:
        yield
    except KeyboardInterrupt:
        call.say(f"stopped: {kept if isinstance(kept, str) else kept()}")
        if came:
            raise Terminated from None
        raise
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
