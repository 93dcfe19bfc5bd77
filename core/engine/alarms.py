"""What a person should know now: open and past alerts, newest first, each raised once until it is resolved."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from core.view import AlertRow

LINES = 200


class Alarms:
    """Alerts by cause.

    Args:
        now_ns: the clock.
        changed: called after every change.
    """

    def __init__(self, now_ns: Callable[[], int], changed: Callable[[], None]) -> None:
        self._now_ns = now_ns
        self._changed = changed
        self._open: dict[str, AlertRow] = {}
        self._past: deque[AlertRow] = deque(maxlen=LINES)

    def raise_(self, cause: str, level: str, text: str) -> None:
        """Open an alert, unless this cause has one with the same words."""
        known = self._open.get(cause)
        if known is not None and known.text == text:
            return
        if known is not None:
            self.resolve(cause)
        self._open[cause] = AlertRow(self._now_ns(), level, text, True)
        self._changed()

    def resolve(self, cause: str) -> None:
        """The cause is gone."""
        known = self._open.pop(cause, None)
        if known is not None:
            self._past.appendleft(AlertRow(known.ts_ns, known.level, known.text, False))
            self._changed()

    def note(self, level: str, text: str) -> None:
        """Something that happened and is over."""
        self._past.appendleft(AlertRow(self._now_ns(), level, text, False))
        self._changed()

    def rows(self) -> list[AlertRow]:
        """Open ones first, then the past, newest first."""
        return [*sorted(self._open.values(), key=lambda row: -row.ts_ns), *self._past]
