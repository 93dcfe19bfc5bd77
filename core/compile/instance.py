"""One strategy at work: its memory, the loop, snapshots. The same object live, in a backtest, in recovery and in an audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from core.commands import Terms
from core.compile import module
from core.compile.blueprint import Blueprint, limits_record, terms_record
from core.compile.extras import acts
from core.compile.layout import layout_hash, records_in, same_books, take_up, zeros
from core.compile.levered import Levered
from core.errors import StoreError, StrategyError
from core.kernels.features import ADDED, FLOW, features_in
from core.kernels.records import LIQUIDATED, REPORT, SIGNAL, TAKE_PROFIT
from core.types import TICK, Records, copied, join

REPORTS_AT_A_TIME = 4096

#: A fill of the ledger: leg, signed quantity, position after it, price, time ns, fee.
PastFill: TypeAlias = tuple[int, float, float, float, int, float]


class Instance(Levered):
    """A compiled strategy and the memory it runs on: each record and array in a place of its own, which the machine code counts on.

    Args:
        plan: what to run.
        terms: how it trades.
        jit: False runs the same text in plain Python.

    Attributes:
        layouts: the types of its records as they are in its text, by name.
    """

    def __init__(self, plan: Blueprint, terms: Terms, *, jit: bool = True) -> None:
        self.plan = plan
        self.terms = terms
        records = records_in(plan.text)
        self.layout = layout_hash(records)
        self.layouts = layouts = {name: np.dtype(descr) for name, descr in records.items()}
        self.state = zeros(layouts["STATE"], 1)
        self.mem = np.zeros(max(plan.work, 1))
        self.books = zeros(layouts["BOOK"], plan.legs)
        self.account = zeros(layouts["ACCOUNT"], 1)
        self.reset_books()
        self._params = np.frombuffer(bytearray(plan.params), layouts["PARAMS"]).view(np.recarray)
        self._terms = terms_record(terms, layouts["TERMS"]).view(np.recarray)
        features = features_in(layouts["TERMS"].names or ())
        self._acts, self._rests, self._holds = acts(features), "resting" in features, "held" in features
        learnt = {"volatile": ADDED["volatile"]["BOOK"], "queued": FLOW}
        self._learnt = [name for feature, fields in learnt.items() if feature in features for name, _ in fields]
        self._margined = "margined" in features
        self._outside = "venued" in features
        self._guards = "guarded" in features
        self._limits = limits_record(None).view(np.recarray)
        self._out = np.full(plan.legs, np.nan)
        self._reports = np.zeros(REPORTS_AT_A_TIME, REPORT).view(np.recarray)
        self._rows: Records = self._reports.view(REPORT).view(np.ndarray)
        self._written = np.zeros(1, np.int64)
        self._tick, self._jit = layouts["TICK"], jit
        self._advance = module.compiled(plan.text, plan.name) if jit else module.plain(plan.text)
        self._state_at = self.state.ctypes.data
        after = (self._params, self._out, self.books, self.account, self._terms, self._limits, self._reports)
        self._tail = (*(a.ctypes.data for a in after), len(self._reports), self._written.ctypes.data)
        self._error = self.account.view(np.ndarray)["error"]
        self._memory = (self.mem.ctypes.data, len(self.mem))
        self._cut: list[Records] = []
        self._map = (0, 0)
        self.trade({leg: leg for leg in range(plan.legs)})

    def begin(self, params: bytes) -> None:
        """Start over as if newly made, with other parameters (bytes of their record) that need no more work memory."""
        self._params.view(np.uint8)[:] = np.frombuffer(params, np.uint8)
        self.state.view(np.uint8)[:] = 0
        self.mem[:] = 0.0
        self._out[:] = np.nan
        self.reset_books()

    def trade(self, legs: dict[int, int]) -> None:
        """Which leg each symbol index is; other symbols' ticks are passed over. At first each leg's is its own."""
        self._legs = np.full(max(legs, default=0) + 1, -1, np.int32)
        for symbol, leg in legs.items():
            self._legs[symbol] = leg
        self._map = (self._legs.ctypes.data, len(self._legs))

    def work_in(self, mem: Records) -> None:
        """Use this work memory instead: float64s, at least as many as it has."""
        self.mem, self._memory = mem, (mem.ctypes.data, len(mem))

    @property
    def wanted(self) -> Records:
        """What `step` wanted on the newest tick, by leg; NaN is no opinion. The array stays the same one."""
        return self._out

    def feed(self, ticks: Records) -> Records:
        """Run the loop over ticks in order; returns its REPORT records.

        Raises:
            StrategyError: the strategy gave a target that is no number.
        """
        return self._run(ticks, self.mem)

    def _run(self, ticks: Records, mem: Records) -> Records:
        self._cut = parts = []
        advance = self._call(ticks, mem) if self._jit else self._interpret(ticks, mem)
        i = 0
        while i < len(ticks):
            if self._error[0]:
                raise StrategyError(f"{self.plan.name} gave a target that is not a finite number")
            i = advance(i)
            n = int(self._written[0])
            if n < 0:
                raise StrategyError(f"{self.plan.name} raised inside its compiled step")
            if n:
                parts.append(copied(self._rows[:n]))
            if self._error[0]:
                raise StrategyError(f"{self.plan.name} gave a target that is not a finite number")
        return join(parts, REPORT)

    def reports_until_failure(self) -> Records:
        """What the loop did in a `feed` that raised, before it did: the same however the ticks are split into batches."""
        return join(self._cut, REPORT)

    def _call(self, ticks: Records, mem: Records) -> Callable[[int], int]:
        """The machine code over a batch: from tick i to the tick it stopped at."""
        assert ticks.flags.c_contiguous
        assert ticks.itemsize == self._tick.itemsize
        batch, count = ticks.ctypes.data, len(ticks)
        memory, work = self._memory if mem is self.mem else (mem.ctypes.data, len(mem))
        code, (legs, symbols), state, tail = self._advance, self._map, self._state_at, self._tail

        def advance(i: int) -> int:
            return code(batch, count, i, legs, symbols, state, memory, work, *tail)  # type: ignore[no-any-return]

        return advance

    def _interpret(self, ticks: Records, mem: Records) -> Callable[[int], int]:
        """The same in plain Python."""
        records = ticks.view(np.recarray)

        def advance(i: int) -> int:
            with np.errstate(all="ignore"):  # as machine code does
                i, self._written[0] = self._advance(
                records, i, self._legs, self.state[0], mem, self._params[0], self._out,
                self.books, self.account[0], self._terms[0], self._limits[0], self._reports,
            )  # fmt: skip
            return i

        return advance

    def warm(self, ticks: Records) -> None:
        """Let the strategy see history without trading; its book starts afresh after it, but for what it knows of the market."""
        self.account[0].paused = 1
        self.feed(ticks)
        before = self.books.copy()
        self.reset_books()
        for name in self._learnt:
            self.books[name] = before[name]

    def reset_books(self) -> None:
        """A flat book and a fresh account; the strategy's state stays."""
        self.books.view(np.uint8)[:] = 0
        self.books.view(np.ndarray)["opinion"] = np.nan
        self.account.view(np.uint8)[:] = 0
        account = self.account.view(np.ndarray)  # fields of a plain array are found several times as fast as of a recarray
        account["capital"] = account["equity"] = account["peak"] = self.terms.capital

    def adopt(self, data: bytes, layout: str, fills: Sequence[PastFill]) -> None:
        """Take over only books and account of a snapshot of this strategy before it was edited, and the fills since: its
        position stays, its working orders are dropped.

        Raises:
            StoreError: books are laid out differently since.
        """
        if not same_books(layout, self.layout):
            raise StoreError(f"the position of {self.plan.name} was saved by a version with other books")
        take_up((self.account, self.books), data)  # state and memory, laid out in another way perhaps, come after them
        self.book(fills)

    def book(self, fills: Sequence[PastFill]) -> None:
        """Books and account go on from where they are by fills of the ledger: what is told by prints between two of them (the
        deepest fall, the extremes a trailing stop counts from) is as of the fills."""
        moment = np.zeros(1, TICK).view(np.recarray)[0]
        account = self.account[0]
        for leg, qty, after, price, ts, fee in fills:
            moment.ts, moment.price = ts, price
            book = self.books[leg]
            value = abs(qty) * price
            taker = fee == value * self.terms.fee_bps / 1e4
            if self._margined:
                forced = fee == value * self.terms.fee_bps / 1e4 + value * self.terms.liquidation_fee_bps / 1e4
                book.why = LIQUIDATED if forced and not taker else SIGNAL
                taker |= forced
            if self._rests:  # a fee that is no taker's was a maker's
                book.limit = 0.0 if taker else price
                if self._holds and book.why != LIQUIDATED:
                    book.why = TAKE_PROFIT if book.limit != 0.0 and book.position * qty < 0.0 else SIGNAL
            if self._outside:
                book.toll = fee
            self._acts.execute(account, book, self._terms[0], self._reports, 0, moment, leg, qty, after, price, price)
            self._acts.mark(account, self.books, book, self.plan.legs, price)
        self.books["aim"] = self.books["position"]

    @property
    def flat(self) -> bool:
        """No position and no working order on any leg."""
        return not bool(np.any(self.books["position"] != 0.0) or np.any(self.books["aim"] != 0.0))

    def snapshot(self) -> bytes:
        """All that changes while it runs, as bytes."""
        return b"".join(a.tobytes() for a in self._parts())

    def _parts(self) -> tuple[Any, ...]:
        return (self.account, self.books, self._limits, self.state, self.mem)

    def restore(self, data: bytes, layout: str) -> None:
        """Take up exactly where a snapshot was taken.

        Raises:
            StoreError: the snapshot was taken with another memory layout (the strategy was edited).
        """
        parts = self._parts()
        if layout != self.layout or len(data) != sum(a.nbytes for a in parts):
            why = "its file, or cockpit itself, has changed since; resume it, and it begins anew with its position"
            raise StoreError(f"the snapshot of {self.plan.name} was taken with another memory layout: {why}")
        take_up(parts, data)

    def seen(self) -> int:
        """Closed bars (or ticks) so far, for telling how far warming is."""
        names = self.state.dtype.names or ()
        return int(self.state[0].bar.count) if "bar" in names else int(self.account[0].ticks)
