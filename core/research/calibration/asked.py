"""The costs that somebody asks for: those of the home's own fills, measured now, or those that were measured before and written down."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from core.errors import UsageError
from core.measured_terms import MEASURED
from core.research.calibration.costs import Costs, read_calibration
from core.research.calibration.evidence import of_file, of_ledger
from core.research.calibration.measure import Calibration, calibrate
from core.research.source_name import plain_symbol


def costs_of(word: str, home: Path, given: Collection[str], label: str = "costs") -> Costs:
    """The costs of a word: MEASURED, or a file that `cockpit calibrate --json` wrote.

    Args:
        home: whose fills and tape are meant.
        given: names of terms that were said in words; they stay.
        label: what the word was asked by, for the message.

    Raises:
        UsageError: it names nothing, or nothing was measured there.
        StoreError: the ledger or the tape cannot be read.
    """
    if word != MEASURED and not Path(word).exists():
        raise UsageError(f"{label} {word}: {MEASURED}, or a file that `cockpit calibrate --json` wrote")
    found = calibration_of(home) if word == MEASURED else read_calibration(Path(word))
    if not any(one.terms for one in found.symbols):
        raise UsageError(f"{label} {word}: {_nothing(found)}")
    return Costs(found, frozenset(given))


def calibration_of(
    home: Path, file: Path | None = None, symbol: str | None = None, from_ns: int | None = None, to_ns: int | None = None
) -> Calibration:
    """What fills at a venue cost, against the tape of a home.

    Args:
        file: of these fills; None: of those of the home's ledger.
        symbol: of this one only, with or without its venue.

    Raises:
        UsageError: the file cannot be read, or there are no fills of the symbol.
        StoreError: the ledger or the tape cannot be read.
    """
    evidence = of_ledger(home / "ledger.db", from_ns, to_ns) if file is None else of_file(file, from_ns, to_ns)
    source = str(home if file is None else file)
    held = sorted({fill.symbol for fill in evidence.fills})
    wanted = [one for one in held if symbol in (None, one) or (":" not in str(symbol) and plain_symbol(one) == plain_symbol(str(symbol)))]
    if held and not wanted:
        raise UsageError(f"no fills of {symbol} by a venue in {source}; there are some of: {', '.join(held)}")
    return calibrate(evidence, home / "tape.db", source, wanted)


def _nothing(found: Calibration) -> str:
    if found.symbols:
        counts = ", ".join(f"{one.fills:,} of {one.symbol}" for one in found.symbols)
        return f"too few fills by a venue in {found.source}, a figure needs {found.least}: {counts}"
    modelled = ", ".join(f"{count:,} of {mode}" for mode, count in found.modelled.items())
    return f"{found.source} holds no fills by a venue" + (f", only {modelled}, made by this program's own rules" if modelled else "")
