"""What a venue's report on an order says beyond what is known: the events it stands for."""

from __future__ import annotations

from core.trading.broker import Report
from core.trading.events import Accepted, Cancelled, Event, Expired, Rejected, Reported
from core.trading.order import Order, apply
from core.trading.states import FINAL, State


def meaning(order: Order, report: Report, now_ns: int) -> list[Event]:
    """The events that bring an order to where the report says it stands; none where it stands there.

    A venue that once had an order and now calls it rejected took it back: it is over, and that is an end like `expired`.
    """
    found: list[Event] = []

    def say(event: Event) -> None:
        nonlocal order
        order = apply(order, event)
        found.append(event)

    for fill in report.fills:
        if apply(order, fill).events > order.events and all(known.trade_id != fill.trade_id for known in order.fills):
            say(fill)
    if report.executed > order.said:
        say(Reported(now_ns, report.executed))
    if report.state in ("working", "filled"):
        if order.state in (State.CREATED, State.SUBMITTED, State.UNKNOWN, State.REJECTED):
            say(Accepted(now_ns, report.venue_id))
    elif order.state not in FINAL or (order.state is State.REJECTED and report.state != "rejected"):
        if report.state == "cancelled":
            say(Cancelled(now_ns, report.reason, report.executed))
        elif report.state == "rejected" and not order.reached:
            say(Rejected(now_ns, report.reason))
        else:
            say(Expired(now_ns, report.reason, report.executed))
    return found
