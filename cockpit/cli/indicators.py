"""`cockpit indicators`: the catalogue, variants of it, and values over recorded data. It needs no engine."""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import textwrap
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, pairs
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.indicators.catalogue import Catalogue
    from core.indicators.over import Wanted
    from core.indicators.variants import Variant
    from core.research.source import Source
    from core.transfer.sheet import Sheet

#: Rows that are printed.
SHOWN = 10

_EPILOG = """\
cockpit indicators values rsi tape:BTCUSDT --param period=7 interval=5m
cockpit indicators add fast_rsi rsi --param period=7 --type risk
cockpit indicators values fast_rsi data/samples/BTCUSDT-1m.csv --output rsi.parquet
"""


def add(commands: Commands) -> None:
    """indicators."""
    group = commands.group("indicators", catalogue, "indicators: what there is, variants, values over recorded data", epilog=_EPILOG)
    made = group.add("add", add_one, "a variant: an indicator with parameters and a name, kept in the home")
    made.add_argument("name", metavar="NAME")
    made.add_argument("indicator", metavar="INDICATOR")
    _add_params(made)
    made.add_argument(
        "--type", default="general", metavar="T", help="general, risk, price, stop_loss, take_profit or close_order (general)"
    )
    made.add_argument("--line", default="", metavar="L", help="which of its lines (its first)")
    made.add_argument("--symbols", metavar="A,B", help="what it follows (all)")
    group.add("remove", remove, "take a variant out of the home").add_argument("name", metavar="NAME")
    group.add("variants", variants, "the variants of the home")
    found = group.add("values", values, "values over a range of a source, at bar closes or at every print", epilog=_sources())
    found.add_argument("name", metavar="NAME", help="a variant, or an indicator")
    found.add_argument("sources", nargs="+", metavar="SOURCE", help="as of cockpit backtest")
    _add_params(found)
    found.add_argument("--line", default="", metavar="L", help="this line only")
    found.add_argument("--symbol", metavar="S", help="whose data it is (else told by the file's name)")
    found.add_argument("--from", dest="start", type=_moment, metavar="TIME", help="first time wanted; what lies before only warms it up")
    found.add_argument("--to", dest="end", type=_moment, metavar="TIME", help="where to end, exclusive")
    words = "tick; bar: its own interval, else the source's, else 1m; or an interval such as 5m (bar)"
    found.add_argument("--every", default="bar", metavar="E", help=words)
    found.add_argument("-o", "--output", type=Path, metavar="FILE", help="write all of them there: .csv, .csv.gz or .parquet")


def _add_params(parser: argparse.ArgumentParser) -> None:
    words = "a parameter; see `cockpit indicators`"
    parser.add_argument("--param", dest="params", nargs="+", action="extend", default=[], metavar="K=V", help=words)


def _sources() -> str:
    from cockpit.cli.research import SOURCES

    return SOURCES


def _moment(text: str) -> int:
    from cockpit.cli.research import moment

    return moment(text)


def catalogue(call: Call) -> int:
    """What there is. A file that does not load is narrated and stops nothing."""
    from core.indicators.catalogue import described

    found = _found(call)
    for name, problem in sorted(found.broken.items()):
        call.say(f"indicator {name} does not load: {problem}")
    document = [described(one) for _, one in sorted(found.indicators.items())]
    return call.answer(document, _listing(document))


def _found(call: Call) -> Catalogue:
    from core.indicators.catalogue import discover

    # A file may print when it loads; stdout is ours.
    with contextlib.redirect_stdout(sys.stderr):
        return discover(call.configuration().config.indicator_folder(call.home))


def _listing(document: list[dict[str, Any]]) -> Iterator[str]:
    for found in document:
        yield f"{found['name']}: {found['sentence']}"
        yield from textwrap.wrap(found["more"], 140, initial_indent="    ", subsequent_indent="    ")
        yield f"    gives {', '.join(_headed(line['name'], line['unit']) for line in found['lines'])}"
        for row in found["params"]:
            signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
            bounds = ", ".join(f"{sign} {row[key]:g}" for key, sign in signs.items() if key in row)
            allowed = " | ".join(row.get("choices", ())) or bounds
            yield f"    {row['name']}={row['default']}  {row['type']}{f', {allowed}' if allowed else ''}  {row['description']}".rstrip()


def _headed(name: str, unit: str) -> str:
    return f"{name} ({unit})"


def add_one(call: Call) -> int:
    """Write a variant into the home."""
    import msgspec

    from cockpit.cli.parser import comma_list
    from core.home import make_home
    from core.indicators.variant_file import FILE, add_variant
    from core.indicators.variants import Variant

    options, found = call.options, _found(call)
    params = pairs(options.params)
    if options.indicator in found.indicators:  # as their types, not as text
        given = msgspec.to_builtins(found[options.indicator].params(params))
        params = {name: given[name] for name in params}
    symbols = None if options.symbols is None else comma_list(options.symbols)
    variant = Variant(name=options.name, indicator=options.indicator, type=options.type, params=params, line=options.line, symbols=symbols)
    add_variant(make_home(call.home), variant, found)
    return call.answer(msgspec.to_builtins(variant), [f"{variant.name} is in {call.home / FILE}"])


def remove(call: Call) -> int:
    """Take a variant out of the home."""
    from core.indicators.variant_file import FILE, remove_variant

    name = call.options.name
    remove_variant(call.home, name)
    return call.answer({"removed": name}, [f"{name} is no longer in {call.home / FILE}"])


