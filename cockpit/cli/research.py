"""Commands of the lab: they read files or the tape, and need no engine."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.collecting import collect_seldom
from cockpit.cli.parser import Commands, pairs
from cockpit.cli.tables import add_table, check_tables, write_tables
from cockpit.cli.terms import add_costs, add_params, add_terms, folders, given, terms
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from cockpit.cli.tables import Made
    from core.research.backtest import Result
    from core.research.curve import Curve
    from core.research.order import Order
    from core.research.report_text import Setting

SOURCES = """\
SOURCE is a CSV, zip, Parquet or Feather file or a folder of them (venue dumps of aggTrades, trades or klines; any OHLCV
or trades with a header; timestamp,price), or tape:SYMBOL[@FROM..TO]. A strategy of several legs takes one for each, in
their order, or --symbol A,B of what they hold.
"""


def add(commands: Commands) -> None:
    """backtest."""
    parser = commands.add("backtest", backtest, "one run of a strategy over recorded data", epilog=SOURCES)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="what to run over")
    parser.add_argument("--strategy", required=True, metavar="NAME", help="a strategy of the catalogue")
    parser.add_argument("--symbol", metavar="S", help="whose data it is (else told by the file's name)")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time traded; what lies before only warms it up")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive")
    add_params(parser)
    add_terms(parser)
    add_costs(parser)
    parser.add_argument("--as-delivered", action="store_true", help="of a tape: what strategies were given, in that order")
    parser.add_argument("--allow-gaps", action="store_true", help="run over a source that lacks data, and say so in the result")
    parser.add_argument("--no-cache", action="store_true", help="read the files themselves, not what is kept of an earlier reading")
    add_table(parser, "fills", "write every fill there")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write it there as one HTML page: figures, charts, trades")
    add_table(parser, "trades", "write every closed round trip there")
    add_table(parser, "signals", "write every decision there with the values it rested on")


def moment(text: str) -> int:
    """A time of the command line, ns UTC."""
    from core.clock import parse_time

    try:
        return parse_time(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def backtest(call: Call) -> int:
    """Run it and print the metrics."""
    collect_seldom()
    from cockpit.cli.calibrate import costs
    from cockpit.cli.noted import kept, note_run
    from cockpit.cli.progress import Progress
    from cockpit.cli.stopping import stopping
    from core.research.backtest import run_backtest
    from core.research.curve import Curve
    from core.research.job import MOST_FILLS
    from core.research.order import Order

    options = call.options
    check_tables(options, options.sources)
    noted = kept(call.home)
    told = noted or options.report is not None
    order = Order(
        sources=options.sources,
        strategy=options.strategy,
        folders=folders(call),
        params=dict(pairs(options.params)),
        terms=terms(call),
        symbol=options.symbol,
        home=call.home,
        from_ns=options.start,
        to_ns=options.end,
        as_delivered=options.as_delivered,
        allow_gaps=options.allow_gaps,
        cache=not options.no_cache,
        watched=True,
        signals=None if options.signals is not None else MOST_FILLS if told else 0,
        costs=costs(call, given(call)),
    )
    # A strategy may print; stdout is ours.
    curve = Curve() if told else None
    began = time.time_ns()
    with stopping(call, "nothing of this run is kept"), Progress() as progress, contextlib.redirect_stdout(sys.stderr):
        result = run_backtest(order, progress, curve)
    paid = {} if order.costs is None else {"costs": order.costs.document(result.source.symbol, order.terms)}
    setting = _setting(order, result)
    if curve is not None and noted:
        note_run(call, order, result, curve, (began, time.time_ns()))
    if call.json:
        for note in result.source.notes:
            call.say(f"note: {note}")
        call.document(result.figures | {"tables": result.tables} | paid)
    else:
        _print(result, setting)
    code = write_tables(call, _tables(result))
    return code if curve is None or options.report is None else max(code, _report(call, result, setting, curve))


def _tables(result: Result) -> Made:
    """What may be asked for beside the figures."""
    from core.research.rows import trip_rows
    from core.transfer.run_out import fills_table, trades_table
    from core.transfer.signals_out import signals_table

    symbol, signals = result.source.symbol, result.signals
    made: Made = {
        "fills": lambda: fills_table(result.fills),
        "trades": lambda: trades_table(
            trip_rows(result.trips, result.plan.name, funding="funding" in result.figures, symbols=result.source.symbols), symbol
        ),
    }
    return made if signals is None else made | {"signals": lambda: signals_table(signals, symbol)}


def _setting(order: Order, result: Result) -> Setting:
    from core.research.report_text import Setting

    source = result.source
    return Setting(
        strategy=result.plan.name,
        params=result.plan.values,
        terms=order.priced(source.symbol).terms,
        source=source.text,
        symbol=source.symbol,
        kind=source.kind,
        form=source.form,
        interval_ns=source.interval_ns,
        first_ns=result.first_ns,
        last_ns=result.equity[-1][0],
        notes=source.notes,
        costs=None if order.costs is None else order.costs.words(source.symbol, order.terms),
    )


def _print(result: Result, setting: Setting) -> None:
    from core.research.report_text import print_report

    print_report(result.figures, setting, sys.stdout, result.tables)


def _report(call: Call, result: Result, setting: Setting, curve: Curve) -> int:
    from cockpit.cli.report_file import write_report
    from core.research.report.run import run_page

    return write_report(call, call.options.report, lambda: run_page(result, setting, curve))
