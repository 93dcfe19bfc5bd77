"""Every event is defined for every state; what a venue executed counts once, whenever it is told, and nothing else counts."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.trading import events as ev
from core.trading.events import (
    Accepted,
    CancelAsked,
    Cancelled,
    CancelRefused,
    Event,
    Expired,
    Fill,
    Lost,
    NotFound,
    NotSent,
    Rejected,
    Reported,
    Sent,
)
from core.trading.order import Intent, Order, apply, read_intent, replay, written_intent
from core.trading.states import FINAL, TRANSITIONS, State

INTENT = Intent(
    client_id="ck1", strategy_id="sma", number=1, symbol="binance:BTCUSDT", base="BTC", quote="USDT", side="buy", qty=Decimal("1.0")
)
KINDS = [kind.__struct_config__.tag for kind in get_args(Event)]


def fill(trade_id: str = "t1", qty: str = "0.4", fee: str = "0.001", asset: str = "BNB") -> Fill:
    return Fill(5, trade_id, Decimal(qty), Decimal("60000.1"), Decimal(fee), asset)


ANY = [
    Sent(1), NotSent(1, "no line"), Accepted(1, "v1"), Rejected(1, "no"), fill(), fill("t2", "0.6"), fill("t3", "1.0"), CancelAsked(1),
    CancelRefused(1, "late"), Cancelled(1, "", Decimal("0.4")), Expired(1), Lost(1, "silence"), NotFound(1), Reported(1, Decimal("0.4")),
]  # fmt: skip


def after(*happened: Event) -> Order:
    return replay(INTENT, happened)


def test_every_event_is_defined_for_every_state() -> None:
    assert set(TRANSITIONS) == {(state, kind) for state in State for kind in KINDS}


@pytest.mark.parametrize(
    ("happened", "state", "odd"),
    [
        pytest.param([Sent(1), Accepted(2), fill(qty="1.0")], "filled", 0, id="as it should be"),
        pytest.param([Sent(1), fill(), Accepted(2)], "partially_filled", 1, id="a fill before the acknowledgement"),
        pytest.param([Sent(1), Accepted(2), Accepted(3)], "acknowledged", 1, id="acknowledged twice"),
        pytest.param([Sent(1), Accepted(2), fill(), Cancelled(3)], "cancelled", 0, id="cancelled after a part"),
        pytest.param([Sent(1), Accepted(2), Cancelled(3), fill()], "cancelled", 0, id="a fill after the cancel"),
        pytest.param([Sent(1), Accepted(2), Cancelled(3), fill(qty="1.0")], "filled", 0, id="filled whole before the cancel was heard"),
        pytest.param([Sent(1), Accepted(2), CancelAsked(3), fill(qty="1.0"), CancelRefused(4, "")], "filled", 0, id="a cancel too late"),
        pytest.param([Sent(1), NotSent(2, "no line"), Sent(3), Accepted(4)], "acknowledged", 0, id="sent again when it was not taken"),
        pytest.param([Sent(1), Sent(2)], "submitted", 1, id="sent twice: never by the desk"),
        pytest.param([Sent(1), Lost(2, "silence")], "unknown", 0, id="never answered"),
        pytest.param([Sent(1), Lost(2, "silence"), NotFound(3)], "rejected", 0, id="it never arrived"),
        pytest.param([Sent(1), Lost(2, "silence"), Accepted(3)], "acknowledged", 0, id="answered late"),
        pytest.param([Sent(1), Accepted(2), Lost(3, "silence"), NotFound(4)], "expired", 1, id="forgotten by the venue"),
        pytest.param([Sent(1), Accepted(2), Rejected(3, "no")], "unknown", 1, id="refused after it was acknowledged"),
        pytest.param([Sent(1), Rejected(2, "no"), Accepted(3)], "acknowledged", 1, id="alive after it was refused"),
        pytest.param([Sent(1), Rejected(2, "no"), fill()], "partially_filled", 1, id="filled after it was refused"),
        pytest.param([Sent(1), Accepted(2), Expired(3, "end of day")], "expired", 0, id="expired"),
    ],
)
def test_what_happens_leads_to_a_state(happened: list[Event], state: str, odd: int) -> None:
    found = after(*happened)
    assert (found.state, found.odd) == (state, odd)


def test_an_execution_that_is_told_again_is_not_counted_again() -> None:
    once = after(Sent(1), Accepted(2), fill())
    again = apply(once, fill())
    assert (again.filled, again.fees, again.events, again.duplicates) == (once.filled, once.fees, once.events, 1)


def test_an_execution_told_again_with_other_figures_keeps_the_first() -> None:
    again = apply(after(Sent(1), Accepted(2), fill()), fill(qty="0.5"))
    assert (again.filled, again.odd) == (Decimal("0.4"), 1)
    assert "other figures" in again.remark


def test_more_than_was_asked_for_is_true_and_flagged() -> None:
    found = after(Sent(1), Accepted(2), fill("a", "0.7"), fill("b", "0.7"))
    assert (found.state, found.filled, found.overfilled) == (State.FILLED, Decimal("1.4"), Decimal("0.4"))


def test_fees_stay_apart_by_the_asset_they_are_taken_in() -> None:
    found = after(Sent(1), fill("a", "0.1", "0.0001", "BTC"), fill("b", "0.1", "0.2", "BNB"), fill("c", "0.1", "-0.05", "BNB"))
    assert found.fees == {"BTC": Decimal("0.0001"), "BNB": Decimal("0.15")}
    assert found.worth == Decimal("18000.03")


def test_an_order_is_not_settled_while_the_venue_counts_more_than_was_told() -> None:
    found = after(Sent(1), Accepted(2), Cancelled(3, "", Decimal("0.4")))
    assert (found.owed, found.settled) == (Decimal("0.4"), False)
    assert apply(found, fill()).settled


@given(st.lists(st.sampled_from(ANY), max_size=12))
def test_whatever_happens_in_whatever_order_each_execution_counts_once(happened: list[Event]) -> None:
    found = after(*happened)
    fills = {event.trade_id: event for event in happened if isinstance(event, Fill)}
    assert found.filled == sum((each.qty for each in fills.values()), Decimal(0))
    assert found.worth == sum((each.qty * each.price for each in fills.values()), Decimal(0))
    assert found.fees.get("BNB", Decimal(0)) == sum((each.fee for each in fills.values()), Decimal(0))
    assert not (found.filled and found.state in (State.CREATED, State.REJECTED)) or found.odd or found.late
    if found.filled >= INTENT.qty:
        assert found.state is State.FILLED or found.state not in FINAL or found.odd


def test_executions_come_to_the_same_in_any_order() -> None:
    heard = [Accepted(2), fill("a", "0.3"), fill("b", "0.3"), fill("c", "0.4")]
    for order in permutations(heard):
        found = after(Sent(1), *order)
        assert (found.state, found.filled) == (State.FILLED, Decimal("1.0"))


@given(st.sampled_from(ANY))
def test_events_and_intents_are_read_as_they_were_written(event: Event) -> None:
    assert ev.read(ev.written(event)) == event
    assert read_intent(written_intent(INTENT)) == INTENT
