"""Watches a run's batches go by for what its fills alone do not tell: how far each trip was ahead and behind, how long equity was down,
in what market each was entered.

It costs a few passes over the prices of a batch, so it is there only where somebody asked (`Order.watched`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.commands import Terms
from core.kernels.records import FILL, FUNDING, TAKE_PROFIT
from core.research.excursions import Excursions
from core.research.regimes import Regimes
from core.research.stretches import Holding, with_funding
from core.research.underwater import Falls, Underwater, follow
from core.types import Records


class Watch:
    """Beside one run of one symbol.

    Args:
        regimes: takes what goes by too.
    """

    def __init__(self, terms: Terms, regimes: Regimes | None = None) -> None:
        self.regimes = regimes
        self._holding = Holding(terms.capital)
        self._excursions = Excursions(terms.slippage_bps / 1e4, exact=(TAKE_PROFIT,) if terms.exits == "resting" else ())
        self._underwater = Underwater(terms.capital)

    def take(self, batch: Records, reports: Records) -> None:
        """The next batch, and all that the run reported of it."""
        held = self._holding.over(batch, reports.compress((reports["kind"] == FILL) | (reports["kind"] == FUNDING)))
        if self.regimes is not None:
            self.regimes.take(batch, held)
        if held.flat:
            return
        price = np.ascontiguousarray(batch["price"])  # out of records an extreme takes thirty times as long
        self._excursions.take(batch, price, held)
        follow(self._underwater, *with_funding(batch["ts"], price, held))

    def excursions(self) -> NDArray[np.float64]:
        """As `Excursions.closed`."""
        return self._excursions.closed()

    def falls(self, end_ns: int) -> Falls:
        """As `Underwater.falls`."""
        return self._underwater.falls(end_ns)
