"""A market whose costs are a little different: every cost that is paid is, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from study_rig import here, study

from core.commands import Terms
from core.research.search.bench import costing, widened
from core.research.search.runner import Runner
from core.research.search.trial import Jitter, Result
from core.types import TICK


def dearer(folder: Path, factor: float, **terms: Any) -> tuple[Result, Result]:
    """A trial as it is, and where all it pays is so many times as much."""
    folder.mkdir(exist_ok=True)
    asked = study(folder, "fast=2", terms=Terms(side="long_short", **terms))
    plain = asked.trial(0, 0, 0, next(asked.spaces[0].grid()))
    return tuple(Runner(asked, here).once([plain, msgspec.structs.replace(plain, number=1, jitter=Jitter(1, 0.0, factor))]))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("terms", "thrice"),
    [
        ({"impact_bps": 4.0}, {"impact_bps": 12.0}),
        ({"impact_bps": 4.0, "impact_volume": 300.0}, {"impact_bps": 12.0, "impact_volume": 300.0}),
        ({"spread_bps": 2.0}, {"spread_bps": 6.0}),
        ({"slippage_bps": 1.0, "latency_ms": 5.0}, {"slippage_bps": 3.0, "latency_ms": 5.0}),
        ({"entry": "limit", "limit_fill": "touch", "maker_fee_bps": 1.0}, {"entry": "limit", "limit_fill": "touch", "maker_fee_bps": 3.0}),
        (
            {"entry": "limit", "limit_fill": "touch", "maker_fee_bps": -3.0},
            {"entry": "limit", "limit_fill": "touch", "maker_fee_bps": -1.0},
        ),
    ],
    ids=["impact", "impact against a volume", "spread", "slippage", "maker's fee", "rebate"],
)
def test_costs_three_times_as_high_are_those_of_terms_three_times_as_high(
    tmp_path: Path, terms: dict[str, Any], thrice: dict[str, Any]
) -> None:
    plain, moved = dearer(tmp_path / "a", 3.0, fee_bps=0.0, **terms)
    expected, _ = dearer(tmp_path / "b", 3.0, fee_bps=0.0, **thrice)
    assert moved.changes == expected.changes
    assert moved.figures["net_pnl"] < plain.figures["net_pnl"]


def test_quotes_that_are_paid_go_apart_and_the_result_moves(tmp_path: Path) -> None:
    file = tmp_path / "BTCUSDT.csv"
    prices = np.round(100 + 3 * np.sin(np.arange(3000) / 90), 2)
    rows = (f"{1_700_000_040 + k},{p},1,{p - 0.05:.2f},{p + 0.05:.2f}\n" for k, p in enumerate(prices.tolist()))
    file.write_text("timestamp,price,qty,bid,ask\n" + "".join(rows))
    terms = {"fee_bps": 0.0, "qty": 1.0}
    found = {}
    for spread in ("quote", "print"):
        asked = study(tmp_path, "fast=2", files=(file,), terms=Terms(spread=spread, **terms))  # type: ignore[arg-type]
        plain = asked.trial(0, 0, 0, next(asked.spaces[0].grid()))
        trials = [plain, *(msgspec.structs.replace(plain, number=k, jitter=Jitter(1, 0.0, cost)) for k, cost in ((1, 1.0), (2, 3.0)))]
        found[spread] = [one.figures["net_pnl"] for one in Runner(asked, here).once(trials)]
        fills = Runner(asked, here).once([plain])[0].figures["fills"]
    as_was, same, dear = found["quote"]
    assert same == as_was
    assert as_was - dear == pytest.approx(0.1 * fills), "each fill pays half of what came to the spread: from 0.1 to 0.3"
    assert len(set(found["print"])) == 1, "who pays prints pays no quotes"


def test_quotes_go_apart_from_their_middle_and_unknown_ones_stay_unknown() -> None:
    rows = np.zeros(2, TICK)
    rows["bid"], rows["ask"] = (99.0, np.nan), (101.0, 50.0)
    found = widened(rows, 2.0)
    assert (found["bid"][0], found["ask"][0]) == (98.0, 102.0)
    assert np.isnan(found["bid"][1])


def test_what_is_no_cost_stays_as_it_is() -> None:
    terms = Terms(funding_bps=1.0, latency_ms=9.0, stop_loss_pct=2.0, impact_volume=5.0, impact_bps=1.0)
    assert costing(terms, 2.0) == msgspec.structs.replace(terms, fee_bps=8.0, impact_bps=2.0)
    assert costing(terms, 1.0) == terms
