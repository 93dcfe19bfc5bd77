"""What is asked of indicators: which there are, what they are now, what they were on a chart's bars, and whether a variant can be."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from core.analyst.compiling import Compiling
from core.analyst.live import LiveIndicators
from core.analyst.live_values import State
from core.analyst.warming import Follower
from core.errors import CockpitError, StrategyError, UsageError, one_line
from core.indicators.bank import Bank
from core.indicators.bar_source import bars_as_source
from core.indicators.catalogue import described
from core.indicators.of_bars import told_by_bars
from core.indicators.variant_file import complete
from core.indicators.variants import flagged
from core.types import BarKind, Records, Symbols, interval_text
from core.variant import Variant

#: Seconds that the first look at the home may take.
FIRST_LOOK_S = 4.0

#: Indicators on one chart at most.
MOST = 16


def catalogue(live: LiveIndicators) -> dict[str, Any]:
    """`indicators`, `variants`, and what is wrong: `broken` files by name, `wrong` tables."""
    note = _note(live)
    kept = live.kept
    failed: dict[str, list[str]] = {}
    for one in kept.followers().values():
        if problem := live.values.problem(one):
            failed.setdefault(one.indicator.name, []).append(problem)
    rows = []
    for name, indicator in sorted(kept.catalogue.indicators.items()):
        row = described(indicator)
        rows.append({**row, "about": row["sentence"], "problems": list(dict.fromkeys(failed.get(name, ())))})
    variants = [msgspec.to_builtins(variant) for variant in kept.variants.found.values()]
    return {"note": note, "indicators": rows, "variants": variants, "wrong": kept.variants.wrong, "broken": kept.catalogue.broken}


def values(live: LiveIndicators, args: dict[str, Any]) -> dict[str, Any]:
    """The values now of all variants that follow `symbol`, in the order of their file."""
    symbol = str(args.get("symbol", ""))
    said = _note(live)
    rows = [_value(one, live.values.state(one, symbol), live.reaching.why(one, symbol)) for one in live.values.following(symbol)]
    return {"note": said, "symbol": symbol, "values": rows, "wrong": live.kept.variants.wrong}


def _value(one: Follower, state: State, asking: str) -> dict[str, Any]:
    line, variant = one.indicator.lines[one.line], one.variant
    value = float("nan") if state.lines is None else float(state.lines[one.line])
    outside = bool(flagged(variant, np.array([value]))[0])
    note = state.problem or (
        "warming up" if state.lines is None
        else _pending(one, state, asking) if value != value
        else f"a risk is 0 to 100: {value:g} is not" if outside
        else ""
    )  # fmt: skip
    return {
        "variant": variant.name,
        "indicator": variant.indicator,
        "type": variant.type,
        "line": line.name,
        "unit": line.unit,
        "params": msgspec.to_builtins(one.indicator.params(one.values)),
        "value": value,
        "flagged": outside,
        "ts_ns": state.ts_ns,
        "note": note,
        "venue_bars": _of_venue(one, state),
    }


def _pending(one: Follower, state: State, asking: str) -> str:
    """Why a live value is not known, how many bars more make it so, and what is done about them."""
    count, of = one.indicator.warming(one.indicator.params(one.values))
    if not one.indicator.on_bars or not of or state.bars is None:
        return _needs(one)
    more = count - state.bars
    if more <= 0:
        return "not known"
    venue = (
        asking if asking
        else "made of prints, which the bars of a venue do not tell" if not told_by_bars(one.indicator)
        else "" if state.given is None
        else "the venue has no older ones"
    )  # fmt: skip
    return f"PENDING: {more:,} more bar{'' if more == 1 else 's'} of {interval_text(of)} needed{f'; {venue}' if venue else ''}"


def _of_venue(one: Follower, state: State) -> int:
    """Of the bars that a value must have, its newest ones, how many are the venue's and not made of our prints."""
    if not state.given or state.bars is None:
        return 0
    count, _ = one.indicator.warming(one.indicator.params(one.values))
    return max(min(state.given, count - max(state.bars - state.given, 0)), 0)


