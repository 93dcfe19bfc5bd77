"""Portfolios on tiny markets: their files, strategies that do as they are told, and a run of legs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.commands import Terms
from core.research.portfolio.legs import Ask, Leg
from core.research.portfolio.run import Portfolio, run_portfolio
from core.strategy_files import builtin_folder

MINUTE_MS = 60_000
START_MS = 1_700_000_040_000

#: What each strategy wants at the close of bar n, from 1.
BODIES = {
    "long": "return 1.0",
    "short": "return -1.0",
    "idle": "return None",
    "flips": "return 1.0 if self.n // self.k % 2 else -1.0",
    "against": "return -1.0 if self.n // self.k % 2 else 1.0",
    "breaks": "return 1.0 / (self.n - 3)",
}

FREE = Terms(side="long_short", fee_bps=0)


def bars_file(folder: Path, closes: Sequence[float], symbol: str = "BTCUSDT", start_ms: int = START_MS) -> Path:
    """One-minute bars that open where the one before closed."""
    path = folder / f"{symbol}-1m-2023-11.csv"
    opens = [closes[0], *closes[:-1]]
    lines = []
    for k, (o, c) in enumerate(zip(opens, closes, strict=True)):
        at = start_ms + k * MINUTE_MS
        lines.append(f"{at},{o},{max(o, c)},{min(o, c)},{c},5.0,{at + MINUTE_MS - 1},500,10,2.5,250,0\n")
    path.write_text("".join(lines))
    return path


def strategies(folder: Path) -> list[Path]:
    """Where the built-in strategies and those of `BODIES` lie."""
    place = folder / "strategies"
    place.mkdir(exist_ok=True)
    for name, body in BODIES.items():
        (place / f"{name}.py").write_text(
            f'''"""Bets as it was told to."""
from msgspec import Struct
from core.strategy import Interval
class Params(Struct, frozen=True, kw_only=True):
    k: int = 7
    interval: Interval = "1m"
class Strategy:
    def __init__(self, params):
        self.k, self.n = params.k, 0
    def on_bar(self, bar):
        self.n += 1
        {body}
'''
        )
    return [builtin_folder(), place]


def leg(name: str, strategy: str, path: Path, **more: Any) -> Leg:
    """A leg without costs, one unit large, where nothing else is said."""
    return Leg(name, strategy, (str(path),), **{"terms": FREE, **more})


def run(folder: Path, legs: list[Leg], **more: Any) -> Portfolio:
    """A portfolio of them."""
    return run_portfolio(Ask(legs, strategies(folder), **more))
