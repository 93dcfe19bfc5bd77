"""The loop on bars against a second one written from the documents alone: the same fills and the same account, on random bars and terms."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
import numpy as np
import pytest
from bar_twin import Bar, BarTwin
from hypothesis import event, given
from hypothesis import strategies as st
from loop_cases import FEATURES, any_terms, off_or, targets
from loop_laws_rig import law
from loop_rig import MS, Run, bars, play

from core.commands import Terms
from core.compile.blueprint import backtest_variant
from core.compile.module import Variant
from core.kernels.features import ADDED
from core.kernels.records import FILL, WHY_NAMES
from core.types import DAY, MINUTE, Records

Case: TypeAlias = tuple[Records, list[float], Terms]

HOUR = 60 * MINUTE

#: With every feature in, whatever is asked for: one text for all cases. What is cut out where nobody asks is another law's matter.
WHOLE = Variant(bars=True, features=frozenset(ADDED))


@st.composite
def markets(draw: st.DrawFn, length: int, most: int) -> Records:
    """Bars on a coarse grid of prices, so that levels are met exactly; with gaps in price and time, without volume or range."""
    count = draw(st.integers(1, most))
    rows, close = [], 100.0
    for jump, move, above, below in draw(
        st.lists(
            st.tuples(*(st.sampled_from(values) for values in ([0, 0, 0, -1, 4, -8, 10], [0, 0, 1, -1, 4, -4, -10], [0, 0, 1, 5], [0, 0, 1, 5]))),
            min_size=count, max_size=count,
        )
    ):  # fmt: skip
        first = max(close + jump, 12.0)
        close = max(first + move, 12.0)
        rows.append((first, max(first, close) + above, min(first, close) - below, close))
    found = bars(rows, length=length, close_early=draw(st.sampled_from([0, 0, MS])))
    skipped = np.cumsum(draw(st.lists(st.sampled_from([0, 0, 0, 0, 1, 30]), min_size=count, max_size=count))) * length
    found["start"] += skipped
    found["ts"] += skipped
    found["qty"] = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0, 8.0, 40.0]), min_size=count, max_size=count))
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A market, a target at each close, and terms with any of what may be asked for; what takes time is told in bars."""
    length = draw(st.sampled_from([MINUTE, HOUR, 8 * HOUR, DAY]))
    how = draw(any_terms())
    for name in draw(st.lists(st.sampled_from(list(FEATURES)), unique=True, max_size=len(FEATURES))):
        how = msgspec.structs.replace(how, **FEATURES[name](draw))
    found = draw(markets(length, 80 if how.size == "vol_pct" else 40))
    bar_ms = length / MS
    given: dict[str, Any] = {
        "latency_ms": draw(st.sampled_from([0.0, 0.0, 1.0, 30_000.0])),
        "limit_ttl_ms": draw(off_or(bar_ms / 2, bar_ms, 2.5 * bar_ms)),
        "trigger_ttl_ms": draw(off_or(bar_ms / 2, bar_ms, 2.5 * bar_ms)),
        "vol_half_life_hours": draw(st.sampled_from([20.0, 100.0])) * length / HOUR,
    }
    return found, draw(targets(len(found))), msgspec.structs.replace(how, **given)


def twin_of(case: Case) -> BarTwin:
    """What the other one makes of it."""
    rows, wanted, how = case
    columns = [rows[name].tolist() for name in ("start", "ts", "open", "high", "low", "price", "qty")]
    twin = BarTwin(how)
    twin.run([Bar(*row) for row in zip(*columns, strict=True)], wanted)
    return twin


def told(run: Run) -> dict[str, Any]:
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


def agree(case: Case, variant: Variant, *, jit: bool = False) -> int:
    """Both of them on one case; returns how often they filled."""
    rows, wanted, how = case
    twin, run = twin_of(case), play(rows.copy(), wanted, how, variant=variant, jit=jit)
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
    return len(fills)


@law(250)
@given(case=cases())
def test_both_trade_alike_on_bars(case: Case) -> None:
    event(f"{min(agree(case, WHOLE), 3)} fills")


@pytest.mark.slow
@pytest.mark.timeout(3600)
@law(10_000)
@given(case=cases())
def test_both_trade_alike_on_bars_however_often_it_is_tried(case: Case) -> None:
    agree(case, WHOLE)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@law(100)
@given(case=cases())
def test_both_trade_alike_on_bars_in_the_machine_code_of_a_backtest(case: Case) -> None:
    agree(case, backtest_variant(case[2], bars=True), jit=True)
