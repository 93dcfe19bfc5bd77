"""What a person should know now: open and past alerts, newest first, each raised once until it is resolved; all on the ledger."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable

from core.view import AlertRow

LINES = 200

#: Takes an alert's id and row whenever it is raised or changes.
Keep = Callable[[str, AlertRow], None]


class Alarms:
    """Alerts by cause.

    Args:
        now_ns: the clock.
        changed: called after every change.

    Attributes:
        keep: what puts them on the ledger, once that is open.
    """

    def __init__(self, now_ns: Callable[[], int], changed: Callable[[], None]) -> None:
        self.keep: Keep | None = None
        self._now_ns = now_ns
        self._changed = changed
        self._open: dict[str, tuple[str, AlertRow]] = {}
        self._past: deque[AlertRow] = deque(maxlen=LINES)

    def raise_(self, cause: str, level: str, text: str) -> None:
        """Open an alert, unless this cause has one with the same words."""
        known = self._open.get(cause)
        if known is not None and known[1].text == text:
            return
        self.resolve(cause)
        id_, row = uuid.uuid4().hex, AlertRow(self._now_ns(), level, text, True)
        self._open[cause] = (id_, row)
        self._say(id_, row)

    def resolve(self, cause: str) -> None:
        """The cause is gone."""
        known = self._open.pop(cause, None)
        if known is not None:
            self._end(*known)

    def note(self, level: str, text: str) -> None:
        """Something that happened and is over."""
        self._end(uuid.uuid4().hex, AlertRow(self._now_ns(), level, text, False))

    def _end(self, id_: str, row: AlertRow) -> None:
        past = AlertRow(row.ts_ns, row.level, row.text, False)
        self._past.appendleft(past)
        self._say(id_, past)

    def _say(self, id_: str, row: AlertRow) -> None:
        if self.keep is not None:
            self.keep(id_, row)
        self._changed()

    def rows(self) -> list[AlertRow]:
        """Open ones first, then the past, newest first."""
        return [*sorted((row for _, row in self._open.values()), key=lambda row: -row.ts_ns), *self._past]
