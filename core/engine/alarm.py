"""One alert, and one that stands for many of a kind."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from core.view import AlertRow


@dataclass(slots=True)
class Alert:
    """One alert: the text, how often it came, what the ledger has of it.

    Attributes:
        rule: whose firing it is; empty where it is not a rule's.
        acked_ns: when somebody saw it; 0 nobody did.
        snoozed_ns: nothing is said of it until then; 0 it is not snoozed.
    """

    cause: str
    level: str
    text: str
    ts_ns: int
    open: bool = True
    times: int = 1
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    said: AlertRow | None = None
    said_ns: int = 0
    ended_ns: int = 0
    rule: str = ""
    acked_ns: int = 0
    snoozed_ns: int = 0

    def row(self) -> AlertRow:
        """As it is shown."""
        text = self.text if self.times == 1 or self.rule else f"{self.text} ({self.times:,} times)"
        return AlertRow(self.ts_ns, self.level, text, self.open, self.id, self.rule, self.acked_ns, self.snoozed_ns, self.times)


class Rest:
    """What is over the number of one kind: one alert for all of them, open until the last is gone and no more came for a minute."""

    def __init__(self, kind: str, level: str, now: int) -> None:
        self.kind = kind
        self.alert = Alert(f"more of {kind}", level, "", now)
        self.total = 0
        self.members: set[str] = set()

    def count(self, text: str, now: int) -> None:
        """One more."""
        self.total += 1
        self.alert.ts_ns = now
        self.alert.text = f"{self.total:,} more of {self.kind}, the last: {text}"
