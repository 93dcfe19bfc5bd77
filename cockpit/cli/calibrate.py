"""`cockpit calibrate`: what one's own fills cost, measured against the tape, and the option that makes backtests pay it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands
from cockpit.cli.research import moment

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.research.calibration.costs import Costs

FILLS = """\
FILE has a JSON object a line, as `cockpit fills --json` has them: symbol, side, qty, price, ts_ns; and where you know
them fee (quote currency), order_id, decided_ns, maker (true or false). Without it the fills of the home's ledger count.
Only fills of a venue do: those of paper, demo and replay are made by the rules that are to be measured.
"""


def add(commands: Commands) -> None:
    """calibrate."""
    parser = commands.add("calibrate", calibrate, "what your own fills cost: fee, slippage, impact, latency", epilog=FILLS)
    parser.add_argument("--fills", type=Path, metavar="FILE", help="your fills at a venue, instead of those of the ledger")
    parser.add_argument("--symbol", metavar="S", help="of this one only")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="first time of a fill")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive")


def calibrate(call: Call) -> int:
    """Measure and tell."""
    import msgspec

    from core.research.calibration.asked import calibration_of
    from core.research.calibration.text import lines

    found = calibration_of(call.home, call.options.fills, call.options.symbol, call.options.start, call.options.end)
    return call.answer(msgspec.to_builtins(found), lines(found))


def costs(call: Call, given: frozenset[str]) -> Costs | None:
    """What `--costs` names; None where it was not given.

    Args:
        given: names of terms that were said in words; they stay.

    Raises:
        UsageError: it names nothing, or nothing was measured there.
    """
    from core.research.calibration.asked import costs_of

    word = call.options.costs
    return None if word is None else costs_of(word, call.home, given, "--costs")