def _needs(one: Follower) -> str:
    """Why a value is not known."""
    count, of = one.indicator.warming(one.indicator.params(one.values))
    if not one.indicator.on_bars:
        return f"not known: it needs {count:,} s of prints" if count else "not known"
    return f"not known: it needs {count:,} {f'bars of {interval_text(of)}' if of else 'prints'}"


def series(live: LiveIndicators, args: dict[str, Any], bars: Records, kind: BarKind, compiling: Compiling) -> dict[str, Any]:
    """Lines over the bars of a chart, the newest `count` of them: of variants their own line (`all`: every one), of indicators every line.

    An indicator that is named without an `interval` lives on the chart's bars.

    Args:
        bars: OHLCV records, oldest first.
        kind: how they are cut.
    """
    asked, count = args.get("indicators") or [], int(args.get("count") or len(bars))
    if len(asked) > MOST:
        raise UsageError(f"{len(asked)} indicators on one chart: {MOST} at most")
    said = _note(live)
    found: list[dict[str, Any]] = []
    source = bars_as_source(bars, kind)
    for row in asked:
        name = one_line(str(row.get("variant") or row.get("indicator") or ""), 80)
        try:
            follower, places = _asked(live, row, kind)
            problem = compiling.ready(follower.indicator, bars=True)
            if problem:
                raise StrategyError(problem)
            lines = _over(follower, source)
        except CockpitError as error:
            found.append({"name": name, "line": "", "unit": "", "panel": "lower", "ts_ns": [], "values": [], "note": str(error)})
            continue
        for place in places:
            line = follower.indicator.lines[place]
            column = lines[-count:, place]
            note = "" if np.isfinite(column).any() or not len(column) else _needs(follower)
            found.append({
                "name": name, "line": line.name, "unit": line.unit, "panel": line.panel, "ts_ns": bars["start"][-count:],
                "values": column, "note": note,
            })  # fmt: skip
    return {"note": said, "series": found}


def _asked(live: LiveIndicators, row: dict[str, Any], kind: BarKind) -> tuple[Follower, list[int]]:
    """What a row asks for, and the places of its lines."""
    if row.get("variant"):
        variant = live.kept.variants.found.get(str(row["variant"]))
        if variant is None:
            raise UsageError(f"there is no variant {one_line(str(row['variant']), 80)!r}")
        one = Follower(variant, live.kept.catalogue[variant.indicator])
        return one, list(range(len(one.indicator.lines))) if row.get("all") else [one.line]
    indicator = live.kept.catalogue[str(row.get("indicator", ""))]
    params = dict(row.get("params") or {})
    if indicator.on_bars:
        params.setdefault("interval", interval_text(int(kind.size)) if kind.by == "time" else "tick")
    return Follower(Variant(name=indicator.name, indicator=indicator.name, params=params), indicator), list(range(len(indicator.lines)))


def _over(one: Follower, source: Records) -> Any:
    bank = Bank(Symbols(["it"]), bars=True)
    bank.add(one.name, one.indicator, one.values, ["it"])
    return bank.series(one.name, "it", source)


def check_variant(live: LiveIndicators, args: dict[str, Any]) -> dict[str, Any]:
    """A variant as it is to be written, or the one line on why it cannot be (`problem`)."""
    note = _note(live)
    try:
        variant = msgspec.convert(args.get("variant"), Variant)
        return {"note": note, "variant": msgspec.to_builtins(complete(variant, live.kept.catalogue)), "problem": ""}
    except (UsageError, msgspec.ValidationError) as error:
        return {"note": note, "variant": None, "problem": one_line(str(error))}


def _note(live: LiveIndicators) -> str:
    """What is wrong, in one line, once the home was looked at."""
    if not live.ready.wait(FIRST_LOOK_S):
        return "the indicators of the home are still being read"
    wrong = [*live.kept.catalogue.broken.values(), *live.kept.variants.wrong]
    return one_line(wrong[0]) if wrong else ""
