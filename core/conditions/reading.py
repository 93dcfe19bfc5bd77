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

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from core.conditions.indicators import NAMES, builtin, check_given, needs_bars
from core.conditions.model import GROUPS, LONGEST_S, METRICS, Group, Rules, Tree, Use
from core.conditions.trees import Trees
from core.errors import StrategyError, one_line
from core.indicators.definition import Indicator
from core.types import SECOND, interval_ns

#: A file of rules is at most so long, in bytes.
LONGEST = 65_536

#: A file names at most so many indicators.
MOST_USES = 32

_TOP = ("sentence", "interval", "indicators", *GROUPS)
_OWN: dict[Group, tuple[str, ...]] = {"signal": ("side",), "entry": ("cooldown", "timeout"), "emergency": ("cooldown",)}
_SIDES = {"long": 1, "short": -1}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_INTERVAL = re.compile(r"tick|[1-9][0-9]{0,5}(ms|s|m|h|d|w)")


def read(path: Path, text: str) -> Rules:
    """What a file of rules says.

    Args:
        path: whose text it is, for who reads what is wrong with it.

    Raises:
        StrategyError: it cannot be; one line.
    """
    return _Reader(path, text).rules()


class RulesError(StrategyError):
    """Something a file of rules says is not allowed.

    Attributes:
        where: a table such as `[signal]`, or text that is found in the file.
        what: what is wrong there.
    """

    def __init__(self, message: str, where: str, what: str) -> None:
        super().__init__(message)
        self.where, self.what = where, what


class _Reader:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def refuse(self, where: str, what: str) -> NoReturn:
        """Raise one line on what is wrong where: a table such as `[signal]`, or text that is found in the file."""
        raise RulesError(one_line(f"{self.path}{self._line(where)}: {where}: {what}"), where, one_line(what))

    def _line(self, where: str) -> str:
        """`:7` where a table stands in the file, or better its key or condition; "" where it is not found."""
        table, _, inside = where.rpartition(": ") if where.startswith("[") and ": " in where else ("", "", where)
        table, word = table.partition(": ")[0], inside.strip("'")
        found, within = "", not table
        for number, line in enumerate(self.text.splitlines(), 1):
            bare = line.strip()
            if bare.startswith("["):
                within = not table or bare.startswith(table)
                found = f":{number}" if within and table else found
            if within and (bare.startswith((f"{word} ", f"{word}=")) or bare == word or f'"{word}"' in bare):
                return f":{number}"
        return found

    def document(self) -> dict[str, Any]:
        """The TOML as it is."""
        if len(self.text.encode()) > LONGEST:
            raise StrategyError(f"{self.path}: a file of rules has {LONGEST:,} bytes at most")
        try:
            return tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line = re.search(r"\(at line (\d+), column \d+\)", str(error))
            raise StrategyError(one_line(f"{self.path}:{line[1] if line else 1}: no TOML: {error}")) from None

    def rules(self) -> Rules:
        """The whole file."""
        top = self.document()
        self.known("the file", top, _TOP)
        sentence = top.get("sentence")
        if not isinstance(sentence, str) or not sentence.strip() or not sentence.isprintable() or len(sentence) > 400:
            self.refuse("sentence", "say in one line of text what the strategy bets on, 400 characters at most")
        interval = top.get("interval", "1m")
        self.check_interval("interval", interval)
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
            sentence.strip(), interval, uses, _SIDES[side], groups, self.seconds("entry", "cooldown", entry),
            self.seconds("entry", "timeout", entry), self.seconds("emergency", "cooldown", emergency),
        )  # fmt: skip
        self.check_bars(rules)
        return rules

    def known(self, where: str, table: Iterable[str], allowed: Iterable[str]) -> None:
        """Refuse a key that is not one of those allowed."""
        for key in table:
            if key not in allowed:
                self.refuse(where, f"no key {key!r} there; there are: {', '.join(allowed)}")

    def table(self, name: str, top: dict[str, Any]) -> dict[str, Any]:
        """A table of the file, empty where it is left out."""
        found = top.get(name, {})
        if not isinstance(found, dict):
            self.refuse(name, f"is a table: write [{name}] and its keys below it")
        return found

    def group(self, group: Group, top: dict[str, Any], trees: Trees) -> Tree | None:
        """The conditions of a group; None where it has none."""
        table = self.table(group, top)
        own = _OWN.get(group, ())
        self.known(f"[{group}]", table, ("all", "any", *own))
        tree = {key: value for key, value in table.items() if key not in own}
        return trees.tree(group, f"[{group}]", tree) if tree else None

    def seconds(self, group: str, key: str, table: dict[str, Any]) -> float:
        """A length of time such as 5m, in seconds; 0 where it is left out."""
        if key not in table:
            return 0.0
        given = table[key]
        self.check_interval(f"[{group}]: {key}", given)
        length = interval_ns(given) / SECOND
        if length > LONGEST_S:
            self.refuse(f"[{group}]: {key}", f"{given!r} is longer than {LONGEST_S:,} s")
        return length

    def check_interval(self, where: str, given: object) -> None:
        """Refuse what is no length of time."""
        ticks = where == "interval" or where.startswith("[indicators]")
        if not isinstance(given, str) or not _INTERVAL.fullmatch(given) or (given == "tick" and not ticks):
            self.refuse(where, f"{given!r} is not allowed: a number and ms, s, m, h, d or w, such as 5m{', or tick' if ticks else ''}")

    def use(self, name: str, row: object) -> Use:
        """A named indicator with its parameters."""
        where = f"[indicators]: {name}"
        if not _NAME.fullmatch(name):
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
