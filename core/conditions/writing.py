"""Writes the module of a strategy out of its rules: the text any strategy file could be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.conditions.model import Condition, Quantity, Rules, Tree, Use
from core.conditions.settings import named, settings_of
from core.indicators.module import LARGE
from core.strategy import OutlineLine
from core.written.settings import Settings

HEAD = """
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from core.conditions.machine import FIELDS, REASONS, decide, held_seconds, nanoseconds, pnl_pct, track
from core.conditions.verdicts import KNOWN, TRUE, UNKNOWN, between, eq, gt, gte, judge, lt, lte, share, standing
from core.written.bars import bars_needed, check_interval, check_order
"""

STEP = '''
def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """A print: indicators, conditions, and the phase they lead to."""
    if s.begun == 0:
        begin(s, mem, p)
    track(s, tick.ts)
    follow(s, mem, tick)
    weigh(s, mem, tick)
    compare(s, p)
    v = s.verdict
    known = {known}
    signal = {signal}
    cancel = {cancel}
    entry = {entry}
    close = {close}
    emergency = {emergency}
    target = decide(
        s, tick.ts, SIDE, known, signal, cancel, entry, close, emergency,
        nanoseconds(p.entry_cooldown_s), nanoseconds(p.entry_timeout_s), nanoseconds(p.emergency_cooldown_s), share(v, {signals}),
    )
    if target == target:
        out[0] = target


def indicators(s: Any, mem: Any, p: Any, old: Any) -> dict[str, float]:
    """What the conditions look at."""
    return {{name: float(value) for name, value in zip(QUANTITIES, s.value, strict=True)}}
'''


def write(rules: Rules) -> str:
    """The text of the module."""
    lines = [repr(rules.sentence), HEAD.rstrip(), *_imports(rules), "", *_constants(rules), "", ""]
    settings = settings_of(rules)
    for part in (_params(rules, settings), _memory(rules), _begin(rules, settings), _follow(rules), _weigh(rules), _compare(rules)):
        lines += [*part, "", ""]
    return "\n".join(lines) + "\n" + _step(rules).lstrip("\n")


def _imports(rules: Rules) -> Iterator[str]:
    for name in sorted({use.indicator.name for use in rules.uses.values()}):
        yield f"from core.indicators.builtin import {name} as i_{name}"
    yield "from core.strategy import Interval, params_dtype"
    yield "from core.types import SECOND, interval_ns"


def _constants(rules: Rules) -> Iterator[str]:
    quantities, conditions = rules.quantities(), rules.conditions()
    places = {quantity: i for i, quantity in enumerate(quantities)}
    rows = [
        (group, one.left.text, one.op, tuple(_sides(name, one))) for (group, one), (name, _) in zip(conditions, named(rules), strict=True)
    ]
    yield f"COMPILED_APART = {LARGE!r}"
    yield f"SIDE = {rules.side}"
    yield f"LINES = {sum(len(use.indicator.lines) for use in rules.uses.values())}"
    yield f"QUANTITIES = {tuple(quantity.text for quantity in quantities)!r}"
    yield f"LEFT = {tuple(places[one.left] for _, one in conditions)!r}"
    yield "CONDITIONS = ("
    yield from (f"    {row!r}," for row in rows)
    yield ")"
    count = 0
    trees: dict[str, Any] = {}
    for group in dict.fromkeys(group for group, _ in conditions):
        trees[group], count = _numbered(rules.groups[group], count)
    yield f"TREES = {trees!r}"
    yield "OUTLINE = ("
    for name, tree in trees.items():
        yield from (f"    {line!r}," for line in _outline(name, tree, 0, rows, [places[one.left] for _, one in conditions]))
    yield ")"
    yield "STATE = np.dtype(["
    yield f'    *FIELDS, ("begun", "i8"), ("value", "f8", ({len(quantities)},)), ("standing", "i8", ({len(quantities)},)),'
    yield f'    ("low", "f8", ({len(conditions)},)), ("high", "f8", ({len(conditions)},)), ("verdict", "i8", ({len(conditions)},)),'
    for use in rules.uses.values():
        name = f"i_{use.indicator.name}"
        yield f'    ("of_{use.name}", [("state", {name}.STATE), ("p", params_dtype({name}.Params)), ("at", "i8"), ("end", "i8")]),'
    yield "])"


def _sides(name: str, one: Condition) -> Iterator[tuple[str, str]]:
    """What stands right of the operator: a quantity, or the parameter that a number is; one of the two is empty."""
    for bound, side in zip(("low", "high"), one.right, strict=False):
        if isinstance(side, Quantity):
            yield side.text, ""
        else:
            yield "", f"{name}_{bound}" if one.op == "between" else name


def _numbered(tree: Tree, count: int) -> tuple[Any, int]:
    """The tree with conditions by their numbers, counted on from `count`."""
    parts: list[Any] = []
    for part in tree.parts:
        if isinstance(part, Tree):
            inner, count = _numbered(part, count)
            parts.append(inner)
        else:
            parts.append(count)
            count += 1
    return (tree.how, tuple(parts)), count


def _outline(group: str, tree: Any, depth: int, rows: list[Any], left: list[int]) -> Iterator[OutlineLine]:
    """The tree a line each, as `core.strategy.OutlineLine` says."""
    yield group, depth, -1, (tree[0],), ()
    for part in tree[1]:
        if isinstance(part, tuple):
            yield from _outline(group, part, depth + 1, rows, left)
        else:
            yield group, depth + 1, left[part], rows[part][1:3], rows[part][3]


def _params(rules: Rules, settings: Settings) -> Iterator[str]:
    yield "class Params(Struct, frozen=True, kw_only=True):"
    yield '    """What can be set."""'
    yield ""
    yield from (f"    {line}" for line in settings.fields.values())
    yield ""
    yield "    def __post_init__(self) -> None:"
    own = "".join(f"self.{name}, " for name in settings.intervals)
    seconds = any(not use.indicator.on_bars and _warms(use) for use in rules.uses.values())
    yield f"        check_interval(self.interval, ({own}), {seconds})"
    yield f"        check_order(self, {settings.ordered!r})"
    yield from (f"        params_{name}(self)" for name in rules.uses)
    for use in rules.uses.values():
        yield from ("", "", f"def params_{use.name}(p: Params) -> Struct:", f'    """What {use.name} is given."""')
        given = ", ".join(f"{name}=p.{ours}" for name, ours in settings.of[use.name].items())
        yield f"    return i_{use.indicator.name}.Params({given})"


def _warms(use: Use) -> bool:
    return use.indicator.warmup(use.indicator.params(use.given)) > 0


def _memory(rules: Rules) -> Iterator[str]:
    yield "def work(p: Params) -> int:"
    yield '    """The lines of all indicators, and their windows behind them."""'
    parts = [f"i_{use.indicator.name}.work(params_{use.name}(p))" for use in rules.uses.values() if hasattr(use.indicator.module, "work")]
    yield f"    return {' + '.join(['LINES', *parts])}"
    yield from ("", "", "def warmup(p: Params) -> int:", '    """Bars until the slowest indicator is known."""')
    yield "    bar, most = interval_ns(p.interval), 0"
    for use in rules.uses.values():
        if hasattr(use.indicator.module, "warmup"):
            own = f"params_{use.name}(p)"
            each = f"interval_ns({own}.interval)" if use.indicator.on_bars else "SECOND"
            yield f"    most = max(most, bars_needed(i_{use.indicator.name}.warmup({own}), {each}, bar))"
    yield "    return most"


def _begin(rules: Rules, settings: Settings) -> Iterator[str]:
    yield "def begin(s: Any, mem: Any, p: Any) -> None:"
    yield '    """Unknown lines, the indicators\' parameters, and where in the memory each one\'s window lies."""'
    yield "    for i in range(LINES):"
    yield "        mem[i] = np.nan"
    yield "    at = LINES"
    for use in rules.uses.values():
        own = f"s.of_{use.name}"
        yield from (f"    {own}.p.{name} = p.{ours}" for name, ours in settings.of[use.name].items())
        yield f"    {own}.at = at"
        if hasattr(use.indicator.module, "work"):
            yield f"    at += i_{use.indicator.name}.work({own}.p)"
        yield f"    {own}.end = at"
    yield "    s.begun = 1"


