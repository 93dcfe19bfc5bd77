"""The rules that are set, what each has done, and the series they watch: figures go in, firings come out.

Prices come in batches and are looked at print by print; the other figures come one at a time. A rule fires on a crossing,
unless it is switched off, snoozed, spent (`once`) or fired less than its cooldown ago. A drawdown must besides have recovered since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.alert_rules import AnyRule, DrawdownRule, MoveRule, PriceRule
from core.alerts.firing import STANDING, Batch, Done, Firing, Mark, happened, places_of
from core.alerts.levels import Crossing, Levels
from core.alerts.window import Window, moved

SECOND = 1_000_000_000


class Book:
    """All rules.

    Attributes:
        rules: by id, in the order they were set.
        done: what each has done.
        marks: the newest print of each symbol that rules look at.
        touched: series in which a level was passed since somebody emptied it.
    """

    def __init__(self) -> None:
        self.rules: dict[str, AnyRule] = {}
        self.done: dict[str, Done] = {}
        self.marks: dict[str, Mark] = {}
        self.touched: set[str] = set()
        self._series: dict[str, Levels] = {}
        self._windows: dict[str, dict[str, Window]] = {}

    def __len__(self) -> int:
        return len(self.rules)

    def put(self, rule: AnyRule, *, times: int) -> bool:
        """Take a rule, in the place of one with its id; `times`: how often that id was set. True where its series is new."""
        known = self.rules.get(rule.id)
        if known is not None:
            self._unhook(known)
        done = self.done.setdefault(rule.id, Done())
        if done.set_ != times:
            same = known is not None and (known.watches, known.thresholds) == (rule.watches, rule.thresholds)
            done.set_, done.spent, done.fired_ns = times, False, done.fired_ns if same else 0
            done.armed = done.armed or not same
        self.rules[rule.id] = rule
        return self._hook(rule)

    def remove(self, id_: str) -> None:
        """Forget a rule."""
        self._unhook(self.rules.pop(id_))
        self.done.pop(id_, None)

    def snooze(self, id_: str, until_ns: int) -> None:
        """Keep a rule from firing until then."""
        self.rules[id_] = msgspec.structs.replace(self.rules[id_], snoozed_until_ns=until_ns)

    @property
    def symbols(self) -> set[str]:
        """Whose prints are looked at."""
        return set(self.marks)

    def series(self, kind: str) -> list[str]:
        """What the rules of a kind watch, without the kind: `series("pnl")` are strategies."""
        return [name.partition(" ")[2] for name in self._series if name.partition(" ")[0] == kind]

    def last(self, watches: str) -> float | None:
        """The newest figure of a series."""
        levels = self._series.get(watches)
        return None if levels is None else levels.last

    def windows(self, symbol: str) -> Iterable[Window]:
        """The windows of time on a symbol."""
        return self._windows.get(symbol, {}).values()

    def begin(self, symbol: str, mark: Mark) -> None:
        """Where to look at a symbol's prints from, when nobody did before."""
        if symbol in self.marks and self.marks[symbol].last is None:
            self.marks[symbol] = mark
            levels = self._series.get(f"price {symbol}")
            if levels is not None:
                levels.last = mark.last

    def resume(self, marks: Mapping[str, Mark]) -> None:
        """Go on where somebody left off: prints up to there are passed over."""
        for name, mark in marks.items():
            kind, _, rest = name.partition(" ")
            if kind == "prints":
                if rest in self.marks:
                    self.marks[rest] = mark
                name = f"price {rest}"
            if name in self._series:
                self._series[name].last = mark.last

    def rules_on(self, watches: Iterable[str]) -> list[str]:
        """The ids of the rules that watch one of these."""
        found = set(watches)
        return [rule.id for rule in self.rules.values() if rule.watches in found]

    def places(self, rule: AnyRule) -> list[str]:
        """The series a rule watches, as `state` takes them."""
        return [name for name, _, _ in places_of(rule)]

    def everything(self) -> list[str]:
        """All there is to keep of series, as `state` takes it."""
        standing = [name for name in self._series if name.partition(" ")[0] in STANDING]
        return [*(f"prints {symbol}" for symbol in self.marks), *standing]

    def state(self, names: Iterable[str]) -> dict[str, Mark]:
        """What `resume` takes, of these symbols (`prints SYMBOL`) and series."""
        found: dict[str, Mark] = {}
        for name in names:
            kind, _, rest = name.partition(" ")
            if kind in ("price", "move", "prints"):
                symbol = rest.partition(" ")[0]
                if symbol in self.marks:
                    found[f"prints {symbol}"] = self.marks[symbol]
            if kind in STANDING and name in self._series:
                found[name] = Mark(self._series[name].last)
        return found

    def prints(self, symbol: str, ticks: NDArray[np.void], now_ns: int) -> list[Firing]:
        """Look at prints of a symbol, TICK records in their order; what fires, in order."""
        mark = self.marks[symbol]
        if ticks["seq"][0] <= mark.seq:
            ticks = ticks.compress(ticks["seq"] > mark.seq)
            if not len(ticks):
                return []
        prices = np.ascontiguousarray(ticks["price"])
        first = int(ticks["ts"][0])
        mark.ts, _, mark.seq, _, mark.last, *_ = ticks[-1].item()
        batch = Batch(first, mark.ts, prices.min().item(), prices.max().item(), mark.last)
        firings: list[Firing] = []
        levels = self._series.get(f"price {symbol}")
        if levels is not None and not levels.calm(batch.low, batch.high, batch.price):
            firings += self._fire(levels.values(prices), now_ns)
            self._note(f"price {symbol}", levels)
        for name, window in self._windows.get(symbol, {}).items():
            firings += self._look_back(name, window, batch, ticks, prices, now_ns)
        return firings

    def _look_back(
        self, name: str, window: Window, batch: Batch, ticks: NDArray[np.void], prices: NDArray[np.float64], now_ns: int
    ) -> list[Firing]:
        """The moves of new prints. Where their extremes say that none can be far enough, they are not looked at one by one."""
        ends = window.reach(batch.first, batch.ts, batch.low, batch.high)
        moves: NDArray[np.float64] | None = None
        firings: list[Firing] = []
        for sign, column in (("+", 0), ("-", 1)):
            levels = self._series.get(name + sign)
            if levels is None or (ends is not None and levels.calm(*batch.moves(sign, *ends))):
                continue
            if moves is None:
                times = np.ascontiguousarray(ticks["ts"])
                moves = window.moves(times, prices) if ends is None else moved(prices, *ends)
            firings += self._fire(levels.values(np.ascontiguousarray(moves[:, column])), now_ns)
            self._note(name + sign, levels)
        return firings

    def value(self, watches: str, value: float, now_ns: int, words: str = "") -> list[Firing]:
        """A series that is no price goes on to this figure; `words` say it better."""
        levels = self._series.get(watches)
        if levels is None:
            return []
        if levels.last is None:  # what is so when it is first known counts as come about
            crossings = []
            for before in (-np.inf, np.inf):
                levels.last = before
                crossings += levels.value(value)
        else:
            crossings = levels.value(value)
        firings = self._fire(crossings, now_ns, words)
        self._note(watches, levels)
        return firings

    def holds(self, rule: AnyRule, value: float, now_ns: int, words: str = "") -> list[Firing]:
        """A rule that was just set, where what it asks is so already: it fires at once. Prices are not asked: they must cross."""
        beyond = any(value >= level if side == "above" else value <= level for side, level in rule.thresholds)
        return self._fire([Crossing(rule.id, 0, value)], now_ns, words) if beyond else []

    def _note(self, name: str, levels: Levels) -> None:
        if levels.passed:
            levels.passed = False
            self.touched.add(name)

    def _fire(self, crossings: Iterable[Crossing], now_ns: int, words: str = "") -> list[Firing]:
        firings = []
        for rule_id, _, value in crossings:
            rule, done = self.rules[rule_id], self.done[rule_id]
            if isinstance(rule, DrawdownRule) and value <= rule.rearms_at:
                done.armed = True
                continue
            if not rule.enabled or done.spent or not done.armed or now_ns < rule.snoozed_until_ns:
                continue
            if done.fired_ns and 0 <= now_ns - done.fired_ns < rule.cooldown_s * SECOND:
                continue
            done.fired, done.fired_ns, done.spent = done.fired + 1, now_ns, rule.once
            done.armed = not isinstance(rule, DrawdownRule)
            said = happened(rule, value, words)
            firings.append(Firing(rule, f"{rule.name}: {said}" if rule.name else said, done.fired))
        return firings

    def _hook(self, rule: AnyRule) -> bool:
        new = rule.watches not in self._series
        if isinstance(rule, MoveRule):
            windows = self._windows.setdefault(rule.symbol, {})
            new = rule.watches not in windows
            if new:
                windows[rule.watches] = Window(int(rule.window_s * SECOND))
        if isinstance(rule, (PriceRule, MoveRule)):
            mark = self.marks.setdefault(rule.symbol, Mark())
        for name, side, level in places_of(rule):
            if name not in self._series:
                start = mark.last if isinstance(rule, PriceRule) else 0.0 if isinstance(rule, MoveRule) else None
                self._series[name] = Levels(start)
            self._series[name].add(side, level, rule.id)
        return new

    def _unhook(self, rule: AnyRule) -> None:
        for name in dict.fromkeys(self.places(rule)):
            self._series[name].drop([rule.id])
            if not len(self._series[name]):
                del self._series[name]
        if isinstance(rule, MoveRule) and not any(rule.watches + sign in self._series for sign in "+-"):
            del self._windows[rule.symbol][rule.watches]
        if isinstance(rule, (PriceRule, MoveRule)) and not self._windows.get(rule.symbol) and f"price {rule.symbol}" not in self._series:
            self.marks.pop(rule.symbol, None)
            self._windows.pop(rule.symbol, None)
