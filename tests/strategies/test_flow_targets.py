"""The strategies on flow want exactly what a few independent lines of NumPy and TA-Lib say they should, as surely, and for that reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib
from flow_markets import FLOW, Bars, followed, made, over, recorded, share
from strategy_runs import definition, opinions

from core.kernels.quantiles import FORGOTTEN
from core.strategy import params_record
from core.types import SECOND, Records

Market = tuple[Records, str, int]

RECORDINGS = {"futures": "binance_usdm/btcusdt_20240808.gz", "spot": "binance_spot/ethusdt_20240809.gz"}


@pytest.fixture(scope="module", params=["seconds", "tick by tick", *RECORDINGS])
def market(request: pytest.FixtureRequest) -> Market:
    """Prints, and the interval in words and in ns."""
    if request.param in RECORDINGS:
        folder: Path = request.getfixturevalue("shared_data")
        return recorded(folder / "raw_ws" / RECORDINGS[request.param]), "1s", SECOND
    return (made(1), "1s", SECOND) if request.param == "seconds" else (made(2, 6_000), "tick", 0)


def agree(ours: tuple[Any, Any, Any], expected: tuple[Any, Any, Any], sides: int = 10) -> None:
    """The same targets, confidences and reasons; and both sides were taken, several times."""
    np.testing.assert_array_equal(ours[0], expected[0])
    np.testing.assert_allclose(ours[1], expected[1], atol=1e-9)
    np.testing.assert_array_equal(ours[2], expected[2])
    known = ours[0][~np.isnan(ours[0])]
    assert {-1.0, 1.0} <= set(known)
    assert (np.diff(known) != 0).sum() >= sides


def imbalances(ticks: Records, bars: Bars, window: int, average: int) -> Any:
    bought, sold = (bars.sums(np.where(ticks["side"] == side, ticks["qty"], 0.0)) for side in (1, -1))
    return share(bought - sold, bought + sold, window) - share(bought - sold, bought + sold, average)


def test_microstructure(market: Market) -> None:
    ticks, interval, ns = market
    measure = imbalances(ticks, Bars(ticks, ns), 10, 60)
    ours = opinions("microstructure", ticks, window=10, average=60, threshold=0.3, interval=interval)
    agree(ours, followed(measure, 59, 0.3, 0.0))


def leans(ticks: Records, bars: Bars, window: int, average: int) -> tuple[Any, Any, Any]:
    """The lean, and spread and illiquidity over the usual ones."""
    quoted = ~np.isnan(ticks["bid"])
    middle = (ticks["bid"] + ticks["ask"]) / 2
    moved, qty, side = (np.zeros(len(ticks)) for _ in range(3))
    moved[1:] = np.diff(middle)
    charged = ~np.isnan(moved)
    charged[0] = False
    moved[~charged] = 0.0
    qty[1:], side[1:] = ticks["qty"][:-1], ticks["side"][:-1]
    qty[~charged] = 0.0
    impact = [
        share(bars.sums(np.where(side == one, one * moved, 0.0)), bars.sums(np.where(side == one, qty, 0.0)), window) for one in (1, -1)
    ]
    path, traded = bars.sums(np.abs(moved)), bars.sums(qty)
    spreads, quotes = bars.sums(np.where(quoted, ticks["ask"] - ticks["bid"], 0.0)), bars.sums(quoted * 1.0)
    trading, spread = share(path, traded, window), share(spreads, quotes, window)
    with np.errstate(invalid="ignore"):
        lean = np.where(trading > 0, (impact[0] - impact[1]) / trading, impact[0] - impact[1])
    return lean, spread / share(spreads, quotes, average), trading / share(path, traded, average)


@pytest.mark.parametrize("calm", [1.0, 1.5])
def test_liquidity(market: Market, calm: float) -> None:
    ticks, interval, ns = market
    lean, wide, thin = leans(ticks, Bars(ticks, ns), 10, 60)
    aside = np.where(wide - calm > 1e-12 * calm, 5, np.where(thin - calm > 1e-12 * calm, 6, 0))
    ours = opinions("liquidity", ticks, window=10, average=60, threshold=0.4, calm=calm, interval=interval)
    agree(ours, followed(lean, 60, 0.4, 0.0, aside))
    assert set(ours[2]) >= {0, 1, 2, 3, 6}


def surges(ticks: Records, bars: Bars, recent: int, average: int) -> tuple[Any, Any]:
    """The surge, and the close before."""
    volumes = over(bars.sums(ticks["qty"]), recent) / recent
    before = over(np.concatenate([np.zeros(recent), bars.sums(ticks["qty"])[:-recent]]), average) / average
    past = np.concatenate([np.full(recent, np.nan), bars.closes[:-recent]])
    return volumes / before, past


def test_volume(market: Market) -> None:
    ticks, interval, ns = market
    bars = Bars(ticks, ns)
    surge, past = surges(ticks, bars, 5, 40)
    targets, sure, why = np.full(bars.count, np.nan), np.zeros(bars.count), np.zeros(bars.count, int)
    target = reason = 0
    for i in range(44, bars.count):
        moved = 100 * (bars.closes[i] - past[i]) / past[i]
        if surge[i] - 1.5 > 1e-12 * 1.5 and abs(moved) - 0.002 > 1e-11:
            target, reason = (1, 1) if moved > 0 else (-1, 2)
        elif target and surge[i] - 1.1 <= 1e-12 * 1.1:
            target, reason = 0, 3
        elif not target:
            reason = 0
        targets[i], why[i] = target, reason
        sure[i] = np.clip(surge[i] / 1.5 - 1, 0, 1) if target else 0
    ours = opinions("volume", ticks, recent=5, average=40, surge=1.5, fade=1.1, move=0.002, interval=interval)
    agree(ours, (targets, sure, why))


def pressures(ticks: Records, bars: Bars, quantile: float, sample: int, window: int) -> tuple[Any, Any]:
    """The pressure, and from which value on a print is large at each bar."""
    edges = np.array([2.0**power * (1 + k / 8) for power in range(-32, 48) for k in range(8)])
    value = ticks["price"] * ticks["qty"]
    place = np.searchsorted(edges, value, side="right") - 1
    weights, large, taken = np.zeros(len(edges)), np.full(bars.count, np.nan), np.zeros(bars.count)
    limits = np.searchsorted(bars.place, np.arange(bars.count + 1))
    for i in range(bars.count):
        mine = np.arange(limits[i], limits[i + 1])
        mine = mine[(ticks["side"][mine] != 0) & (value[mine] > 0)]
        if i >= sample:
            big = mine[value[mine] >= large[i - 1]]
            taken[i] = (value[big] * ticks["side"][big]).sum()
        weights += np.bincount(place[mine], minlength=len(edges))
        beyond = np.append(np.cumsum(weights[::-1])[::-1][1:], 0.0)
        large[i] = edges[np.flatnonzero(beyond <= weights.sum() * (1 - quantile))[0] + 1] if weights.any() else np.nan
        weights *= 1 - 2 / (sample + 1)
        weights[weights < FORGOTTEN] = 0.0
    pressure = np.full(bars.count, np.nan)
    net, all_ = talib.EMA(taken[sample:], window), talib.EMA(bars.sums(value)[sample:], window)
    pressure[sample:] = net / all_
    return pressure, large


def test_smart_money(market: Market) -> None:
    ticks, interval, ns = market
    pressure, _ = pressures(ticks, Bars(ticks, ns), 0.9, 50, 10)
    ours = opinions("smart_money", ticks, quantile=0.9, sample=50, window=10, enter=0.15, leave=0.05, interval=interval)
    agree(ours, followed(pressure, 59, 0.15, 0.05))


PARAMS: dict[str, dict[str, Any]] = {
    "liquidity": {"window": 10, "average": 60},
    "smart_money": {"quantile": 0.9, "sample": 50, "window": 10},
    "volume": {"recent": 5, "average": 40},
    "microstructure": {"window": 10, "average": 60},
}


@pytest.mark.parametrize("name", FLOW)
def test_what_it_says_a_decision_rests_on_is_what_it_rests_on(name: str) -> None:
    ticks = made(3, 1_500)
    bars, strategy = Bars(ticks, 0), definition(name)
    params = strategy.params({**PARAMS[name], "interval": "tick"})
    lean, wide, thin = leans(ticks, bars, 10, 60)
    surge, past = surges(ticks, bars, 5, 40)
    pressure, large = pressures(ticks, bars, 0.9, 50, 10)
    expected = {
        "liquidity": {"lean": lean, "spread_times": wide, "illiquidity_times": thin},
        "smart_money": {"pressure": pressure, "large": large},
        "volume": {"surge": surge, "past": past, "move_pct": 100 * (bars.closes / past - 1)},
        "microstructure": {"imbalance": imbalances(ticks, bars, 10, 60) + usual(ticks, bars), "usual": usual(ticks, bars)},
    }[name]
    module, record = strategy.module, np.zeros(1, strategy.module.STATE).view(np.recarray)
    seen = run_and_look(module, record, ticks, params, strategy.work(params))
    for k, values in enumerate(seen):
        i = len(ticks) - len(seen) + k
        assert values == pytest.approx({"close": bars.closes[i], **{key: one[i] for key, one in expected.items()}}, abs=1e-9, nan_ok=True)
    assert len(seen) > 1_000


def usual(ticks: Records, bars: Bars) -> Any:
    bought, sold = (bars.sums(np.where(ticks["side"] == side, ticks["qty"], 0.0)) for side in (1, -1))
    return share(bought - sold, bought + sold, 60)


def run_and_look(module: Any, record: Any, ticks: Records, params: Any, work: int) -> list[dict[str, float]]:
    """What `indicators` gives after each print from the first target on."""
    p, mem, out, seen = params_record(params).view(np.recarray)[0], np.zeros(work), np.full(1, np.nan), []
    for tick in ticks.view(np.recarray):
        old = mem.copy()
        module.step(record[0], mem, p, tick, out)
        if out[0] == out[0]:
            seen.append(module.indicators(record[0], mem, params, old))
    return seen
