"""What a venue takes as an order on a symbol: whole lots, prices on ticks, values within bounds; each refusal in plain words.

Lots and ticks are counted by the functions of the trading loop (`core.kernels.grid`), so that what is simulated is what is sent.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from core.kernels.grid import steps_in, toward_zero
from core.trading.exact import ZERO, is_multiple, plain, times
from core.venues.venue import SymbolInfo

_TRADING = "TRADING"


class Filters(Struct, frozen=True, kw_only=True):
    """The rules of one symbol; 0 of a bound that the venue does not set.

    Attributes:
        lot, tick: quantities and prices are whole multiples of them.
        min_qty, max_qty: base currency. min_notional, max_notional: quote currency.
        max_orders: that may work at once.
        status: as the venue says it.
    """

    symbol: str
    base: str
    quote: str
    lot: Decimal = ZERO
    tick: Decimal = ZERO
    min_qty: Decimal = ZERO
    max_qty: Decimal = ZERO
    min_notional: Decimal = ZERO
    max_notional: Decimal = ZERO
    max_orders: int = 0
    status: str = _TRADING

    @classmethod
    def of(cls, venue: str, info: SymbolInfo) -> Filters:
        """What the venue lists."""
        return cls(
            symbol=f"{venue}:{info.symbol}", base=info.base, quote=info.quote, lot=_exact(info.step_size), tick=_exact(info.tick_size),
            min_qty=_exact(info.min_qty), max_qty=_exact(info.max_qty), min_notional=_exact(info.min_notional),
            max_notional=_exact(info.max_notional), max_orders=info.max_orders, status=info.status,
        )  # fmt: skip

    def lots_of(self, qty: float) -> Decimal:
        """A quantity, above 0, in whole lots: the largest that is no more; what is a whole number of them but for a float's last digits
        is that many."""
        return _steps(qty, self.lot) if self.lot else _exact(qty)

    def on_tick(self, price: float, side: Literal["buy", "sell"]) -> Decimal:
        """The limit of an order: on the tick that is no nearer to the market, and never below one tick."""
        if not self.tick:
            return _exact(price)
        return max(self.tick, _steps(price, self.tick, up=side == "sell"))

    def refusal(self, side: Literal["buy", "sell"], qty: Decimal, price: Decimal, *, closes: bool = False, working: int = 0) -> str:
        """Why the venue would not take such an order; empty where it would.

        Args:
            price: its limit, or the last price for an order at the market.
            closes: it brings a position to flat, which no least value holds back.
            working: how many of our orders on this symbol work already.
        """
        if self.status != _TRADING:
            return f"{self.symbol} does not trade at the venue now: {self.status}"
        return self._of_qty(qty) or self._of_price(price) or self._of_value(side, qty, price, closes) or self._of_count(working)

    def _of_qty(self, qty: Decimal) -> str:
        if qty <= 0:
            return f"nothing to order: less than one lot of {plain(self.lot)} {self.base}"
        if self.lot and not is_multiple(qty, self.lot):
            return f"{plain(qty)} {self.base} is not in whole lots of {plain(self.lot)}"
        if qty < self.min_qty:
            return f"{plain(qty)} {self.base} is less than the least order of {plain(self.min_qty)}"
        if self.max_qty and qty > self.max_qty:
            return f"{plain(qty)} {self.base} is more than the largest order of {plain(self.max_qty)}"
        return ""

    def _of_price(self, price: Decimal) -> str:
        if price <= 0:
            return f"{plain(price)} {self.quote} is no price"
        return ""

    def _of_value(self, side: str, qty: Decimal, price: Decimal, closes: bool) -> str:
        value = times(qty, price)
        if value < self.min_notional and not closes:
            return f"to {side} for {plain(value)} {self.quote} is less than the least order of {plain(self.min_notional)}"
        if self.max_notional and value > self.max_notional:
            return f"to {side} for {plain(value)} {self.quote} is more than the largest order of {plain(self.max_notional)}"
        return ""

    def _of_count(self, working: int) -> str:
        if self.max_orders and working >= self.max_orders:
            return f"{working} orders on {self.symbol} work already, the venue allows {self.max_orders}"
        return ""

    def off_tick(self, limit: Decimal) -> str:
        """Why this cannot be the limit of an order; empty where it can."""
        if self.tick and not is_multiple(limit, self.tick):
            return f"{plain(limit)} {self.quote} is not on a tick of {plain(self.tick)}"
        return ""


def per_unit(step: Decimal) -> float:
    """How many steps make a unit, 0 where that is no whole number: the way the loop counts."""
    count = round(1 / step) if step else 0
    return float(count) if step and count * step == 1 else 0.0


def _steps(value: float, step: Decimal, *, up: bool = False) -> Decimal:
    count = steps_in(value, float(step), per_unit(step))
    return times(Decimal(math.ceil(count) if up else int(toward_zero(count))), step)


def _exact(value: float) -> Decimal:
    """The decimal a venue wrote: the shortest that is this float."""
    return Decimal(repr(float(value))) if value else ZERO
