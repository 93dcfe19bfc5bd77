"""The loop on bars against a second one written from the documents alone: the same fills and the same account, on random bars and terms."""

from __future__ import annotations

import numpy as np
import pytest
from bar_cases import Case, cases, seeded
from bar_twin import Bar, BarTwin
from hypothesis import given
from loop_laws_rig import law
from loop_rig import Run, play

from core.compile.blueprint import backtest_variant
from core.compile.module import Variant
from core.kernels.features import ADDED
from core.kernels.records import FILL, WHY_NAMES

#: With every feature in, whatever is asked for: one text for all cases. What is cut out where nobody asks is another law's matter.
WHOLE = Variant(bars=True, features=frozenset(ADDED) - {"venued"})

#: A position or a fill as small as this is what floats left of one, no matter of terms: exact decimals round its prices otherwise.
DUST = 1e-12


def twin_of(case: Case) -> BarTwin:
    """What the other one makes of it."""
    rows, wanted, how = case
    columns = [rows[name].tolist() for name in ("start", "ts", "open", "high", "low", "price", "qty")]
    twin = BarTwin(how)
    twin.run([Bar(*row) for row in zip(*columns, strict=True)], wanted)
    return twin


def told(run: Run) -> dict[str, float]:
    """The account of a run by the names the other one has for it."""
    names = ("realised", "fees", "equity", "peak", "max_drawdown", "max_drawdown_ratio", "gross_profit", "gross_loss", "trades", "wins")
    account = {name: float(run.account[name]) for name in names}
    return account | {"funding": float(run.account.funding) if "funding" in (run.account.dtype.names or ()) else 0.0}


def expected(twin: BarTwin) -> dict[str, float]:
    """The same of the other one."""
    account = twin.account
    nets = [trip.realised - trip.fees for trip in account.closed]
    return {
        "realised": account.realised, "fees": account.fees, "equity": account.equity, "peak": account.peak,
        "max_drawdown": account.max_drawdown, "max_drawdown_ratio": account.max_drawdown_ratio,
        "gross_profit": sum(net for net in nets if net > 0), "gross_loss": -sum(net for net in nets if net <= 0),
        "trades": len(nets), "wins": sum(net > 0 for net in nets), "funding": account.funding,
    }  # fmt: skip


def agree(case: Case, variant: Variant = WHOLE, *, jit: bool = False) -> None:
    """Both of them on one case."""
    rows, wanted, how = case
    twin = twin_of(case)
    if any(0.0 < abs(fill.position) < DUST or abs(fill.qty) < DUST for fill in twin.fills):
        return
    run = play(rows.copy(), wanted, how, variant=variant, jit=jit)
    done = [(int(f["tick_id"]), int(f["ts"]), WHY_NAMES[int(f["why"])]) for f in run.of(FILL)]
    assert done == [(f.bar, f.time, f.why) for f in twin.fills]
    fills = [[float(f[name]) for name in ("qty", "price", "fee", "position")] for f in run.of(FILL)]
    others = [[f.qty, f.price, f.fee, f.position] for f in twin.fills]
    if how.size == "vol_pct":  # weights are approximated
        np.testing.assert_allclose(fills, others, rtol=1e-5, atol=1e-9)
        assert told(run) == pytest.approx(expected(twin), rel=1e-4, abs=1e-3)
    else:
        assert fills == others
        assert told(run) == pytest.approx(expected(twin), rel=1e-9, abs=1e-9)
        assert run.marks == twin.account.midnights


@pytest.mark.slow
@law(100)
@given(case=cases())
def test_both_trade_alike_on_bars(case: Case) -> None:
    agree(case)


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_both_trade_alike_on_bars_with_all_kinds_of_terms_at_once(first: int) -> None:
    for seed in range(first, first + 100):
        agree(seeded(seed))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@law(3000)
@given(case=cases())
def test_both_trade_alike_on_bars_however_often_it_is_tried(case: Case) -> None:
    agree(case)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1000, 20_000, 1000))
def test_both_trade_alike_on_bars_with_all_kinds_of_terms_at_once_and_often(first: int) -> None:
    for seed in range(first, first + 1000):
        agree(seeded(seed))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(40))
def test_the_machine_code_of_a_backtest_trades_alike_too(seed: int) -> None:
    case = seeded(seed)
    agree(case, backtest_variant(case[2], bars=True), jit=True)
