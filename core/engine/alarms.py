"""What a person should know now: open and past alerts, newest first, each raised once until it is resolved; all on the ledger.

Thousands a minute are a few lines: what comes again soon after it ended is the same alert, counted; what is too much of one kind is
counted by one alert (`core.engine.crowd`); and a line of the ledger is rewritten now and then (`core.engine.alarm_writing`).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable

from core.engine.alarm import Alert
from core.engine.alarm_writing import AlarmWriting
from core.engine.crowd import Crowd
from core.errors import UsageError, one_line
from core.types import MINUTE
from core.view import AlertRow

LINES = 200

#: What ended less than this ago and comes again is the same alert.
AGAIN_NS = MINUTE

#: Open alerts of the engine's own; the others are counted by one alert for all of a kind.
MOST_OPEN = 500

#: So much of an id is enough to name an alert by.
SHORTEST_ID = 6

_WORD = re.compile(r"\b[a-z]{2,}\b")


class Alarms:
    """Alerts by cause.

    Args:
        now_ns: the clock.
        changed: called after every change.

    Attributes:
        writing: what puts them on the ledger.
        crowd: those that got no line of their own.
    """

    def __init__(self, now_ns: Callable[[], int], changed: Callable[[], None]) -> None:
        self.writing = AlarmWriting(now_ns)
        self.crowd = Crowd()
        self._now_ns = now_ns
        self._changed = changed
        self._open: dict[str, Alert] = {}
        self._past: deque[Alert] = deque(maxlen=LINES)
        self._seen: dict[tuple[str, str], Alert] = {}
        self._recalled: set[str] = set()

    def raise_(self, cause: str, level: str, text: str) -> None:
        """Open an alert; one that is open takes the new words."""
        known = self._open.get(cause)
        if known is not None:
            if (known.level, known.text) != (level, text):
                if level == "critical" != known.level:  # it got worse than what somebody has seen
                    known.acked_ns = 0
                known.level, known.text = level, text
                self._say(known)
        elif cause not in self.crowd:
            now = self._now_ns()
            alert = self._again(cause, now)
            kind = cause.partition(" ")[0]
            if alert is not None:
                alert.level, alert.text, alert.ts_ns = level, text, now
                alert.open, alert.times, alert.acked_ns = True, alert.times + 1, 0
            elif (alert := self._seen.pop((level, text), None)) is not None:
                alert.cause, alert.open = cause, True
            elif self.crowd.has_room(kind, level, now) and self._own_open() < MOST_OPEN:
                alert = Alert(cause, level, text, now)
            if alert is not None:
                self._open[cause] = alert
                self._say(alert)
            else:
                self._say(self.crowd.add(kind, level, text, now, cause))

    def resolve(self, cause: str) -> None:
        """The cause is gone."""
        known = self._open.pop(cause, None)
        if known is not None:
            self._end(known)
        else:
            self.crowd.leave(cause)

    def note(self, level: str, text: str) -> None:
        """Something that happened and is over."""
        now = self._now_ns()
        kind = " ".join(_WORD.findall(text)[:3])  # names and figures apart
        alert = self._again(f"note {text}", now)
        if alert is not None:
            alert.ts_ns, alert.times = now, alert.times + 1
        elif self.crowd.has_room(kind, level, now):
            alert = Alert(f"note {text}", level, text, now)
        else:
            self._say(self.crowd.add(kind, level, text, now))
            return
        self._end(alert)

    def fire(self, id_: str, rule: str, level: str, text: str) -> AlertRow | None:
        """A rule fired: open until somebody acknowledges it. What it said before, and nobody has seen, is the same line, counted.

        The caller writes it, with how far the rule looked. None where this firing is known: it was said just before the engine was killed.
        """
        cause = f"rule {rule}"
        if id_ in self._recalled:
            return None
        before = self._open.pop(cause, None)
        times = 1 if before is None else before.times + 1
        if before is not None:
            before.open = False
            self._say(before)
        alert = self._open[cause] = Alert(cause, level, text, self._now_ns(), times=times, id=id_, rule=rule)
        alert.said, alert.said_ns = alert.row(), alert.ts_ns
        self._changed()
        return alert.said

    def acknowledge(self, id_: str | None) -> list[str]:
        """Somebody has seen an alert, or all (None); returns the ids of those that were open. What a rule said is settled by that.

        Raises:
            UsageError: there is no such alert.
        """
        now = self._now_ns()
        found = self._standing() if id_ is None else [self.find(id_)]
        seen = [alert for alert in found if alert.open and (not alert.acked_ns or alert.rule)]
        for alert in seen:
            alert.acked_ns, alert.snoozed_ns = now, 0
            if alert.rule:
                self.resolve(alert.cause)
            else:
                self._say(alert)
        return [alert.id for alert in seen]

    def snooze(self, id_: str, until_ns: int) -> str:
        """Say nothing of an alert until then (0: now again); returns the rule it is of, if any.

        Raises:
            UsageError: there is no such alert.
        """
        alert = self.find(id_)
        alert.snoozed_ns = until_ns
        self._say(alert)
        return alert.rule

    def recall(self, rows: Iterable[AlertRow]) -> None:
        """What the ledger holds of an earlier engine, newest first. What rules said is open still; of the rest that is raised again
        what somebody has seen already is the same alert."""
        for row in rows:
            self._recalled.add(row.id)
            if row.rule and not row.open and not row.acked_ns:
                continue  # it fired again before anybody saw it: the same line
            alert = Alert("", row.level, row.text, row.ts_ns, row.open, row.times, row.id, row)
            alert.rule, alert.acked_ns, alert.snoozed_ns = row.rule, row.acked_ns, row.snoozed_ns
            if row.open and row.rule and not row.acked_ns and f"rule {row.rule}" not in self._open:
                alert.cause = f"rule {row.rule}"
                self._open[alert.cause] = alert
                continue
            if row.open and not row.rule and (row.acked_ns or row.snoozed_ns):
                self._seen[row.level, row.text] = alert
            if row.open and self.writing.keep is not None:
                alert.open = False
                alert.said = alert.row()
                self.writing.keep(alert.id, alert.said)
            if (row.level, row.text) not in self._seen:
                self._past.append(alert)

    def sweep(self) -> None:
        """Call it about once a second: it ends what counts no open alert any more, and writes changes whose time has come."""
        now = self._now_ns()
        for alert in self.crowd.disperse(now, AGAIN_NS):
            self._end(alert)
        for alert in self._standing():
            if alert.snoozed_ns and now >= alert.snoozed_ns:
                alert.snoozed_ns = 0
                self._say(alert)
        self.writing.sweep()

    def rows(self) -> list[AlertRow]:
        """Open ones first, then the past, newest first."""
        shown = sorted(self._standing(), key=lambda alert: (bool(alert.rule), -alert.ts_ns))[:MOST_OPEN]
        standing = sorted(shown, key=lambda alert: -alert.ts_ns)
        return [alert.row() for alert in (*standing, *self._past)]

    def _own_open(self) -> int:
        """Open ones that no rule raised: those are as many as rules at most, and crowd out nothing."""
        return len(self._open) if len(self._open) < MOST_OPEN else sum(not alert.rule for alert in self._open.values())

    def _standing(self) -> list[Alert]:
        return [*self._open.values(), *self.crowd.alerts]

    def find(self, id_: str) -> Alert:
        """An alert that is known, by its id or the beginning of it.

        Raises:
            UsageError: there is none of this id, or several begin like that.
        """
        begin = [alert for alert in (*self._standing(), *self._past) if alert.id.startswith(id_)]
        found = [alert for alert in begin if alert.id == id_] or (begin if len(id_) >= SHORTEST_ID else [])
        if len(found) == 1:
            return found[0]
        rule, _, number = id_.rpartition(":")
        later = self._open.get(f"rule {rule}")
        if later is not None and number.isdecimal():  # said again since, on the same line
            return later
        raise UsageError(f"{'several alerts begin with' if found else 'no alert'} {one_line(id_, 80)!r}: cockpit alerts shows their ids")

    def _again(self, cause: str, now: int) -> Alert | None:
        """The alert of this cause that ended a moment ago, taken out of the past."""
        for alert in self._past:
            if alert.cause == cause:
                if abs(now - alert.ended_ns) > AGAIN_NS:
                    return None
                self._past.remove(alert)
                return alert
        return None

    def _end(self, alert: Alert) -> None:
        alert.open, alert.ended_ns = False, self._now_ns()
        self._past.appendleft(alert)
        self._say(alert)

    def _say(self, alert: Alert) -> None:
        self.writing.say(alert)
        self._changed()
