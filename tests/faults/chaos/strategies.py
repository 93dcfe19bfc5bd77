"""What trades in a chaos run: built-in strategies, files of the home's own that get edited, and two that come to a bad end."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from core.commands import Register, Terms
from core.compile import service
from core.strategy_files import builtin_folder

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT")

#: About 500 in quote currency each.
UNIT = {"BTCUSDT": 0.008, "ETHUSDT": 0.16, "BNBUSDT": 0.8, "SOLUSDT": 3.0, "ADAUSDT": 1000.0}

PAIR = '''"""Bets that the distance of two prices closes: long the one that fell behind, short the other."""
import numpy as np
from msgspec import Struct

EDGE = {edge}
LEGS = 2


class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    n: int = 50


STATE = np.dtype([("seen", "i8"), ("a", "f8"), ("b", "f8"), ("mean", "f8")])


def step(s, mem, p, tick, out):
    """Compare every n ticks."""
    if tick.price > 20000.0:
        s.a = tick.price
    else:
        s.b = tick.price
    s.seen += 1
    if s.a == 0.0 or s.b == 0.0 or s.seen % p.n != 0:
        return
    ratio = s.a / s.b
    if s.mean == 0.0:
        s.mean = ratio
    s.mean += 0.1 * (ratio - s.mean)
    if ratio > s.mean * (1.0 + EDGE):
        out[0] = -1.0
        out[1] = 1.0
    elif ratio < s.mean * (1.0 - EDGE):
        out[0] = 1.0
        out[1] = -1.0
    else:
        out[0] = 0.0
        out[1] = 0.0
'''

PLAIN = '''"""Bets against the last move, and looks at what it holds."""
from msgspec import Struct

EVERY = {every}


class Params(Struct, frozen=True, kw_only=True):
    at: int = 0
    how: int = 0


class Strategy:
    def __init__(self, params):
        self.p, self.n, self.last, self.kept = params, 0, 0.0, []

    def on_tick(self, tick):
        self.n += 1
        if self.p.at and self.n == self.p.at:
            if self.p.how:
                import os
                os._exit(3)
            raise RuntimeError("no more")
        if self.n % EVERY:
            return None
        price, self.last = self.last, tick.price
        self.kept = (self.kept + [tick.price])[-20:]
        if self.position:
            return 0.0
        return 1.0 if tick.price < price else -1.0
'''

BARS = '''"""Bets that a bar is followed by one like it."""
from core.strategy import Interval
from msgspec import Struct


class Params(Struct, frozen=True, kw_only=True):
    interval: Interval = "1s"


class Strategy:
    def __init__(self, params):
        self.bars = {bars}

    def on_bar(self, bar):
        self.bars += 1
        return 1.0 if bar.close >= bar.open else -1.0
'''

#: Files that are edited, and the texts they may have; the last one does not load.
_TEXTS = {
    "pair": (PAIR, "edge", ("0.00002", "0.00001", "0.00005")),
    "plain": (PLAIN, "every", ("37", "23", "51")),
    "bars": (BARS, "bars", ("0", "1", "2")),
}


@dataclass(frozen=True)
class Spec:
    """A strategy to register; its id gets a number of its own."""

    name: str
    symbols: tuple[str, ...]
    params: dict[str, str | int | float | bool]
    terms: dict[str, float | str | None]

    def order(self, id_: str) -> Register:
        """The command."""
        terms = Terms(**{"side": "long_short", "qty": UNIT[self.symbols[0]], **self.terms})  # type: ignore[arg-type]
        return Register(name=self.name, symbols=list(self.symbols), params=self.params, terms=terms, id=id_)


SPECS = (
    Spec("sma_crossover", ("BTCUSDT",), {"interval": "tick", "fast": 20, "slow": 90}, {"fee_bps": 2, "slippage_bps": 1}),
    Spec("sma_crossover", ("ETHUSDT",), {"interval": "1s", "fast": 2, "slow": 5}, {"latency_ms": 120, "trailing_pct": 0.05}),
    Spec("momentum", ("SOLUSDT",), {"interval": "1s", "lookback": 3, "threshold": 0.0}, {"stop_loss_pct": 0.04, "take_profit_pct": 0.06}),
    Spec("rsi", ("ADAUSDT",), {"interval": "tick", "period": 30, "low": 40, "high": 60}, {"participation": 0.5, "latency_ms": 40}),
    Spec("bollinger", ("BNBUSDT",), {"interval": "1s", "period": 8, "k": 1.0}, {"side": "long_flat", "stop_loss_pct": 0.03}),
    Spec("mean_reversion", ("BTCUSDT",), {"interval": "500ms", "period": 10, "z": 1.0}, {"participation": 0.2, "trailing_pct": 0.03}),
    Spec("mine", ("ETHUSDT",), {"interval": "tick", "fast": 15, "slow": 60}, {"latency_ms": 300, "take_profit_pct": 0.05}),
    Spec("plain", ("SOLUSDT",), {}, {"participation": 0.7, "stop_loss_pct": 0.05}),
    Spec("bars", ("ADAUSDT",), {}, {"latency_ms": 250, "capital": 5000}),
    Spec("pair", ("BTCUSDT", "ETHUSDT"), {"n": 40}, {"qty": 0.01, "latency_ms": 60}),
)

EDITED = ("mine", *_TEXTS)


def culprit(source: random.Random) -> Spec:
    """One that will raise, or end its process."""
    return Spec("plain", (source.choice(SYMBOLS),), {"at": source.randint(200, 4000), "how": int(source.random() < 0.5)}, {})


async def compile_all(home: Path) -> None:
    """Fill the cache, so that a run's time goes to other things."""
    for variant in (2, 1, 0):
        for spec in SPECS:
            if variant == 0 or spec.name in EDITED:
                write(home, spec.name, variant) if spec.name in EDITED else None
                await service.build([builtin_folder(), home / "strategies"], spec.name, spec.params)


def write(home: Path, name: str, variant: int) -> str:
    """Write a file of the home's own in one of its variants; returns what was written, in words. Variant 3 does not load."""
    folder = home / "strategies"
    folder.mkdir(parents=True, exist_ok=True)
    if name == "mine":
        text = (builtin_folder() / "sma_crossover.py").read_text()
        text = text.replace("out[0] = -1.0", f"out[0] = {('-1.0', '0.0', '-2.0')[variant % 3]}")
    else:
        body, key, values = _TEXTS[name]
        text = body.replace("{" + key + "}", values[variant % 3])
    if variant == 3:
        text += "\n)\n"
    draft = folder / f".{name}.new"
    draft.write_text(text)
    draft.replace(folder / f"{name}.py")
    return f"{name} variant {variant}"
