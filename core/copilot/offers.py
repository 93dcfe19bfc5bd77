"""What advice can offer: commands there are, each with its letter, the words that do the same in a terminal, and what will come of it."""

from __future__ import annotations

import math
import shlex
from functools import lru_cache
from typing import Any

import msgspec

from core.alert_rules import DrawdownRule, StaleRule
from core.commands import AckAlert, Backtest, Command, Flatten, Pause, Reduce, Resume, SetAlert, SetStops
from core.copilot.advice import Action
from core.copilot.facts import AlertRuleFact, StrategyFact, short
from core.term_rules import without_idle
from core.terms import Terms

_PLAIN = Terms()

#: How far from the price a stop is set where there is none, percent.
LEAST_STOP = 1.0

#: How the command line names what a kind of alert rule is about.
_ABOUT = {
    "price": ("symbol", "side", "level"), "move": ("symbol", "percent", "window_s"), "pnl": ("strategy", "side", "level"),
    "drawdown": ("strategy", "percent"), "stale": ("symbol", "after_s"), "health": ("level",),
}  # fmt: skip


def _order(command: Command) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(command)
    return plain


def pausing(id_: str) -> Action:
    """Let it place no new order."""
    does = f"{id_} places no new order; its position and stops stay"
    return Action("p", f"pause {id_}", f"cockpit pause {shlex.quote(id_)}", _order(Pause(id=id_)), does)


def resuming(id_: str) -> Action:
    """Let one that failed begin anew."""
    does = f"{id_} begins anew from its file as it is now, with the position it had"
    return Action("p", f"resume {id_}", f"cockpit resume {shlex.quote(id_)}", _order(Resume(id=id_)), does)


def flattening(id_: str) -> Action:
    """Close its position."""
    does = f"close the position of {id_} at the market and stay flat until it changes its mind"
    return Action("f", f"flatten {id_}", f"cockpit flatten {shlex.quote(id_)}", _order(Flatten(id=id_)), does)


def reducing(id_: str) -> Action:
    """Close half of its position."""
    does = f"close half of what {id_} holds at the market and keep the rest until it changes its mind"
    return Action("c", f"close half of {id_}", f"cockpit reduce {shlex.quote(id_)} --pct 50", _order(Reduce(id=id_, pct=50.0)), does)


def tightening(strategy: StrategyFact) -> tuple[Action, ...]:
    """A stop loss half as far from the price as the one there is, or, where none is, one beyond the price by LEAST_STOP; nothing where
    it would lie in the profit, or closer than half of that."""
    if len(strategy.symbols) != 1 or not strategy.position or not strategy.entry or not strategy.last:
        return ()
    lost = (1 - strategy.last / strategy.entry) * (100 if strategy.position > 0 else -100)
    now = strategy.terms.stop_loss_pct
    percent = round(lost + LEAST_STOP if now is None else (lost + now) / 2, 2)
    if percent - lost < LEAST_STOP / 2 or not 0 < percent < 100:
        return ()
    stops = SetStops(
        id=strategy.id, stop_loss_pct=percent, take_profit_pct=strategy.terms.take_profit_pct, trailing_pct=strategy.terms.trailing_pct
    )
    was = f"{now:g} %" if now is not None else "none"
    does = f"stop loss of {strategy.id} {percent:g} % from its entry (it was {was}), {percent - lost:.2f} % from the price"
    name = f"{'tighten' if now is not None else 'set'} the stop of {strategy.id}"
    return (Action("v", name, f"cockpit stops {shlex.quote(strategy.id)} --stop-loss-pct {percent:g}", _order(stops), does),)


def levers(strategy: StrategyFact) -> tuple[Action, ...]:
    """Pause one that is not; close what it holds, or half of it, or stop it sooner."""
    pause = (pausing(strategy.id),) if strategy.state in ("running", "warming") else ()
    holding = (flattening(strategy.id), reducing(strategy.id), *tightening(strategy)) if strategy.position else ()
    return (*pause, *holding)


@lru_cache(512)
def _flags(terms: Terms) -> tuple[Terms, tuple[str, ...]]:
    """Terms without what does nothing in them, and as flags those that are not the usual ones; made once, they change with no strategy."""
    terms = without_idle(terms)
    changed = {name: getattr(terms, name) for name in Terms.__struct_fields__ if getattr(terms, name) != getattr(_PLAIN, name)}
    texts = {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in changed.items()}
    return terms, tuple(f"--{name.replace('_', '-')} {text}" for name, text in texts.items())


def backtesting(strategy: StrategyFact) -> tuple[Action, ...]:
    """Run it over what the tape holds of its symbols, a source a leg."""
    names = [short(symbol) for symbol in strategy.symbols]
    (source, *further), (terms, flags) = [f"tape:{name}" for name in names], _flags(strategy.terms)
    order = Backtest(source=source, further=further, strategy=strategy.name, params=dict(strategy.params), terms=terms, allow_gaps=True)
    params = [shlex.quote(f"{name}={value}") for name, value in strategy.params.items()]
    given = ["--param", *params] if params else []
    words = " ".join(["cockpit backtest", *order.sources, "--strategy", shlex.quote(strategy.name), *given, *flags, "--allow-gaps"])
    where = " and ".join(names)
    does = f"run {strategy.name} with these parameters and terms over the tape of {where}; the lab (F2) shows it"
    return (Action("b", f"backtest {strategy.name} on {where}", words, _order(order), does),)


def telling_of_fall(id_: str, fall_pct: float) -> Action:
    """An alert where the fall goes on."""
    percent = min(99.0, max(1.0, math.ceil(fall_pct * 1.2)))
    who = shlex.quote(id_)
    does = f"an alert when the drawdown of {'the account' if id_ == 'all' else id_} goes beyond {percent:g} %"
    order = _order(SetAlert(rule=DrawdownRule(strategy=id_, percent=percent)))
    return Action("a", f"alert at {percent:g} % drawdown", f"cockpit alert add --drawdown {who} {percent:g}%", order, does)


def telling_of_silence(symbol: str) -> Action:
    """An alert where it is silent again."""
    does = f"an alert whenever {short(symbol)} is silent for 30 s"
    order = _order(SetAlert(rule=StaleRule(symbol=symbol, after_s=30.0)))
    return Action("a", "alert after 30 s of silence", f"cockpit alert add --stale {shlex.quote(short(symbol))} 30s", order, does)


def calming(rule: AlertRuleFact, cooldown_s: float) -> tuple[Action, ...]:
    """The same rule with a longer cooldown."""
    if not rule.rule:
        return ()
    order = {"type": "set_alert", "rule": {**rule.rule, "cooldown_s": cooldown_s}}
    does = f"{rule.id} stays as it is, but fires at most once in {cooldown_s / 60:g} min"
    kind = str(rule.rule.get("type", ""))
    about = " ".join(shlex.quote(str(rule.rule.get(name, "")).rpartition(":")[2]) for name in _ABOUT.get(kind, ()))
    words = f"cockpit alert add --{kind} {about} --id {shlex.quote(rule.id)} --cooldown {cooldown_s:g}s" if about else ""
    return (Action("a", f"cooldown {cooldown_s / 60:g} min", words, order, does),)


def acknowledging() -> Action:
    """All alerts were seen."""
    return Action("k", "all seen", "cockpit alert ack --all", _order(AckAlert(id=None)), "every open alert counts as seen")
