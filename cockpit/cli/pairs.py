"""`cockpit pairs`: two markets beside each other, or every pair of many: hedge ratio, spread, and whether it comes back."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, comma_list
from cockpit.cli.research import SOURCES, moment
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.analytics.pairs.closes import Closes
    from core.analytics.pairs.figures import How

#: Rows of a scan that are told.
TOP = 20

#: The longest window: 1,000 days of minutes.
_MOST_WINDOW = 1_440_000

EXAMPLES = f"""\
{SOURCES}Or tape: for every symbol of the tape. Bars of both legs are put on one grid; docs/pairs.md has every figure's formula.
  cockpit pairs data/ --legs BTCUSDT,ETHUSDT --interval 5m
  cockpit pairs tape: --scan --top 10
"""


def add(commands: Commands) -> None:
    """pairs."""
    parser = commands.add("pairs", pairs, "two markets beside each other, or all pairs of many: do they go together", epilog=EXAMPLES)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="what holds the legs")
    parser.add_argument("--legs", type=comma_list, metavar="A,B", help="leg A and leg B, which A is measured against; of --scan any number")
    parser.add_argument("--scan", action="store_true", help="test every pair of the symbols, and rank them")
    parser.add_argument("--interval", type=_interval, metavar="I", help="length of a bar (that of the legs' bars; 1m of prints)")
    parser.add_argument("--window", type=_count, default=60, metavar="N", help="bars of z-score, rolling correlation and beta (60)")
    parser.add_argument("--method", default="ols", metavar="M", help="what makes the spread: ols, huber, theil_sen or kalman (ols)")
    parser.add_argument("--prices", default="log", metavar="P", help="log: of their logarithms, or plain (log)")
    parser.add_argument("--carry", type=_count_or_0, default=0, metavar="N", help="bars a leg without a close keeps its last one for (0)")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time wanted")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive")
    parser.add_argument("--allow-gaps", action="store_true", help="go on with sources that lack data, and say so")
    parser.add_argument("--no-cache", action="store_true", help="read the files themselves, not what is kept of an earlier reading")
    parser.add_argument("--top", type=_count, default=TOP, metavar="N", help=f"rows of a scan that are told ({TOP})")
    parser.add_argument("--jobs", type=_count, metavar="N", help="processes of a scan (one a core)")


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _MOST_WINDOW:
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 1 to {_MOST_WINDOW:,}")
    return int(text)


def _count_or_0(text: str) -> int:
    return 0 if text == "0" else _count(text)


def _interval(text: str) -> int:
    from core.codes import interval_ns

    try:
        found = interval_ns(text)
    except UsageError:
        found = 0
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of a bar: a number and ms, s, m, h, d or w, such as 1m")
    return found


def pairs(call: Call) -> int:
    """Measure, or scan, and tell."""
    # One thread for linear algebra: on matrices of a few columns more of them only wait for each other. Read as NumPy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from cockpit.cli.stopping import stopping

    how = _how(call)
    legs = call.options.legs
    if call.options.scan:
        if legs is not None and len(legs) < 2:
            raise UsageError("--scan --legs needs two symbols or more, or leave --legs out for all of them")
    elif legs is None or len(legs) != 2:
        said = "which two to put beside each other" if legs is None else f"two legs, not {len(legs)}"
        raise UsageError(f"--legs A,B: {said}; or --scan for every pair")
    with stopping(call, "nothing of this is kept"):
        return _scan(call, how) if call.options.scan else _pair(call, how)


def _how(call: Call) -> How:
    from core.analytics.pairs.figures import METHODS, How
    from core.analytics.pairs.windows import LEAST

    options = call.options
    method = next((one for one in METHODS if one == options.method), None)
    if method is None:
        raise UsageError(f"--method {options.method}: there are: {', '.join(METHODS)}")
    if options.prices not in ("log", "plain"):
        raise UsageError(f"--prices {options.prices}: log or plain")
    if options.window < LEAST:
        raise UsageError(f"--window {options.window}: {LEAST} bars or more")
    if options.scan and method != "ols":
        raise UsageError(f"--scan is by least squares; --method {method} is for two legs")
    return How(options.window, method, options.prices == "log")


def _closes(call: Call) -> list[Closes]:
    """The legs in their order, or all there are; what is left out is said."""
    from cockpit.cli.progress import Progress
    from core.analytics.pairs.closes import common_interval, open_legs, read_closes

    options = call.options
    sources, refused = open_legs(
        options.sources, options.legs or [], home=call.home, from_ns=options.start, to_ns=options.end, cache=not options.no_cache
    )
    for symbol, why in refused.items():
        call.say(f"left out: {symbol}: {why}")
    if len(sources) < 2:
        there = f"only {sources[0].symbol}" if sources else "nothing that can be read"
        raise UsageError(f"a pair needs two symbols: there is {there}")
    interval = common_interval(sources, options.interval)
    found = []
    with Progress() as progress:
        for number, source in enumerate(sources, 1):
            progress.stage(f"read {number}/{len(sources)}")
            found.append(read_closes(source, interval, progress, allow_gaps=options.allow_gaps))
    return found


def _pair(call: Call, how: How) -> int:
    from cockpit.cli.pairs_text import pair_lines
    from core.analytics.pairs.align import align
    from core.analytics.pairs.document import document
    from core.analytics.pairs.figures import measure

    a, b = _closes(call)
    if a.symbol == b.symbol:
        raise UsageError(f"--legs {','.join(call.options.legs)}: both are {a.symbol}")
    aligned = align(a, b, call.options.carry)
    found = document(a, b, aligned, measure(aligned.a, aligned.b, how), how, call.options.carry)
    return call.answer(found, pair_lines(found))


def _scan(call: Call, how: How) -> int:
    from cockpit.cli.figure import Figure
    from cockpit.cli.pairs_text import scan_lines
    from core.analytics.pairs.document import scan_document
    from core.analytics.pairs.scan_pool import scan

    legs = _closes(call)
    options: Any = call.options
    with Figure() as figure:
        rows = scan(
            legs, how, carry=options.carry, jobs=options.jobs,
            told=lambda done, total: figure.show(done / total, f"{done:,} of {total:,} pairs"),
        )  # fmt: skip
        elapsed = figure.elapsed
    found = scan_document(legs, rows, how, options.carry, options.top, elapsed)
    return call.answer(found, scan_lines(found))
