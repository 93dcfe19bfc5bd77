"""The account's risk function: what makes a position smaller passes, what is let through is within every limit, refusals say why."""

from __future__ import annotations

import math

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.trading.bounds import FREE, Bound, bound_of
from core.trading.exposure import Holding
from core.trading.risk import Account, Intent, Limits, Order, Rejection, Working, judge

SYMBOLS = ("binance:BTCUSDT", "binance:ETHUSDT", "binance:SOLUSDT")
STRATEGIES = ("a", "b", "c")

amounts = st.floats(-50.0, 50.0).map(lambda value: round(value, 3))
prices = st.floats(0.5, 200.0)
percents = st.none() | st.floats(1.0, 300.0)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    pairs = draw(st.lists(st.tuples(st.sampled_from(STRATEGIES), st.sampled_from(SYMBOLS)), unique=True, max_size=6))
    holdings = tuple(Holding(who, what, draw(amounts), draw(prices)) for who, what in pairs)
    equity = draw(st.floats(100.0, 20_000.0))
    return Account(equity=equity, peak=equity * draw(st.floats(1.0, 1.5)), holdings=holdings)


@st.composite
def limits_of(draw: st.DrawFn) -> Limits:
    return Limits(
        mode=draw(st.sampled_from(("normal", "normal", "stop_new", "reduce_only", "halt"))),
        max_positions=draw(st.none() | st.integers(1, 5)),
        max_symbol_pct=draw(percents),
        max_strategy_pct=draw(percents),
        max_group_pct=draw(percents),
        groups=(frozenset(SYMBOLS[:2]),),
        max_leverage=draw(st.none() | st.floats(0.1, 3.0)),
        max_notional=draw(st.none() | st.floats(10.0, 5_000.0)),
        min_notional=draw(st.sampled_from((0.0, 10.0))),
        max_drawdown_pct=draw(st.none() | st.floats(1.0, 40.0)),
    )


@st.composite
def intents(draw: st.DrawFn, account: Account) -> Intent:
    who, what = draw(st.sampled_from(STRATEGIES)), draw(st.sampled_from(SYMBOLS))
    position = next((h.qty for h in account.holdings if (h.strategy_id, h.symbol) == (who, what)), 0.0)
    return Intent(strategy_id=who, symbol=what, position=position, want=draw(amounts), price=draw(prices))


@given(st.data(), accounts(), limits_of())
def test_what_is_let_through_lies_between_what_is_held_and_what_is_wanted(data: st.DataObject, account: Account, limits: Limits) -> None:
    intent = data.draw(intents(account))
    answer = judge(intent, account, limits)
    if isinstance(answer, Rejection):
        assert answer.reason
        assert limits.mode == "halt" or abs(intent.want) > abs(intent.position) or intent.want * intent.position < 0.0
        return
    low, high = sorted((intent.position, intent.want))
    assert low <= answer.want <= high
    assert bool(answer.cut) == (answer.want != intent.want)


@given(st.data(), accounts(), limits_of())
def test_nothing_that_grows_ends_beyond_a_limit(data: st.DataObject, account: Account, limits: Limits) -> None:
    intent = data.draw(intents(account))
    answer = judge(intent, account, limits)
    if not isinstance(answer, Order) or answer.want == 0.0:
        return
    if abs(answer.want) <= abs(intent.position) and answer.want * intent.position >= 0.0:
        return
    others = [h for h in account.holdings if (h.strategy_id, h.symbol) != (intent.strategy_id, intent.symbol)]
    now = [*others, Holding(intent.strategy_id, intent.symbol, answer.want, intent.price)]
    side, room = math.copysign(1.0, answer.want), 1.0 + 1e-9

    def within(value: float, percent: float | None) -> bool:
        return percent is None or value <= account.equity * percent / 100.0 * room + 1e-9

    assert limits.mode in ("normal",) or (limits.mode == "stop_new" and intent.position * answer.want > 0.0)
    assert within(side * math.fsum(h.value for h in now if h.symbol == intent.symbol), limits.max_symbol_pct)
    assert within(math.fsum(abs(h.value) for h in now if h.strategy_id == intent.strategy_id), limits.max_strategy_pct)
    if intent.symbol in SYMBOLS[:2]:
        assert within(side * math.fsum(h.value for h in now if h.symbol in SYMBOLS[:2]), limits.max_group_pct)
    assert within(math.fsum(abs(h.value) for h in now), None if limits.max_leverage is None else limits.max_leverage * 100.0)
    assert limits.max_notional is None or abs(answer.want) * intent.price <= limits.max_notional * room
    assert limits.max_drawdown_pct is None or (account.peak - account.equity) / account.peak * 100.0 < limits.max_drawdown_pct
    if limits.max_positions is not None and intent.position * answer.want <= 0.0:
        assert len([h for h in now if h.qty]) <= limits.max_positions


@given(st.data(), accounts(), limits_of())
def test_a_bound_told_to_a_loop_lets_nothing_through_that_the_account_refuses(
    data: st.DataObject, account: Account, limits: Limits
) -> None:
    intent = data.draw(intents(account))
    bound = bound_of(intent, account, limits, both_sides=True)
    if bound.mode == "halt":
        assert limits.mode == "halt"
        return
    for want in (1e6, -1e6):
        side = math.copysign(1.0, want)
        if intent.position * side < 0.0:
            continue  # of a flip the exit passes; what may be opened then is told once it is flat
        answer = judge(msgspec.structs.replace(intent, want=want), account, limits)
        if bound.mode in ("stop_new", "reduce_only") and intent.position == 0.0:
            continue
        if isinstance(answer, Rejection):
            least = abs(intent.position)
            assert bound.mode == "reduce_only" or (bound.max_position is not None and bound.max_position <= least * (1 + 1e-12))
        elif bound.mode != "reduce_only":
            most = math.inf if bound.max_position is None else bound.max_position
            assert min(most, abs(want)) <= abs(answer.want) * (1 + 1e-12)


