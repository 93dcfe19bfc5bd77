"""The desk sends once, asks where it does not know, waits where it must, and looks at five symbols at once and at each of them once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.clock import ManualClock
from core.errors import UsageError
from core.trading.broker import Outcome, Report
from core.trading.desk import Desk
from core.trading.events import Accepted, Cancelled, CancelRefused, Fill, Rejected
from core.trading.order import Order
from core.trading.register import Register
from core.trading.rules import Wish
from core.trading.states import State
from tests.trading.order_rig import SYMBOLS, filters, wish


class Rig:
    """A desk with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock(1_790_000_000_000_000_000)
        self.desk = Desk("home", self.clock, filters(), Register("scripted", self.clock), window_s=8.0)
        self.desk.ready = True

    def place(self, asked: Wish | None = None) -> str:
        order = self.desk.draft(asked or wish())
        self.desk.take_up(order)
        return order.id

    def order(self, id_: str) -> Order:
        found = self.desk.register.order(id_)
        assert found is not None
        return found

    def state(self, id_: str) -> State:
        return self.order(id_).state

    def steps(self) -> list[tuple[str, str]]:
        """What is to be done, and done at once: (what, symbol)."""
        steps = self.desk.steps()
        for step in steps:
            self.desk.over(step)
        return [(step.what, step.order.intent.symbol) for step in steps]

    def at_rest(self) -> bool:
        """Whether nothing is to be done, however long it is waited."""
        self.clock.advance(3600)
        return self.steps() == [] and self.desk.wait_s() is None

    def send(self, outcome: Outcome | None = None) -> str:
        id_ = self.place()
        assert self.steps() == [("send", SYMBOLS[0])]
        assert self.desk.sending(id_) is not None
        self.desk.handed(id_, outcome or Outcome("sent"))
        return id_

    def working(self, asked: Wish | None = None) -> str:
        id_ = self.place(asked)
        self.desk.sending(id_)
        self.desk.hear(id_, Accepted(self.clock.now_ns(), "v1"))
        return id_


@pytest.fixture
def rig() -> Rig:
    return Rig()


def report(id_: str, state: str = "working", executed: str = "0", fills: tuple[Fill, ...] = ()) -> Report:
    return Report(client_id=id_, state=state, venue_id="v1", executed=Decimal(executed), fills=fills)  # type: ignore[arg-type]


def fill(qty: str = "1") -> Fill:
    return Fill(5, "t1", Decimal(qty), Decimal(100), Decimal(0), "USDT")


def test_five_symbols_are_dealt_with_at_once_and_each_by_one_step(rig: Rig) -> None:
    for symbol in (*SYMBOLS, *SYMBOLS):
        rig.place(wish(symbol))
    steps = rig.desk.steps()
    assert [step.order.intent.symbol for step in steps] == list(SYMBOLS[:5])
    assert rig.desk.steps() == []
    assert rig.desk.wait_s() is None
    rig.desk.over(steps[0])
    assert [step.order.intent.symbol for step in rig.desk.steps()] == [SYMBOLS[0]]


def test_an_order_whose_fate_is_not_known_is_asked_about_and_never_sent_again(rig: Rig) -> None:
    id_ = rig.send(Outcome("uncertain", "connection reset"))
    other = rig.place()
    for _ in range(100):
        assert ("send", SYMBOLS[0]) not in rig.steps()
        rig.desk.unheard(id_, "HTTP 503")
        rig.clock.advance(0.05)
    assert rig.state(id_) is State.UNKNOWN
    assert rig.state(other) is State.CREATED  # nothing is sent on a symbol in doubt
    rig.clock.advance(30)
    assert ("ask", SYMBOLS[0]) in rig.steps()
    rig.desk.reported(id_, report(id_, "filled", "1", (fill(),)))
    assert rig.state(id_) is State.FILLED


def test_silence_is_noticed_and_asked_about(rig: Rig) -> None:
    id_ = rig.send()
    assert rig.desk.wait_s() == rig.desk.rules.answer_s
    assert rig.steps() == []
    rig.clock.advance(rig.desk.rules.answer_s)
    assert rig.steps() == [("ask", SYMBOLS[0])]
    assert rig.state(id_) is State.UNKNOWN
    assert "no answer within 5 s" in rig.order(id_).reason


