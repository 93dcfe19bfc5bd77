"""Market data with a shape that tells, and strategies over it for the tests of checks."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from core.research.checks.lookahead import Lookahead, Search
from core.research.checks.subject import Ask, Subject, open_subject
from core.research.checks.trace import Trace, Tracer, World
from core.research.checks.warmup import Warmup, find_warmup
from core.strategy_files import builtin_folder

T0_MS = 1_700_000_040_000

#: Strategies that live on sizes, sides and quotes, with windows and thresholds so low that much happens in little time.
FLOW: dict[str, dict[str, Any]] = {
    "liquidity": {"window": 5, "average": 20, "threshold": 0.2, "calm": 1.5},
    "smart_money": {"quantile": 0.8, "sample": 20, "window": 4, "enter": 0.1, "leave": 0.02},
    "volume": {"recent": 3, "average": 12, "surge": 1.2, "fade": 1.0, "move": 0.0},
    "microstructure": {"window": 5, "average": 20, "threshold": 0.2},
}

HEAD = '''"""Bets on something."""

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from core.kernels.bars import BAR_STATE, close_bar
from core.strategy import Interval
{imports}

class Params(Struct, frozen=True, kw_only=True):
    """What can be set."""

    interval: Interval = "{interval}"

'''


def write(folder: Path, name: str, body: str, *, interval: str = "tick", imports: str = "") -> Path:
    """A strategy file with this body."""
    path = folder / f"{name}.py"
    path.write_text(HEAD.format(interval=interval, imports=imports) + body, encoding="utf-8")
    return path


def walk(count: int, seed: int = 5) -> np.ndarray[Any, Any]:
    """Prices that go up and down, no two neighbours alike."""
    steps = np.random.default_rng(seed).choice([-0.03, -0.02, -0.01, 0.01, 0.02, 0.03], count)
    return np.round(100 + np.cumsum(steps), 2)


def prints(folder: Path, count: int) -> Path:
    """A file of aggTrades, one a second."""
    path = folder / "BTCUSDT-aggTrades-2023-11.csv"
    lines = [f"{k},{p:.2f},1.5,{k},{k},{T0_MS + 1000 * k},{'true' if k % 2 else 'false'}" for k, p in enumerate(walk(count))]
    path.write_text("\n".join(lines) + "\n")
    return path


def flow(folder: Path, count: int) -> Path:
    """A file of prints of all sizes with sides and quotes, one a second."""
    rng, path = np.random.default_rng(3), folder / "BTCUSDT-quoted.csv"
    lines = ["time,price,qty,side,bid,ask"]
    for k, p in enumerate(walk(count).tolist()):
        half = 0.01 * int(rng.integers(1, 4))
        buys = rng.random() < 0.5 + 0.4 * np.sin(k / 40)
        size = 1 + rng.pareto(1.5)
        lines.append(f"{T0_MS + 1000 * k},{p:.2f},{size:.3f},{'buy' if buys else 'sell'},{p - half:.2f},{p + half:.2f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def bars(folder: Path, count: int, seed: int = 5) -> Path:
    """A file of bars of a minute."""
    path = folder / "BTCUSDT-1m-2023-11.csv"
    lines = [f"{T0_MS + 60_000 * k},{p:.2f},{p + 0.1:.2f},{p - 0.1:.2f},{p:.2f},2.5" for k, p in enumerate(walk(count, seed))]
    path.write_text("open_time,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    return path


def subject(folder: Path, name: str, source: Path | None = None, *, jit: bool = True, **params: Any) -> Subject:
    """A strategy of a folder or a built-in one, and what it is shown."""
    ask = Ask(name, [builtin_folder(), folder], [] if source is None else [str(source)], params)
    return dataclasses.replace(open_subject(ask), jit=jit)


def looked(checked: Subject) -> Lookahead:
    """Whether it looks ahead."""
    return Search(Tracer(checked), []).find(checked.plan().interval)[0]


def run_of(checked: Subject) -> Trace:
    """What it wants, row by row."""
    return Tracer(checked).run(World())


def warmed(checked: Subject) -> Warmup:
    """Whether it is warm when it says so."""
    tracer = Tracer(checked)
    return find_warmup(tracer, tracer.run(World()))
