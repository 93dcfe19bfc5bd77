"""Values of variants over prints of the past, by the code that works them out live. It loads the compiler: no engine does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UsageError
from core.indicators.bank import Bank
from core.indicators.catalogue import discover
from core.indicators.over import reach_back
from core.indicators.variant_file import read_variants
from core.types import Records, Symbols


def values_of(home: Path, folder: Path, wanted: list[tuple[str, str]], begin_ns: int) -> tuple[Any, int]:
    """What gives the values of these (variant, symbol), print by print, once; and from when (ns) it must be given prints to be warm.

    Raises:
        UsageError: there is no such variant.
        CockpitError: it does not load.
    """
    catalogue = discover(folder)
    variants = read_variants(home, catalogue)
    bank, start = Bank(Symbols()), begin_ns
    places = {}
    for name, symbol in wanted:
        found = variants.found.get(name)
        if found is None:
            wrong = next((line for line in variants.wrong if f"[{name}]" in line or f" {name}:" in line), "")
            known_names = ", ".join(variants.found) or "there is none; cockpit indicators add makes one"
            raise UsageError(wrong or f"no variant {name!r}: {known_names}")
        indicator = catalogue[found.indicator]
        bank.add(name, indicator, found.params, [symbol])
        places[name] = indicator.line(found.line) if found.line else 0
        back = reach_back(indicator, found.params, begin_ns)
        start = min(start, begin_ns if back is None else back)
    known: dict[tuple[str, str], tuple[int, NDArray[np.float64]]] = {}

    def values(name: str, symbol: str, ticks: Records) -> NDArray[np.float64]:
        """After each of these prints of a symbol; several rules may ask for the same."""
        first = int(ticks["seq"][0])
        if known.get((name, symbol), (0, None))[0] != first:
            own = ticks.copy()
            own["symbol"] = bank.index(symbol)
            known[name, symbol] = first, np.ascontiguousarray(bank.series(name, symbol, own)[:, places[name]])
        return known[name, symbol][1]

    return values, start