def test_what_the_venue_does_not_know_may_still_arrive_until_its_window_is_over(rig: Rig) -> None:
    id_ = rig.send(Outcome("uncertain"))
    rig.desk.reported(id_, None)
    assert rig.state(id_) is State.UNKNOWN
    assert rig.steps() == []
    rig.clock.advance(8)
    assert rig.steps() == [("ask", SYMBOLS[0])]
    rig.desk.reported(id_, None)
    assert rig.state(id_) is State.REJECTED
    assert rig.order(id_).reason == "it never arrived at the venue"


def test_what_was_certainly_not_taken_is_sent_again_under_the_same_id_after_a_pause(rig: Rig) -> None:
    id_ = rig.send(Outcome("not_sent", "system maintenance", 2.0))
    assert rig.steps() == []
    rig.clock.advance(1.9)
    assert rig.steps() == []
    rig.clock.advance(0.1)
    assert rig.steps() == [("send", SYMBOLS[0])]
    intent = rig.desk.sending(id_)
    assert intent is not None
    assert intent.client_id == id_
    assert rig.order(id_).attempts == 2


def test_what_cannot_be_sent_in_time_is_not_sent_any_more(rig: Rig) -> None:
    id_ = rig.send(Outcome("not_sent", "no connection"))
    rig.clock.advance(rig.desk.rules.fresh_s)
    assert rig.steps() == []
    assert (rig.state(id_), rig.order(id_).reason) == (State.EXPIRED, "not sent: no connection")


def test_tries_are_bounded(rig: Rig) -> None:
    id_ = rig.send(Outcome("not_sent", "no connection"))
    for _ in range(10):
        rig.clock.advance(0.9)
        for what, _ in rig.steps():
            assert what == "send"
            if rig.desk.sending(id_) is not None:
                rig.desk.handed(id_, Outcome("not_sent", "no connection"))
    assert rig.order(id_).attempts <= rig.desk.rules.tries


def test_nothing_is_sent_before_the_account_was_looked_at_nor_while_somebody_holds_it(rig: Rig) -> None:
    id_ = rig.place()
    rig.desk.ready = False
    assert rig.steps() == []
    assert rig.desk.sending(id_) is None
    rig.desk.ready, rig.desk.held = True, "the machine's clock was set by 3600 s"
    assert rig.steps() == []
    with pytest.raises(UsageError, match="no orders are sent: the machine's clock was set by 3600 s"):
        rig.desk.draft(wish())
    rig.desk.held = ""
    assert rig.steps() == [("send", SYMBOLS[0])]


def test_an_order_that_was_not_sent_yet_is_withdrawn_at_once(rig: Rig) -> None:
    id_ = rig.place()
    rig.desk.cancel(id_)
    assert rig.state(id_) is State.CANCELLED
    assert rig.steps() == []
    with pytest.raises(UsageError, match="nothing to cancel"):
        rig.desk.cancel(id_)


def test_a_withdrawal_waits_for_the_venues_word_and_is_repeated_until_it_says_what_became_of_it(rig: Rig) -> None:
    id_ = rig.send()
    rig.desk.cancel(id_)
    rig.desk.hear(id_, Accepted(6, "v1"))
    assert rig.steps() == [("cancel", SYMBOLS[0])]
    rig.desk.withdrawing(id_, Outcome("sent"))
    assert rig.steps() == []
    rig.clock.advance(rig.desk.rules.answer_s)
    assert rig.steps() == [("cancel", SYMBOLS[0])]
    rig.desk.hear(id_, CancelRefused(7, "unknown order"))
    assert rig.steps() == [("ask", SYMBOLS[0])]
    rig.desk.reported(id_, report(id_, "cancelled"))
    assert rig.state(id_) is State.CANCELLED


