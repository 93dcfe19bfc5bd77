"""Alerts as the ledger has them: one that goes on changing is written at most every ten seconds, its beginning and first end at once."""

from __future__ import annotations

from collections.abc import Callable

from core.engine.alarm import Alert
from core.types import SECOND
from core.view import AlertRow

#: How often an alert that goes on changing is written.
WRITE_NS = 10 * SECOND

#: Takes an alert's id and row whenever it is raised or changes.
Keep = Callable[[str, AlertRow], None]


class AlarmWriting:
    """What of alerts is written, and what is to be.

    Attributes:
        keep: what puts them on the ledger, once that is open.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self.keep: Keep | None = None
        self._now_ns = now_ns
        self._unsaid: dict[str, Alert] = {}

    def say(self, alert: Alert) -> None:
        """An alert changed."""
        self._unsaid[alert.id] = alert
        self._write(alert, self._now_ns())

    def sweep(self) -> None:
        """Write the changes whose time has come."""
        now = self._now_ns()
        for alert in list(self._unsaid.values()):
            self._write(alert, now)

    def flush(self) -> None:
        """Write all that changed, at once."""
        for alert in list(self._unsaid.values()):
            alert.said_ns = 0
            self._write(alert, self._now_ns())

    def _write(self, alert: Alert, now: int) -> None:
        """Put it on the ledger, unless that was done a moment ago: `sweep` does it then. An end is told at once, the first time."""
        row = alert.row()
        said = alert.said
        marked = said is not None and (said.acked_ns, said.snoozed_ns) != (row.acked_ns, row.snoozed_ns)  # by a person
        if said is not None and not marked and said.open == row.open and said.text == row.text:
            self._unsaid.pop(alert.id, None)
            return
        first_end = not row.open and (alert.times == 1 or alert.rule)
        if self.keep is not None and (first_end or marked or said is None or abs(now - alert.said_ns) >= WRITE_NS):
            self._unsaid.pop(alert.id, None)
            alert.said, alert.said_ns = row, now
            self.keep(alert.id, row)
