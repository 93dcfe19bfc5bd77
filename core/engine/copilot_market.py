"""What is usual of each symbol, and how equities went by the minute: what the copilot must remember to tell what changed."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from core.copilot.couples import correlations
from core.copilot.facts import CoupleFact, SymbolFact, TrendFact
from core.copilot.usual import Usual

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Returns are taken over so many seconds.
RETURN_S = 10.0

#: Minutes of equities, and strategies that are compared; couples below this are none.
MINUTES, MOST, LEAST_R = 240, 100, 0.8


class SymbolPast:
    """The moves and spreads of one symbol."""

    def __init__(self) -> None:
        self.moves, self.spreads = Usual(), Usual()
        self._last: float | None = None
        self._at = float("-inf")

    def put(self, now: float, last: float | None, bid: float | None, ask: float | None) -> None:
        """Take the prices of now, monotonic seconds."""
        if bid is not None and ask is not None and ask >= bid > 0:
            self.spreads.put(now, 2e4 * (ask - bid) / (ask + bid))
        if last is None or last <= 0 or now - self._at < RETURN_S:
            return
        if self._last is not None and now - self._at < 2 * RETURN_S:
            self.moves.put(now, (1e4 * math.log(last / self._last)) ** 2)
        self._last, self._at = last, now


class MarketPast:
    """Every watched symbol."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._of: dict[str, SymbolPast] = {}

    def facts(self, now: float, now_ns: int, trends: dict[str, dict[str, TrendFact]]) -> dict[str, SymbolFact]:
        """Each symbol as of now, `now` in monotonic seconds; prices of now count towards what is usual."""
        market, found = self.engine.market, {}
        for name in market.watched:
            known = market.of(self.engine.symbols[name])
            state, age = market.state_of(name, now_ns)
            past = self._of.setdefault(name, SymbolPast())
            if state == "live":
                past.put(now, known.last, known.bid, known.ask)
            found[name] = SymbolFact(
                name, state, age, known.last, past.spreads.now, past.spreads.usual, _root(past.moves.now), _root(past.moves.usual),
                trends.get(name, {}),
            )  # fmt: skip
        for gone in self._of.keys() - found.keys():
            del self._of[gone]
        return found


def _root(square: float | None) -> float | None:
    return None if square is None else math.sqrt(square)


class EquityPast:
    """The equity of every strategy at each full minute."""

    def __init__(self) -> None:
        self.couples: list[tuple[str, str, float, int]] = []
        self._of: dict[str, deque[float]] = {}
        self._minute = -1

    def put(self, now: float, equities: dict[str, float]) -> None:
        """Take the equities of now, monotonic seconds; once a minute."""
        if int(now // 60) == self._minute:
            return
        self._minute = int(now // 60)
        self._of = {id_: self._of.get(id_, deque(maxlen=MINUTES + 1)) for id_ in list(equities)[:MOST]}
        for id_, past in self._of.items():
            past.append(equities[id_])
        self.couples = self._compare()

    def _compare(self) -> list[tuple[str, str, float, int]]:
        ids = [id_ for id_, past in self._of.items() if len(past) > 2]
        if len(ids) < 2:
            return []
        changes = np.full((len(ids), MINUTES), np.nan)
        for row, id_ in enumerate(ids):
            steps = np.diff(self._of[id_])
            changes[row, MINUTES - len(steps) :] = steps
        r, minutes = correlations(changes)
        found = np.argwhere(np.triu(r > LEAST_R, 1))
        return [(ids[i], ids[j], float(r[i, j]), int(minutes[i, j])) for i, j in found.tolist()]

    def facts(self, worth: dict[str, float]) -> tuple[CoupleFact, ...]:
        """Strategies that go together; `worth` what each holds is worth."""
        return tuple(
            CoupleFact(a, b, r, minutes, worth.get(a, 0.0) + worth.get(b, 0.0))
            for a, b, r, minutes in self.couples
        )  # fmt: skip
