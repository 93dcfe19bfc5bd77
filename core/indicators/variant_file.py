"""`indicators.toml` of a home: a table a variant, written by hand or by `cockpit indicators`; comments stay where they are.

    [fast_rsi]                       # the variant's name
    indicator = "rsi"
    type = "risk"                    # left out: general
    line = "rsi"                     # left out: the indicator's first
    params = {period = 7, interval = "1m"}
    symbols = ["BTCUSDT"]            # left out: all

Each table is read by itself: one that is wrong is named with its line, and stops no other.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from core.errors import ConfigError, UsageError, one_line
from core.indicators.catalogue import Catalogue
from core.indicators.variants import Variant, check
from core.transfer.draft import Draft

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


@dataclass
class Variants:
    """What a file holds.

    Attributes:
        found: by name, in the order of the file.
        wrong: a line for each table that cannot be, with the number of its line.
    """

    found: dict[str, Variant] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def read_variants(home: Path, catalogue: Catalogue) -> Variants:
    """The variants of a home; none where there is no file.

    Raises:
        ConfigError: the file cannot be read.
    """
    path, variants = home / FILE, Variants()
    lines = _lines(path)
    blocks = list(_blocks(lines))
    begin = blocks[0].begin if blocks else len(lines)
    for number, line in enumerate(lines[:begin], 1):
        if line.strip() and not line.lstrip().startswith("#"):
            variants.wrong.append(f"{path}: line {number}: {one_line(line, 60)!r} is in no table: begin it with [name]")
            break
    for block in blocks:
        try:
            variant = _variant(lines, block)
            if variant.name in variants.found:
                raise UsageError(f"there is another variant called {variant.name}")
            check(variant, catalogue)
            variants.found[variant.name] = variant
        except tomllib.TOMLDecodeError as error:
            variants.wrong.append(f"{path}: [{block.name}]: not TOML: {error}")
        except UsageError as error:
            variants.wrong.append(f"{path}: line {block.begin + 1}: {error}")
    return variants


def add_variant(home: Path, variant: Variant, catalogue: Catalogue) -> None:
    """Write a variant at the end of the home's file.

    Raises:
        UsageError: it cannot be, or there is one of its name.
        ConfigError: the file cannot be read.
        CockpitError: the file cannot be written.
    """
    check(variant, catalogue)
    lines = _lines(home / FILE)
    if any(_plain(block.name) == variant.name for block in _blocks(lines)):
        raise UsageError(f"there is another variant called {variant.name}: remove it first")
    rows = {"indicator": variant.indicator, "type": variant.type, "line": variant.line or catalogue[variant.indicator].lines[0].name}
    text = [f"[{variant.name}]", *(f"{key} = {_toml(value)}" for key, value in rows.items())]
    if variant.params:
        text.append(f"params = {_toml(variant.params)}")
    if variant.symbols is not None:
        text.append(f"symbols = {_toml(variant.symbols)}")
    before = [*(lines or _HEAD.splitlines())]
    while before and not before[-1].strip():
        before.pop()
    _write(home / FILE, [*before, "", *text])


def remove_variant(home: Path, name: str) -> None:
    """Take a variant out of the home's file, whether or not what is said of it is right.

    Raises:
        UsageError: there is none of that name.
        ConfigError: the file cannot be read.
        CockpitError: the file cannot be written.
    """
    lines = _lines(home / FILE)
    blocks = list(_blocks(lines))
    ours = [block for block in blocks if _plain(block.name) == name]
    if not ours:
        known = ", ".join(dict.fromkeys(_plain(block.name) for block in blocks)) or "none"
        raise UsageError(f"no variant {name!r}; there are: {known}")
    gone = {number for block in ours for number in range(block.begin, block.end)}
    _write(home / FILE, [line for number, line in enumerate(lines) if number not in gone])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {line} is not UTF-8 text") from None


def _blocks(lines: list[str]) -> Iterator[Block]:
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


def _end(lines: list[str], begin: int, end: int) -> int:
    while end > begin + 1 and lines[end - 1].startswith("#"):
        end -= 1
    return end


def _plain(name: str) -> str:
    return name[1:-1] if name[:1] in "\"'" else name


def _variant(lines: list[str], block: Block) -> Variant:
    """Read alone, behind as many empty lines as stand before it: what TOML complains of has the right number."""
    text = "\n" * block.begin + "\n".join(lines[block.begin : block.end]) + "\n"
    document = tomllib.loads(text)
    name = _plain(block.name)
    table: Any = document.get(name)
    if not isinstance(table, Mapping):
        raise UsageError(f"[{block.name}] is no table of a variant")
    for key in table:
        if key not in Variant.__struct_fields__ or key == "name":
            raise UsageError(f"{name}: unknown key {key!r}: indicator, type, params, line, symbols")
    try:
        return msgspec.convert({**table, "name": name}, Variant)
    except msgspec.ValidationError as error:
        text = str(error)
        raise UsageError(one_line(f"{name}: {text[:1].lower()}{text[1:]}")) from None


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
