"""Writes the module of a strategy out of an ensemble: the text any strategy file could be."""

from __future__ import annotations

from collections.abc import Iterator

from core.ensembles.asking import asked, asked_memory, asked_state, names_of
from core.ensembles.members import source_of
from core.ensembles.model import Ensemble, Member
from core.ensembles.settings import settings_of, weight_of
from core.indicators.module import LARGE
from core.strategy import Definition
from core.written.settings import Settings

#: Functions of strategies are compiled each by itself: in one piece they take longer, to compile and to run.
APART = (*LARGE, "cockpit_strategy_")

#: What it calls where that of the last one ends.
END = "AT_END"

HEAD = """
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from msgspec import Meta, Struct

from core.ensembles.members import loaded
from core.ensembles.settings import check_quorum
from core.ensembles.validators import (
    FRESHNESS, LIQUIDITY, SLICES, VOLATILITY, age_s, agrees, at_least, at_most, older, spread_pct, traded, trend_pct, volatility_pct,
    within,
)
from core.ensembles.votes import FIELDS, REASONS as VOTED, against, decide, opinion_of, tally
from core.kernels.averages import EMA
from core.kernels.bars import BAR_STATE, close_bar
from core.kernels.heard import HEARD, opinion
from core.kernels.paper import PAPER, show, want
from core.strategy import Interval, params_dtype
from core.types import SECOND, interval_ns
from core.written.bars import bars_needed, check_interval, check_order
"""

STEP = '''
def step(s: Any, mem: Any, p: Any, tick: Any, out: Any) -> None:
    """A print: members, what validators measure, the vote, and what it leads to."""
    if s.begun == 0:
        begin(s, mem, p)
    closed = close_bar(s.bar, tick, p.interval)
    follow(s, mem, p, tick)
    hear(s, p, tick)
    s.detail[0] = tally(s.detail, s.weight, MEMBERS, p.quorum)
    measure(s, mem, p, tick, closed)
    failed = against(s.detail, VERDICTS, ASKED, p.validators_unknown == 1) if p.validators != 0 else 0
    target = decide(s, MEMBERS, ASKED, failed, p.threshold, p.exit_threshold, p.side)
    if target == target:
        out[0] = target


def indicators(s: Any, mem: Any, p: Any, old: Any) -> dict[str, float]:
    """The vote, and what it is made of."""
    return {name: float(value) for name, value in zip(DETAILS, s.detail, strict=True)}
'''


def write(ensemble: Ensemble) -> str:
    """The text of the module."""
    settings = settings_of(ensemble)
    lines = [repr(ensemble.sentence), HEAD.rstrip(), "", *_modules(ensemble), "", *_constants(ensemble), "", ""]
    for part in (
        _params(ensemble, settings), _memory(ensemble), _begin(ensemble, settings), _follow(ensemble), _hear(ensemble), asked(ensemble),
    ):  # fmt: skip
        lines += [*part, "", ""]
    return "\n".join(lines) + "\n" + STEP.lstrip("\n")


def _modules(ensemble: Ensemble) -> Iterator[str]:
    definitions = {one.name: one for member in ensemble.strategies if (one := member.definition) is not None}
    for name, definition in definitions.items():
        yield f"m_{name} = loaded({str(definition.path)!r}, {source_of(definition.path)!r})"


def _constants(ensemble: Ensemble) -> Iterator[str]:
    members, validators = len(ensemble.members), list(ensemble.validators)
    counts = [f"{count} of {members} members for {side}" for side in ("long", "short") for count in range(members + 1)]
    reasons = (*(f"held back by {name}" for name in validators), *counts)
    yield f"COMPILED_APART = {APART!r}"
    yield f"MEMBERS = {members}"
    yield f"ASKED = {len(validators)}"
    yield f"VERDICTS = {1 + members + len(validators)}"
    yield f"SOURCES = {ensemble.sources!r}"
    yield f"VOICES = {tuple((member.name, member.text) for member in ensemble.members.values())!r}"
    yield f"VALIDATORS = {tuple(validators)!r}"
    yield f"REASONS = (*VOTED, *{reasons!r})"
    yield f"DETAILS = {names_of(ensemble)!r}"
    yield "STATE = np.dtype(["
    yield f'    *FIELDS, ("begun", "i8"), ("bar", BAR_STATE), ("weight", "f8", ({members},)), ("detail", "f8", (len(DETAILS),)),'
    if ensemble.sources:
        yield '    ("heard", HEARD, (len(SOURCES),)),'
    yield from asked_state(ensemble)
    for member in ensemble.strategies:
        name = _module(member)
        paper = ' ("paper", PAPER),' if "own" in member.fields else ""
        record = f'("state", {name}.STATE), ("p", params_dtype({name}.Params)), ("target", "f8"),{paper[:-1]}'
        yield f'    ("of_{member.name}", [{record}]),'
    yield "])"


def _place(member: str) -> str:
    """What compiled code calls where a member's work memory begins: no parameter has a large letter."""
    return f"AT_{member}"


def _module(member: Member) -> str:
    assert member.definition is not None
    return f"m_{member.definition.name}"


