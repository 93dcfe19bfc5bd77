"""The command that tests a strategy's honesty: does it look ahead, is it warm when it says so."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands, pairs
from cockpit.cli.terms import add_params, folders

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.research.checks.check import Checked

_EPILOG = """\
SOURCE is as of `cockpit backtest`; with none, a bundled sample that suits the strategy. Exit code 1 where a test fails.
"""


def add(commands: Commands) -> None:
    """check."""
    parser = commands.add("check", check, "does a strategy look ahead, and is it warm when it says so", epilog=_EPILOG)
    parser.add_argument("strategy", metavar="NAME", help="a strategy of the catalogue")
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="rows to show it")
    parser.add_argument("--symbol", metavar="S", help="whose data it is (else told by the file's name)")
    parser.add_argument("--rows", type=_count, metavar="N", help="look at the first N rows (100000)")
    add_params(parser)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows: a whole number above 0")
    return int(text)


def check(call: Call) -> int:
    """Test it; the exit code says whether it passed."""
    from cockpit.cli.progress import Progress
    from cockpit.cli.stopping import stopping
    from core.research.checks import check as tests
    from core.research.checks.subject import MOST_ROWS, Ask

    options = call.options
    ask = Ask(
        strategy=options.strategy,
        folders=folders(call),
        sources=options.sources,
        params=dict(pairs(options.params)),
        symbol=options.symbol,
        home=call.home,
        rows=options.rows or MOST_ROWS,
    )
    # A strategy may print; stdout is ours.
    with stopping(call, "no badge is kept"), Progress() as progress, contextlib.redirect_stdout(sys.stderr):
        checked = tests.check(ask, progress.rows)
    call.answer(checked, _lines(checked))
    return 0 if checked.ok else 1


def _lines(checked: Checked) -> Iterator[str]:
    lookahead, warmup = checked.lookahead, checked.warmup
    values = " ".join(f"{name}={value}" for name, value in checked.params.items())
    yield f"{checked.strategy} {values}: {checked.rows:,} rows of {checked.symbol}, {checked.source}"
    yield ""
    yield f"{_badge(lookahead.ok)}  lookahead  {lookahead.words}"
    if lookahead.ok:
        yield f"           at each of {lookahead.checked_rows:,} rows"
    if (at := lookahead.at) is not None:
        yield f"           first at row {at.row:,} of {at.symbol}: {at.time}, id {at.id}, price {at.price:,.8g}"
        if at.wanted == at.otherwise:
            yield f"           from there on what it keeps differs {_other(lookahead.kind)}; its target is still {_target(at.wanted)}"
        else:
            yield f"           there it wanted {_target(at.wanted)}; on the same rows {_other(lookahead.kind)}: {_target(at.otherwise)}"
    yield f"{_badge(warmup.ok)}  warm-up    {warmup.words}"
    for share in warmup.shares if warmup.needed != 1 else ():
        yield f"           after {share.history:,} of history: {share.differing:,} of {share.bars:,} opinions looked at differ"
    for note in checked.notes:
        yield f"note: {note}"


def _badge(ok: bool) -> str:
    return "ok    " if ok else "FAILED"


def _other(kind: str) -> str:
    return {
        "future": "with other rows to come",
        "chance": "the next time",
        "memory": "with other memory around its own",
        "dates": "28 years later",
    }.get(kind, "otherwise")


def _target(value: float | str | None) -> str:
    if value is None:
        return "nothing"
    return f"to fail ({value})" if isinstance(value, str) else f"{value:g}"
