"""The order desk: which order is sent, asked about or withdrawn next, and what follows from what is heard. It does no I/O.

An order is sent once. It is sent again only where the venue certainly did not take it; where that is not known it is asked about, by
its client id, and nothing else is sent on its symbol until that is settled.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from core.clock import Clock
from core.errors import UsageError
from core.trading.broker import Outcome, Report
from core.trading.drafts import Drafts
from core.trading.events import CancelAsked, Cancelled, Event, Expired, Lost, NotFound, NotSent, Sent
from core.trading.filters import Filters
from core.trading.order import Intent, Order
from core.trading.register import Register
from core.trading.reports import meaning
from core.trading.rules import Rules, Step
from core.trading.states import FINAL, State
from core.trading.watches import Watches

#: The venue's word is awaited: nothing else is sent on the symbol.
_IN_DOUBT = (State.SUBMITTED, State.UNKNOWN)
_WORKING = (State.ACKNOWLEDGED, State.PARTIALLY_FILLED)


class Desk(Drafts):
    """Decides over the orders of one account.

    Args:
        home: what client ids are made of. filters: what the venue lists, by symbol; it may come to list more.
        numbers: the highest number each strategy has used.
        window_s: of the broker.

    Attributes:
        register: the orders themselves.
        ready: the account was looked at since the start and since the last interruption; nothing is sent before.
        held: why nothing is sent, by somebody's wish; empty: nothing holds it.
        rules: how patient it is.
    """

    def __init__(
        self, home: str, clock: Clock, filters: Mapping[str, Filters], register: Register, *, numbers: Mapping[str, int] | None = None,
        window_s: float = 10.0, rules: Rules | None = None,
    ) -> None:  # fmt: skip
        self.home = home
        self.register = register
        self.ready = False
        self.held = ""
        self.rules = rules or Rules()
        self._clock = clock
        self._filters = filters
        self._numbers = dict(numbers or {})
        self._floors: dict[str, int] = {}
        self._window_s = window_s
        self._watches = Watches(self.rules)
        self._running: dict[str, Step] = {}
        self._idle_until = -math.inf  # there is nothing to do for orders that are under way before this

    def take_up(self, order: Order, since: float | None = None) -> None:
        """Look after an order from now on, or as if since an earlier moment of the monotonic clock."""
        if self.register.order(order.id) is not None:  # two looked it up at the same time: it may have gone on since
            return
        self.register.put(order)
        if not order.settled:
            self._watches.begin(order.id, self._clock.monotonic() if since is None else since)
            self._mind(order.id)

    def resume(self, orders: Iterable[Order]) -> None:
        """Look after orders of an earlier life: what was intended may have been sent, so it is asked about."""
        for order in orders:
            self.take_up(order)
            if order.state in (State.CREATED, State.SUBMITTED):
                self.hear(order.id, Lost(self._clock.now_ns(), "the engine ended before an answer was noted"))

    def cancel(self, id_: str, reason: str = "") -> None:
        """Withdraw an order: at once where it is not under way, else as soon as the venue has it.

        Raises:
            UsageError: there is no such order, or it is over.
        """
        order = self.register.order(id_)
        if order is None or order.state in FINAL:
            raise UsageError(f"order {id_} is {order.state if order else 'not known'}: there is nothing to cancel")
        if order.state is State.CREATED:
            self.hear(id_, Cancelled(self._clock.now_ns(), reason or "withdrawn before it was sent"))
        elif not order.cancel_asked:
            self.hear(id_, CancelAsked(self._clock.now_ns(), reason))

    def hear(self, id_: str, event: Event) -> bool:
        """Put an event down and see what follows; False where the order is not at hand."""
        heard = self.register.hear(id_, event)
        if heard is None:
            return False
        before, after = heard
        if after.settled:
            self._watches.end(id_)
        elif after.events > before.events:
            self._watches.follow(before, after, event, self._clock.monotonic())
            self._mind(id_)
        return True

    def steps(self) -> list[Step]:
        """What is to be done now: one thing a symbol, on as many symbols at once as the rules allow. Each is `over` some time."""
        now, found = self._clock.monotonic(), list[Step]()
        everything = now >= self._idle_until
        for order in list((self.register.live if everything else self.register.created).values()):
            if len(self._running) >= self.rules.at_once:
                return found
            symbol = order.intent.symbol
            if symbol in self._running or now < self._due(order):
                continue
            what = self._next(order, now)
            if what:
                self._running[symbol] = step = Step(what, self.register.live[order.id])
                found.append(step)
        if everything:
            live = self.register.live.values()
            free = (self._due(order) for order in live if order.state is not State.CREATED and order.intent.symbol not in self._running)
            self._idle_until = min(free, default=math.inf)
        return found

    def over(self, step: Step) -> None:
        """A step came to its end, whichever."""
        symbol = step.order.intent.symbol
        del self._running[symbol]
        for order in self.register.on(symbol):
            self._mind(order.id)

    def wait_s(self) -> float | None:
        """Seconds until `steps` may find something by itself, not below 0; None: nothing is awaited."""
        if len(self._running) >= self.rules.at_once:
            return None
        created = (self._due(order) for order in self.register.created.values() if order.intent.symbol not in self._running)
        due = min(created, default=math.inf)
        due = min(due, self._idle_until)
        return max(0.0, due - self._clock.monotonic()) if due < math.inf else None

    def sending(self, id_: str) -> Intent | None:
        """The wire is next: what is to be handed over, None: not any more."""
        order, now = self.register.live.get(id_), self._clock.monotonic()
        if order is None or order.state is not State.CREATED or now < self._due(order):
            return None
        if self._watches.stale(id_, now):
            return None
        self._watches.handed(id_, now)
        self.hear(id_, Sent(self._clock.now_ns()))
        return order.intent

    def handed(self, id_: str, outcome: Outcome) -> None:
        """How handing over an order ended."""
        order, now_ns = self.register.live.get(id_), self._clock.now_ns()
        if order is None or order.state is not State.SUBMITTED:
            return  # the venue's word was quicker
        if outcome.fate == "not_sent":
            self.hear(id_, NotSent(now_ns, outcome.reason, outcome.after_s))
        elif outcome.fate == "uncertain":
            self.hear(id_, Lost(now_ns, outcome.reason or "no word of whether it arrived"))

    def withdrawing(self, id_: str, outcome: Outcome) -> None:
        """How asking for a withdrawal ended. Asking twice does no harm: it is done until the venue says what became of the order."""
        if id_ in self._watches:
            pause = self.rules.answer_s if outcome.fate == "sent" else outcome.after_s
            self._watches.put_off(id_, self._clock.monotonic(), pause)
            self._mind(id_)

    def reported(self, id_: str, report: Report | None) -> None:
        """How an order stands at the venue; None: the venue does not know it."""
        order, now, now_ns = self.register.live.get(id_), self._clock.monotonic(), self._clock.now_ns()
        if order is None:
            return
        asked = self._watches.put_off(id_, now)
        self._watches.answered(id_)
        self._mind(id_)
        if report is not None:
            for event in meaning(order, report, now_ns):
                self.hear(id_, event)
        elif now < (end := self._watches.handed_at(id_) + self._window_s):
            self._watches.put_off(id_, now, end - now)  # it may still arrive
        elif order.state is State.UNKNOWN and (not order.reached or asked > self.rules.asks):
            self.hear(id_, NotFound(now_ns))
        elif order.state not in FINAL and order.state is not State.UNKNOWN:
            self.hear(id_, Lost(now_ns, "the venue does not know it"))

    def unheard(self, id_: str, reason: str) -> None:
        """A question was not answered: it is put again, ever more slowly."""
        if id_ in self._watches and self._watches.put_off(id_, self._clock.monotonic()) == self.rules.asks:
            self.register.say(f"{self.register.venue} does not say how order {id_} stands: {reason}")

    def look_at(self, id_: str) -> None:
        """Ask about an order at once."""
        if id_ in self._watches:
            self._watches.put_off(id_, self._clock.monotonic(), 0.0)
            self._mind(id_)

    def _mind(self, id_: str) -> None:
        """When an order is to be looked after may have changed."""
        if id_ in self._watches and id_ not in self.register.created:
            self._idle_until = min(self._idle_until, self._watches.due(id_))

    def _in_doubt(self, symbol: str) -> bool:
        """Whether something on a symbol is not known."""
        return any(order.state in _IN_DOUBT for order in self.register.on(symbol))

    def _due(self, order: Order) -> float:
        """When there is something to do for an order."""
        if order.state is not State.CREATED:
            return self._watches.due(order.id)
        too_late = self._watches.too_late(order.id)
        blocked = not self.ready or self.held or self._in_doubt(order.intent.symbol)
        return too_late if blocked else min(self._watches.due(order.id), too_late)

    def _next(self, order: Order, now: float) -> Literal["send", "cancel", "ask"] | None:
        now_ns = self._clock.now_ns()
        if order.state is State.CREATED:
            if order.attempts < self.rules.tries and not self._watches.stale(order.id, now):
                return "send"
            why = order.reason or self.held or "it had to wait for too long"
            self.hear(order.id, Expired(now_ns, f"not sent: {why}"))
            return None
        if order.state is State.SUBMITTED:
            self.hear(order.id, Lost(now_ns, f"no answer within {self.rules.answer_s:g} s"))
            return "ask"
        return "cancel" if order.cancel_asked and order.state in _WORKING and not self._watches.ask_first(order.id) else "ask"
