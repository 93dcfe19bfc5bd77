"""The keys of a configuration struct, flattened to dotted names, and their types put into words."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct, inspect


@dataclass(frozen=True, slots=True)
class Key:
    """One value that can be set: its dotted name, type and default, what it means, and what is allowed, in words."""

    name: str
    type: Any
    default: Any
    meaning: str
    allowed: str


@functools.cache
def keys_of(kind: type[Struct], path: str = "") -> MappingProxyType[str, Key]:
    """Every key below a struct, in order of declaration."""
    keys: dict[str, Key] = {}
    for field in msgspec.structs.fields(kind):
        dotted = f"{path}{field.name}"
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            keys |= keys_of(field.type, f"{dotted}.")
            continue
        found = inspect.type_info(field.type)
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        keys[dotted] = Key(dotted, field.type, default, _extra(found, "description"), describe(found))
    return MappingProxyType(keys)


def _extra(found: inspect.Type, name: str) -> str:
    """A text that a Meta of the type carries, or a Meta of one half of `X | None`."""
    if isinstance(found, inspect.UnionType):
        return next((text for part in found.types if (text := _extra(part, name))), "")
    while isinstance(found, inspect.Metadata):
        for given in (found.extra, found.extra_json_schema):
            if given and name in given:
                return str(given[name])
        found = found.type
    return _extra(found, name) if isinstance(found, inspect.UnionType) else ""


def describe(found: inspect.Type) -> str:
    """What a value must be, in words: `a number above 0 and at most 30`."""
    allowed = _extra(found, "allowed")
    if allowed:
        return allowed
    match found:
        case inspect.Metadata(type=inner):
            return describe(inner)
        case inspect.UnionType(types=types):
            return " or ".join(describe(t) for t in types if not isinstance(t, inspect.NoneType))
        case inspect.LiteralType(values=values):
            # The order of a Literal's values is lost in the type; theirs is the alphabet's.
            return ", ".join(map(str, values[:-1])) + f" or {values[-1]}" if len(values) > 1 else str(values[0])
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "a whole number" + _bounds(found)
        case inspect.FloatType():
            return "a number" + _bounds(found)
        case inspect.ListType(item_type=item):
            return f"a list{f' of at least {found.min_length}' if found.min_length else ''}, each {describe(item)}"
        case inspect.DictType():
            return "a table of names and texts"
        case _:
            return "text"


def _bounds(found: inspect.IntType | inspect.FloatType) -> str:
    if found.ge is not None and found.le is not None:
        return f" from {_number(found.ge)} to {_number(found.le)}"
    named = (("above", found.gt), ("at least", found.ge), ("below", found.lt), ("at most", found.le))
    words = [f"{word} {_number(bound)}" for word, bound in named if bound is not None]
    return f" {' and '.join(words)}" if words else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
