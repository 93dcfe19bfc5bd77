"""The account of a run as its metrics take it."""

from __future__ import annotations

import numpy as np

from core.compile.instance import Instance
from core.research.metrics import Run
from core.types import Records

#: What the figures take from the account as it is.
_OF_ACCOUNT = ("ticks", "fills", "trades", "wins", "gross_profit", "gross_loss", "fees", "equity", "capital", "max_drawdown")


def account_run(instance: Instance, marks: Records, first_ns: int, last_ns: int, interval_ns: int) -> Run:
    """What `core.research.metrics` makes figures of: the account as it is now, and the daily marks (MARK reports) on the way.

    Args:
        first_ns, last_ns: times of the first and last tick, or the starts of the first and last bar.
        interval_ns: length of a bar; 0 for ticks.
    """
    row = instance.account.view(np.ndarray)[0]
    account = dict(zip(row.dtype.names, row.tolist(), strict=True))
    same = {name: account[name] for name in _OF_ACCOUNT}
    return Run(
        **same,
        max_drawdown_pct=account["max_drawdown_ratio"] * 100,
        boundaries_ns=marks["ts"],
        equities=marks["equity"],
        first_ns=first_ns,
        last_ns=last_ns,
        interval_ns=interval_ns,
    )
