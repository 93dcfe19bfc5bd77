"""A position at its average cost, by the rule of the loop's own books: the same executions give the same bits."""

from __future__ import annotations


class Position:
    """What executions came to, of one strategy or of many together.

    Attributes:
        qty: signed, base currency.
        entry: average price of what is open.
        opened_ns: when the round trip that is open began.
        trip_realised, trip_fees: of that round trip, quote currency; fees with funding.
        realised, fees: of all executions, added up as the loop adds them.
    """

    __slots__ = ("entry", "fees", "opened_ns", "qty", "realised", "trip_fees", "trip_realised")

    def __init__(self) -> None:
        self.qty = self.entry = self.trip_realised = self.trip_fees = self.realised = self.fees = 0.0
        self.opened_ns = 0

    def move(self, qty: float, after: float, price: float, fee: float, ts_ns: int) -> float:
        """Take an execution of `qty` (signed) that leaves `after`; returns what it realised, before fees.

        A flip closes the round trip and opens the next, and shares its fee between them by quantity (`core.kernels.book.execute`).
        """
        before = self.qty
        self.qty = after
        self.fees += fee
        if before == 0.0:
            self.entry, self.opened_ns, self.trip_fees = price, ts_ns, fee
            return 0.0
        size, held = abs(qty), abs(before)
        if (before > 0.0) == (qty > 0.0):
            self.entry = (self.entry * held + price * size) / abs(after)
            self.trip_fees += fee
            return 0.0
        closed = min(size, held)
        realised = closed * (price - self.entry)
        if before < 0.0:
            realised = -realised
        self.realised += realised
        closing_fee = fee * (closed / size)
        if after != 0.0 and (after > 0.0) == (before > 0.0):
            self.trip_realised += realised
            self.trip_fees += closing_fee
        else:
            self.trip_realised = 0.0
            self.trip_fees, self.entry, self.opened_ns = (0.0, 0.0, 0) if after == 0.0 else (fee - closing_fee, price, ts_ns)
        return realised
