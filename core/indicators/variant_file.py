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

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.errors import UsageError, one_line
from core.indicators.catalogue import Catalogue
from core.indicators.variant_text import FILE, Block, blocks_of, lines_of, plain, put_variant, remove_variant, table_of
from core.indicators.variants import Variant, check

__all__ = ["FILE", "Variants", "add_variant", "complete", "read_variants", "remove_variant"]


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
    lines = lines_of(path)
    blocks = list(blocks_of(lines))
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
    put_variant(home, complete(variant, catalogue), anew=True)


def complete(variant: Variant, catalogue: Catalogue) -> Variant:
    """A variant as it is to be written: parameters as their types and not as text, and with its line.

    Raises:
        UsageError: it cannot be.
    """
    check(variant, catalogue)
    indicator = catalogue[variant.indicator]
    typed = msgspec.to_builtins(indicator.params(variant.params))
    params = {name: typed[name] for name in variant.params}
    return msgspec.structs.replace(variant, params=params, line=variant.line or indicator.lines[0].name)


def _variant(lines: list[str], block: Block) -> Variant:
    name, table = plain(block.name), table_of(lines, block)
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
