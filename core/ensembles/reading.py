"""Reads an ensemble's file: TOML to `Ensemble`; each mistake is one line that says where it is and what is allowed.

[ensemble]
sentence = "Follows two strategies and a model where they agree."
interval = "1m"
[members]
trend = { strategy = "sma_crossover", weight = 1.0, params = { fast = 5, slow = 20 } }
model = { source = "mymodel", weight = 0.5 }
[vote]
threshold = 0.6
[validators]
spread_pct = 0.05
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from core.ensembles.members import found
from core.ensembles.model import HEAVIEST, UNKNOWN, VALIDATORS, Bound, Ensemble, Member, Vote
from core.ensembles.settings import settings_of
from core.ensembles.votes import SIDES
from core.errors import StrategyError
from core.types import interval_ns
from core.written.document import NAME, Document

#: A file has at most so many members.
MOST_MEMBERS = 16

_TOP = ("ensemble", "members", "vote", "validators")
_OWN = ("sentence", "interval")
_SOURCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")

#: Names of parameters begin with these, so no member can be called so.
_TAKEN = ("validator", "validators")

_FORM = 'write { strategy = "sma_crossover", weight = 1.0, params = { fast = 5 } } or { source = "mymodel", weight = 0.5 }'


def read(path: Path, text: str) -> Ensemble:
    """What an ensemble's file says.

    Args:
        path: whose text it is: members may lie beside it.

    Raises:
        StrategyError: it cannot be; one line.
    """
    return _Reader(path, text).ensemble()


class _Reader(Document):
    def ensemble(self) -> Ensemble:
        """The whole file."""
        top = self.toml()
        self.known("the file", top, _TOP)
        own = self.table("ensemble", top)
        self.known("[ensemble]", own, _OWN)
        sentence = self.sentence("[ensemble]: sentence", own.get("sentence"))
        interval = self.interval("[ensemble]: interval", own.get("interval", "1m"))
        members = {name: self.member(name, row) for name, row in self.table("members", top).items()}
        if not 1 <= len(members) <= MOST_MEMBERS:
            self.refuse("[members]", f"{len(members)} of them: 1 to {MOST_MEMBERS} can vote")
        self.check_sources(members)
        asked = self.table("validators", top)
        unknown = asked.pop("unknown", UNKNOWN[0])
        if unknown not in UNKNOWN:
            self.refuse("[validators]: unknown", f"{unknown!r} is not allowed: {' or '.join(UNKNOWN)}")
        self.known("[validators]", asked, (*VALIDATORS, "unknown"))
        validators = {name: self.validator(name, asked[name]) for name in VALIDATORS if name in asked}
        whole = Ensemble(sentence, interval, members, self.vote(self.table("vote", top), members), validators, unknown)
        self.check(whole)
        return whole

    def member(self, name: str, row: object) -> Member:
        """A strategy or a source, with its weight."""
        where = f"[members]: {name}"
        if not NAME.fullmatch(name):
            self.refuse(where, "a name is small letters, digits and _, 32 at most, a letter first")
        if name in _TAKEN:
            self.refuse(where, "validators are called that: take another name")
        if not isinstance(row, dict) or ("strategy" in row) == ("source" in row):
            self.refuse(where, _FORM)
        self.known(where, row, ("strategy", "weight", "params") if "strategy" in row else ("source", "weight"))
        weight = self.number(f"{where}: weight", row.get("weight", 1.0), 0.0, HEAVIEST)
        if "source" in row:
            source = row["source"]
            if not isinstance(source, str) or not _SOURCE.fullmatch(source):
                self.refuse(f"{where}: source", f"{source!r} is no name of a source: letters, digits, _ . and -, 64 at most")
            return Member(name, weight, source=source)
        return self.strategy(where, name, weight, row)

    def strategy(self, where: str, name: str, weight: float, row: dict[str, Any]) -> Member:
        """One of the catalogue."""
        if not isinstance(row["strategy"], str):
            self.refuse(f"{where}: strategy", f"{row['strategy']!r} is no name of a strategy")
        given = row.get("params", {})
        if not isinstance(given, dict):
            self.refuse(f"{where}: params", "a table: write params = { fast = 5 }")
        try:
            definition = found(row["strategy"], self.path.parent)
        except StrategyError as error:
            self.refuse(f"{where}: strategy", str(error))
        try:
            for key, value in given.items():
                if not isinstance(value, str | int | float | bool):
                    raise StrategyError(f"{key} = {value!r} is not allowed: a number or a text")
            definition.params(given)
        except StrategyError as error:
            self.refuse(f"{where}: params", str(error))
        return Member(name, weight, definition, given)

    def vote(self, table: dict[str, Any], members: dict[str, Member]) -> Vote:
        """The thresholds."""
        self.known("[vote]", table, Vote.__struct_fields__)
        threshold = self.number("[vote]: threshold", table.get("threshold", 0.5), 0.0, 1.0)
        leave = self.number("[vote]: exit_threshold", table.get("exit_threshold", threshold), 0.0, 1.0)
        quorum = self.number("[vote]: quorum", table.get("quorum", 0.0), 0.0, HEAVIEST * MOST_MEMBERS)
        side = table.get("side", SIDES[0])
        if threshold == 0.0:
            self.refuse("[vote]: threshold", "above 0: with no vote at all no side is taken")
        if leave > threshold:
            self.refuse("[vote]: exit_threshold", f"{leave:g} is above the threshold, {threshold:g}")
        if quorum > (most := sum(member.weight for member in members.values())):
            self.refuse("[vote]: quorum", f"{quorum:g} is above the weight of all members, {most:g}")
        if side not in SIDES:
            self.refuse("[vote]: side", f"{side!r} is not allowed: {', '.join(SIDES)}")
        return Vote(threshold, leave, quorum, side)

    def validator(self, name: str, given: object) -> dict[str, float]:
        """The bounds of a validator."""
        where, rows = f"[validators]: {name}", VALIDATORS[name]
        alone = rows[0].key == name
        if not alone and not isinstance(given, dict):
            self.refuse(where, f"a table: write {name} = {{ {rows[0].key} = … }}; it has: {', '.join(row.key for row in rows)}")
        table: Any = {name: given} if alone else given
        self.known(where, table, [row.key for row in rows])
        for row in rows:
            if row.default is None and row.key not in table:
                self.refuse(where, f"{row.key} must be given: {row.words}")
        found = {row.key: self.bound(where if alone else f"{where}: {row.key}", row, table[row.key]) for row in rows if row.key in table}
        if name == "volatility_pct" and found.get("low", 0.0) > found.get("high", math.inf):
            self.refuse(where, f"low ({found['low']:g}) must not be above high ({found['high']:g})")
        return found

    def bound(self, where: str, row: Bound, given: object) -> float:
        """A number within what it may be."""
        if row.length:
            given = self.seconds(where, given)
        if row.whole and (isinstance(given, bool) or not isinstance(given, int)):
            self.refuse(where, f"{given!r} is not allowed: a whole number")
        value = self.number(where, given, -math.inf, math.inf)
        limits = dict(part.split("=") for part in row.bounds.split(", "))
        low, high = float(limits.get("ge", limits.get("gt", "-inf"))), float(limits["le"])
        if value < low or value > high or ("gt" in limits and value == low):
            self.refuse(where, f"{value:g} is not allowed: {'above' if 'gt' in limits else 'at least'} {low:g} and at most {high:g}")
        return value

    def number(self, where: str, given: object, low: float, high: float) -> float:
        """A number between bounds, which are allowed."""
        if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
            self.refuse(where, f"{given!r} is not allowed: a number")
        if not low <= given <= high:
            self.refuse(where, f"{given!r} is not allowed: {low:g} to {high:g}")
        return float(given)

    def check_sources(self, members: dict[str, Member]) -> None:
        """Refuse one source as two members."""
        seen: dict[str, str] = {}
        for member in members.values():
            if member.definition is None and seen.setdefault(member.source, member.name) != member.name:
                self.refuse(f"[members]: {member.name}", f"{seen[member.source]} is source {member.source} already")

    def check(self, whole: Ensemble) -> None:
        """Refuse parts that do not go together."""
        settings = settings_of(whole)
        if settings.twice:
            self.refuse("[members]", f"two parameters would be called {settings.twice}: rename a member")
        if interval_ns(whole.interval) == 0:
            for member in whole.strategies:
                if interval_ns(str(member.given.get("interval", "tick"))) > 0:
                    what = f"tick cannot be, because {member.name} lives on bars"
                    self.refuse("[ensemble]: interval", f'{what}: give the shortest bar, and interval = "tick" to members on single prints')
