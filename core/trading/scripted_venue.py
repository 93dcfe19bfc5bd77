"""The books of a venue that exists in memory: orders, executions and balances as they truly are, whatever is told of them.

Its market is a dice: orders fill whole, in parts, beyond what was asked for or not at all, by a seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Literal

from core.trading.broker import Executed, Report
from core.trading.events import Accepted, Cancelled, CancelRefused, Event, Expired, Fill, Rejected
from core.trading.exact import ZERO, minus, plus, times
from core.trading.order import Intent

_FEE = Decimal("0.001")
_SMALLEST = Decimal("0.00000001")


@dataclass(slots=True)
class Entry:
    """An order in the venue's books."""

    intent: Intent
    venue_id: str
    state: Literal["working", "filled", "cancelled", "rejected", "expired"] = "working"
    executed: Decimal = ZERO
    fills: list[Fill] = field(default_factory=list)
    reason: str = ""

    @property
    def left(self) -> Decimal:
        return max(ZERO, minus(self.intent.qty, self.executed))


class ScriptedVenue:
    """One account at a venue.

    Args:
        prices: by symbol; they walk at random.
        lot: executions are whole multiples of it.

    Attributes:
        balances: what the account holds, by asset.
        entries: every order that was ever taken or refused, by client id.
        executions: of all orders, in order.
        twice: client ids that arrived again after they had been taken: money lost, at a real venue.
    """

    def __init__(
        self,
        prices: Mapping[str, Decimal],
        balances: Mapping[str, Decimal],
        rng: Random,
        *,
        odds: Mapping[str, float],
        lot: Decimal = _SMALLEST,
    ) -> None:
        self.prices = dict(prices)
        self.balances = dict(balances)
        self.entries: dict[str, Entry] = {}
        self.executions: list[Executed] = []
        self.twice: list[str] = []
        self._rng = rng
        self._odds = odds
        self._lot = lot

    def take(self, intent: Intent, now_ns: int) -> list[Event]:
        """An order arrives; what happens to it at once."""
        if intent.client_id in self.entries:
            self.twice.append(intent.client_id)
        entry = self.entries[intent.client_id] = Entry(intent, f"v{len(self.entries) + 1}")
        why = self._refusal(intent)
        if why:
            entry.state, entry.reason = "rejected", why
            return [Rejected(now_ns, why)]
        events: list[Event] = [Accepted(now_ns, entry.venue_id)]
        if intent.price is None:
            parts = self._rng.choice((1, 1, 2, 3))
            while parts and entry.state == "working":
                events += self.trade(entry, now_ns, whole=parts == 1)
                parts -= 1
            if entry.state == "working":
                events += self._end(entry, now_ns, "expired", "no one sells or buys any more")
        return events

    def trade(self, entry: Entry, now_ns: int, *, whole: bool = False) -> list[Event]:
        """An order meets the market, and is filled in part or whole, sometimes beyond."""
        if entry.state != "working":
            return []
        if whole and self._happens("dries_up"):
            return []
        qty = entry.left if whole else max(self._lot, (entry.left / 2).quantize(self._lot, ROUND_DOWN))
        if whole and self._happens("overfills"):
            qty = plus(qty, (entry.intent.qty / 8).quantize(self._lot, ROUND_DOWN))
        events: list[Event] = [self._execute(entry, qty, now_ns)]
        if not entry.left:
            entry.state = "filled"
        return events

    def move_on(self, entry: Entry, now_ns: int) -> list[Event]:
        """What becomes of an order that rests, by and by."""
        if entry.state != "working":
            return []
        if self._happens("cancels"):
            return self._end(entry, now_ns, "cancelled", "the venue withdrew it")
        if self._happens("expires"):
            return self._end(entry, now_ns, "expired", "its time is over")
        return self.trade(entry, now_ns, whole=self._rng.random() < 0.5)

    def cancel(self, client_id: str, now_ns: int) -> list[Event]:
        """A withdrawal arrives; sometimes an execution crosses it."""
        entry = self.entries.get(client_id)
        if entry is None or entry.state != "working":
            return [CancelRefused(now_ns, "unknown order")]
        crossing = self.trade(entry, now_ns) if self._happens("crosses") else []
        return crossing + (self._end(entry, now_ns, "cancelled", "") if entry.state == "working" else [CancelRefused(now_ns, "filled")])

    def report(self, client_id: str) -> Report | None:
        """How an order stands."""
        entry = self.entries.get(client_id)
        if entry is None:
            return None
        return Report(
            client_id=client_id, state=entry.state, venue_id=entry.venue_id, executed=entry.executed, fills=tuple(entry.fills),
            reason=entry.reason,
        )  # fmt: skip

    def by_hand(self, asset: str, qty: Decimal) -> None:
        """Somebody moves something in or out, past us."""
        self._book(asset, qty)

    def _book(self, asset: str, change: Decimal) -> None:
        self.balances[asset] = plus(self.balances.get(asset, ZERO), change)

    def _execute(self, entry: Entry, qty: Decimal, now_ns: int) -> Fill:
        intent = entry.intent
        price = intent.price or self.prices[intent.symbol]
        self.prices[intent.symbol] = plus(self.prices[intent.symbol], Decimal(self._rng.randint(-5, 5)) / 100)
        asset, due = (intent.base, qty) if intent.side == "buy" else (intent.quote, times(qty, price))
        if self._happens("third_fee"):
            asset, due = "BNB", Decimal("0.01")
        fee = times(due, _FEE).quantize(_SMALLEST, ROUND_DOWN)
        fill = Fill(now_ns, f"t{len(self.executions) + 1}", qty, price, fee, asset, intent.price is not None)
        entry.fills.append(fill)
        entry.executed = plus(entry.executed, qty)
        self.executions.append(Executed(intent.client_id, intent.symbol, fill))
        paid = times(qty, price)
        self._book(intent.base, qty if intent.side == "buy" else -qty)
        self._book(intent.quote, -paid if intent.side == "buy" else paid)
        self._book(asset, -fee)
        return fill

    def _end(self, entry: Entry, now_ns: int, state: Literal["cancelled", "expired"], reason: str) -> list[Event]:
        entry.state, entry.reason = state, reason
        return [Cancelled(now_ns, reason, entry.executed) if state == "cancelled" else Expired(now_ns, reason, entry.executed)]

    def _refusal(self, intent: Intent) -> str:
        if self._happens("refuses"):
            return "Filter failure: PERCENT_PRICE_BY_SIDE"
        price = intent.price or self.prices[intent.symbol]
        asset, needed = (intent.quote, times(intent.qty, price)) if intent.side == "buy" else (intent.base, intent.qty)
        return "Account has insufficient balance for requested action." if self.balances.get(asset, ZERO) < needed else ""

    def _happens(self, what: str) -> bool:
        return self._rng.random() < self._odds.get(what, 0.0)