def variants(call: Call) -> int:
    """The home's variants. One that is wrong is narrated and stops nothing."""
    import msgspec

    from cockpit.cli.call import table

    rows = [msgspec.to_builtins(one) for one in _variants(call, _found(call)).values()]
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


def _variants(call: Call, found: Catalogue) -> dict[str, Variant]:
    from core.indicators.variant_file import read_variants

    read = read_variants(call.home, found)
    for problem in read.wrong:
        call.say(f"skipped: {problem}")
    return read.found


def values(call: Call) -> int:
    """Values over a source: the last ones printed, all of them written where a file is named."""
    from cockpit.cli.progress import Progress
    from cockpit.cli.stopping import stopping
    from core.indicators.over import reach_back, values_sheet
    from core.research.sources import open_sources
    from core.transfer.export import export, form_of

    options = call.options
    wanted, variant = _wanted(call)
    form = "" if options.output is None else form_of(options.output, None)
    if options.start is not None and options.end is not None and options.start >= options.end:
        raise UsageError("--from must be before --to")
    source = open_sources(
        options.sources, symbol=options.symbol, home=call.home, from_ns=reach_back(wanted.indicator, wanted.values, options.start),
        to_ns=options.end, cache=True,
    )  # fmt: skip
    kept: deque[tuple[Any, ...]] = deque(maxlen=SHOWN)
    told = {"rows": 0, "flagged": 0}
    with stopping(call, "nothing is kept"), Progress() as progress, contextlib.redirect_stdout(sys.stderr):
        sheet = _watched(values_sheet(wanted, source), wanted, variant, kept, told)
        if options.output is not None:
            export(sheet, options.output, form, lambda done, rows: progress(source, done))
        else:
            for stretch in sheet.rows:
                progress(source, stretch.done)
    _narrate(call, source, variant, told)
    return _answer(call, wanted, variant, source, sheet, list(kept), told)


def _wanted(call: Call) -> tuple[Wanted, Variant | None]:
    """What is asked for, and the variant that was named, if one was."""
    from core.indicators.over import Wanted

    options, found = call.options, _found(call)
    variant = None if options.name in found.indicators else _variants(call, found).get(options.name)
    given = pairs(options.params)
    if variant is None:
        return Wanted(options.name, found[options.name], dict(given), options.line, options.every, options.start), None
    indicator = found[variant.indicator]
    line = options.line or variant.line or indicator.lines[0].name
    return Wanted(variant.name, indicator, {**variant.params, **given}, line, options.every, options.start), variant


def _watched(sheet: Sheet, wanted: Wanted, variant: Variant | None, kept: deque[tuple[Any, ...]], told: dict[str, int]) -> Sheet:
    """The same sheet; what goes by is counted, and its last rows are kept."""
    import numpy as np

    from core.indicators.variants import flagged

    def rows() -> Iterator[Any]:
        for stretch in sheet.rows:
            told["rows"] += stretch.size
            if variant is not None:
                for column in stretch.values[-len(wanted.places) :]:
                    told["flagged"] += int(flagged(variant, np.asarray(column)).sum())
            tail = [values[-SHOWN:] for values in stretch.values]
            kept.extend(zip(*(part if isinstance(part, list) else part.tolist() for part in tail), strict=True))
            yield stretch

    return replace(sheet, rows=rows())


def _narrate(call: Call, source: Source, variant: Variant | None, told: dict[str, int]) -> None:
    holes = None if source.verdict is None else source.verdict.holes
    for note in [*source.notes, *([] if holes is None else [holes.words()])]:
        call.say(f"note: {note}")
    if variant is not None and told["flagged"]:
        call.say(f"note: {variant.name} is a risk, 0 to 100: {told['flagged']:,} of {told['rows']:,} values are not")


def _answer(
    call: Call, wanted: Wanted, variant: Variant | None, source: Source, sheet: Sheet, kept: list[tuple[Any, ...]], told: dict[str, int]
) -> int:  # fmt: skip
    import msgspec

    from cockpit.cli.call import table
    from core.clock import iso
    from core.indicators.variants import TYPES

    names = [column.name for column in sheet.columns]
    lines = [wanted.indicator.lines[place] for place in wanted.places]
    count, output = len(lines), call.options.output
    document = {
        "name": wanted.name,
        "indicator": wanted.indicator.name,
        "type": TYPES[0] if variant is None else variant.type,
        "params": msgspec.to_builtins(wanted.indicator.params(wanted.values)),
        "source": source.text,
        "symbol": source.symbol,
        "every": wanted.every,
        "columns": [{"column": head, **line._asdict()} for head, line in zip(names[-count:], lines, strict=True)],
        "rows": told["rows"],
        "flagged": told["flagged"],
        "last": [{name: iso(value) if name == "time" else value for name, value in zip(names, row, strict=True)} for row in kept],
        "file": None if output is None else str(output),
    }
    heads = ["time", *(_headed(head, line.unit) for head, line in zip(names[-count:], lines, strict=True))]
    cells = [(iso(row[0]), *(None if math.isnan(value) else value for value in row[-count:])) for row in kept]
    told_of = [f"{told['rows']:,} rows of {source.symbol} are in {output}"] if output is not None else []
    return call.answer(document, [*table(heads, cells), *told_of])
