"""Measured costs as terms: for every symbol that has them, under what was asked for in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from core.clock import iso
from core.commands import Terms
from core.errors import UsageError
from core.measured_terms import NAMES, Paid, listed, staying
from core.research.calibration.measure import Calibration, Measured
from core.research.source_name import plain_symbol


@dataclass(frozen=True)
class Costs:
    """What was measured, and which terms stay as they were given.

    Attributes:
        given: names of terms.
    """

    calibration: Calibration
    given: frozenset[str] = frozenset()

    def giving(self, names: frozenset[str]) -> Costs:
        """The same where more terms are given."""
        return replace(self, given=self.given | names)

    def own(self, symbol: str, terms: Terms) -> dict[str, float]:
        """The terms that were measured for a symbol and are to be used."""
        found = self.measured(symbol)
        kept = staying(terms, self.given)
        return {} if found is None else {name: value for name, value in found.terms.items() if name not in kept}

    def terms(self, symbol: str, terms: Terms) -> Terms:
        """These terms with what was measured for a symbol in place."""
        return msgspec.structs.replace(terms, **self.own(symbol, terms))

    def measured(self, symbol: str) -> Measured | None:
        """What is known of a symbol; one without a venue is that of the only venue that has it."""
        every = self.calibration.symbols
        exact = [one for one in every if one.symbol == symbol]
        plain = [one for one in every if plain_symbol(one.symbol) == plain_symbol(symbol) and (":" not in symbol or ":" not in one.symbol)]
        return exact[0] if exact else plain[0] if len(plain) == 1 else None

    def words(self, symbol: str, terms: Terms) -> tuple[str, str]:
        """`measured`, and of what; or `as given`, and why."""
        found, own = self.measured(symbol), self.own(symbol, terms)
        least = self.calibration.least
        if found is None:
            return "as given", f"there are no fills of {symbol} by a venue in {self.calibration.source}"
        if not found.terms:
            return "as given", f"{found.fills:,} fills of {symbol} by a venue are too few: a figure needs {least}"
        if not own:
            return "as given", "all that was measured was given in words"
        what = listed(own.keys())
        return "measured", f"{what}: {found.fills:,} fills of one's own, {iso(found.first_ns)[:19]}Z to {iso(found.last_ns)[:19]}Z"

    def paid(self, symbol: str, terms: Terms) -> Paid:
        """The same, with the terms that were measured and are used."""
        state, words = self.words(symbol, terms)
        return Paid(symbol=symbol, state=state, words=words, terms=self.own(symbol, terms))

    def document(self, symbol: str, terms: Terms) -> dict[str, Any]:
        """The same, JSON-ready."""
        found: dict[str, Any] = msgspec.to_builtins(self.paid(symbol, terms))
        return found


def read_calibration(path: Path) -> Calibration:
    """What `cockpit calibrate --json` wrote.

    Raises:
        UsageError: it cannot be read, or a term of it is not allowed.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Calibration)
        for one in found.symbols:
            unknown = one.terms.keys() - NAMES.keys()
            if unknown:
                raise UsageError(f"{path}: {one.symbol}: {min(unknown)} is not measured; what is: {', '.join(NAMES)}")
            msgspec.convert(one.terms, Terms)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is nothing that cockpit calibrate --json wrote: {error}") from None
    return found
