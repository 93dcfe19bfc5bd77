"""How many alerts stand for themselves: of one kind, and of one level, only so many a minute. The others of a kind are one alert that
counts them, open until the last of their causes is gone and no more came for a minute."""

from __future__ import annotations

from collections import Counter

from core.engine.alarm import Alert, Rest
from core.types import MINUTE

#: New alerts of one kind, and of one level, a minute.
OF_A_KIND, OF_A_LEVEL = 20, 100

#: Kinds with an alert of their own for what is over that; causes it remembers one by one to know when all are gone.
KINDS, REMEMBERED = 50, 10_000


class Crowd:
    """What is too much to be said one by one.

    Attributes:
        counted: alerts that got no line of their own, ever.
    """

    def __init__(self) -> None:
        self.counted = 0
        self._rests: dict[tuple[str, str], Rest] = {}
        self._members: dict[str, Rest] = {}
        self._minute = 0
        self._new: Counter[tuple[str, str]] = Counter()

    def __contains__(self, cause: object) -> bool:
        """Whether this cause is counted with others, and not gone yet."""
        return cause in self._members

    @property
    def alerts(self) -> list[Alert]:
        """Those that count others."""
        return [rest.alert for rest in self._rests.values()]

    def has_room(self, kind: str, level: str, now: int) -> bool:
        """Whether one more of this kind stands for itself this minute; it counts as one either way."""
        if now // MINUTE != self._minute:
            self._minute = now // MINUTE
            self._new.clear()
        self._new["", level] += 1
        if self._new["", level] > OF_A_LEVEL:
            return False
        self._new[kind, level] += 1
        return self._new[kind, level] <= OF_A_KIND

    def add(self, kind: str, level: str, text: str, now: int, cause: str | None = None) -> Alert:
        """Count one more; the alert that does. Its `cause` is remembered until it leaves, None where it is over already."""
        self.counted += 1
        key = (kind, level)
        if key not in self._rests and len(self._rests) >= KINDS:
            key = ("the others", level)
        rest = self._rests.get(key)
        if rest is None:
            rest = self._rests[key] = Rest(key[0], level, now)
        rest.count(text, now)
        if cause is not None and len(self._members) < REMEMBERED:
            self._members[cause] = rest
            rest.members.add(cause)
        return rest.alert

    def leave(self, cause: str) -> None:
        """A cause is gone."""
        rest = self._members.pop(cause, None)
        if rest is not None:
            rest.members.discard(cause)

    def disperse(self, now: int, quiet_ns: int) -> list[Alert]:
        """The alerts that count no open cause any more, and got no more to count for so long; they are forgotten here."""
        over = [key for key, rest in self._rests.items() if not rest.members and abs(now - rest.alert.ts_ns) > quiet_ns]
        return [self._rests.pop(key).alert for key in over]
