"""Rules on which a person wants to be told something: typed, bounded, and each able to say itself in a sentence.

No numbers are watched in here; `core.alerts` does that. Times are int64 ns UTC, money in quote currency.
"""

from __future__ import annotations

from typing import Any

from core.alert_rules.group import MOST as MOST
from core.alert_rules.group import AnyRule as AnyRule
from core.alert_rules.group import Condition as Condition
from core.alert_rules.group import GroupRule as GroupRule
from core.alert_rules.house import DiskRule as DiskRule
from core.alert_rules.house import DrawdownRule as DrawdownRule
from core.alert_rules.house import EquityRule as EquityRule
from core.alert_rules.house import HealthRule as HealthRule
from core.alert_rules.house import LatencyRule as LatencyRule
from core.alert_rules.house import PnlRule as PnlRule
from core.alert_rules.market import BetweenRule as BetweenRule
from core.alert_rules.market import IndicatorRule as IndicatorRule
from core.alert_rules.market import MoveRule as MoveRule
from core.alert_rules.market import PriceRule as PriceRule
from core.alert_rules.market import StaleRule as StaleRule
from core.alert_rules.market import ZscoreRule as ZscoreRule
from core.alert_rules.rule import Region as Region
from core.alert_rules.rule import Rule as Rule
from core.alert_rules.rule import Severity as Severity
from core.alert_rules.rule import Side as Side
from core.alert_rules.rule import amount as amount
from core.alert_rules.rule import bare as bare
from core.alert_rules.rule import span as span

KINDS: dict[str, type[Any]] = {
    "price": PriceRule,
    "move": MoveRule,
    "between": BetweenRule,
    "indicator": IndicatorRule,
    "zscore": ZscoreRule,
    "pnl": PnlRule,
    "equity": EquityRule,
    "drawdown": DrawdownRule,
    "stale": StaleRule,
    "health": HealthRule,
    "latency": LatencyRule,
    "disk": DiskRule,
    "group": GroupRule,
}
