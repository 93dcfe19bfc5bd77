"""Every rule speaks just beyond its line and is silent just before it, in words that hold the numbers it used."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from copilot_facts import BTC, facts, in_market, of_strategy, of_symbol, said

from core.alert_rules import PriceRule
from core.commands import Backtest, Command, SetStops
from core.copilot.advice import URGENCIES, Advice
from core.copilot.facts import (
    AlertRuleFact,
    CoupleFact,
    Facts,
    FeedFact,
    PairFact,
    StrategyFact,
    StudyFact,
    SymbolFact,
    TrendFact,
    WorkerFact,
)
from core.copilot.offers import tightening
from core.copilot.on_results import fits, trend_for
from core.copilot.rules import RULES
from core.terms import Terms

WON, LOST = (1.0,) * 10, (-1.0,) * 4
RULE = msgspec.to_builtins(PriceRule(id="price-1", symbol=BTC, level=100.0))


def couple(r: float, **changes: Any) -> Facts:
    both = {id_: StrategyFact(id_, position=1.0, equity=10_000.0, **changes) for id_ in ("a", "b")}
    return facts(strategies=both, couples=(CoupleFact("a", "b", r, 200, 200.0),))


def costing(fee: float, spread: float, fills: int = 20) -> Facts:
    found = of_strategy(paid_bps=fee, paid_fills=fills, assumed_bps=4.0, assumed_in="run-7")
    return replace(found, symbols={BTC: SymbolFact(BTC, last=100.0, usual_spread_bps=spread)})


def silent(age_s: float, feed: str = "live") -> Facts:
    return replace(of_symbol(state="stale", age_s=age_s), feeds=(FeedFact("binance", feed),))


def firing(times: int) -> Facts:
    return facts(alert_rules=(AlertRuleFact("price-1", "…", times, 60.0, RULE),))


#: Rule -> facts just before its line, and just beyond it.
LINES: dict[str, list[tuple[Facts, Facts]]] = {
    "regime against": [
        (in_market("volatile", 0.59, name="mean_reversion"), in_market("volatile", 0.60, name="mean_reversion")),
        (in_market("sideways", 0.9, name="mean_reversion"), in_market("uptrend", 0.9, name="mean_reversion")),
        (in_market("uptrend", 0.9, name="momentum"), in_market("sideways", 0.9, name="momentum")),
    ],
    "correlated": [(couple(0.90), couple(0.901)), (couple(0.95, state="paused"), couple(0.95))],
    "losing streak": [
        (of_strategy(trips=WON + LOST[:3]), of_strategy(trips=WON + LOST)),
        (of_strategy(trips=WON[:9] + LOST), of_strategy(trips=WON + LOST)),
        (of_strategy(trips=(1.0, -1.0) * 10 + (1.0,) + LOST), of_strategy(trips=(1.0, -1.0) * 10 + (1.0,) + LOST + LOST[:1])),
    ],
    "drawdown": [
        (of_strategy(fall_pct=8.4, worst_pct=10.0), of_strategy(fall_pct=8.5, worst_pct=10.0)),
        (of_strategy(fall_pct=4.9, worst_pct=0.0), of_strategy(fall_pct=5.0, worst_pct=0.0)),
    ],
    "exposure": [(facts(equity=100.0, exposure=199.9), facts(equity=100.0, exposure=200.0))],
    "failed": [(of_strategy(state="paused"), of_strategy(state="failed", detail="ZeroDivisionError"))],
    "no trade": [
        (of_strategy(fills=10, idle_s=999.0, usual_gap_s=100.0), of_strategy(fills=10, idle_s=1_000.0, usual_gap_s=100.0)),
        (of_strategy(fills=10, idle_s=599.0, usual_gap_s=1.0), of_strategy(fills=10, idle_s=600.0, usual_gap_s=1.0)),
        (of_strategy(fills=9, idle_s=9e3, usual_gap_s=1.0), of_strategy(fills=10, idle_s=9e3, usual_gap_s=1.0)),
    ],
    "warming": [(of_strategy(state="warming", state_s=299.0), of_strategy(state="warming", state_s=300.0, seen=3, warmup=50))],
    "blocked": [(of_strategy(blocks={"spread limit": 4, "halted": 4}), of_strategy(blocks={"spread limit": 5}))],
    "cost": [(costing(4.0, 4.0), costing(4.0, 4.1)), (costing(4.0, 9.0, 19), costing(4.0, 9.0, 20))],
    "order waits": [
        (of_strategy(waits_s=59.0), of_strategy(waits_s=60.0)),
        (of_strategy(waits_s=90.0, terms=Terms(entry="limit")), of_strategy(waits_s=90.0)),
    ],
    "feed behind": [(facts(feeds=(FeedFact("v", latency_ms=1999.0),)), facts(feeds=(FeedFact("v", latency_ms=2000.0),)))],
    "feed away": [(facts(feeds=(FeedFact("v", "backoff", bad_s=9.9),)), facts(feeds=(FeedFact("v", "backoff", bad_s=10.0),)))],
    "silent": [(silent(59.0), silent(60.0)), (silent(90.0, "backoff"), silent(90.0))],
    "volatility": [(of_symbol(move_bps=2.99, usual_move_bps=1.0), of_symbol(move_bps=3.0, usual_move_bps=1.0))],
    "spread": [
        (of_symbol(spread_bps=2.9, usual_spread_bps=1.0), of_symbol(spread_bps=3.0, usual_spread_bps=1.0)),
        (of_symbol(spread_bps=1.9, usual_spread_bps=0.1), of_symbol(spread_bps=2.0, usual_spread_bps=0.1)),
    ],
    "pair": [
        (facts(pairs=(PairFact("A/B 5m", 0.05, 0.01, 1.0),)), facts(pairs=(PairFact("A/B 5m", 0.051, 0.01, 1.0),))),
        (facts(pairs=(PairFact("A/B 5m", 0.31, None),)), facts(pairs=(PairFact("A/B 5m", 0.31, 0.01),))),
    ],
    "disk": [
        (facts(disk_free=14.1e9, disk_day=1e9, disk_hours=1.0), facts(disk_free=14e9, disk_day=1e9, disk_hours=1.0)),
        (facts(disk_free=1e9, disk_day=1e9, disk_hours=0.49), facts(disk_free=1e9, disk_day=1e9, disk_hours=0.5)),
    ],
    "gaps": [(facts(gaps=109, gaps_before=100), facts(gaps=110, gaps_before=100)), (facts(gaps=110), facts(gaps=110, gaps_before=0))],
    "restarts": [(facts(workers=(WorkerFact(1, 2),)), facts(workers=(WorkerFact(1, 3, "signal 9"),)))],
    "alert often": [
        (firing(19), firing(20))
    ],
    "unseen": [(facts(unseen=2, unseen_s=899.0), facts(unseen=2, unseen_s=900.0))],
    "study": [
        (facts(studies=(StudyFact("run-1", "rsi", "done", 3601.0),)), facts(studies=(StudyFact("run-1", "rsi", "done", 3600.0, "holds"),))),
        (facts(studies=(StudyFact("run-1", "rsi", "cancelled", 1.0),)), facts(studies=(StudyFact("run-1", "rsi", "failed", 1.0),))),
    ],
}  # fmt: skip

CASES = [(rule, *case) for rule, cases in LINES.items() for case in cases]


def test_every_rule_has_its_line_here() -> None:
    assert list(LINES) == [rule.name for rule in RULES]
    assert len(RULES) >= 14


@pytest.mark.parametrize(("rule", "before", "beyond"), CASES)
def test_a_rule_is_silent_before_its_line_and_speaks_beyond_it(rule: str, before: Facts, beyond: Facts) -> None:
    assert said(rule, before) == []
    (advice,) = said(rule, beyond)
    assert advice.rule == rule
    assert sound(advice)


def sound(advice: Advice) -> bool:
    """Words, numbers, and only commands that there are."""
    assert advice.urgency in URGENCIES
    assert advice.text
    assert advice.why.endswith(".")
    assert advice.weight > 0
    assert any(value is not None for _, value, _ in advice.evidence)
    assert len({action.key for action in advice.actions}) == len(advice.actions)
    for action in advice.actions:
        msgspec.convert(action.order, Command)  # type: ignore[call-overload]  # a union of structs
        assert action.words.startswith("cockpit ")
    return True


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_nothing_is_said_where_nothing_is_known(rule: str) -> None:
    assert said(rule, facts()) == []
    assert said(rule, facts(strategies={"s": StrategyFact("s", state="starting")}, symbols={BTC: SymbolFact(BTC, "waiting", None)})) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_subject_that_is_gone_can_be_told_so_and_is_measured_as_nothing_known(rule: Any) -> None:
    for subject in ("gone", "gone and away"):
        assert rule.measure(facts(), subject) in ({}, {"registered": 0.0})
        assert rule.known(facts(gaps_before=0, disk_day=0.0, disk_hours=1.0), subject)


def test_a_market_that_turned_is_told_with_the_trades_lost_in_it() -> None:
    (advice,) = said("regime against", in_market("volatile", 0.82, name="mean_reversion", trips=(1.0, -2.0, -3.0, -4.0), position=1.0))
    assert advice.text == "BTCUSDT turned volatile (15m): s-1 lost 3 of its last 4"
    assert advice.urgency == "now"
    assert [action.key for action in advice.actions] == ["p", "f", "c", "b"]


def test_which_regimes_a_strategy_bets_on_is_what_the_table_says() -> None:
    assert fits("momentum", "uptrend") is True
    assert fits("mean_reversion", "volatile") is False
    assert fits("bollinger", "volatile") is True
    assert fits("my_own", "uptrend") is None
    assert said("regime against", in_market("volatile", 0.9, name="my_own")) == []


@pytest.mark.parametrize(("own", "looked_at"), [("", "5m"), ("1m", "5m"), ("5m", "5m"), ("10m", "15m"), ("tick:500", "5m"), ("1d", None)])
def test_the_trend_is_that_of_the_shortest_bars_no_shorter_than_the_strategys_own(own: str, looked_at: str | None) -> None:
    trends = {name: TrendFact("uptrend", 0.9) for name in ("5m", "15m", "1h")}
    found = replace(of_strategy(interval=own), symbols={BTC: SymbolFact(BTC, trends=trends)})
    market = trend_for(found, found.strategies["s-1"])
    assert (market[1] if market else None) == looked_at


def test_of_two_that_are_one_bet_the_one_that_earns_less_is_to_be_paused() -> None:
    both = {"a": StrategyFact("a", equity=10_100.0, position=1.0), "b": StrategyFact("b", equity=9_900.0, position=1.0)}
    (advice,) = said("correlated", facts(strategies=both, couples=(CoupleFact("a", "b", 0.93, 200),)))
    assert advice.text == "a and b are 0.93 correlated: exposure counts twice"
    assert [action.words for action in advice.actions] == ["cockpit pause b", "cockpit flatten b", "cockpit reduce b --pct 50"]


def test_a_rule_that_fires_too_often_is_offered_a_longer_cooldown_and_stays_as_it_is_otherwise() -> None:
    (advice,) = said("alert often", facts(alert_rules=(AlertRuleFact("price-1", "…", 30, 400.0, RULE),)))
    (action,) = advice.actions
    assert action.order["rule"] == RULE | {"cooldown_s": 800.0}
    assert action.words == "cockpit alert add --price BTCUSDT above 100.0 --id price-1 --cooldown 800s"


def test_a_backtest_is_offered_with_the_strategys_own_parameters_and_terms() -> None:
    terms = Terms(side="long_short", fee_bps=2.0)
    (advice,) = said("losing streak", of_strategy(trips=WON + LOST, params={"fast": 5}, terms=terms))
    (action,) = [action for action in advice.actions if action.key == "b"]
    assert action.order["terms"]["fee_bps"] == 2.0
    assert action.words == (
        "cockpit backtest tape:BTCUSDT --strategy sma_crossover --param fast=5 --side long_short --fee-bps 2 --allow-gaps"
    )


def test_a_recording_that_stands_still_is_no_trouble() -> None:
    assert said("silent", replace(silent(90.0), mode="replay")) == []
    assert said("feed away", facts(mode="replay", feeds=(FeedFact("v", "stopped", bad_s=60.0),))) == []


def test_a_strategy_of_two_symbols_is_offered_a_backtest_over_both_of_them() -> None:
    pair = of_strategy(trips=WON + LOST, name="pairs", symbols=(BTC, "binance:ETHUSDT"), terms=Terms(side="long_short"))
    (advice,) = said("losing streak", pair)
    (action,) = [action for action in advice.actions if action.key == "b"]
    assert action.name == "backtest pairs on BTCUSDT and ETHUSDT"
    assert action.words == "cockpit backtest tape:BTCUSDT tape:ETHUSDT --strategy pairs --side long_short --allow-gaps"
    order = msgspec.convert(action.order, Command)
    assert isinstance(order, Backtest)
    assert (order.sources, order.symbol) == (["tape:BTCUSDT", "tape:ETHUSDT"], None)


@pytest.mark.parametrize(
    ("position", "last", "stop", "percent"),
    [(1.0, 98.0, 6.0, 4.0), (1.0, 98.0, None, 3.0), (-1.0, 103.0, 9.0, 6.0), (-1.0, 103.0, None, 4.0), (1.0, 99.0, 1.4, None),
     (1.0, 105.0, 3.0, None), (1.0, 101.5, None, None), (1.0, 101.0, 4.0, 1.5), (0.0, 98.0, 6.0, None)],
)  # fmt: skip
def test_a_stop_is_tightened_to_halfway_between_the_price_and_where_it_is(
    position: float, last: float, stop: float | None, percent: float | None
) -> None:
    terms = Terms(stop_loss_pct=stop, trailing_pct=2.0)
    found = tightening(StrategyFact("s-1", position=position, entry=100.0, last=last, terms=terms))
    if percent is None:
        assert found == ()
        return
    (action,) = found
    assert msgspec.convert(action.order, Command) == SetStops(id="s-1", stop_loss_pct=percent, trailing_pct=2.0)
    assert action.words == f"cockpit stops s-1 --stop-loss-pct {percent:g}"
    level = 100.0 * (1 - percent / 100 if position > 0 else 1 + percent / 100)
    assert level < last if position > 0 else level > last, "it would fire at once"
