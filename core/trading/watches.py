"""When to look after each order next: timers in seconds of a clock that never steps back."""

from __future__ import annotations

from dataclasses import dataclass

from core.trading.events import CancelAsked, CancelRefused, Event, NotSent, Sent
from core.trading.order import Order
from core.trading.rules import Rules
from core.trading.states import FINAL, State


@dataclass(slots=True)
class _Watch:
    """Of one order.

    Attributes:
        born: when it was wanted.
        handed: when it was last handed over, or found after a restart.
        failed: times it was put off in a row.
        ask: before it is withdrawn once more, ask how it stands.
    """

    born: float
    due: float
    handed: float
    failed: int = 0
    ask: bool = False


class Watches:
    """The timers of a desk, by client id."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._watches: dict[str, _Watch] = {}

    def __contains__(self, id_: str) -> bool:
        return id_ in self._watches

    def begin(self, id_: str, since: float) -> None:
        """An order is looked after, and due."""
        self._watches[id_] = _Watch(since, since, since)

    def end(self, id_: str) -> None:
        """It needs no looking after."""
        self._watches.pop(id_, None)

    def due(self, id_: str) -> float:
        """When it is next to be looked after."""
        return self._watches[id_].due

    def too_late(self, id_: str) -> float:
        """From when on it is not sent any more."""
        return self._watches[id_].born + self._rules.fresh_s

    def stale(self, id_: str, now: float) -> bool:
        """Whether that is so."""
        return now >= self.too_late(id_)

    def ask_first(self, id_: str) -> bool:
        """Whether a withdrawal was refused, and nothing is known since."""
        return self._watches[id_].ask

    def answered(self, id_: str) -> None:
        """The venue said how it stands."""
        self._watches[id_].ask = False

    def handed(self, id_: str, now: float) -> None:
        """It is handed over."""
        self._watches[id_].handed = now

    def handed_at(self, id_: str) -> float:
        """When it was."""
        return self._watches[id_].handed

    def put_off(self, id_: str, now: float, pause: float | None = None) -> int:
        """Look again after a pause, or after one that grows with every time in a row; returns which time it is."""
        watch = self._watches[id_]
        if pause is None:
            watch.failed += 1
        watch.due = now + (self._rules.backoff(watch.failed) if pause is None else pause)
        return watch.failed

    def follow(self, before: Order, after: Order, event: Event, now: float) -> None:
        """An event came: when to look next, and no more than that."""
        watch = self._watches.setdefault(after.id, _Watch(now, now, now))
        if isinstance(event, NotSent) and after.state is State.CREATED:
            watch.due = now + max(event.after_s, self._rules.backoff(after.attempts))
        elif isinstance(event, Sent):
            watch.due = now + self._rules.answer_s
        elif isinstance(event, CancelAsked | CancelRefused):
            watch.due, watch.ask = now, isinstance(event, CancelRefused)
        elif after.state is not before.state:
            watch.failed, watch.due = 0, now + self._pause(after)

    def _pause(self, order: Order) -> float:
        """How long an order may stand as it does now before it is looked at."""
        if order.state is State.UNKNOWN or (order.cancel_asked and order.state not in FINAL):
            return 0.0
        if order.state in FINAL:  # and something is owed: it may be on its way
            return self._rules.backoff(1)
        return self._rules.settle_s if order.intent.price is None else self._rules.look_s