def _follow(rules: Rules) -> Iterator[str]:
    yield "def follow(s: Any, mem: Any, tick: Any) -> None:"
    yield '    """Each indicator takes the print."""'
    at = 0
    for use in rules.uses.values():
        own, end = f"s.of_{use.name}", at + len(use.indicator.lines)
        yield f"    i_{use.indicator.name}.step({own}.state, mem[{own}.at : {own}.end], {own}.p, tick, mem[{at}:{end}])"
        at = end
    if not rules.uses:
        yield "    return"


def _weigh(rules: Rules) -> Iterator[str]:
    yield "def weigh(s: Any, mem: Any, tick: Any) -> None:"
    yield '    """The quantities the conditions look at, and how each stands."""'
    at: dict[tuple[str, str], int] = {}
    for use in rules.uses.values():
        at.update({(use.name, line.name): len(at) + i for i, line in enumerate(use.indicator.lines)})
    metrics = {"unrealized_pnl_pct": "pnl_pct(s.own, tick.price)", "seconds_in_position": "held_seconds(s, tick.ts)"}
    for i, quantity in enumerate(rules.quantities()):
        if quantity.use:
            yield f"    s.value[{i}] = mem[{at[quantity.use, quantity.line]}]"
            yield f"    s.standing[{i}] = standing(s.value[{i}], s.standing[{i}], {_warms(rules.uses[quantity.use])})"
        else:  # no position: it waits for one
            yield f"    s.value[{i}] = {metrics[quantity.line]}"
            yield f"    s.standing[{i}] = standing(s.value[{i}], UNKNOWN, True)"


