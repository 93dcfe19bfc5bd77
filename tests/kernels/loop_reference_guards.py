"""Protections and exits by time once more, from the words of docs/protections.md alone, sharing no code with the loop."""

from __future__ import annotations

from core.terms import Terms

SECOND = 1_000_000_000


def adds(position: float, goal: float) -> bool:
    """Whether more is held on the way to a goal, or the other side."""
    return position * goal < 0 or abs(goal) > abs(position)


def even_level(position: float, entry: float, best: float, terms: Terms) -> float | None:
    """Where the stop is that moved to the entry; `best` is the most favourable print since."""
    if terms.break_even_pct is None:
        return None
    fee, worse, half = terms.fee_bps / 1e4, terms.slippage_bps / 1e4, terms.spread_bps / 2e4
    if position > 0:
        level, gained = entry * ((1 + fee) / (1 - fee) / (1 - worse) / (1 - half)), entry * (1 + terms.break_even_pct / 100)
        return level if best > level and best >= gained else None
    level, gained = entry * ((1 - fee) / (1 + fee) / (1 + worse) / (1 + half)), entry * (1 - terms.break_even_pct / 100)
    return level if best < level and best <= gained else None


def overdue(entered: int, now: int, terms: Terms) -> bool:
    """Whether it was held for so long."""
    return terms.time_stop_s is not None and now - entered >= round(terms.time_stop_s * SECOND)


class Guards:
    """What keeps a strategy of one leg from opening."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.best = self.midnight = terms.capital
        self.fallen = self.lost = False
        self.losses: list[float] = []
        self.trips: list[float] = []
        self.locks: list[tuple[int, str]] = []  # until when, and why
        self.cool_until = 0

    def new_day(self, equity: float) -> None:
        """A UTC day begins."""
        self.midnight, self.lost = equity, False

    def closed(self, net: float, why: str, now: int) -> None:
        """A round trip ended."""
        terms = self.terms
        pauses = [terms.cooldown_s or 0.0]
        if why not in ("signal", "take_profit"):
            pauses.append(terms.stop_cooldown_s or 0.0)
        self.cool_until = now + round(max(pauses) * SECOND)
        self.losses = [] if net > 0 else [*self.losses, net]
        if terms.loss_streak is not None and len(self.losses) >= terms.loss_streak:
            self.losses = []
            self._lock(now, "loss streak")
        self.trips.append(net)

    def _lock(self, now: int, why: str) -> None:
        until = now + round(self.terms.lock_hours * 3600 * SECOND)
        if until > max((end for end, _ in self.locks), default=0):
            self.locks.append((until, why))

    def look(self, equity: float, open_trip: float, now: int) -> str | None:
        """After the fills of a print; returns why everything is to be closed."""
        terms = self.terms
        self.best = max(self.best, equity)
        self.fallen |= terms.max_drawdown_pct is not None and equity <= self.best * (1 - terms.max_drawdown_pct / 100)
        self.lost |= terms.daily_loss_pct is not None and equity <= self.midnight * (1 - terms.daily_loss_pct / 100)
        count = terms.low_profit_trades
        if terms.low_profit_pct is not None and len(self.trips) >= count:
            total = 0.0
            for net in self.trips[-count:]:
                total += net
            if total + open_trip < terms.low_profit_pct / 100 * terms.capital:
                self.trips = []
                self._lock(now, "low profit")
        if terms.on_guard == "block":
            return None
        return "drawdown" if self.fallen else "daily_loss" if self.lost else None

    def locked(self, now: int) -> str | None:
        """What holds for more than a moment."""
        if self.fallen:
            return "drawdown limit"
        if self.lost:
            return "daily loss limit"
        return self.locks[-1][1] if self.locks and now < self.locks[-1][0] else None

    def hindrance(self, now: int, position: float, goal: float) -> str | None:
        """Why an order towards a goal may not add."""
        if not adds(position, goal):
            return None
        pauses = now < self.cool_until or (self.terms.cooldown_s is not None and position * goal < 0)
        return self.locked(now) or ("cooling down" if pauses else None)
