"""The equity curve of a run: bounded, however long the run is, and the run is the same with or without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.commands import Terms
from core.research.backtest import run_backtest
from core.research.curve import MOST, Curve
from core.research.order import Order
from core.strategy_files import builtin_folder
from core.types import TICK


def walked(sizes: list[int]) -> tuple[Curve, list[float], list[float]]:
    """A curve over batches of so many rows; equity and drawdown after each row it was told of."""
    curve, equities, falls = Curve(), [], []
    at = 0
    for size in sizes:
        batch = np.zeros(size, TICK)
        batch["ts"] = np.arange(at, at + size)
        pieces = list(curve.pieces(batch))
        assert b"".join(piece.tobytes() for piece in pieces) == batch.tobytes()
        for piece in pieces:
            equity = float(np.sin(int(piece["ts"][-1]) / 50) * 100)
            equities.append(equity)
            falls.append(max(0.0, 100.0 - equity))
            curve.note(int(piece["ts"][-1]), equity, 100.0, max(falls))
        at += size
        assert curve.inside == 1.0
    return curve, equities, falls


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=12))
def test_a_curve_is_bounded_ends_at_the_end_and_keeps_the_deepest_fall(sizes: list[int]) -> None:
    curve, equities, falls = walked(sizes)
    points = curve.points()
    assert 1 <= len(points) <= MOST
    assert points[-1].ts == sum(sizes) - 1
    assert points[-1].equity == equities[-1]
    assert max(point.drawdown for point in points) == max(falls)
    assert [point.ts for point in points] == sorted({point.ts for point in points})


def test_a_short_run_has_a_point_for_every_row() -> None:
    curve, equities, _ = walked([360])
    assert [point.equity for point in curve.points()] == equities


def test_a_long_run_s_curve_covers_it_evenly() -> None:
    curve, _, _ = walked([20_000] * 10)
    steps = np.diff([point.ts for point in curve.points()])
    assert 400 <= len(steps) + 1 <= MOST
    assert steps.max() <= 4 * np.median(steps)


def test_taking_a_curve_changes_no_bit_of_a_run(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    price = np.round(20_000 + np.cumsum(rng.normal(0, 3, 15_000)), 2)
    times = 1_700_000_000_000 + np.cumsum(rng.integers(1, 60_000, len(price)))
    path = tmp_path / "BTCUSDT-aggTrades-2023-11.csv"
    path.write_text("".join(f"{k},{p:.2f},1.5,{k},{k},{t},true\n" for k, (p, t) in enumerate(zip(price, times, strict=True))))
    terms = Terms(side="long_short", latency_ms=50, slippage_bps=1, trailing_pct=0.5)
    order = Order([str(path)], "sma_crossover", [builtin_folder()], {"interval": "1m"}, terms)
    curve = Curve()
    plain, curved = run_backtest(order), run_backtest(order, curve=curve)
    assert plain.fills == curved.fills
    assert len(plain.fills) > 50
    assert {**plain.figures, "elapsed_s": 0} == {**curved.figures, "elapsed_s": 0}
    assert plain.equity == curved.equity
    assert curve.points()[-1].equity == plain.equity[-1][1]
    assert max(point.drawdown for point in curve.points()) == plain.figures["max_drawdown"]
    assert max(point.underwater for point in curve.points()) == plain.figures["max_drawdown_pct"]
