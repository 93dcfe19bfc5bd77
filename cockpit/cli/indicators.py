"""`cockpit indicators`: the catalogue and variants of it. It needs no engine; one that runs is told of what is added and removed."""

from __future__ import annotations

import argparse
import contextlib
import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.param_lines import param_lines
from cockpit.cli.parser import Commands, pairs

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.commands import Command
    from core.indicators.catalogue import Catalogue
    from core.variant import Variant

_EPILOG = """\
cockpit indicators values rsi tape:BTCUSDT --param period=7 interval=5m
cockpit indicators add fast_rsi rsi --param period=7 --type risk
cockpit indicators values fast_rsi data/samples/BTCUSDT-1m.csv --output rsi.parquet
"""


def add(commands: Commands) -> None:
    """indicators."""
    from cockpit.cli.indicator_values import add_values

    group = commands.group("indicators", catalogue, "indicators: what there is, variants, values over recorded data", epilog=_EPILOG)
    made = group.add("add", add_one, "a variant: an indicator with parameters and a name, kept in the home")
    made.add_argument("name", metavar="NAME")
    made.add_argument("indicator", metavar="INDICATOR")
    add_params(made)
    made.add_argument(
        "--type", default="general", metavar="T", help="general, risk, price, stop_loss, take_profit or close_order (general)"
    )
    made.add_argument("--line", default="", metavar="L", help="which of its lines (its first)")
    made.add_argument("--symbols", metavar="A,B", help="what it follows (all)")
    group.add("remove", remove, "take a variant out of the home").add_argument("name", metavar="NAME")
    group.add("variants", variants, "the variants of the home")
    add_values(group)


def add_params(parser: argparse.ArgumentParser) -> None:
    """`--param k=v …`, any number of times."""
    words = "a parameter; see `cockpit indicators`"
    parser.add_argument("--param", dest="params", nargs="+", action="extend", default=[], metavar="K=V", help=words)


def catalogue(call: Call) -> int:
    """What there is. A file that does not load is narrated and stops nothing."""
    from core.indicators.catalogue import described

    found = found_in_home(call)
    for name, problem in sorted(found.broken.items()):
        call.say(f"indicator {name} does not load: {problem}")
    document = [described(one) for _, one in sorted(found.indicators.items())]
    return call.answer(document, _listing(document))


def found_in_home(call: Call) -> Catalogue:
    """The built-in indicators and those of the home."""
    from core.indicators.catalogue import discover

    # A file may print when it loads; stdout is ours.
    with contextlib.redirect_stdout(sys.stderr):
        return discover(call.configuration().config.indicator_folder(call.home))


def _listing(document: list[dict[str, Any]]) -> Iterator[str]:
    for found in document:
        yield f"{found['name']}: {found['sentence']}"
        yield from textwrap.wrap(found["more"], 140, initial_indent="    ", subsequent_indent="    ")
        yield f"    gives {', '.join(headed(line['name'], line['unit']) for line in found['lines'])}"
        yield from param_lines(found["params"])


def headed(name: str, unit: str) -> str:
    """A line and its unit."""
    return f"{name} ({unit})"


def add_one(call: Call) -> int:
    """Keep a variant in the home: through the engine, which notes who did, where one runs."""
    import msgspec

    from cockpit.cli.parser import comma_list
    from core.commands import SetVariant
    from core.home import make_home
    from core.indicators.variant_file import FILE, add_variant, complete
    from core.variant import Variant

    options, found = call.options, found_in_home(call)
    symbols = None if options.symbols is None else comma_list(options.symbols)
    params: dict[str, Any] = {**pairs(options.params)}
    variant = Variant(
        name=options.name, indicator=options.indicator, type=options.type, params=params, line=options.line, symbols=symbols
    )  # fmt: skip
    variant = complete(variant, found)
    if not _submitted(call, SetVariant(variant=variant, anew=True)):
        add_variant(make_home(call.home), variant, found)
    return call.answer(msgspec.to_builtins(variant), [f"{variant.name} is in {call.home / FILE}"])


def remove(call: Call) -> int:
    """Take a variant out of the home, in the same way."""
    from core.commands import RemoveVariant
    from core.indicators.variant_text import FILE, remove_variant

    name = call.options.name
    if not _submitted(call, RemoveVariant(name=name)):
        remove_variant(call.home, name)
    return call.answer({"removed": name}, [f"{name} is no longer in {call.home / FILE}"])


def _submitted(call: Call, command: Command) -> bool:
    """Whether the home's engine has done it; False where none runs."""
    from core.errors import NotRunning

    try:
        call.submit(command)
    except NotRunning:
        return False
    return True


def variants(call: Call) -> int:
    """The home's variants. One that is wrong is narrated and stops nothing."""
    import msgspec

    from cockpit.cli.call import table

    rows = [msgspec.to_builtins(one) for one in kept_variants(call, found_in_home(call)).values()]
    heads = ("name", "indicator", "type", "line", "params", "symbols")
    cells = [
        (
            row["name"], row["indicator"], row["type"], row["line"] or None,
            " ".join(f"{key}={value}" for key, value in row["params"].items()) or None,
            "all" if row["symbols"] is None else ",".join(row["symbols"]),
        )
        for row in rows
    ]  # fmt: skip
    return call.answer(rows, table(heads, cells) if rows else ["no variants; add one with cockpit indicators add NAME INDICATOR"])


def kept_variants(call: Call, found: Catalogue) -> dict[str, Variant]:
    """The home's variants; those that are wrong are narrated."""
    from core.indicators.variant_file import read_variants

    read = read_variants(call.home, found)
    for problem in read.wrong:
        call.say(f"skipped: {problem}")
    return read.found
