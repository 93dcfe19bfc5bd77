"""Rules in words, as a command line and a form take them: `price BTCUSDT above 61650`, `move ETHUSDT 2% 5m`, `disk 20GB`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import msgspec

from cockpit.rule_kinds import WORDS
from core.alert_rules import KINDS, MOST, Condition, GroupRule
from core.config_keys import describe
from core.errors import UsageError, one_line

_TIMES = frozenset({"window_s", "after_s"})


def read_words(kind: str, words: Sequence[str], said: str = "") -> dict[str, Any]:
    """The fields of a rule of this kind, from its words; `said` stands before a word that is wrong.

    Raises:
        UsageError: a word is missing, one too many, or not allowed; the message names it and what is.
    """
    known, said = WORDS[kind], said or kind
    if not len(known.words) - known.spare <= len(words) <= len(known.words):
        raise UsageError(f"{said}: write {said} {' '.join(known.words[: len(known.words) - known.spare])}")
    types = {field.name: field.type for field in msgspec.structs.fields(KINDS[kind])}
    values: dict[str, Any] = {}
    given = dict(zip(known.fields, words, strict=False))
    if kind == "between" and "@" in given["symbol"]:
        given["variant"], _, given["symbol"] = given["symbol"].partition("@")
    if kind == "disk":
        text = given["free"]
        given["unit"] = "%" if text.endswith("%") else "GB"
        given["free"] = text.removesuffix("%").removesuffix("GB").removesuffix("gb")
    for field, text in given.items():
        values[field] = read_value(types[field], text, f"{said} {text}", is_time=field in _TIMES, is_share=field == "percent")
    return values


def read_value(type_: Any, text: Any, said: str, *, is_time: bool = False, is_share: bool = False) -> Any:
    """One value of a rule, from its word.

    Raises:
        UsageError: it is not allowed; the message says what is.
    """
    try:
        if is_time:
            text = seconds(text)
        elif is_share:
            text = text.removesuffix("%")
        value = msgspec.convert(text, type_, strict=False)
    except msgspec.ValidationError:
        raise UsageError(f"{said}: must be {describe(msgspec.inspect.type_info(type_))}") from None
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise UsageError(f"{said}: must be {describe(msgspec.inspect.type_info(type_))}")
    return value


def seconds(text: str) -> float:
    """A while in words.

    Raises:
        UsageError: it is none.
    """
    import argparse

    from cockpit.cli.parser import seconds as parse

    try:
        return parse(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(str(error)) from None


def read_hysteresis(kind: str, text: str) -> float:
    """How far a figure must go back: `1%` of the level, or `0.5` of those around 0.

    Raises:
        UsageError: it is neither.
    """
    percent = KINDS[kind].SLACK_IN == "percent"
    if text.endswith("%") and not percent:
        raise UsageError(f"hysteresis {one_line(text, 40)}: of {kind} in its own unit, such as 0.5: its level may be 0")
    types = {field.name: field.type for field in msgspec.structs.fields(KINDS[kind])}
    return float(read_value(types["hysteresis"], text.removesuffix("%"), f"hysteresis {text}"))


def read_condition(text: str) -> Condition:
    """One condition of a group: `price BTCUSDT above 61650`, and behind it, where it has one, `hysteresis 1%`.

    Raises:
        UsageError: it is none.
    """
    try:
        kind, *words = shlex.split(text) or [""]
    except ValueError as error:
        raise UsageError(f"{one_line(text, 60)!r}: {error}") from None
    if kind not in WORDS:
        raise UsageError(f"{one_line(kind, 40)!r} is no condition: {', '.join(WORDS)}")
    more = {}
    if len(words) > 2 and words[-2] == "hysteresis":
        more["hysteresis"] = read_hysteresis(kind, words[-1])
        words = words[:-2]
    condition: Condition = KINDS[kind](**read_words(kind, words), **more)
    return condition


def read_conditions(texts: Sequence[str]) -> list[Condition]:
    """The conditions of a group.

    Raises:
        UsageError: one is none, or there are too many.
    """
    found = [read_condition(text) for text in texts if text.strip()]
    types = {field.name: field.type for field in msgspec.structs.fields(GroupRule)}
    if not 1 <= len(found) <= MOST:
        raise UsageError(f"a group has 1 to {MOST} conditions")
    conditions: list[Condition] = msgspec.convert(found, types["conditions"])
    return conditions


def say_condition(rule: Condition) -> str:
    """A condition in the words it is read from."""
    known = WORDS[rule.kind]
    words = []
    for field in known.fields:
        value = getattr(rule, field)
        text = f"{value:.12g}" if isinstance(value, float) else str(value)
        if field in ("symbol", "a", "b"):
            text = text.rpartition(":")[2]
        words.append(text + ("s" if field in _TIMES else ""))
    if rule.kind == "between" and rule.variant:  # type: ignore[union-attr]
        words[0] = f"{rule.variant}@{words[0]}"  # type: ignore[union-attr]
    if rule.kind == "disk":
        words[0] += rule.unit  # type: ignore[union-attr]
    default = next(field.default for field in msgspec.structs.fields(type(rule)) if field.name == "hysteresis")
    more = ["hysteresis", f"{rule.hysteresis:g}"] if rule.hysteresis != default else []
    return " ".join(shlex.quote(word) for word in [rule.kind, *words, *more])