def test_a_refused_withdrawal_of_an_order_that_works_is_asked_for_again(rig: Rig) -> None:
    id_ = rig.working(wish(price="90"))
    rig.desk.cancel(id_)
    rig.desk.hear(id_, CancelRefused(7, "busy"))
    assert rig.steps() == [("ask", SYMBOLS[0])]
    rig.desk.reported(id_, report(id_))
    rig.clock.advance(1)
    assert rig.steps() == [("cancel", SYMBOLS[0])]


def test_an_order_at_the_market_that_stays_unfilled_is_asked_about_and_a_limit_is_left_alone(rig: Rig) -> None:
    rig.working()
    rig.working(wish(SYMBOLS[1], price="90"))
    rig.clock.advance(rig.desk.rules.settle_s)
    assert rig.steps() == [("ask", SYMBOLS[0])]


def test_executions_the_venue_counts_and_did_not_tell_are_asked_for(rig: Rig) -> None:
    id_ = rig.working()
    rig.desk.hear(id_, Cancelled(7, "", Decimal("0.5")))
    assert not rig.order(id_).settled
    rig.clock.advance(1)
    assert rig.steps() == [("ask", SYMBOLS[0])]
    rig.desk.reported(id_, report(id_, "cancelled", "0.5", (fill("0.5"),)))
    assert rig.order(id_).settled
    assert rig.at_rest()


def test_an_order_that_lives_although_it_was_refused_is_looked_after_again_and_told(rig: Rig) -> None:
    id_ = rig.send()
    rig.desk.hear(id_, Rejected(6, "no"))
    assert rig.at_rest()
    rig.desk.hear(id_, Accepted(7, "v1"))
    assert id_ in rig.desk.register.live
    assert "lives at scripted, though it counted as refused (no)" in rig.desk.register.findings[-1].text


def test_more_than_was_asked_for_is_told(rig: Rig) -> None:
    id_ = rig.working()
    rig.desk.hear(id_, fill("1.25"))
    assert "filled 1.25 BTC of the 1 asked for" in rig.desk.register.findings[-1].text


def test_a_question_that_is_never_answered_is_told_once(rig: Rig) -> None:
    id_ = rig.send(Outcome("uncertain"))
    for _ in range(12):
        rig.desk.unheard(id_, "HTTP 503")
    assert [found.text for found in rig.desk.register.findings] == [f"scripted does not say how order {id_} stands: HTTP 503"]


def test_an_unknown_symbol_and_what_the_filters_refuse_make_no_order(rig: Rig) -> None:
    with pytest.raises(UsageError, match="binance:XUSDT is not known at scripted"):
        rig.desk.draft(wish("binance:XUSDT"))
    with pytest.raises(UsageError, match="less than the least order of 5"):
        rig.desk.draft(wish(qty="0.001"))


def test_the_stages_of_an_order_are_timed(rig: Rig) -> None:
    asked = wish()
    order = rig.desk.draft(Wish(**{name: getattr(asked, name) for name in asked.__struct_fields__} | {"tick_ns": rig.clock.ns - 1000}))
    rig.desk.take_up(order)
    rig.clock.advance(0.001)
    rig.desk.sending(order.id)
    rig.clock.advance(0.002)
    rig.desk.hear(order.id, Accepted(6, "v1"))
    rig.desk.hear(order.id, fill())
    found = rig.desk.register.passage.stages.summary()
    assert {name: figures["count"] for name, figures in found.items()} == dict.fromkeys(found, 1)
    assert found["submit"]["max_us"] == pytest.approx(1000, rel=0.02)
    assert found["ack"]["max_us"] == pytest.approx(2000, rel=0.02)


def test_an_order_that_two_looked_up_at_once_stays_as_the_first_left_it() -> None:
    rig = Rig()
    id_ = rig.working()
    found_twice = rig.order(id_)
    rig.desk.hear(id_, Fill(1, "t1", Decimal("0.4"), Decimal(100), Decimal(0), "USDT"))
    rig.desk.take_up(found_twice)
    assert rig.order(id_).filled == Decimal("0.4")
    rig.desk.hear(id_, Fill(2, "t2", Decimal("0.1"), Decimal(100), Decimal(0), "USDT"))
    assert rig.order(id_).events == found_twice.events + 2
