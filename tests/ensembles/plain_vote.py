"""The vote and its validators once more, in plain Python, from what the members said alone."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

from ensembles_rig import SECOND, Heard, ema

from core.types import Records


class Said(NamedTuple):
    """What a member said by a print: its target, NaN none yet, and how sure it is."""

    target: float
    confidence: float


class Decided(NamedTuple):
    """What came of a print."""

    target: float  # NaN: nothing yet
    held: str  # the validator that is told of now, since it holds an entry back, or ""
    vote: float
    verdicts: dict[str, float]


def closes_of(ticks: Records, length_s: int) -> list[float | None]:
    """By print, the close of the bar that it closed."""
    found: list[float | None] = [None]
    for before, now in pairwise(ticks):
        turned = int(now["ts"]) // (length_s * SECOND) > int(before["ts"]) // (length_s * SECOND)
        found.append(float(before["price"]) if turned else None)
    return found


class PlainVote:
    """One ensemble with these parameters over one market."""

    def __init__(self, p: Any, weights: dict[str, float], ticks: Records, heard: list[Heard]) -> None:
        self.p, self.weights, self.ticks, self.heard = p, weights, ticks, heard
        self.closes = closes_of(ticks, 1)
        self.average, self.squares = ema(p.validator_trend_period), ema(p.validator_volatility_period)
        next(self.average)
        next(self.squares)
        self.close = self.trend = self.volatility = math.nan
        self.target, self.known, self.asked, self.told = 0.0, False, 0.0, set[str]()

    def last(self, i: int) -> tuple[float, float]:
        """The source's opinion at a print, and how many seconds old it is; NaN where nothing counts any more."""
        now = int(self.ticks["ts"][i])
        said = [(one, int(self.ticks["ts"][one.at])) for one in self.heard if one.at <= i]
        if not said or now > said[-1][1] + said[-1][0].seconds * SECOND:
            return math.nan, math.nan
        return said[-1][0].side * said[-1][0].confidence, (now - said[-1][1]) / 1e9

    def measured(self, i: int) -> dict[str, float]:
        """What the validators look at."""
        tick, p = self.ticks[i], self.p
        close = self.closes[i]
        if close is not None:
            if self.close == self.close:
                moved = 100.0 * (close - self.close) / self.close
                self.volatility = math.sqrt(self.squares.send(moved * moved))  # type: ignore[attr-defined]
            self.close = close
            average = self.average.send(close)  # type: ignore[attr-defined]
            self.trend = 100.0 * (close - average) / average
        middle = 0.5 * (float(tick["bid"]) + float(tick["ask"]))
        slice_ns = round(p.validator_liquidity_window_s / 60 * SECOND)
        bucket = int(tick["ts"]) // slice_ns
        recent = self.ticks[: i + 1][self.ticks["ts"][: i + 1] // slice_ns > bucket - 60]
        reached = bucket - int(self.ticks["ts"][0]) // slice_ns >= 59
        age = math.nan if i == 0 else (int(tick["ts"]) - int(self.ticks["ts"][i - 1])) / 1e9
        said = self.last(i)[1]
        return {
            "spread_pct": 100.0 * (float(tick["ask"]) - float(tick["bid"])) / middle if middle > 0 else math.nan,
            "volatility_pct": self.volatility,
            "liquidity": float((recent["price"] * recent["qty"]).sum()) if reached else math.nan,
            "trend": self.trend,
            "freshness_s": max(age, said) if said == said and age == age else age,
        }

    def take(self, i: int, said: dict[str, Said]) -> Decided:
        """A print, by what the members said of it."""
        p = self.p
        opinions = {}
        for name, (target, confidence) in said.items():
            side = (target > 0) - (target < 0)
            opinions[name] = side * min(max(confidence, 0.0), 1.0) if target == target else math.nan
        opinions["model"] = self.last(i)[0]
        having = {name: opinion for name, opinion in opinions.items() if opinion == opinion}
        weight = sum(self.weights[name] for name in having)
        vote = sum(self.weights[name] * having[name] for name in having) / weight if weight > 0 and weight >= p.quorum else math.nan
        values = self.measured(i)
        verdicts = self.judged(values, vote)
        failed = [name for name, verdict in verdicts.items() if verdict == 0.0 or (math.isnan(verdict) and p.validators_unknown == "hold")]
        return Decided(*self.decide(vote, failed if p.validators else []), vote, verdicts)

    def decide(self, vote: float, failed: list[str]) -> tuple[float, str]:
        """The target, and the validator that is told of."""
        p = self.p
        self.known = self.known or vote == vote
        if not self.asked * vote >= p.exit_threshold:
            self.asked, self.told = 0.0, set()
        want = 0.0
        if vote >= p.threshold and p.side != "short":
            want = 1.0
        elif -vote >= p.threshold and p.side != "long":
            want = -1.0
        elif self.target and self.target * vote >= p.exit_threshold:
            want = self.target
        held = ""
        if want in (0.0, self.target):
            self.target = want
        elif not failed:
            self.target, self.asked, self.told = want, 0.0, set()
        elif self.target:
            self.target = 0.0
        else:
            if self.asked != want:
                self.asked, self.told = want, set()
            fresh = [name for name in failed if name not in self.told]
            held = fresh[0] if fresh else ""
            self.told |= set(failed)
        return (self.target if self.known else math.nan), held

    def judged(self, values: dict[str, float], vote: float) -> dict[str, float]:
        """1 passed, 0 failed, NaN not known."""
        p = self.p
        with_vote = values["trend"] * ((vote > 0) - (vote < 0)) if vote == vote and vote != 0 else math.nan
        held = {
            "spread_pct": values["spread_pct"] <= p.validator_spread_pct,
            "volatility_pct": p.validator_volatility_low <= values["volatility_pct"] <= p.validator_volatility_high,
            "liquidity": values["liquidity"] >= p.validator_liquidity_quote,
            "trend": with_vote > 0 and with_vote >= p.validator_trend_least_pct,
            "freshness_s": values["freshness_s"] <= p.validator_freshness_s,
        }
        known = values | {"trend": with_vote}
        return {name: float(passed) if known[name] == known[name] else math.nan for name, passed in held.items()}