def test_each_refusal_names_its_limit_and_its_figures() -> None:
    intent = Intent(strategy_id="a", symbol=SYMBOLS[0], position=0.0, want=2.0, price=100.0, bid=99.9, ask=100.1, age_s=3.0, confidence=0.4)
    held = (Holding("b", SYMBOLS[0], 5.0, 100.0),)
    account = Account(equity=900.0, peak=1000.0, holdings=held, working=(Working("b", SYMBOLS[0], -1.0, 100.05),))
    found = {
        name: judge(intent, account, limits)
        for name, limits in {
            "halt": Limits(mode="halt"),
            "stop": Limits(mode="stop_new"),
            "reduce": Limits(mode="reduce_only"),
            "drawdown": Limits(max_drawdown_pct=10.0),
            "stale": Limits(stale_s=2.0),
            "unsure": Limits(min_confidence=0.5),
            "cross": Limits(),
        }.items()
    }
    assert {name: answer.reason for name, answer in found.items() if isinstance(answer, Rejection)} == {
        "halt": "halted", "stop": "no new positions", "reduce": "reduce only", "drawdown": "drawdown limit", "stale": "stale price",
        "unsure": "not sure enough", "cross": "would meet our own order",
    }  # fmt: skip
    apart = msgspec.structs.replace(account, working=())
    assert judge(intent, apart, Limits(max_positions=1)) == Rejection("too many positions", "1 of 1 are open")
    assert judge(intent, apart, Limits(max_symbol_pct=70.0)) == Order(1.3, "symbol limit")
    assert judge(intent, apart, Limits(max_leverage=0.5)) == Rejection("leverage limit", "the account: 500.00 of 450.00 in use elsewhere")
    assert judge(msgspec.structs.replace(intent, limit=105.0), apart, Limits(band_pct=2.0)) == Rejection(
        "outside the price band", "the limit off the last price: 5.00 %, 2 % at most"
    )


def test_at_the_market_the_last_price_may_not_lie_far_from_the_quotes() -> None:
    account = Account(equity=1000.0, peak=1000.0)
    spike = Intent(strategy_id="a", symbol=SYMBOLS[0], position=0.0, want=1.0, price=104.0, bid=99.9, ask=100.1)
    assert judge(spike, account, Limits(band_pct=2.0)) == Rejection(
        "outside the price band", "the last price off the quotes: 4.00 %, 2 % at most"
    )
    assert judge(spike, account, Limits(band_pct=5.0)) == Order(1.0)
    assert judge(msgspec.structs.replace(spike, position=2.0), account, Limits(band_pct=2.0)) == Order(1.0)
    for unknown in (msgspec.structs.replace(spike, bid=None), msgspec.structs.replace(spike, ask=None)):
        assert judge(unknown, account, Limits(band_pct=2.0)) == Order(1.0)


def test_a_flip_that_is_refused_still_closes_and_a_person_may_always_take_off() -> None:
    intent = Intent(strategy_id="a", symbol=SYMBOLS[0], position=1.0, want=-1.0, price=100.0)
    account = Account(equity=1000.0, peak=1000.0, holdings=(Holding("a", SYMBOLS[0], 1.0, 100.0),))
    assert judge(intent, account, Limits(mode="stop_new")) == Order(0.0, "no new positions")
    assert judge(intent, account, Limits(mode="halt")) == Rejection("halted", "the account is halted")
    assert judge(msgspec.structs.replace(intent, person=True, want=0.0), account, Limits(mode="halt")) == Order(0.0)


def test_while_nothing_new_is_opened_what_is_open_keeps_to_its_largest_size() -> None:
    intent = Intent(strategy_id="a", symbol=SYMBOLS[0], position=1.0, want=9.0, price=100.0)
    held = (Holding("a", SYMBOLS[0], 1.0, 100.0), Holding("b", SYMBOLS[0], 2.0, 100.0))
    account = Account(equity=1000.0, peak=1000.0, holdings=held)
    full = Limits(max_positions=1, max_notional=500.0)
    assert bound_of(intent, account, full, both_sides=True) == Bound(
        "stop_new", 5.0, "too many positions: 1 of 1 are open; position limit: 500.00 at most"
    )
    assert bound_of(intent, account, Limits(mode="stop_new"), both_sides=True).max_position is None


def test_a_bound_that_hardly_moves_is_not_told_again() -> None:
    intent = Intent(strategy_id="a", symbol=SYMBOLS[0], position=0.0, want=1.0, price=100.0)
    account = Account(equity=1000.0, peak=1000.0)
    first = bound_of(intent, account, Limits(max_notional=500.0), both_sides=False)
    assert first == Bound("normal", 5.0, "position limit: 500.00 at most")
    dearer = msgspec.structs.replace(intent, price=101.0)
    assert bound_of(dearer, account, Limits(max_notional=500.0), both_sides=False, before=first) is first
    much = msgspec.structs.replace(intent, price=120.0)
    assert bound_of(much, account, Limits(max_notional=500.0), both_sides=False, before=first).max_position == 500.0 / 120.0
    assert bound_of(intent, account, Limits(), both_sides=False, before=first) == FREE
