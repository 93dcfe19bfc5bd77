"""What a strategy is: one file with a sentence, `Params`, `STATE`, `work`, `warmup` and `step`, or a plain Python class.

    \"\"\"Holds the market while its fast average is above its slow one.\"\"\"

    class Params(Struct, frozen=True, kw_only=True):
        fast: Annotated[int, Meta(ge=1, le=10_000, description="bars in the fast average")] = 5
        interval: Interval = "1m"

    STATE = np.dtype([("bar", BAR_STATE), ("fast", SMA)])

    def work(p): return p.fast            # float64s of work memory
    def warmup(p): return p.fast          # bars before it has an opinion
    def step(s, mem, p, tick, out): ...   # compiled; out[leg] = target, left alone = no opinion

    def indicators(s, mem, p, old): return {"fast": s.fast.total / p.fast}   # if there is one: what a decision rested on

With `LEGS = 2` it trades two symbols: `tick.leg` says whose a tick is, `out` has a target for each. `HEDGED = True`: they are held
against each other, and terms that would hold one alone are refused.

A field `own` of type `core.kernels.records.OWN` in STATE is filled before each step: the book's position, aim and entry. Fields
`confidence` ("f8", 0..1) and `reason` ("i8", a place in the file's `REASONS`, texts) go with each target that changes to who lists
signals.

With `SOURCES = ("model",)` it hears what sources beyond the tape say (`docs/signals.md`): a field `heard` of STATE, `(HEARD, (1,))` of
`core.kernels.heard`, holds what each of them last said; of several legs those of the first, then those of the second. In ordinary Python it
is the list `self.heard`. In a backtest nothing is heard.

In ordinary Python, instead of STATE and step: `class Strategy` with `__init__(self, params)` and
`on_tick(self, tick) -> float | None` or `on_bar(self, bar) -> float | None`, and perhaps `indicators(self)`.

A field `rejected` ("i8") is told too when it becomes another one than 0 while the target, which is given again, stays: the reason is that
of what was held back. A field `detail` ("f8", as many as the file's `DETAILS` has names, dotted as in `votes.trend`) goes with each signal.

A file of rules or an ensemble (`NAME.toml`, `core.conditions`, `core.ensembles`) is written out as such a module.

`indicators` gives numbers by name. It is read, never compiled, right after the step that changed the target, where somebody lists
decisions; `p` are the `Params`, `old` is `mem` as it was before that step.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, TypeAlias, get_args, get_type_hints

import msgspec
import numpy as np
from msgspec import Meta, Struct

from core.errors import StrategyError
from core.strategy_words import details_of, reasons_of, sources_of
from core.types import interval_ns

INTERVAL_DESCRIPTION = "bar length: tick, or a number and ms, s, m, h, d, w"

#: A bar length in words. In the compiled record it is int64 ns, `tick` 0.
Interval = Annotated[
    str, Meta(pattern=r"^(tick|[1-9][0-9]{0,5}(ms|s|m|h|d|w))$", description=INTERVAL_DESCRIPTION, extra={"interval": True})
]

#: A line of a strategy of rules: group, depth (0 the group itself), which quantity is judged (-1: it is a tree), its words (`("all",)`, or
#: the left side and the operator), and the right sides: (text, "") of a quantity, ("", parameter) of a number.
OutlineLine: TypeAlias = tuple[str, int, int, tuple[str, ...], tuple[tuple[str, str], ...]]

KERNEL = "kernel"
PYTHON = "python"


@dataclass(frozen=True)
class Definition:
    """One loaded strategy file."""

    name: str
    sentence: str
    path: Path
    module: ModuleType
    kind: str  # KERNEL | PYTHON
    params_type: type[Struct]
    legs: int
    helpers: dict[str, ModuleType] = dataclasses.field(default_factory=dict)  # modules beside it that it imports
    hedged: bool = False  # its legs are held against each other

    def params(self, values: dict[str, Any]) -> Struct:
        """Typed parameters of what a person gave (text is converted), defaults for the rest.

        Raises:
            StrategyError: a name or value that is not allowed; the message names it and what is.
        """
        fields = {f.name: f for f in msgspec.structs.fields(self.params_type)}
        for key in values:
            if key not in fields:
                raise StrategyError(f"{self.name} has no parameter {key!r}; it has: {', '.join(fields)}")
        for key, value in values.items():
            try:
                msgspec.convert(value, fields[key].type, strict=False)
            except msgspec.ValidationError as error:
                raise StrategyError(f"{self.name}: {key}={value!r} is not allowed: {_lower(error)}") from None
        try:
            return msgspec.convert(values, self.params_type, strict=False)
        except (msgspec.ValidationError, ValueError) as error:
            raise StrategyError(f"{self.name}: {_lower(error)}") from None

    def work(self, params: Struct) -> int:
        """float64s of work memory."""
        return int(self.module.work(params)) if hasattr(self.module, "work") else 0

    def warmup(self, params: Struct) -> int:
        """Bars (ticks, for interval `tick`) before it has an opinion."""
        return int(self.module.warmup(params)) if hasattr(self.module, "warmup") else 0

    @property
    def confident(self) -> bool:
        """Whether it says how sure it is of its targets."""
        fields = self.module.STATE.names if self.kind == KERNEL else None
        return {"confidence", "reason"} <= set(fields or ())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it gives targets, by number; empty where it says none.

        Raises:
            StrategyError: they are no texts.
        """
        return reasons_of(self.module, self.path)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources beyond the tape that it hears, by their names in the configuration.

        Raises:
            StrategyError: they are no names, or STATE has no place for them.
        """
        return sources_of(self.module, self.path, self.legs if self.kind == KERNEL else 0)

    @property
    def details(self) -> tuple[str, ...]:
        """Names of the numbers that go with its signals; empty where none do.

        Raises:
            StrategyError: they are no texts, or not those of the state's field `detail`.
        """
        return details_of(self.module, self.path)

    @property
    def outline(self) -> tuple[OutlineLine, ...]:
        """Its conditions, in the order of the file; empty where it is not made of any."""
        found: tuple[OutlineLine, ...] = getattr(self.module, "OUTLINE", ())
        return found

    def interval(self, params: Struct) -> int:
        """ns of its bars, 0 when it lives on ticks."""
        return interval_ns(str(getattr(params, "interval", "tick")))


def _lower(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]


def params_dtype(params_type: type[Struct]) -> np.dtype[Any]:
    """The record compiled code sees: int -> i8, float -> f8, bool -> i1, Interval -> i8 ns, a choice -> its place.

    Behind the parameters stand the whole numbers whose names are in the type's `DERIVED`, if it has one: its method `derived` works them
    out of the others in ordinary Python.
    """
    fields = [(f.name, _code(f.type)) for f in msgspec.structs.fields(params_type)]
    return np.dtype([*fields, *((name, "i8") for name in getattr(params_type, "DERIVED", ()))] or [("none", "i8")])


def _code(kind: Any) -> str:
    plain = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    if plain is float:
        return "f8"
    return "i1" if plain is bool else "i8"


def params_record(params: Struct) -> np.ndarray[Any, Any]:
    """One-element array of `params_dtype`, shape (1,)."""
    record = np.zeros(1, params_dtype(type(params)))
    for field in msgspec.structs.fields(type(params)):
        value = getattr(params, field.name)
        if is_interval(field.type):
            value = interval_ns(value)
        elif isinstance(value, str):
            allowed = choices(field.type)
            if not allowed:
                raise StrategyError(f"{field.name} is text: compiled code takes numbers, a Literal choice or an Interval")
            value = allowed.index(value)
        record[field.name] = value
    derived = getattr(params, "derived", tuple)
    for name, value in zip(getattr(params, "DERIVED", ()), derived(), strict=True):
        record[name] = value
    return record


def is_interval(kind: Any) -> bool:
    """Whether a parameter is annotated `Interval`."""
    return any(isinstance(m, Meta) and (m.extra or {}).get("interval") for m in getattr(kind, "__metadata__", ()))


def choices(kind: Any) -> list[str]:
    """The allowed words of a Literal parameter, else none."""
    plain = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    return [a for a in get_args(plain) if isinstance(a, str)]


def describe_fields(struct: type[Struct]) -> list[dict[str, Any]]:
    """Name, type, default, bounds and description of each field: what forms, `strategies` and the API are made from."""
    rows = []
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        kind = hints[field.name]
        row: dict[str, Any] = {"name": field.name, "type": _type_name(kind), "default": field.default, "description": ""}
        for meta in _metas(kind):
            row["description"] = meta.description or row["description"]
            row.update({k: getattr(meta, k) for k in ("ge", "gt", "le", "lt") if getattr(meta, k) is not None})
        if choices(kind):
            row["choices"] = choices(kind)
        rows.append(row)
    return rows


def _metas(kind: Any) -> Iterable[Meta]:
    found = [m for m in getattr(kind, "__metadata__", ()) if isinstance(m, Meta)]
    return found + [m for part in get_args(kind) for m in getattr(part, "__metadata__", ()) if isinstance(m, Meta)]


def _type_name(kind: Any) -> str:
    if is_interval(kind):
        return "interval"
    if choices(kind):
        return "choice"
    plain = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    names = {int: "int", float: "float", bool: "bool", str: "str"}
    parts = (get_args(a)[0] if hasattr(a, "__metadata__") else a for a in get_args(plain))
    return names.get(plain) or next((names[a] for a in parts if a in names), "str")


def source_hash(text: str) -> str:
    """sha256 of a strategy's source."""
    return hashlib.sha256(text.encode()).hexdigest()
