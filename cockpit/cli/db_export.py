"""`cockpit db export`: ticks, bars, fills or indicator values as a CSV or Parquet file. Files are only read, engine or no engine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands
from cockpit.cli.stopping import stopping
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.codes import BarKind
    from core.transfer.sheet import Sheet

WHAT = ("ticks", "bars", "fills", "indicators")

_EPILOG = """\
cockpit db export ticks --symbol BTCUSDT -o btc.csv
cockpit db export bars --symbol BTCUSDT --interval 5m --from 2024-08-08 --to 2024-08-09 -o btc-5m.parquet
cockpit db export indicators --symbol BTCUSDT --interval 1m --indicator sma:20 --indicator fast_rsi -o btc.csv.gz
cockpit db export indicators --symbol BTCUSDT --interval tick --indicator price_window:from_s=60,to_s=30 -o btc.parquet
cockpit db export fills -o fills.csv
cockpit db export --symbol BTCUSDT -o - | head
"""


def add(commands: Commands) -> None:
    """export."""
    parser = commands.add("export", export, "ticks, bars, fills or indicator values as a CSV or Parquet file", epilog=_EPILOG)
    parser.add_argument("what", nargs="?", choices=WHAT, default="ticks", help="what to write (ticks)")
    parser.add_argument("--symbol", metavar="S", help="whose: BTCUSDT, binance:BTCUSDT, BTCUSDT/trade; of fills it may be left out")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time wanted; bars: none that opens before it")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive; bars: none that closes after it")
    parser.add_argument("--interval", metavar="I", help="how bars are cut: 1s, 1m, 1h, 1d, …, tick, tick:500, volume:10, dollar:1M (1m)")
    words = "an indicator with parameters, or a variant: sma:20, rsi:period=7,interval=5m, fast_rsi; again for more"
    parser.add_argument("--indicator", action="append", default=[], metavar="NAME:N", help=words)
    parser.add_argument("--strategy", metavar="ID", help="of fills: of this one only")
    parser.add_argument("--format", choices=("csv", "parquet"), help="else told by the file's name: .csv, .csv.gz, .parquet")
    words = "the file; replaced when the new one is complete; - is stdout (CSV)"
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=words)


def moment(text: str) -> int:
    """A time of the command line, ns."""
    from core.clock import parse_time

    try:
        return parse_time(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def export(call: Call) -> int:
    """Write the file."""
    from dataclasses import asdict

    from cockpit.cli.figure import Figure
    from cockpit.figures import many, size, span
    from core.transfer.export import export as write
    from core.transfer.export import form_of

    options = call.options
    if str(options.output) == "-":
        return _pour(call)
    form = form_of(options.output, options.format)
    sheet = _sheet(call)
    with stopping(call, f"{options.output} was not written"), Figure() as figure:

        def tell(done: int, rows: int) -> None:
            part = done / sheet.total if sheet.total else None
            figure.show(part, f"{many(rows, 'row')}  {rows / max(figure.elapsed, 0.001):,.0f} rows/s")

        made = write(sheet, options.output, form, tell)
    of = f" of {made.symbol}" if made.symbol else ""
    said = f"{made.file}: {many(made.rows, 'row' if made.what == 'indicators' else made.what.removesuffix('s'))}{of}, {size(made.bytes)}"
    return call.answer(asdict(made), [f"{said} in {span(made.elapsed_s * 1e6)}"])


def _pour(call: Call) -> int:
    """Write it to stdout."""
    from core.transfer.export import pour

    if call.json:
        raise UsageError("-o -: stdout cannot be both the CSV and the document of --json")
    if call.options.format == "parquet":
        raise UsageError("-o -: only CSV goes to stdout; Parquet needs a file")
    sheet = _sheet(call)
    with stopping(call, "what was written is not all of it"):
        pour(sheet, sys.stdout.buffer, lambda _done, _rows: None)
    return 0


def _sheet(call: Call) -> Sheet:
    """What was asked for.

    Raises:
        UsageError: options that do not go together, or a symbol that is missing or not there.
    """
    options = call.options
    what, start, end = options.what, options.start, options.end
    _refuse_useless(what, options)
    if start is not None and end is not None and start >= end:
        raise UsageError("--from must be before --to")
    if what == "fills":
        from core.transfer.fills_out import fills_sheet

        return fills_sheet(call.home, options.symbol, options.strategy, start, end)
    from core.transfer.ticks_out import tape_of, ticks_sheet

    if not options.symbol:
        raise UsageError(f"cockpit db export {what}: say whose with --symbol")
    if what == "ticks":
        return ticks_sheet(tape_of(call.home, options.symbol, start, end))
    return _bars(call)


def _bars(call: Call) -> Sheet:
    from core.codes import bar_kind
    from core.transfer.bars_out import bars_sheet, span_of
    from core.transfer.ticks_out import tape_of

    options = call.options
    kind = bar_kind(options.interval or "1m")
    if options.what == "indicators":
        return _indicators(call, kind)
    start, end = span_of(options.start, options.end, kind)
    if start is not None and end is not None and start >= end:
        raise UsageError(f"no bar of {kind.text} lies wholly between --from and --to")
    return bars_sheet(tape_of(call.home, options.symbol, start, end), kind, options.start)


def _indicators(call: Call, kind: BarKind) -> Sheet:
    """Values of the registry's indicators and the home's variants."""
    from cockpit.cli.indicators import found_in_home, kept_variants
    from core.indicators.chosen import choose
    from core.indicators.several import Span, read_from, several_sheet
    from core.transfer.ticks_out import tape_of
    from core.types import DAY

    options = call.options
    found = found_in_home(call)
    variants = kept_variants(call, found)
    chosen = [choose(text, found, variants, kind) for text in options.indicator]
    start = read_from(chosen, kind, options.start)
    # the print that closes the last bar lies behind the span
    source = tape_of(call.home, options.symbol, start, None if options.end is None else options.end + DAY)
    return several_sheet(source, kind, chosen, Span(options.start, options.end))


def _refuse_useless(what: str, options: argparse.Namespace) -> None:
    """Refuse options that would do nothing, instead of ignoring them."""
    for name, good in (("interval", ("bars", "indicators")), ("indicator", ("indicators",)), ("strategy", ("fills",))):
        if getattr(options, name) and what not in good:
            raise UsageError(f"cockpit db export {what}: --{name} is for {' and '.join(good)}")
