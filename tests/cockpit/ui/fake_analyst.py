"""What a scripted engine answers the analyst's screen: markets that stand still, in the words of the contract."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import combinations
from typing import Any

from fake_engine import NOON, FakeEngine, price_row

MINUTE = 60 * 10**9

READY: dict[str, Any] = {"state": "ready", "note": "", "asof_ns": NOON}

INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")

SYMBOLS = tuple(f"binance:{name}USDT" for name in ("BTC", "ETH", "SOL", "XRP", "ADA", "DOGE"))

#: What a cell may be: a trend and its confidence, or the bars that are missing, or that its bars still come.
_KINDS: tuple[tuple[str | None, float | None, str], ...] = (
    ("uptrend", 0.97, ""), ("sideways", 0.88, ""), ("downtrend", 0.91, ""), ("volatile", 0.64, ""), ("uptrend", 0.999, ""),
    (None, None, "PENDING: 23 more bars needed"), ("sideways", 0.55, ""), ("downtrend", 0.72, ""),
    (None, None, "STILL: the price never moved"),
)  # fmt: skip


def trend_cell(kind: int, **changes: Any) -> dict[str, Any]:
    """One cell of the matrix."""
    trend, confidence, why = _KINDS[kind % len(_KINDS)]
    change = {"uptrend": 1.24, "downtrend": -0.87, "sideways": 0.05, "volatile": -0.31}.get(trend or "")
    return {
        "trend": trend,
        "confidence": confidence,
        "change_pct": change,
        "bars": 7 if trend is None else 1000,
        "why": why,
        "loading": False,
        **changes,
    }


def trends(symbols: tuple[str, ...] = SYMBOLS) -> dict[str, Any]:
    """The matrix: a day of the last symbol is still being read."""
    rows = []
    for number, symbol in enumerate(symbols):
        cells = {interval: trend_cell(number * 2 + at) for at, interval in enumerate(INTERVALS)}
        if number == len(symbols) - 1:
            cells["1d"] = trend_cell(5, why="", loading=True)
        rows.append({"symbol": symbol, "cells": cells})
    return {**READY, "rows": rows}


def trend(symbol: str, interval: str) -> dict[str, Any]:
    """The evidence of an uptrend."""
    evidence = [
        ("slope", 0.0124, "% a bar", "the line through the log prices rises", False),
        ("slope_t", 14.2, "standard errors from 0", "far; the error knows what 100 bars have in common (Newey-West)", True),
        ("drift_t", 3.91, "standard errors from 0", "chance hardly makes as much", True),
        ("efficiency_ratio", 0.21, "0 to 1", "how much of the way led somewhere; 1 is a straight line (Kaufman's)", False),
        ("adx", 38.9, "0 to 100", "a direction, by Wilder's bounds of 20 and 25 (over 14 bars)", True),
        ("volatility", 0.0654, "% a bar", "the typical return of a bar, up or down", False),
        ("volatility_ratio", 1.03, "times its past", "the newest 199 bars swing as wide as was usual before", True),
        ("bars_since_change", None, "bars", "there was no change", False),
    ]
    reasons = {
        "sma_crossover": "bets that a trend goes on: two averages keep it on the side of the slope and let it go when they cross",
        "momentum": "bets that a strong move goes on: it joins after a move and leaves when that is lost again",
        "macd": "bets that a trend gathering pace goes on: earlier in and out than averages alone",
    }
    return {
        **READY, "symbol": symbol, "interval": interval, "trend": "uptrend", "confidence": 0.97, "status": "judged",
        "evidence": [dict(zip(("name", "value", "unit", "sentence", "weighed"), row, strict=True)) for row in evidence],
        "suggestions": [
            {"strategy": name, "reason": reason, "params": {"interval": interval}, "side": "long_short", "command": "cockpit backtest"}
            for name, reason in reasons.items()
        ],
        "likely": {"uptrend": 0.97, "downtrend": 0.0, "sideways": 0.02, "volatile": 0.01}, "n": 1000, "unpriced": 0, "missing": 0,
        "min": 60_407.11, "max": 61_993.03, "change_pct": 1.24, "from_ns": NOON - 1000 * MINUTE, "to_ns": NOON, "change_points_ns": [],
        "notes": ["3 bars lack prints"],
        "line": {"start_ns": NOON - 1000 * MINUTE, "start_price": 60_500.0, "end_ns": NOON, "end_price": 61_900.0},
        "changes_ns": [NOON - 400 * MINUTE],
    }  # fmt: skip


def series(count: int = 500, window: int = 60) -> dict[str, list[Any]]:
    """Two markets that hang together, of which the first runs away at the end."""
    rng = random.Random(11)
    b, gap, made_a, made_b = 2684.0, 0.0, [], []
    for k in range(count):
        b *= math.exp(rng.gauss(0.00002, 0.0006))
        gap = 0.93 * gap + rng.gauss(0, 0.0007) + (0.0017 if k > count - 5 else 0.0)
        made_a.append(61_000.0 * (b / 2684.0) ** 0.83 * math.exp(gap))
        made_b.append(b)
    spread = [math.log(x / 61_000.0) - 0.83 * math.log(y / 2684.0) for x, y in zip(made_a, made_b, strict=True)]
    names = ("mean", "upper", "lower", "zscore")
    found: dict[str, list[Any]] = {name: [] for name in names}
    for k in range(count):
        seen = spread[k - window + 1 : k + 1] if k >= window - 1 else []
        mean = sum(seen) / len(seen) if seen else 0.0
        deviation = math.sqrt(sum((value - mean) ** 2 for value in seen) / (len(seen) - 1)) if seen else 0.0
        row = (mean, mean + 2 * deviation, mean - 2 * deviation, (spread[k] - mean) / deviation if deviation else None)
        for name, value in zip(names, row, strict=True):
            found[name].append(value if seen else None)
    first = NOON // MINUTE * MINUTE - (count - 1) * MINUTE
    return {"ts_ns": [first + k * MINUTE for k in range(count)], "a": made_a, "b": made_b, "spread": spread, **found}


def pair(a: str, b: str, interval: str, window: int, method: str) -> dict[str, Any]:
    """A pair that is cointegrated and wide."""
    found = series(window=window)
    z = found["zscore"][-1]
    verdicts = [
        ("zscore", f"the spread is wide, z = {z:+.2f}: {a} is dear against {b}", True),
        ("coint", "cointegrated: p = 0.004", True),
        ("adf", "the spread comes back: p = below 0.001", True),
        ("johansen", "Johansen at 95 %: one relation between the legs", True),
        ("half_life", f"half of a deviation is gone after 9.6 bars of {interval}", False),
        ("hurst", "the spread comes back: H = 0.21", False),
    ]
    return {
        **READY, "legs": [a, b], "interval": interval, "window": window, "method": method, "prices": "log",
        "hedge_ratio": {"ols": 0.8312, "huber": 0.8297, "theil_sen": 0.8305, "kalman": 0.8401}, "zscore": z, "half_life": 9.6,
        "half_life_s": 576.0, "correlation": 0.713, "rolling_correlation": 0.688, "rolling_beta": 0.812,
        "adf": {"stat": -6.2, "pvalue": 0.00001}, "coint": {"stat": -4.4, "pvalue": 0.0041}, "lags": {"adf": 1, "coint": 1},
        "earlier": {"stat": -3.9, "pvalue": 0.01, "n": 333}, "johansen": {"trace": [25.1, 2.0], "relations": 1}, "hurst": 0.21, "n": 1000,
        "bars": {"span": 1002, "left_out": 2, "carried": 0, "carry": 0},
        "verdicts": [dict(zip(("about", "text", "marked"), row, strict=True)) for row in verdicts], "absent": {},
        "notes": ["2 of 1,002 bars of the common span are left out: a leg has no close there"], "series": found,
    }  # fmt: skip


def correlations(symbols: tuple[str, ...] = SYMBOLS) -> dict[str, Any]:
    """Coins that move together, one against the others."""
    count = len(symbols)

    def r(i: int, j: int) -> float | None:
        if i == j:
            return 1.0
        if {i, j} == {0, count - 1}:
            return None
        return round((-1 if 3 in (i, j) else 1) * max(0.05, 0.93 - 0.11 * abs(i - j)), 4)

    return {
        **READY, "symbols": list(symbols), "matrix": [[r(i, j) for j in range(count)] for i in range(count)],
        "bars": [[3 if r(i, j) is None else 499 for j in range(count)] for i in range(count)],
    }  # fmt: skip


def scan_rows(symbols: tuple[str, ...] = SYMBOLS) -> list[dict[str, Any]]:
    """All pairs, the likeliest first; the last two were not tested."""
    made = []
    pairs = list(combinations(symbols, 2))
    for k, (a, b) in enumerate(pairs):
        if k >= len(pairs) - 2:
            blank = dict.fromkeys(("pvalue", "q", "hedge_ratio", "zscore", "half_life", "correlation"))
            made.append({"a": a, "b": b, **blank, "n": 12, "why": "PENDING: 18 more bars needed"})
            continue
        p = 0.00002 * 3.4 ** min(k, 20)
        made.append(
            {"a": a, "b": b, "pvalue": min(p, 0.98), "q": min(p * 2.2, 0.99), "hedge_ratio": 0.8312 + 0.13 * k, "zscore": 2.61 - 0.52 * k,
             "half_life": 9.6 + 3.1 * k, "correlation": 0.71 - 0.05 * k, "n": 499, "why": ""}
        )  # fmt: skip
    return made


def scan_state(stage: str = "done", **changes: Any) -> dict[str, Any]:
    """A scan that is done, or is at this stage."""
    rows = scan_rows() if stage == "done" else []
    done = {"running": 6, "done": 15}.get(stage, 0)
    return {**READY, "stage": stage, "done": done, "total": 15 if stage != "idle" else 0, "eta_s": 12.0 if stage == "running" else None,
            "rows": rows, "tested": 13 if rows else None, "untested": 2 if rows else None, "interval": "5m", "window": 60,
            **changes}  # fmt: skip


def value(variant: str, **changes: Any) -> dict[str, Any]:
    """One variant that is known."""
    return {
        "variant": variant, "indicator": "rsi", "type": "general", "line": "rsi", "unit": "0 to 100",
        "params": {"period": 14, "interval": "1m"}, "value": 61.234, "flagged": False, "ts_ns": NOON - 11 * 10**9, "note": "", **changes,
    }  # fmt: skip


def indicator_values() -> dict[str, Any]:
    """Four variants: one of them beyond its bounds, one not known yet."""
    return {**READY, "values": [
        value("fast_rsi", params={"period": 7, "interval": "1m"}),
        value("crash", indicator="pump", type="risk", line="pump", value=112.4, flagged=True, unit="points", params={"window_s": 30}),
        value("day_vwap", indicator="vwap", type="price", line="vwap", unit="price", value=61_650.125, params={}, ts_ns=NOON - 10**8),
        value("slow_sma", indicator="sma", type="price", line="sma", unit="price", value=None, params={"period": 200, "interval": "5m"},
              ts_ns=0, note="PENDING: 63 more bars needed"),
    ]}  # fmt: skip


class FakeAnalyst:
    """Has an engine answer what the analyst's screen asks.

    Attributes:
        asked: every question, (word, arguments).
        answers: word -> what makes its answer of the arguments.
    """

    def __init__(self, engine: FakeEngine, symbols: tuple[str, ...] = SYMBOLS) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        engine.prices = [price_row(symbol, 100.0 + k) for k, symbol in enumerate(symbols)]
        engine.moved("prices")
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "trends": lambda _: trends(symbols),
            "trend": lambda args: trend(**args),
            "pair": lambda args: pair(**args),
            "correlations": lambda _: correlations(symbols),
            "scan": lambda _: READY,
            "scan_state": lambda _: scan_state(),
            "scan_cancel": lambda _: READY,
            "indicator_values": lambda _: indicator_values(),
            "indicators": lambda _: {**READY, "indicators": [], "variants": [], "wrong": []},
        }
        for what in self.answers:
            engine.answers[what] = lambda args, what=what: self._answer(what, args)

    def _answer(self, what: str, args: dict[str, Any]) -> Any:
        self.asked.append((what, args))
        return self.answers[what](args)

    def words(self) -> set[str]:
        """The questions that were asked."""
        return {what for what, _ in self.asked}
