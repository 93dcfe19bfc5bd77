"""What a scripted engine answers of indicators and trends: a catalogue, and lines on the bars that a scripted chart has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from core.commands import RemoveVariant, SetVariant

if __package__:  # for the benchmark
    from tests.cockpit.ui.charted import BARS, bars_of, length_of
    from tests.cockpit.ui.fake_engine import NOON, FakeEngine
else:
    from charted import BARS, bars_of, length_of
    from fake_engine import NOON, FakeEngine

_PERIOD = {"name": "period", "type": "int", "default": 20, "description": "bars in the average", "ge": 2, "le": 10000}
_INTERVAL = {"name": "interval", "type": "interval", "default": "1m", "description": "length of a bar"}
_SOURCE = {"name": "k", "type": "float", "default": 2.0, "description": "deviations to each band", "gt": 0, "le": 20}

CATALOGUE: dict[str, Any] = {
    "state": "ready",
    "note": "",
    "asof_ns": NOON,
    "indicators": [
        {
            "name": "bollinger",
            "about": "Bollinger bands: the average of the last closes, and deviations above and below it.",
            "lines": [*({"name": name, "unit": "price", "panel": "main"} for name in ("middle", "upper", "lower")),
                      {"name": "z", "unit": "z", "panel": "lower"}],
            "params": [_PERIOD, _SOURCE, _INTERVAL],
        },
        {
            "name": "rsi",
            "about": "The relative strength index, 0 to 100.",
            "lines": [{"name": "rsi", "unit": "0-100", "panel": "lower"}],
            "params": [{**_PERIOD, "default": 14, "description": "moves that are averaged", "ge": 1}, _INTERVAL],
        },
        {
            "name": "sma",
            "about": "The average close of the last bars.",
            "lines": [{"name": "sma", "unit": "price", "panel": "main"}],
            "params": [_PERIOD, _INTERVAL],
        },
        {
            "name": "vwap",
            "about": "The average price by volume since midnight UTC.",
            "lines": [{"name": "vwap", "unit": "price", "panel": "main"}],
            "params": [],
        },
    ],
    "variants": [
        {"name": "fast_rsi", "indicator": "rsi", "type": "risk", "line": "rsi", "params": {"period": 7, "interval": "1m"},
         "symbols": ["BTCUSDT"]},
        {"name": "slow", "indicator": "sma", "type": "general", "line": "", "params": {"period": 50}, "symbols": None},
    ],
    "wrong": [],
    "broken": {},
}  # fmt: skip


def average(values: Sequence[float], count: int) -> list[float | None]:
    """The average of the last so many; None before there are."""
    return [None if at + 1 < count else sum(values[at + 1 - count : at + 1]) / count for at in range(len(values))]


def strength(values: Sequence[float], count: int) -> list[float | None]:
    """Which part of the last moves went up, 0 to 100."""
    moves = [after - before for before, after in pairwise(values)]
    told: list[float | None] = [None] * min(count, len(values))
    for at in range(count, len(values)):
        last = moves[at - count : at]
        told.append(100 * sum(max(move, 0.0) for move in last) / (sum(map(abs, last)) or 1.0))
    return told


class Lines:
    """Answers for the socket: what was asked is kept.

    Attributes:
        asked: the arguments of every question, with its word.
        answers: variants and indicators that are answered otherwise: rows of their lines.
    """

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.catalogue = {**CATALOGUE, "variants": list(CATALOGUE["variants"])}
        self.state = {"state": "ready", "note": "", "asof_ns": NOON}
        engine.answers |= {"indicator_series": self.series, "trend": self.trend, "indicators": self.indicators}

    def series(self, args: dict[str, Any]) -> dict[str, Any]:
        """Lines on the scripted bars."""
        self.asked.append(("indicator_series", args))
        last = next(row.last for row in self.engine.prices if row.symbol == args["symbol"])
        bars = bars_of(args["interval"], last)[-args["count"] :]
        rows: list[dict[str, Any]] = []
        for wanted in args["indicators"]:
            name = wanted.get("variant") or wanted["indicator"]
            rows += self.answers.get(name) or self._lines(name, bars)
        return {**self.state, "series": rows if self.state["state"] == "ready" else []}

    def _lines(self, name: str, bars: list[list[Any]]) -> list[dict[str, Any]]:
        starts, closes = [bar[0] for bar in bars], [bar[4] for bar in bars]

        def row(line: str, unit: str, panel: str, values: list[float | None]) -> dict[str, Any]:
            return {"name": name, "line": line, "unit": unit, "panel": panel, "ts_ns": starts, "values": values, "note": ""}

        middle = average(closes, 20)
        off = [None if value is None else 0.0006 * value for value in middle]
        if name == "bollinger":
            above = [None if a is None or b is None else a + b for a, b in zip(middle, off, strict=True)]
            below = [None if a is None or b is None else a - b for a, b in zip(middle, off, strict=True)]
            far = [None if a is None or b is None else 2 * (c - a) / b for a, b, c in zip(middle, off, closes, strict=True)]
            prices = (("middle", middle), ("upper", above), ("lower", below))
            return [*(row(line, "price", "main", values) for line, values in prices), row("z", "z", "lower", far)]
        if name in ("rsi", "fast_rsi"):
            return [row("rsi", "0-100", "lower", strength(closes, 7))]
        return [row("sma", "price", "main", average(closes, 50 if name == "slow" else 20))]

    def trend(self, args: dict[str, Any]) -> dict[str, Any]:
        """A market that goes up, since it turned thirty bars ago."""
        self.asked.append(("trend", args))
        last = next(row.last for row in self.engine.prices if row.symbol == args["symbol"])
        length = length_of(args["interval"])
        newest = NOON // length * length
        first = newest - min(BARS - 1, 60) * length
        line = {"start_ns": first, "start_price": last * 0.9995, "end_ns": newest, "end_price": last * 1.0002}
        return {**self.state, "symbol": args["symbol"], "interval": args["interval"], "trend": "uptrend", "confidence": 0.82,
                "status": "ok", "change_pct": 1.24, "line": line, "changes_ns": [newest - 30 * length + 7]}  # fmt: skip

    def indicators(self, _: dict[str, Any]) -> dict[str, Any]:
        """The catalogue, after all that commands said of variants."""
        for command in self.engine.commands:
            if isinstance(command, SetVariant):
                self._keep(command.variant.name, msgspec.to_builtins(command.variant))
            elif isinstance(command, RemoveVariant):
                self._keep(command.name)
        return self.catalogue

    def _keep(self, name: str, *made: dict[str, Any]) -> None:
        self.catalogue["variants"] = [*(row for row in self.catalogue["variants"] if row["name"] != name), *made]
