"""`cockpit trend`: which way markets go on which intervals, how surely and by which numbers, and what bets on that."""

from __future__ import annotations

import argparse
import contextlib
import sys
from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands, comma_list
from cockpit.cli.research import SOURCES, moment
from cockpit.cli.terms import CONFIGURED, PLAIN, add_costs, add_terms, folders, given, terms
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.research.backtest import Result
    from core.research.curve import Curve
    from core.research.order import Order
    from core.research.trends.matrix import Ask, Backtests

#: Newest bars of each interval that can be asked for.
_MOST_BARS = 20_000


def add(commands: Commands) -> None:
    """trend."""
    more = "tape: alone is every symbol of the tape. docs/trend.md says what the words and numbers mean.\n"
    parser = commands.add("trend", trend, "which way markets go, how surely, and what bets on that", epilog=SOURCES + more)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="what to look at")
    parser.add_argument("--symbols", type=comma_list, default=[], metavar="A[,B]", help="only these of what the sources hold (all)")
    parser.add_argument(
        "--interval", dest="intervals", type=comma_list, action="extend", default=[], metavar="I[,J]",
        help="bars to judge by, such as 1m,5m,1h (the source's own; 1m of ticks)",
    )  # fmt: skip
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time looked at")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive")
    parser.add_argument(
        "--bars", type=_bars, metavar="N", help="judge the newest N bars of each interval; older ones are their past (1000)"
    )
    parser.add_argument("--allow-gaps", action="store_true", help="look at sources that lack data, and say so")
    parser.add_argument("--no-cache", action="store_true", help="read the files themselves, not what is kept of an earlier reading")
    parser.add_argument("--backtest", action="store_true", help="run what is suggested over the bars judged, on the terms below")
    add_terms(parser)
    add_costs(parser)


def _bars(text: str) -> int:
    from core.analytics.trend import LEAST_BARS

    if not text.isdecimal() or not LEAST_BARS <= int(text) <= _MOST_BARS:
        raise argparse.ArgumentTypeError(f"{text}: a whole number from {LEAST_BARS} to {_MOST_BARS:,}")
    return int(text)


def trend(call: Call) -> int:
    """Look, and tell; exit code 1 where something could not be read."""
    from cockpit.cli.progress import Progress
    from cockpit.cli.stopping import stopping
    from core.research.trends.document import document
    from core.research.trends.matrix import read_matrix
    from core.research.trends.text import print_trends

    ask = _ask(call)
    # A strategy may print; stdout is ours.
    with stopping(call, "nothing of this is kept"), Progress() as progress, contextlib.redirect_stdout(sys.stderr):
        cells = read_matrix(ask, progress, progress.stage, lambda *run: _note(call, *run))
    if call.json:
        call.document(document(ask, cells))
    else:
        print_trends(ask, cells, sys.stdout)
    for line in dict.fromkeys(f"{cell.symbol}: {cell.reading.status}" for cell in cells if cell.is_refused):
        call.say(line)
    return 1 if any(cell.is_refused for cell in cells) else 0


def _ask(call: Call) -> Ask:
    """What the words ask for.

    Raises:
        UsageError: they cannot be understood.
    """
    from core.analytics.trend import MOST_BARS
    from core.research.trends.matrix import Ask
    from core.types import interval_ns

    options = call.options
    intervals = [interval_ns(text) for text in dict.fromkeys(options.intervals)]
    if 0 in intervals:
        raise UsageError("--interval tick: trends are told of bars, such as 1s, 5m, 1h")
    return Ask(
        sources=options.sources, symbols=options.symbols, intervals=list(dict.fromkeys(intervals)), home=call.home, from_ns=options.start,
        to_ns=options.end, most=options.bars or MOST_BARS, allow_gaps=options.allow_gaps, cache=not options.no_cache,
        backtests=_backtests(call),
    )  # fmt: skip


def _backtests(call: Call) -> Backtests | None:
    from cockpit.cli.calibrate import costs
    from core.research.trends.matrix import Backtests

    options = call.options
    if not options.backtest:
        idle = next((name for name in (*CONFIGURED, *PLAIN, "costs") if getattr(options, name) is not None), None)
        if idle is not None:
            raise UsageError(f"--{idle.replace('_', '-')} does nothing without --backtest")
        return None
    return Backtests(folders=folders(call), terms=terms(call), side=options.side, costs=costs(call, given(call)))


def _note(call: Call, order: Order, result: Result, curve: Curve, span: tuple[int, int]) -> None:
    """Every backtest is a trial on the market it was made on."""
    from cockpit.cli.noted import kept, note_run

    if kept(call.home):
        note_run(call, order, result, curve, span)
