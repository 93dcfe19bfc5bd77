"""`cockpit indicators values`: an indicator or a variant over recorded data, as a table, a document and a file."""

from __future__ import annotations

import contextlib
import math
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.indicators import add_params, found_in_home, headed, kept_variants
from cockpit.cli.parser import Commands, pairs
from cockpit.cli.research import SOURCES, moment
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.indicators.over import Wanted
    from core.indicators.variants import Variant
    from core.research.source import Source
    from core.transfer.sheet import Sheet

#: Rows that are printed.
SHOWN = 10


def add_values(commands: Commands) -> None:
    """values."""
    found = commands.add("values", values, "values over a range of a source, at bar closes or at every print", epilog=SOURCES)
    found.add_argument("name", metavar="NAME", help="a variant, or an indicator")
    found.add_argument("sources", nargs="+", metavar="SOURCE", help="as of cockpit backtest")
    add_params(found)
    found.add_argument("--line", default="", metavar="L", help="this line only")
    found.add_argument("--symbol", metavar="S", help="whose data it is (else told by the file's name)")
    found.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time wanted; what lies before only warms it up")
    found.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive")
    words = "tick; bar: its own interval, else the source's, else 1m; or an interval such as 5m (bar)"
    found.add_argument("--every", default="bar", metavar="E", help=words)
    found.add_argument("-o", "--output", type=Path, metavar="FILE", help="write all of them there: .csv, .csv.gz or .parquet")


def values(call: Call) -> int:
    """Values over a source: the last ones printed, all of them written where a file is named."""
    from cockpit.cli.progress import Progress
    from cockpit.cli.stopping import stopping
    from core.indicators.over import reach_back, values_sheet
    from core.research.sources import open_sources
    from core.transfer.export import export, form_of
    from core.transfer.table_file import check_place

    options = call.options
    wanted, variant = _wanted(call)
    form = ""
    if options.output is not None:
        form = form_of(options.output, None)
        check_place(options.output)
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

    options, found = call.options, found_in_home(call)
    variant = None if options.name in found.indicators else kept_variants(call, found).get(options.name)
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
    heads = ["time", *(headed(head, line.unit) for head, line in zip(names[-count:], lines, strict=True))]
    cells = [(iso(row[0]), *(None if math.isnan(value) else value for value in row[-count:])) for row in kept]
    told_of = [f"{told['rows']:,} rows of {source.symbol} are in {output}"] if output is not None else []
    return call.answer(document, [*table(heads, cells), *told_of])
