"""A fault of the local exchange as a value: when, of which kind, for how long, on what; checked when it is made."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from core.exchange.alterations import GARBAGE, POISONS

#: What may be said of each kind besides `at_s`, and what it is when nothing is said; None is nothing.
KINDS: dict[str, dict[str, Any]] = {
    "cut": {},
    "half_open": {"for_s": 30.0, "all": False},
    "silence": {"for_s": 5.0},
    "mute": {"for_s": 15.0, "acknowledge": True},
    "skip": {"symbol": "", "count": 3},
    "duplicate": {"symbol": "", "count": 3},
    "reorder": {"symbol": "", "count": 5},
    "garbage": {"symbol": "", "how": "all"},
    "poison": {"symbol": "", "how": "nan", "count": 1},
    "rename": {"symbol": "", "how": "renamed", "field": "p", "for_s": 5.0},
    "reject": {"how": "seconds", "status": 429, "for_s": 5.0, "retry_after_s": None, "ban_after": None, "ban_s": 10.0},
    "slow_rest": {"for_s": 10.0, "delay_s": 2.0},
    "refuse": {"how": "503", "for_s": 5.0},
    "shutdown": {"grace_s": 5.0},
    "halt": {"symbol": "", "how": "CANCEL_ONLY", "for_s": 10.0},
    "burst": {"for_s": 5.0, "times": 10.0},
}

#: The variants of a kind, by its `how`.
VARIANTS: dict[str, tuple[str, ...]] = {
    "garbage": ("all", *GARBAGE),
    "poison": POISONS,
    "rename": ("renamed", "retyped"),
    "reject": ("seconds", "date"),
    "refuse": ("503", "close", "hang"),
    "halt": ("CANCEL_ONLY", "HALT", "BREAK", "delisted"),
}

_Seconds = Annotated[float, Meta(gt=0, le=1e6)]
_Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault; what its kind knows and was not said has the kind's default, and what it does not know is None.

    Attributes:
        at_s: seconds after the first subscription.
        kind: one of `KINDS`.
        for_s: how long it lasts.
        symbol: of the venue; all of them when empty.
        count: of prints.
        how: one of the kind's `VARIANTS`: the garbage, the poison, renamed or retyped, `Retry-After` as seconds or a date, what a refused
            connection gets, a halted symbol's status.
        all: half_open: new connections too.
        acknowledge: mute: requests are answered.
        field: rename: which.
        status, retry_after_s, ban_after, ban_s: reject: see `Rejection`; without `retry_after_s` the time that is left is told.
        delay_s: slow_rest: how long an answer takes.
        grace_s: shutdown: from the announcement to the end.
        times: burst: how much faster.
    """

    at_s: Annotated[float, Meta(ge=0, le=1e7)]
    kind: str
    for_s: _Seconds | None = None
    symbol: Annotated[str, Meta(max_length=40)] | None = None
    count: _Count | None = None
    how: str | None = None
    all: bool | None = None
    acknowledge: bool | None = None
    field: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    status: Annotated[int, Meta(ge=400, le=599)] | None = None
    retry_after_s: Annotated[float, Meta(ge=0, le=1e6)] | None = None
    ban_after: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    ban_s: _Seconds | None = None
    delay_s: Annotated[float, Meta(ge=0, le=1e6)] | None = None
    grace_s: Annotated[float, Meta(ge=0, le=1e6)] | None = None
    times: Annotated[float, Meta(gt=0, le=1000)] | None = None

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: no such kind, a variant it does not have, or a word that says nothing about it.
        """
        known = KINDS.get(self.kind)
        if known is None:
            raise ValueError(f"no kind {self.kind!r}: {', '.join(KINDS)}")
        for name, value in self._said():
            if name not in known:
                raise ValueError(f"{self.kind} has no {name}: {', '.join(('at_s', *known))}")
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{name} is a number of seconds, not {value}")
        if not math.isfinite(self.at_s):
            raise ValueError(f"at_s is a number of seconds, not {self.at_s}")
        for name, value in known.items():
            if getattr(self, name) is None:
                msgspec.structs.force_setattr(self, name, value)
        if self.how is not None and self.how not in VARIANTS[self.kind]:
            raise ValueError(f"{self.kind} has no {self.how!r}: {', '.join(VARIANTS[self.kind])}")

    def words(self) -> dict[str, Any]:
        """All that is known of it, by name."""
        return {"at_s": self.at_s, "kind": self.kind, **dict(self._said())}

    def toml(self) -> str:
        """Its table in a script."""
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in self.words().items()]
        return "\n".join(("[[fault]]", *lines, ""))

    def _said(self) -> list[tuple[str, Any]]:
        names = [name for name in self.__struct_fields__ if name not in ("at_s", "kind")]
        return [(name, value) for name in names if (value := getattr(self, name)) is not None]
