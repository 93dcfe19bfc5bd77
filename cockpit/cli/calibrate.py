"""`cockpit calibrate`: what one's own fills cost, measured against the tape, and the option that makes backtests pay it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands
from cockpit.cli.research import moment
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.research.calibration.costs import Costs
    from core.research.calibration.measure import Calibration

#: The word of `--costs` for the fills of this home.
MEASURED = "measured"

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

    from core.research.calibration.text import lines

    found = _measured(call, call.options.fills, call.options.symbol, call.options.start, call.options.end)
    return call.answer(msgspec.to_builtins(found), lines(found))


def _measured(call: Call, file: Path | None, symbol: str | None, start: int | None, end: int | None) -> Calibration:
    from core.research.calibration.evidence import of_file, of_ledger
    from core.research.calibration.measure import calibrate
    from core.research.source_name import plain_symbol

    evidence = of_ledger(call.home / "ledger.db", start, end) if file is None else of_file(file, start, end)
    source = str(call.home if file is None else file)
    held = sorted({fill.symbol for fill in evidence.fills})
    wanted = [one for one in held if symbol in (None, one) or (":" not in str(symbol) and plain_symbol(one) == plain_symbol(str(symbol)))]
    if held and not wanted:
        raise UsageError(f"no fills of {symbol} by a venue in {source}; there are some of: {', '.join(held)}")
    return calibrate(evidence, call.home / "tape.db", source, wanted)


def costs(call: Call, given: frozenset[str]) -> Costs | None:
    """What `--costs` names; None where it was not given.

    Args:
        given: names of terms that were said in words; they stay.

    Raises:
        UsageError: it names nothing, or nothing was measured there.
    """
    from core.research.calibration.costs import Costs, read_calibration

    word = call.options.costs
    if word is None:
        return None
    if word != MEASURED and not Path(word).exists():
        raise UsageError(f"--costs {word}: {MEASURED}, or a file that `cockpit calibrate --json` wrote")
    found = _measured(call, None, None, None, None) if word == MEASURED else read_calibration(Path(word))
    if not any(one.terms for one in found.symbols):
        raise UsageError(f"--costs {word}: {_nothing(found)}")
    return Costs(found, given)


def _nothing(found: Calibration) -> str:
    if found.symbols:
        counts = ", ".join(f"{one.fills:,} of {one.symbol}" for one in found.symbols)
        return f"too few fills by a venue in {found.source}, a figure needs {found.least}: {counts}"
    modelled = ", ".join(f"{count:,} of {mode}" for mode, count in found.modelled.items())
    return f"{found.source} holds no fills by a venue" + (f", only {modelled}, made by this program's own rules" if modelled else "")
