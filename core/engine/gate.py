"""Whether the feed reads: it stands still for as long as anyone holds it, whatever the reason of each."""

from __future__ import annotations

from collections.abc import Callable


class Gate:
    """Held by name; open when nobody holds it.

    Args:
        pause: reads nothing more; may be called again.
        resume: reads on.

    Attributes:
        holders: who holds it.
    """

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self.holders: set[str] = set()
        self._pause = pause
        self._resume = resume

    def hold(self, holder: str) -> None:
        """Stand still for this one too."""
        self.holders.add(holder)
        self._pause()

    def release(self, holder: str) -> None:
        """This one no longer minds."""
        if holder in self.holders:
            self.holders.discard(holder)
            if not self.holders:
                self._resume()
