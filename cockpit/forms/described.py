"""Fields of a form from a type: what a struct declares of its values is what is asked for, allowed and said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from cockpit.forms.fields import Field, Value

_TYPES = {int: "int", float: "float", bool: "bool", str: "str"}


class Listed(Field, frozen=True, kw_only=True):
    """A name that must be one of those that are known."""

    known: tuple[str, ...] = ()
    lacking: str = "is not known"

    def read(self, text: str) -> Value:
        value = super().read(text)
        name = next((known for known in self.known if known.casefold() == str(value).casefold()), None)
        if name is None:
            raise ValueError(f"{self.lacking}: {', '.join(self.known[:6])}{' …' if len(self.known) > 6 else ''}")
        return name


def fields_of(kind: type[Any], without: Sequence[str] = ()) -> list[Field]:
    """The fields of a struct: its own first, then those it has from another; one without a default has none here either."""
    hints = get_type_hints(kind, include_extras=True)
    inherited = {name for base in kind.__bases__ for name in getattr(base, "__struct_fields__", ())}
    own = set(kind.__annotations__) - inherited  # one that only has another default is not its own
    declared = [field for field in msgspec.structs.fields(kind) if field.name not in without]
    return [_field(field, hints[field.name]) for field in sorted(declared, key=lambda field: field.name not in own)]


def _field(field: msgspec.structs.FieldInfo, hint: Any) -> Field:
    plain, off, metas = _without_none(hint), type(None) in get_args(hint), []
    while hasattr(plain, "__metadata__"):
        metas += [meta for meta in plain.__metadata__ if isinstance(meta, Meta)]
        plain = get_args(plain)[0]
    words = [str(word) for word in get_args(plain)] if get_origin(plain) is Literal else []
    bounds: dict[str, float] = {}
    for meta in metas:
        bounds |= {name: value for name in ("ge", "gt", "le", "lt") if (value := getattr(meta, name)) is not None}
    return Field(
        name=field.name,
        type="choice" if words else _TYPES.get(plain, "str"),
        default="" if field.default is msgspec.NODEFAULT else field.default if field.default != "" else None,
        description=next((meta.description for meta in metas if meta.description), ""),
        choices=words,
        off=off,
        **bounds,
    )


def _without_none(hint: Any) -> Any:
    """What a value is where there is one: `float` of `float | None`; a type that is no union with None stays."""
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 and type(None) in get_args(hint) else hint
