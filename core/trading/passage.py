"""How long an order takes from the tick it was decided on to its executions, in stages, by our own clock."""

from __future__ import annotations

from core.latency import Stage, Stages
from core.trading.order import Intent, Order
from core.trading.states import State

#: decision: from reading the tick to the decision. submit: from the decision to the wire. ack, fill: from the wire to the venue's first
#: word, and to each execution. tick_to_fill: all of the way, of the first execution.
NAMES = ("decision", "submit", "ack", "fill", "tick_to_fill")


class Passage:
    """The stages of one desk."""

    def __init__(self) -> None:
        self.stages = Stages((name, Stage()) for name in NAMES)

    def decided(self, intent: Intent) -> None:
        """An order was made of a wish."""
        if intent.tick_ns:
            self.stages["decision"].record(intent.decided_ns, intent.decided_ns - intent.tick_ns)

    def heard(self, before: Order, after: Order, now_ns: int) -> None:
        """Something happened to it; what an earlier life of the engine sent counts for nothing."""
        intent = after.intent
        if after.attempts > before.attempts == 0:
            self.stages["submit"].record(now_ns, now_ns - intent.decided_ns)
        if before.state is State.SUBMITTED and after.reached:
            self.stages["ack"].record(now_ns, now_ns - after.sent_ns)
        if len(after.fills) > len(before.fills) and after.sent_ns:
            self.stages["fill"].record(now_ns, now_ns - after.sent_ns)
            if not before.fills and intent.tick_ns:
                self.stages["tick_to_fill"].record(now_ns, now_ns - intent.tick_ns)
