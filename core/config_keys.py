"""The keys of a configuration struct, flattened to dotted names, and their types put into words."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Struct, inspect

#: In a dotted name, a part that people choose: `alerts.webhook.*.url`. Such a name is short, and so is the list of them.
CHOSEN = re.compile(r"[a-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True)
class Key:
    """One value that can be set: its dotted name, type and default, what it means, and what is allowed, in words.

    Attributes:
        private: what is given may be, or hold, a secret: it is repeated nowhere.
    """

    name: str
    type: Any
    default: Any
    meaning: str
    allowed: str
    private: bool = False


@functools.cache
def keys_of(kind: type[Struct], path: str = "") -> MappingProxyType[str, Key]:
    """Every key below a struct, in order of declaration."""
    keys: dict[str, Key] = {}
    for field in msgspec.structs.fields(kind):
        dotted = f"{path}{field.name}"
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            keys |= keys_of(field.type, f"{dotted}.")
            continue
        if (named := named_section(field.type)) is not None:
            keys |= keys_of(named, f"{dotted}.*.")
            continue
        found = inspect.type_info(field.type)
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        private = _extra(found, "private") == "True"
        keys[dotted] = Key(dotted, field.type, default, _extra(found, "description"), describe(found), private)
    return MappingProxyType(keys)


def named_section(kind: Any) -> type[Struct] | None:
    """The section that people may have several of, under names of their own: `dict[str, Section]`; None for any other type."""
    inner = get_args(kind)[1] if get_origin(kind) is dict else None
    return inner if isinstance(inner, type) and issubclass(inner, Struct) else None


def find_key(keys: Mapping[str, Key], dotted: str) -> Key | None:
    """The key that this dotted name is, also where a part of it is a name that somebody chose."""
    if dotted in keys and "*" not in dotted:
        return keys[dotted]
    return next((key for name, key in keys.items() if "*" in name and _is(name.split("."), dotted.split("."))), None)


def is_section(keys: Mapping[str, Key], dotted: str) -> bool:
    """Whether keys lie below this dotted name."""
    parts = dotted.split(".")
    return any(len(name) > len(parts) and _is(name[: len(parts)], parts) for name in (key.split(".") for key in keys))


def _is(pattern: list[str], parts: list[str]) -> bool:
    if len(pattern) != len(parts):
        return False
    return all(CHOSEN.fullmatch(theirs) if mine == "*" else mine == theirs for mine, theirs in zip(pattern, parts, strict=True))


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
