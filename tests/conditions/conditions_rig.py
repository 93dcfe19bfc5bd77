"""Files of rules, instances of them, and what a run went through, tick by tick."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from core.commands import Terms
from core.compile.blueprint import blueprint, live_variant
from core.compile.instance import Instance
from core.conditions.machine import PHASES, REASONS
from core.conditions.reading import read
from core.conditions.writing import write
from core.strategy import Definition
from core.strategy_files import load
from core.types import Records

#: Every group, on single prints alone: phases can be told by hand.
BY_HAND = """
sentence = "Buys at 102 after 101, and leaves two percent later."
interval = "tick"
[signal]
all = ["price gte 101"]
[cancel]
any = ["price lt 99"]
[entry]
all = ["price gte 102"]
cooldown = "5s"
timeout = "4s"
[close]
any = ["unrealized_pnl_pct gte 2", "seconds_in_position gte 6"]
[emergency]
any = ["price lte 90"]
cooldown = "20s"
"""

#: Indicators of every kind: on bars of two lengths, over seconds, on single prints.
MIXED = """
sentence = "Buys a surge above both averages."
interval = "5s"
[indicators]
fast = { indicator = "sma", period = 3 }
slow = { indicator = "ema", period = 4, interval = "10s" }
surge = { indicator = "volume_surge", recent_s = 2, base_s = 20 }
[signal]
side = "long"
all = ["fast gt slow", { any = ["surge.recent gte 1", "surge gte 1.1", "spread between 0 0.05"] }]
[cancel]
any = [{ all = ["fast lt slow", "price lt fast"] }]
[entry]
all = ["price gt fast"]
cooldown = "10s"
timeout = "40s"
[close]
any = ["rsi gte 60", "unrealized_pnl_pct gte 0.05", "seconds_in_position gt 60"]
[emergency]
any = ["unrealized_pnl_pct lte -0.05"]
cooldown = "1m"
"""


class Step(NamedTuple):
    """What a strategy was after a tick."""

    phase: str
    reason: str
    target: float


def rules(folder: Path, text: str = BY_HAND, name: str = "rules") -> Definition:
    """A strategy out of a file of rules."""
    path = folder / f"{name}.toml"
    path.write_text(text)
    return load(path)


def terms(**given: Any) -> Terms:
    """Long and short, one unit, no costs, unless given."""
    values: dict[str, Any] = {"side": "long_short", "fee_bps": 0.0, "capital": 1000.0}
    return Terms(**(values | given))


def instance(definition: Definition, how: Terms | None = None, *, jit: bool = False, **params: Any) -> Instance:
    """It, ready to run as it would live."""
    how = how or terms()
    return Instance(blueprint(definition, params, live_variant(how)), how, jit=jit)


def step_of(made: Instance) -> Step:
    """Where it is now."""
    row = made.state[0]
    return Step(PHASES[int(row.machine.phase)], REASONS[int(row.reason)], float(made.wanted[0]))


def steps(made: Instance, ticks: Records) -> list[Step]:
    """Where it was after each tick."""
    found = []
    for i in range(len(ticks)):
        made.feed(ticks[i : i + 1])
        found.append(step_of(made))
    return found


def written(text: str) -> str:
    """The module that is written out of rules."""
    return write(read(Path("rules.toml"), text))
