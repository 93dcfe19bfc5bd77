"""The text of a home's `indicators.toml`: its tables found, read, written and taken out; comments stay where they are.

Nothing of an indicator is known here: whether a variant can be is looked at by who writes it (`core.indicators.variant_file`).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import ConfigError, UsageError, one_line
from core.transfer.draft import Draft
from core.variant import Variant

FILE = "indicators.toml"

_HEAD = """\
# Variants of indicators: a table each, named as the variant. `cockpit indicators` lists indicators with their parameters and lines.
#
# [fast_rsi]
# indicator = "rsi"
# type = "general"      # general, risk (0 to 100), price, stop_loss, take_profit or close_order
# line = "rsi"          # which of its lines; left out: the first
# params = {period = 7, interval = "1m"}
# symbols = ["BTCUSDT"] # left out: all
"""

#: The head of a table, at the beginning of a line; what is below a name belongs to it.
_TABLE = re.compile(r"""\[\s*(?P<name>[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')\s*(?P<below>\.[^\]\n]*)?\]\s*(#.*)?$""")


class Block(NamedTuple):
    """The lines of one table: its name as written, and the first line and the one after the last, from 0."""

    name: str
    begin: int
    end: int


def put_variant(home: Path, variant: Variant, *, anew: bool = False) -> None:
    """Write a variant: in the place of one of its name, else at the end of the home's file.

    Args:
        anew: there must be none of its name.

    Raises:
        UsageError: there is one of its name already.
        ConfigError: the file cannot be read.
        CockpitError: the file cannot be written.
    """
    if anew:
        refuse_known(home, variant.name)
    lines = lines_of(home / FILE)
    ours = _named(lines, variant.name)
    if ours:
        first, *more = ours
        gone = {number for block in more for number in range(block.begin, block.end)}
        before = lines[: first.begin]
        after = [line for number, line in enumerate(lines) if number >= first.end and number not in gone]
        _write(home / FILE, [*before, *_table(variant), *([""] if after and after[0].strip() else []), *after])
        return
    before = [*(lines or _HEAD.splitlines())]
    while before and not before[-1].strip():
        before.pop()
    _write(home / FILE, [*before, "", *_table(variant)])


def remove_variant(home: Path, name: str) -> None:
    """Take a variant out of the home's file, whether or not what is said of it is right.

    Raises:
        UsageError: there is none of that name.
        ConfigError: the file cannot be read.
        CockpitError: the file cannot be written.
    """
    refuse_unknown(home, name)
    lines = lines_of(home / FILE)
    gone = {number for block in _named(lines, name) for number in range(block.begin, block.end)}
    _write(home / FILE, [line for number, line in enumerate(lines) if number not in gone])


def refuse_known(home: Path, name: str) -> None:
    """Make sure that no table has this name, whether or not what it says is right.

    Raises:
        UsageError: one has.
        ConfigError: the file cannot be read.
    """
    if _named(lines_of(home / FILE), name):
        raise UsageError(f"there is another variant called {name}: remove it first")


def refuse_unknown(home: Path, name: str) -> None:
    """Make sure that a table has this name, whether or not what it says is right.

    Raises:
        UsageError: none has.
        ConfigError: the file cannot be read.
    """
    names = dict.fromkeys(plain(block.name) for block in blocks_of(lines_of(home / FILE)))
    if name not in names:
        raise UsageError(f"no variant {one_line(name, 80)!r}; there are: {', '.join(names) or 'none'}")


def lines_of(path: Path) -> list[str]:
    """The lines of a file; none where there is no file.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {line} is not UTF-8 text") from None


def blocks_of(lines: list[str]) -> Iterator[Block]:
    """The tables, with those below them. Comments right above a table are its own."""
    begin, name = 0, ""
    for number, line in enumerate(lines):
        found = _TABLE.match(line)
        if found is None or (name == found["name"] and found["below"]):
            continue
        if name:
            yield Block(name, begin, _end(lines, begin, number))
        begin, name = number, found["name"]
    if name:
        yield Block(name, begin, len(lines))


def table_of(lines: list[str], block: Block) -> Any:
    """What one table says, read alone, behind as many empty lines as stand before it: what TOML complains of has the right number.

    Raises:
        TOMLDecodeError: it is no TOML.
    """
    text = "\n" * block.begin + "\n".join(lines[block.begin : block.end]) + "\n"
    return tomllib.loads(text).get(plain(block.name))


def _end(lines: list[str], begin: int, end: int) -> int:
    while end > begin + 1 and lines[end - 1].startswith("#"):
        end -= 1
    return end


def plain(name: str) -> str:
    """A table's name without quotes."""
    return name[1:-1] if name[:1] in "\"'" else name


def _named(lines: list[str], name: str) -> list[Block]:
    return [block for block in blocks_of(lines) if plain(block.name) == name]


def _table(variant: Variant) -> list[str]:
    """The lines of a variant's table."""
    rows: dict[str, Any] = {"indicator": variant.indicator, "type": variant.type}
    if variant.line:
        rows["line"] = variant.line
    if variant.params:
        rows["params"] = variant.params
    if variant.symbols is not None:
        rows["symbols"] = variant.symbols
    return [f"[{variant.name}]", *(f"{key} = {_toml(value)}" for key, value in rows.items())]


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _write(path: Path, lines: list[str]) -> None:
    with Draft(path) as draft:
        draft.part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.keep()
