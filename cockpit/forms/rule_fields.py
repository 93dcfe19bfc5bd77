"""Fields of a rule's form whose text means more than a number: conditions of a group, when a rule ends."""

from __future__ import annotations

import time
from typing import Any

from cockpit.forms.fields import Field
from cockpit.rule_words import read_conditions, say_condition, seconds
from core.alert_rules import AnyRule, GroupRule
from core.clock import iso, parse_time
from core.errors import UsageError

_CONDITIONS = "such as price BTCUSDT above 61650; stale all 30s"
_UNTIL = "then it is removed: a time, or how long from now, such as 8h"


class Conditions(Field, frozen=True, kw_only=True):
    """Conditions in words, with semicolons between."""

    def read(self, text: str) -> Any:
        if not text.strip():
            raise ValueError("needs a condition, such as price BTCUSDT above 61650")
        try:
            return read_conditions(text.split(";"))
        except UsageError as error:
            raise ValueError(str(error)) from None


class Until(Field, frozen=True, kw_only=True):
    """A time, or how long from now; nothing: for ever."""

    def read(self, text: str) -> Any:
        if not text.strip():
            return None
        try:
            return time.time_ns() + int(seconds(text.strip()) * 1e9)
        except UsageError:
            pass
        try:
            return parse_time(text.strip())
        except UsageError:
            raise ValueError("is no time: such as 8h, or 2026-01-31 18:00") from None


def field_for(field: Field) -> Field:
    """The field as it reads its text."""
    if field.name == "conditions":
        return Conditions(name=field.name, default="", description=_CONDITIONS)
    if field.name == "until_ns":
        return Until(name=field.name, default=None, description=_UNTIL)
    return field


def text_of(field: Field, rule: AnyRule) -> str | None:
    """What stands in such a field for a rule that is changed; None: it is no such field."""
    if field.name == "conditions" and isinstance(rule, GroupRule):
        return "; ".join(map(say_condition, rule.conditions))
    if field.name == "until_ns":
        return iso(rule.until_ns) if rule.until_ns else ""
    return None
