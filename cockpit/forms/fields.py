"""A form's fields as values: what the engine's catalogue says of a parameter, and what a typed text means for it.

No widget in here: what is asked, what is allowed, and what is wrong with an entry, in words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from cockpit.text import clean
from core.codes import interval_ns
from core.errors import UsageError

Value: TypeAlias = str | int | float | bool | None

#: Where a comma means what it means here: groups of three digits.
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")

_YES = {"yes": True, "no": False}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter: its type (int, float, str, bool, interval or choice), default, bounds and meaning; `off`: nothing is a value too."""

    name: str
    type: str = "str"
    default: Value = None
    description: str = ""
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    choices: list[str] = []
    off: bool = False

    @property
    def options(self) -> list[str]:
        """What can be chosen from; empty where a text is typed."""
        return list(_YES) if self.type == "bool" else self.choices

    @property
    def optional(self) -> bool:
        """Whether nothing is a value too."""
        return self.default is None or self.off

    def shown(self, value: Value) -> str:
        """A value as it stands in the field."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value:.12g}" if isinstance(value, float) else clean(str(value))

    def bounds(self) -> str:
        """`≥ 1, < 500`; empty where there are none."""
        signs = (("≥", self.ge), (">", self.gt), ("≤", self.le), ("<", self.lt))
        return ", ".join(f"{sign} {bound:,.12g}" for sign, bound in signs if bound is not None)

    def hint(self) -> str:
        """What stands beside the field while nothing is wrong with it."""
        bounds = "tick, 1s, 5m, 1h, …" if self.type == "interval" else self.bounds()
        parts = [bounds, clean(self.description)]
        return " · ".join(part for part in parts if part)

    def read(self, text: str) -> Value:
        """The value of a typed text.

        Raises:
            ValueError: it is none, or out of bounds; the message says what is allowed.
        """
        text = text.strip()
        if not text:
            if self.optional:
                return None
            raise ValueError(": ".join(filter(None, ("needs a value", self.hint()))))
        if self.options:
            if text not in self.options:
                raise ValueError(f"must be one of {', '.join(self.options)}")
            return _YES[text] if self.type == "bool" else text
        if self.type == "interval":
            try:
                interval_ns(text)
            except UsageError:
                raise ValueError("is not an interval: tick, or such as 1s, 5m, 1h") from None
            return text
        return self._bounded(text) if self.type in ("int", "float") else text

    def _bounded(self, text: str) -> int | float:
        if "," in text and not _THOUSANDS.fullmatch(text):
            raise ValueError("has a comma: write a point for decimals, such as 0.5")
        plain = text.replace("_", "").replace(",", "")
        try:
            value = int(plain) if self.type == "int" else float(plain)
        except ValueError:
            raise ValueError("must be a whole number" if self.type == "int" else "must be a number") from None
        if not math.isfinite(value):
            raise ValueError("must be a number")
        for bound, word, holds in (
            (self.ge, "at least", self.ge is None or value >= self.ge),
            (self.gt, "above", self.gt is None or value > self.gt),
            (self.le, "at most", self.le is None or value <= self.le),
            (self.lt, "below", self.lt is None or value < self.lt),
        ):
            if not holds:
                raise ValueError(f"must be {word} {bound:,.12g}")
        return value


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy that can be registered; `hedged`: its legs are held against each other; `confident`: it says how sure it is."""

    name: str
    sentence: str = ""
    legs: int = 1
    hedged: bool = False
    confident: bool = True
    params: list[Field] = []
    terms: list[Field] = []


def read_catalogue(answer: Any) -> list[Offer]:
    """The strategies of the engine's answer: a list, or an object with `strategies` and the `terms` all of them share.

    Raises:
        ValueError: the answer is neither.
    """
    shared: list[Field] = []
    try:
        if isinstance(answer, Mapping):
            shared = msgspec.convert(answer.get("terms", []), list[Field], strict=False)
            answer = answer.get("strategies", [])
        offers = msgspec.convert(answer, list[Offer], strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"the engine's catalogue cannot be read: {error}") from error
    return [msgspec.structs.replace(offer, terms=shared) if shared and not offer.terms else offer for offer in offers]


def read_symbols(text: str) -> list[str]:
    """Symbols of a typed list, upper case, each once: `btcusdt, ethusdt`.

    Raises:
        ValueError: there is none, or one cannot be a symbol.
    """
    found: list[str] = []
    for word in re.split(r"[,\s]+", text.strip()):
        if not word:
            continue
        venue, colon, symbol = word.rpartition(":")
        if clean(word) != word or not symbol or len(word) > 40:
            raise ValueError(f"{clean(word)[:20]} is not a symbol")
        name = f"{venue.lower()}{colon}{symbol.upper()}"
        if name not in found:
            found.append(name)
    if not found:
        raise ValueError("needs a symbol, such as BTCUSDT")
    return found
