"""The parts of an ensemble's module that ask its validators, and the names of the numbers it tells."""

from __future__ import annotations

from collections.abc import Iterator

from core.ensembles.model import Ensemble

#: By validator: fields of the state, lines that measure, and its verdict.
_STATE = {
    "volatility_pct": ('("volatility", VOLATILITY)',),
    "liquidity": ('("liquidity", LIQUIDITY)',),
    "trend": ('("slow", EMA)',),
    "freshness_s": ('("fresh", FRESHNESS)',),
}
_VERDICT = {
    "spread_pct": "at_most({value}, p.validator_spread_pct)",
    "volatility_pct": "within({value}, p.validator_volatility_low, p.validator_volatility_high)",
    "liquidity": "at_least({value}, p.validator_liquidity_quote)",
    "trend": "agrees({value}, p.validator_trend_least_pct, s.detail[0])",
    "freshness_s": "at_most({value}, p.validator_freshness_s)",
}


def names_of(ensemble: Ensemble) -> tuple[str, ...]:
    """The numbers in `detail`: the vote, the members' opinions, what each validator measured, and its verdicts."""
    return (
        "vote", *(f"members.{name}" for name in ensemble.members), *(f"validators.{name}" for name in ensemble.validators),
        *(f"passed.{name}" for name in ensemble.validators),
    )  # fmt: skip


def asked_state(ensemble: Ensemble) -> Iterator[str]:
    """Fields of the state."""
    for name in ensemble.validators:
        for field in _STATE.get(name, ()):
            yield f"    {field},"


def asked_memory(ensemble: Ensemble) -> list[str]:
    """Parts of the work memory's length."""
    return ["SLICES"] if "liquidity" in ensemble.validators else []


def asked(ensemble: Ensemble) -> Iterator[str]:
    """The function that measures and judges."""
    yield "def measure(s: Any, mem: Any, p: Any, tick: Any, closed: bool) -> None:"
    yield '    """What each validator looks at, and its verdict on the side of the vote."""'
    first, count = 1 + len(ensemble.members), len(ensemble.validators)
    for place, name in enumerate(ensemble.validators):
        value = f"s.detail[{first + place}]"
        yield from (f"    {line}" for line in _measured(ensemble, name, value))
        yield f"    s.detail[{first + count + place}] = {_VERDICT[name].format(value=value)}"
    if not ensemble.validators:
        yield "    return"


def _measured(ensemble: Ensemble, name: str, value: str) -> Iterator[str]:
    if name == "spread_pct":
        yield f"{value} = spread_pct(tick.bid, tick.ask)"
    elif name == "volatility_pct":
        yield "if closed:"
        yield f"    {value} = volatility_pct(s.volatility, p.validator_volatility_period, s.bar.close)"
    elif name == "liquidity":
        window = "mem[p.AT_END : p.AT_END + SLICES], p.validator_liquidity_window_s"
        yield f"{value} = traded(s.liquidity, {window}, tick.ts, tick.price * tick.qty)"
    elif name == "trend":
        yield "if closed:"
        yield f"    {value} = trend_pct(s.slow, p.validator_trend_period, s.bar.close)"
    else:
        yield f"{value} = age_s(s.fresh, tick.ts)"
        for place in range(len(ensemble.sources)):
            yield f"{value} = older({value}, s.heard[{place}], tick.ts)"