def _compare(rules: Rules) -> Iterator[str]:
    yield "def compare(s: Any, p: Any) -> None:"
    yield '    """The verdict on each condition."""'
    places = {quantity: i for i, quantity in enumerate(rules.quantities())}
    for i, (name, one) in enumerate(named(rules)):
        bounds, stands = ["low", "high"][: len(one.right)], ["KNOWN", "KNOWN"]
        for k, (bound, side) in enumerate(zip(bounds, one.right, strict=True)):
            if isinstance(side, Quantity):
                stands[k] = f"s.standing[{places[side]}]"
                yield f"    s.{bound}[{i}] = s.value[{places[side]}]"
            else:
                yield f"    s.{bound}[{i}] = p.{dict(zip(bounds, _sides(name, one), strict=True))[bound][1]}"
        left = places[one.left]
        sides = ", ".join(f"s.{bound}[{i}]" for bound in bounds)
        yield f"    s.verdict[{i}] = judge({one.op}(s.value[{left}], {sides}), s.standing[{left}], {', '.join(stands)})"


def _step(rules: Rules) -> str:
    conditions = rules.conditions()
    verdicts = iter(range(len(conditions)))
    texts = {group: _expression(rules.groups[group], verdicts) for group in dict.fromkeys(group for group, _ in conditions)}
    left_out = {"cancel": "False", "entry": "True", "close": "False", "emergency": "False"}
    known = " and ".join(f"s.standing[{i}] != UNKNOWN" for i, quantity in enumerate(rules.quantities()) if quantity.use) or "True"
    signals = sum(group == "signal" for group, _ in conditions)
    return STEP.format(known=known, signals=signals, **(left_out | texts))


def _expression(tree: Tree, verdicts: Iterator[int]) -> str:
    parts = [_expression(part, verdicts) if isinstance(part, Tree) else f"v[{next(verdicts)}] == TRUE" for part in tree.parts]
    return f"({(' and ' if tree.how == 'all' else ' or ').join(parts)})"
