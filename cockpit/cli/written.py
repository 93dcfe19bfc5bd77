"""What `cockpit conditions` and `cockpit ensembles` have in common: strategies that are TOML files, listed and replayed up to a moment."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.parser import Parser, pairs
from cockpit.cli.research import moment
from cockpit.cli.terms import add_params, add_terms, folders, terms

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.research.backtest import Result
    from core.strategy import Definition


def add_replay(parser: Parser, what: str) -> None:
    """The file, what to run it over, and how."""
    parser.add_argument("file", type=Path, metavar="FILE", help=what)
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="what to run over")
    parser.add_argument("--at", type=moment, metavar="TIME", help="the moment, exclusive (the source's end)")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time traded; what lies before only warms it up")
    parser.add_argument("--symbol", metavar="S", help="whose data it is (else told by the file's name)")
    parser.add_argument("--allow-gaps", action="store_true", help="run over a source that lacks data")
    add_params(parser)
    add_terms(parser)


def listing(call: Call, mark: str, nothing: str) -> int:
    """Those of the catalogue. A file that does not load is narrated and stops nothing.

    Args:
        mark: what the modules of those alone have.
        nothing: a line that says that there are none.
    """
    from core.strategy_files import discover

    # A file may print when it loads; stdout is ours.
    with contextlib.redirect_stdout(sys.stderr):
        catalogue = discover(folders(call))
    for name, problem in sorted(catalogue.broken.items()):
        call.say(f"strategy {name} does not load: {problem}")
    rows = [
        {"name": name, "sentence": one.sentence, "path": str(one.path)}
        for name, one in sorted(catalogue.strategies.items())
        if one.path.suffix == ".toml" and hasattr(one.module, mark)
    ]
    return call.answer(rows, [f"{row['name']}: {row['sentence']}" for row in rows] or [nothing])


def replay(call: Call, definition: Definition) -> Result:
    """Run a backtest of a file up to a moment."""
    from cockpit.cli.progress import Progress
    from cockpit.cli.stopping import stopping
    from core.research.backtest import run_backtest
    from core.research.order import Order

    options = call.options
    order = Order(
        sources=options.sources,
        strategy=definition.name,
        folders=[options.file.parent],
        params=dict(pairs(options.params)),
        terms=terms(call),
        symbol=options.symbol,
        home=call.home,
        from_ns=options.start,
        to_ns=options.at,
        allow_gaps=options.allow_gaps,
    )
    with stopping(call, "nothing is kept"), Progress() as progress, contextlib.redirect_stdout(sys.stderr):
        result = run_backtest(order, progress)
    for note in result.source.notes:
        call.say(f"note: {note}")
    return result


def position_at(result: Result) -> float:
    """What is held at the end, in base currency."""
    return float(result.executed["position"][-1]) if len(result.executed) else 0.0
