"""A file of rules as its dialog shows it, rows of text, and back to TOML. What a row means is not known here."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from msgspec import Struct

#: The groups, and how each is joined where nobody says.
GROUPS = {"signal": "all", "cancel": "any", "entry": "all", "close": "any", "emergency": "any"}

#: What a group holds besides its conditions.
_WAITS = {"entry": ("cooldown", "timeout"), "emergency": ("cooldown",)}

_TOP = ("sentence", "interval", "indicators", *GROUPS)

_NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?")


class Draft(Struct, kw_only=True):
    """What the dialog holds.

    Attributes:
        indicators: a row each: `fast sma period=10`.
        groups: by group, all | any and its rows: a condition, or what is nested as TOML has it: `{ any = ["rsi lte 60"] }`.
        waits: `entry cooldown`, `entry timeout` and `emergency cooldown`, such as 5m.
        comments: lines of the file that only a person reads: they are not kept.
    """

    sentence: str = ""
    side: str = "long"
    interval: str = "1m"
    indicators: list[str] = []
    groups: dict[str, tuple[str, list[str]]] = {}
    waits: dict[str, str] = {}
    comments: int = 0


def text_of(draft: Draft) -> str:
    """The file's text.

    Raises:
        ValueError: an indicator's row cannot be one.
    """
    lines = [f"sentence = {_quoted(draft.sentence)}", f"interval = {_quoted(draft.interval)}"]
    if draft.indicators:
        lines += ["", "[indicators]", *(indicator_line(row) for row in draft.indicators)]
    for group in GROUPS:
        lines += _group_lines(group, draft)
    return "\n".join(lines) + "\n"


def _group_lines(group: str, draft: Draft) -> list[str]:
    how, rows = draft.groups.get(group, (GROUPS[group], []))
    waits = [(name, draft.waits.get(f"{group} {name}", "")) for name in _WAITS.get(group, ())]
    inside = [f"side = {_quoted(draft.side)}"] if group == "signal" else []
    if rows:
        inside.append(f"{how} = [{', '.join(map(_item, rows))}]")
    inside += [f"{name} = {_quoted(length)}" for name, length in waits if length]
    return ["", f"[{group}]", *inside] if inside else []


def condition_text(group: str, row: str, draft: Draft) -> str:
    """The shortest file that holds one row of a group, so that what is wrong with it is told apart from all else."""
    groups = {"signal": ("all", ["price gt 0"])}
    alone = Draft(sentence="x", interval=draft.interval, indicators=draft.indicators, groups=groups | {group: ("all", [row])})
    return text_of(alone)


def indicator_text(row: str, draft: Draft) -> str:
    """The same of a row of the indicators."""
    return text_of(Draft(sentence="x", interval=draft.interval, indicators=[row], groups={"signal": ("all", ["price gt 0"])}))


def indicator_line(row: str) -> str:
    """`fast sma period=10` as TOML has it.

    Raises:
        ValueError: it cannot be one; the message says what it looks like.
    """
    name, *words = row.split()
    if not words or "=" in words[0]:
        raise ValueError("write its name, the indicator, and parameters: fast sma period=10")
    given = []
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"[a-z_][a-z0-9_]*", key) or not value:
            raise ValueError(f"{word[:20]}: parameters are written such as period=10")
        given.append(f", {key} = {value if _plain(value) else _quoted(value)}")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError("a name is small letters, digits and _, 32 at most, a letter first")
    return f"{name} = {{ indicator = {_quoted(words[0])}{''.join(given)} }}"


def _plain(word: str) -> bool:
    """Whether TOML has it as a number or a truth."""
    return word in ("true", "false") or _NUMBER.fullmatch(word) is not None


def nested(row: str) -> str:
    """A row that is no condition but a table, checked to be one alone; '' where it is a condition.

    Raises:
        ValueError: it begins as one and is none.
    """
    if not row.startswith("{"):
        return ""
    try:
        found = tomllib.loads(f"row = {row}")
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f'is no TOML: {error}; write {{ any = ["rsi lte 60"] }}') from None
    if list(found) != ["row"] or not isinstance(found["row"], dict):
        raise ValueError('write { any = ["rsi lte 60", "rsi gte 70"] }')
    return row


def _item(row: str) -> str:
    return row if row.startswith("{") else _quoted(row)


def draft_of(text: str) -> Draft:
    """What the dialog shows of a file.

    Raises:
        ValueError: it is no TOML, or holds what the dialog cannot show, and would lose.
    """
    try:
        top = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"no TOML: {error}") from None
    if unknown := [key for key in top if key not in _TOP]:
        raise ValueError(f"it holds {unknown[0]!r}, which the dialog cannot show")
    draft = Draft(sentence=_text(top, "sentence", ""), interval=_text(top, "interval", "1m"))
    draft.indicators = [_indicator_row(name, row) for name, row in _table(top, "indicators").items()]
    for group in GROUPS:
        _take_group(draft, group, dict(_table(top, group)))
    draft.comments = sum("#" in re.sub(r"'[^']*'|\"(\\.|[^\"\\])*\"", "", line) for line in text.splitlines())
    return draft


def _take_group(draft: Draft, group: str, table: dict[str, Any]) -> None:
    if group == "signal":
        draft.side = _text(table, "side", "long")
        table.pop("side", None)
    for name in _WAITS.get(group, ()):
        draft.waits[f"{group} {name}"] = _text(table, name, "")
        table.pop(name, None)
    if not table:
        return
    how, rows = next(iter(table.items()))
    if len(table) > 1 or how not in ("all", "any") or not isinstance(rows, list):
        raise ValueError(f"[{group}] holds {', '.join(map(repr, table))}: the dialog can show one list, all or any")
    draft.groups[group] = (how, [row if isinstance(row, str) else _value(row) for row in rows])


def _indicator_row(name: str, row: Any) -> str:
    if not isinstance(row, dict) or not isinstance(row.get("indicator"), str):
        raise ValueError(f"[indicators] holds {name!r}, which the dialog cannot show")
    given = [(key, value) for key, value in row.items() if key != "indicator"]
    words = [f"{key}={value if isinstance(value, str) else _value(value)}" for key, value in given]
    odd = [value for _, value in given if isinstance(value, str) and _plain(value)]  # texts that would come back as numbers
    odd += [word for word in (name, row["indicator"], *words) if not word or re.search(r"\s", word)]
    if odd:
        raise ValueError(f"[indicators] {name}: the dialog cannot show {odd[0]!r}")
    return " ".join((name, row["indicator"], *words))


def _table(top: dict[str, Any], name: str) -> dict[str, Any]:
    found = top.get(name, {})
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no table")
    return found


def _text(table: dict[str, Any], name: str, default: str) -> str:
    found = table.get(name, default)
    if not isinstance(found, str):
        raise ValueError(f"{name} is no text: {found!r}")
    return found


def _value(value: Any) -> str:
    """Any value of TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
