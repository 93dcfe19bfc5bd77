"""What the copilot knows of the analyst: trends and pairs, asked for now and then where it runs, and never waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from core.copilot.facts import PairFact, TrendFact, short
from core.copilot.on_market import LEFT
from core.errors import CockpitError

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("copilot")

#: Answers one of the analyst's words.
Ask: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]

#: Intervals that strategies' own are looked up among, seconds between two rounds of questions, and pairs of a round.
INTERVALS, ROUND_S, MOST_PAIRS = ("5m", "15m", "1h"), 60.0, 10

NOT_RUNNING = "the analyst does not run: trends and pairs are not looked at (F3 starts it)"


def running_analyst(engine: Engine) -> Ask | None:
    """The analyst's answers, where its process was started by somebody who needs it; the copilot alone is no reason to."""
    analyst = getattr(engine, "analyst", None)
    return None if analyst is None or analyst.state == "idle" else analyst.ask


class Asked:
    """The newest answers.

    Args:
        analyst: what answers now, None where nobody does.

    Attributes:
        trends: by full symbol and interval.
        pairs: that alert rules watch.
        note: why there are none; '' there are.
    """

    def __init__(self, engine: Engine, analyst: Callable[[], Ask | None]) -> None:
        self.engine = engine
        self.trends: dict[str, dict[str, TrendFact]] = {}
        self.pairs: tuple[PairFact, ...] = ()
        self.note = NOT_RUNNING
        self._analyst = analyst
        self._newest: dict[tuple[str, str], TrendFact] = {}  # also of those that cannot be told at the moment

    @property
    def wait_s(self) -> float:
        """Until the next round: sooner where there was no answer."""
        return ROUND_S if not self.note else ROUND_S / 12

    async def round(self) -> None:
        """Ask once, where anybody answers; what cannot be had now is not known."""
        ask = self._analyst()
        if ask is None:
            self.trends, self.pairs, self.note = {}, (), NOT_RUNNING
            return
        try:
            answer = await ask("trends", {"intervals": list(INTERVALS)})
            self._take_trends(answer.get("rows") or [])
            self.pairs = tuple([await self._pair(ask, text) for text in self.engine.sentinel.book.series("pair")[:MOST_PAIRS]])
        except CockpitError as error:
            self.note = f"the analyst has no answer: {error}"
            log.info("no trends", reason=str(error))
        else:
            self.note = "" if answer.get("state") == "ready" else answer.get("note") or f"the analyst is {answer.get('state')}"

    def _take_trends(self, rows: list[dict[str, Any]]) -> None:
        names = {short(name): name for name in self.engine.market.watched}
        found: dict[str, dict[str, TrendFact]] = {}
        for row in rows:
            name = names.get(short(str(row["symbol"])))
            if name is None:
                continue
            for interval, cell in row["cells"].items():
                if cell.get("trend") and cell.get("confidence") is not None:
                    before = self._newest.get((name, interval))
                    was = "" if before is None else before.was if before.trend == cell["trend"] else before.trend
                    trend = TrendFact(str(cell["trend"]), float(cell["confidence"]), was)
                    found.setdefault(name, {})[interval] = self._newest[name, interval] = trend
        self.trends = found

    async def _pair(self, ask: Ask, text: str) -> PairFact:
        """One pair, `A B INTERVAL WINDOW METHOD`."""
        a, b, interval, window, method = text.split(" ")
        name = f"{short(a)}/{short(b)} {interval}"
        answer = await ask("pair", {"a": a, "b": b, "interval": interval, "window": int(window), "method": method})
        pvalue = (answer.get("coint") or {}).get("pvalue")
        before = next((pair.p_before for pair in self.pairs if pair.name == name), None)
        if pvalue is not None and pvalue <= LEFT:
            before = pvalue
        return PairFact(name, pvalue, before, answer.get("zscore"), answer.get("half_life"))