def _params(ensemble: Ensemble, settings: Settings) -> Iterator[str]:
    yield "class Params(Struct, frozen=True, kw_only=True):"
    yield '    """What can be set."""'
    yield ""
    yield from (f"    {line}" for line in settings.fields.values())
    yield ""
    yield f"    DERIVED: ClassVar[tuple[str, ...]] = {(*(_place(member.name) for member in ensemble.strategies), END)!r}"
    yield ""
    yield "    def derived(self) -> tuple[int, ...]:"
    yield '        """Where in the work memory each member\'s begins, and where the last one ends."""'
    yield f"        at = [{len(ensemble.strategies)}]"
    for member in ensemble.strategies:
        length = f"{_module(member)}.work(params_{member.name}(self))" if _has(member, "work") else "0"
        yield f"        at.append(at[-1] + int({length}))"
    yield "        return tuple(at)"
    yield ""
    yield "    def __post_init__(self) -> None:"
    own = "".join(f"self.{name}, " for name in settings.intervals)
    yield f"        check_interval(self.interval, ({own}), False)"
    yield f"        check_order(self, {settings.ordered!r})"
    yield f"        check_quorum(self.quorum, ({''.join(f'self.{weight_of(name)}, ' for name in ensemble.members)}))"
    yield from (f"        params_{member.name}(self)" for member in ensemble.strategies)
    for member in ensemble.strategies:
        yield from ("", "", f"def params_{member.name}(p: Params) -> Struct:", f'    """What {member.name} is given."""')
        given = ", ".join(f"{name}=p.{ours}" for name, ours in settings.of[member.name].items())
        yield f"    return {_module(member)}.Params({given})"


def _has(member: Member, function: str) -> bool:
    return isinstance(member.definition, Definition) and hasattr(member.definition.module, function)


def _memory(ensemble: Ensemble) -> Iterator[str]:
    yield "def work(p: Params) -> int:"
    yield '    """A target of each member, and their windows behind them."""'
    yield f"    return {' + '.join(['p.derived()[-1]', *asked_memory(ensemble)])}"
    yield from ("", "", "def warmup(p: Params) -> int:", '    """Bars until the slowest member and validator are known."""')
    yield "    bar, most = interval_ns(p.interval), 0"
    for member in ensemble.strategies:
        if _has(member, "warmup"):
            own = f"params_{member.name}(p)"
            each = f"interval_ns({own}.interval)" if "interval" in member.definition.params_type.__struct_fields__ else "0"  # type: ignore[union-attr]
            yield f"    most = max(most, bars_needed({_module(member)}.warmup({own}), {each}, bar))"
    if "volatility_pct" in ensemble.validators:
        yield "    most = max(most, p.validator_volatility_period + 1)"
    if "liquidity" in ensemble.validators:
        yield "    if bar > 0:"
        yield "        most = max(most, bars_needed(int(np.ceil(p.validator_liquidity_window_s)), SECOND, bar))"
    if "trend" in ensemble.validators:
        yield "    most = max(most, p.validator_trend_period)"
    yield "    return most"


def _begin(ensemble: Ensemble, settings: Settings) -> Iterator[str]:
    yield "def begin(s: Any, mem: Any, p: Any) -> None:"
    yield '    """Nothing is known yet; the members\' parameters."""'
    yield "    for i in range(len(s.detail)):"
    yield "        s.detail[i] = np.nan"
    for place, name in enumerate(ensemble.members):
        yield f"    s.weight[{place}] = p.{weight_of(name)}"
    for member in ensemble.strategies:
        own = f"s.of_{member.name}"
        yield from (f"    {own}.p.{name} = p.{ours}" for name, ours in settings.of[member.name].items())
        yield f"    {own}.target = np.nan"
    yield "    s.begun = 1"


def _follow(ensemble: Ensemble) -> Iterator[str]:
    yield "def follow(s: Any, mem: Any, p: Any, tick: Any) -> None:"
    yield '    """Each strategy takes the print, as if it were alone."""'
    places = {name: place for place, name in enumerate(ensemble.members)}
    ends = [*(f"p.{_place(member.name)}" for member in ensemble.strategies), f"p.{END}"]
    for at, member in enumerate(ensemble.strategies):
        own = f"s.of_{member.name}"
        if "own" in member.fields:
            yield f"    show({own}.state.own, {own}.paper, tick)"
        yield f"    mem[{at}] = np.nan"
        yield f"    {_module(member)}.step({own}.state, mem[{ends[at]} : {ends[at + 1]}], {own}.p, tick, mem[{at}:{at + 1}])"
        yield f"    if mem[{at}] == mem[{at}]:"
        yield f"        {own}.target = mem[{at}]"
        if "own" in member.fields:
            yield f"        want({own}.paper, tick, mem[{at}])"
        confidence = f"{own}.state.confidence" if "confidence" in member.fields else "1.0"
        yield f"    s.detail[{1 + places[member.name]}] = opinion_of({own}.target, {confidence})"
    if not ensemble.strategies:
        yield "    return"


def _hear(ensemble: Ensemble) -> Iterator[str]:
    yield "def hear(s: Any, p: Any, tick: Any) -> None:"
    yield '    """What the external sources last said."""'
    for place, member in enumerate(ensemble.members.values()):
        if member.definition is None:
            yield f"    s.detail[{1 + place}] = opinion(s.heard[{ensemble.sources.index(member.source)}], tick.ts)"
    if not ensemble.sources:
        yield "    return"
