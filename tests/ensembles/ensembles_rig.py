"""Files of ensembles and of members beside them, instances of them, markets on a grid, and the same vote in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.commands import Terms
from core.compile.blueprint import Blueprint, blueprint, live_variant
from core.compile.instance import Instance
from core.strategy import Definition, params_record
from core.strategy_files import builtin_folder, load, strategy_file
from core.types import TICK, Records

T0 = 1_700_000_000_000_000_000
SECOND = 1_000_000_000

#: Each print is a member's own word: the price is its target, above 150 nothing is said.
PARROT = '''"""Says what it is shown: the price less 100, or nothing."""

import numpy as np
from msgspec import Struct

STATE = np.dtype([("confidence", "f8"), ("reason", "i8")])


class Params(Struct, frozen=True, kw_only=True):
    unsure: float = 1.0


def step(s, mem, p, tick, out):
    s.confidence = p.unsure
    if tick.price < 150.0:
        out[0] = tick.price - 100.0
'''

#: It looks at its own book: long below 101, out two above the entry, short above 104.
LADDER = '''"""Buys low, leaves two above its entry, sells high."""

import numpy as np
from msgspec import Struct

from core.kernels.records import OWN

STATE = np.dtype([("own", OWN), ("seen", "i8")])


class Params(Struct, frozen=True, kw_only=True):
    gain: float = 2.0


def step(s, mem, p, tick, out):
    s.seen += 1
    if s.own.position > 0.0:
        out[0] = 0.0 if tick.price >= s.own.entry + p.gain else s.own.position + (0.5 if tick.price < s.own.entry - 1.0 else 0.0)
    elif s.own.position < 0.0:
        out[0] = 1.0 if tick.price < 101.0 else s.own.position
    elif tick.price < 101.0:
        out[0] = 1.0
    elif tick.price > 104.0:
        out[0] = -1.0
'''

RULES = """
sentence = "Buys a rise, and leaves it."
interval = "1s"
[indicators]
fast = { indicator = "sma", period = 2 }
slow = { indicator = "sma", period = 4 }
[signal]
all = ["fast gt slow"]
[entry]
cooldown = "3s"
[close]
any = ["fast lt slow", "unrealized_pnl_pct gte 1", "seconds_in_position gte 8"]
"""

#: Members of every kind, and every validator.
WHOLE = """
[ensemble]
sentence = "Goes where several voices agree."
interval = "1s"
[members]
trend = { strategy = "sma_crossover", weight = 1.0, params = { fast = 2, slow = 4 } }
turn = { strategy = "rsi", weight = 0.5, params = { period = 2, interval = "2s" } }
surge = { strategy = "volume", params = { recent = 1, average = 2, surge = 1.5, fade = 1.0, move = 0.0 } }
rules = { strategy = "rules", weight = 0.75 }
ladder = { strategy = "ladder" }
model = { source = "mymodel", weight = 2 }
[vote]
threshold = 0.5
exit_threshold = 0.25
quorum = 1.0
[validators]
spread_pct = 0.3
volatility_pct = { high = 2.0, period = 3 }
liquidity = { quote = 500, window = "30s" }
trend = { period = 3 }
freshness_s = 4
"""


def folder_of(place: Path) -> Path:
    """A folder with the members beside an ensemble."""
    (place / "rules.toml").write_text(RULES)
    (place / "ladder.py").write_text(LADDER)
    (place / "parrot.py").write_text(PARROT)
    return place


def ensemble(place: Path, text: str = WHOLE, name: str = "whole") -> Definition:
    """A strategy out of an ensemble's file."""
    path = folder_of(place) / f"{name}.toml"
    path.write_text(text)
    return load(path)


def terms(**given: Any) -> Terms:
    """Long and short, one unit, no costs, unless given."""
    values: dict[str, Any] = {"side": "long_short", "fee_bps": 0.0, "capital": 1000.0}
    return Terms(**(values | given))


def plan_of(definition: Definition, how: Terms | None = None, **params: Any) -> Blueprint:
    """It, as it would run live."""
    return blueprint(definition, params, live_variant(how or terms()))


def again(made: Instance, definition: Definition, params: dict[str, Any]) -> Instance:
    """The same instance begun anew with these parameters."""
    made.begin(params_record(definition.params(params)).tobytes())
    return made


class Tick(NamedTuple):
    """A print: ms since the one before, quarters of price and quantity, side, quarters of the spread (none: no quotes)."""

    after_ms: int
    price: int
    qty: int
    side: int
    spread: int | None


def market(rows: list[Tick]) -> Records:
    """TICK records: sums of prices, quantities and their products on this grid are exact."""
    ticks = np.zeros(len(rows), TICK)
    ts = T0
    for i, row in enumerate(rows):
        ts += row.after_ms * 1_000_000
        bid = math.nan if row.spread is None else row.price / 4
        ask = math.nan if row.spread is None else (row.price + row.spread) / 4
        ticks[i] = (ts, ts, i + 1, i + 1, row.price / 4, row.qty / 4, bid, ask, 0, 0, row.side, 0)
    return ticks


class Heard(NamedTuple):
    """What the source said before a print."""

    at: int  # of the print
    side: float
    confidence: float
    seconds: int  # it counts


def alone(name: str, place: Path) -> Definition:
    """A member's strategy by itself."""
    return load(strategy_file(name, [builtin_folder(), place]))


def hear(made: Instance, said: Heard, ts: int) -> None:
    """Tell an instance, as the lever does."""
    row = made.state[0].heard[0]
    row.side, row.confidence, row.at, row.until = said.side, said.confidence, ts, ts + said.seconds * SECOND


def ema(period: int) -> Iterator[float]:
    """An exponential average: send a value, get the average."""
    values: list[float] = []
    now = math.nan
    while True:
        x = yield now
        values.append(x)
        if len(values) == period:
            now = sum(values) / period
        elif len(values) > period:
            now += (x - now) * (2.0 / (period + 1))
