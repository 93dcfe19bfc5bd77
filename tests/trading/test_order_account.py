"""A look at the account says what our orders do not explain, and only that."""

from __future__ import annotations

from decimal import Decimal

from core.clock import ManualClock
from core.trading.account import Look, take_in
from core.trading.broker import Executed, Report
from core.trading.desk import Desk
from core.trading.events import Accepted, Fill
from core.trading.holdings import moved_by
from core.trading.register import Register
from core.trading.states import State
from tests.trading.order_rig import filters, wish


def desk(**held: str) -> Desk:
    clock = ManualClock(5)
    found = Desk("home", clock, filters(), Register("scripted", clock, {asset: Decimal(qty) for asset, qty in held.items()}))
    found.ready = True
    return found


def working(at: Desk) -> str:
    order = at.draft(wish())
    at.take_up(order)
    at.sending(order.id)
    at.hear(order.id, Accepted(6, "v1"))
    return order.id


def look(before: dict[str, str], after: dict[str, str], *executed: Executed, open_: tuple[Report, ...] = ()) -> Look:
    amounts = [{asset: Decimal(qty) for asset, qty in held.items()} for held in (before, after)]
    return Look(amounts[0], open_, executed, amounts[1])


BOUGHT = Fill(7, "t1", Decimal(1), Decimal(100), Decimal("0.001"), "BTC")


def test_an_execution_moves_both_assets_and_that_of_its_fee() -> None:
    at = desk()
    order = at.register.live[working(at)]
    assert moved_by(order.intent, BOUGHT) == {"BTC": Decimal("0.999"), "USDT": Decimal(-100)}
    third = Fill(7, "t1", Decimal(1), Decimal(100), Decimal("0.01"), "BNB")
    assert moved_by(order.intent, third) == {"BTC": Decimal(1), "USDT": Decimal(-100), "BNB": Decimal("-0.01")}


def test_a_missed_execution_is_put_down_and_explains_what_is_held() -> None:
    at = desk(BTC="1", USDT="500")
    id_ = working(at)
    held = {"BTC": "1.999", "USDT": "400"}
    assert take_in(at, look(held, held, Executed(id_, "scripted:BTCUSDT", BOUGHT)))
    order = at.register.order(id_)
    assert order is not None
    assert order.state is State.FILLED
    assert not at.register.findings


def test_what_moved_between_the_two_figures_is_not_judged() -> None:
    at = desk(BTC="1", USDT="500")
    assert not take_in(at, look({"BTC": "1", "USDT": "500"}, {"BTC": "2", "USDT": "400"}))
    assert not at.register.findings
    assert at.register.holdings == {"BTC": Decimal(1), "USDT": Decimal(500)}


def test_what_our_own_executions_moved_meanwhile_is_not_judged() -> None:
    at = desk(BTC="1", USDT="500")
    assert not take_in(at, look({"BTC": "2", "USDT": "500"}, {"BTC": "2", "USDT": "500"}), {"BTC"})
    assert not at.register.findings


def test_what_is_gone_from_the_account_is_said() -> None:
    at = desk(BTC="1", USDT="500")
    assert take_in(at, look({"USDT": "500"}, {"USDT": "500"}))
    (found,) = at.register.findings
    assert found.text == "scripted holds 0 BTC, 1 less than our orders explain: sold, withdrawn or moved by hand"


def test_the_first_look_is_where_counting_begins() -> None:
    at = desk()
    assert take_in(at, look({"BTC": "3"}, {"BTC": "3"}), first=True)
    assert not at.register.findings
    assert at.register.holdings == {"BTC": Decimal(3)}


def test_an_order_that_is_not_among_those_that_work_is_asked_about() -> None:
    at = desk(USDT="500")
    limit = at.draft(wish(price="90"))
    at.take_up(limit)
    at.sending(limit.id)
    at.hear(limit.id, Accepted(6, "v1"))
    assert at.steps() == []
    take_in(at, look({"USDT": "500"}, {"USDT": "500"}))
    assert [(step.what, step.order.id) for step in at.steps()] == [("ask", limit.id)]


def test_executions_of_orders_that_are_not_ours_are_nobodys_business() -> None:
    at = desk(USDT="500")
    assert take_in(at, look({"USDT": "500"}, {"USDT": "500"}, Executed("web_1", "scripted:BTCUSDT", BOUGHT)))
    assert not at.register.findings
