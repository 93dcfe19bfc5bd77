"""Reads a file of rules: TOML to `Rules`; each mistake is one line that says where it is and what is allowed.

sentence = "Buys a surge in an uptrend."
interval = "1m"                                     # bars of the indicators that live on bars
[indicators]
fast = { indicator = "sma", period = 20 }           # an indicator's own name needs no line here
[signal]
side = "long"
all = ["volume_surge gte 2", "price gt fast", { any = ["rsi lte 30", "spread between 0 0.05"] }]
[cancel]
any = ["price lt fast"]
[entry]
cooldown = "5m"
timeout = "10m"
[close]
any = ["rsi gte 70", "unrealized_pnl_pct gte 1"]
[emergency]
any = ["unrealized_pnl_pct lte -3"]
cooldown = "1h"
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.conditions.indicators import NAMES, builtin, check_given, needs_bars
from core.conditions.model import GROUPS, METRICS, Group, Rules, Tree, Use
from core.conditions.trees import Trees
from core.errors import StrategyError
from core.indicators.definition import Indicator
from core.types import interval_ns
from core.written.document import NAME, Document

#: A file names at most so many indicators.
MOST_USES = 32

_TOP = ("sentence", "interval", "indicators", *GROUPS)
_OWN: dict[Group, tuple[str, ...]] = {"signal": ("side",), "entry": ("cooldown", "timeout"), "emergency": ("cooldown",)}
_SIDES = {"long": 1, "short": -1}


def read(path: Path, text: str) -> Rules:
    """What a file of rules says.

    Args:
        path: whose text it is, for who reads what is wrong with it.

    Raises:
        StrategyError: it cannot be; one line.
    """
    return _Reader(path, text).rules()


class _Reader(Document):
    def rules(self) -> Rules:
        """The whole file."""
        top = self.toml()
        self.known("the file", top, _TOP)
        sentence = self.sentence("sentence", top.get("sentence"))
        interval = self.interval("interval", top.get("interval", "1m"))
        uses = {name: self.use(name, row) for name, row in self.table("indicators", top).items()}
        if len(uses) > MOST_USES:
            self.refuse("[indicators]", f"{len(uses)} of them: {MOST_USES} at most")
        trees = Trees(self.refuse, uses)
        groups = {group: tree for group in GROUPS if (tree := self.group(group, top, trees)) is not None}
        if "signal" not in groups:
            self.refuse("[signal]", "give its conditions: all = [...] or any = [...]")
        signal, entry, emergency = (self.table(name, top) for name in ("signal", "entry", "emergency"))
        side = signal.get("side", "long")
        if side not in _SIDES:
            self.refuse("[signal]: side", f"{side!r} is not allowed: {' or '.join(_SIDES)}")
        uses = {name: use for name, use in trees.uses.items() if name in trees.used}
        rules = Rules(
            sentence, interval, uses, _SIDES[side], groups, self.wait("entry", "cooldown", entry),
            self.wait("entry", "timeout", entry), self.wait("emergency", "cooldown", emergency),
        )  # fmt: skip
        self.check_bars(rules)
        return rules

    def group(self, group: Group, top: dict[str, Any], trees: Trees) -> Tree | None:
        """The conditions of a group; None where it has none."""
        table = self.table(group, top)
        own = _OWN.get(group, ())
        self.known(f"[{group}]", table, ("all", "any", *own))
        tree = {key: value for key, value in table.items() if key not in own}
        return trees.tree(group, f"[{group}]", tree) if tree else None

    def wait(self, group: str, key: str, table: dict[str, Any]) -> float:
        """A length of time such as 5m, in seconds; 0 where it is left out."""
        return self.seconds(f"[{group}]: {key}", table[key]) if key in table else 0.0

    def use(self, name: str, row: object) -> Use:
        """A named indicator with its parameters."""
        where = f"[indicators]: {name}"
        if not NAME.fullmatch(name):
            self.refuse(where, "a name is small letters, digits and _, 32 at most, a letter first")
        if name in (*GROUPS, *METRICS):
            self.refuse(where, "a group or a metric is called that: take another name")
        if not isinstance(row, dict) or not isinstance(row.get("indicator"), str):
            self.refuse(where, 'write { indicator = "sma", period = 20 }')
        given = {key: value for key, value in row.items() if key != "indicator"}
        indicator = self.indicator(where, row["indicator"])
        try:
            check_given(indicator, given)
        except StrategyError as error:
            self.refuse(where, str(error))
        return Use(name, indicator, given)

    def indicator(self, where: str, name: str) -> Indicator:
        """A built-in indicator."""
        if name not in NAMES:
            self.refuse(where, f"{name!r} cannot be compiled in; these can: {', '.join(NAMES)}")
        return builtin(name)

    def check_bars(self, rules: Rules) -> None:
        """Refuse `interval = "tick"` where something needs bars to tell how long it warms up."""
        if interval_ns(rules.interval) == 0:
            for use in rules.uses.values():
                if needs_bars(use.indicator, use.given):
                    what = f"tick cannot be, because {use.name} looks back over bars or seconds"
                    advice = 'give the shortest bar, such as 1s, and interval = "tick" to indicators of single prints'
                    self.refuse("interval", f"{what}: {advice}")
