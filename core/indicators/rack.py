"""All that is followed with one indicator: many variants of it on many symbols, in arrays that its machine code takes steps on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from core.errors import CockpitError, StoreError, telling
from core.indicators import module
from core.indicators.definition import Indicator
from core.indicators.loop import FOLLOWER
from core.kernels.bars import BAR_STATE
from core.strategy import params_record, source_hash
from core.types import Records, whole_of

#: Room that is made at first: followers, and float64s of work memory.
_PLACES, _WORK = 8, 1024


class Seat(NamedTuple):
    """Where one variant on one symbol has its state and lines, and its work memory."""

    place: int
    at: int
    work: int


class Rack:
    """Variants of one indicator, by number, on symbols, by index.

    Args:
        bars: the ticks are BAR records.
        jit: False runs the same text in plain Python.

    Raises:
        StrategyError: the indicator's `step` does not compile.
    """

    def __init__(self, indicator: Indicator, *, bars: bool = False, jit: bool = True) -> None:
        self.indicator = indicator
        self.width = len(indicator.lines)
        text = module.generate(indicator, bars=bars)
        self.version = source_hash(text)[:16]
        self._jit = jit
        self._take = module.compiled(text, indicator.name) if jit else module.plain(text)
        self._seats: dict[tuple[int, int], Seat] = {}
        self._params: list[Records] = []
        self._works: list[int] = []
        self._freed: list[int] = []
        self._places = self._memory = 0
        self._freed_memory: dict[int, list[int]] = {}
        self._states: Any = np.zeros(_PLACES, indicator.module.STATE)
        self._mem = np.zeros(_WORK)
        self._out = np.full(_PLACES * self.width, np.nan)
        self._followers = 0
        self._arrays: tuple[Records, ...] = ()
        self._addresses: tuple[int, ...] = ()
        self._laid = False

    def add(self, params: Struct) -> int:
        """A variant; its number."""
        self._works.append(self.indicator.work(params))
        self._params.append(params_record(params))
        self._laid = False
        return len(self._params) - 1

    def follow(self, variant: int, symbol: int) -> None:
        """Let a variant follow a symbol from now on, from the start; nothing if it does."""
        if (variant, symbol) in self._seats:
            return
        place, at, work = self._place(), self._room(self._works[variant]), self._works[variant]
        self._seats[variant, symbol] = Seat(place, at, work)
        self._states[place : place + 1].view(np.uint8)[:] = 0
        self._mem[at : at + work] = 0.0
        self._out[place * self.width : (place + 1) * self.width] = np.nan
        self._laid = False

    def leave(self, variant: int, symbol: int) -> None:
        """Follow it no more; nothing if it did not."""
        seat = self._seats.pop((variant, symbol), None)
        if seat is not None:
            self._freed.append(seat.place)
            self._freed_memory.setdefault(seat.work, []).append(seat.at)
            self._laid = False

    def take(self, ticks: Records) -> None:
        """Step over ticks of any symbols, in order.

        Raises:
            CockpitError: a step raised.
        """
        if not self._laid:
            self._lay()
        if self._followers and len(ticks):
            self._run(ticks, self._arrays, self._addresses)

    def series(self, variant: int, symbol: int, ticks: Records) -> NDArray[np.float64]:
        """Step over ticks of this symbol with this variant alone; its lines after each of them, shape (ticks, lines).

        Raises:
            CockpitError: a step raised.
        """
        if not self._laid:
            self._lay()
        rows = np.full(max(len(ticks), 1) * self.width, np.nan)
        if len(ticks):
            first = np.zeros(symbol + 2, np.int64)
            first[symbol + 1] = 1
            one = np.array([(*self._seats[variant, symbol], variant)], FOLLOWER)
            arrays = (first, one, *self._arrays[2:-1], rows)
            self._run(ticks, arrays, _addresses(arrays))
        return rows[: len(ticks) * self.width].reshape(-1, self.width)

    def lines(self, variant: int, symbol: int) -> NDArray[np.float64]:
        """Its lines now, shape (lines,): a view until anything is added."""
        place = self._seats[variant, symbol].place
        return self._out[place * self.width : (place + 1) * self.width]

    def bars(self, variant: int, symbol: int) -> int | None:
        """How many bars it has seen close; None where its state holds no BAR_STATE."""
        state = self._states[self._seats[variant, symbol].place]
        field = next((name for name in state.dtype.names or () if state.dtype[name] == BAR_STATE), None)
        return None if field is None else int(state[field]["count"])

    def forget(self) -> None:
        """Nothing is known any more: what raised has values no longer."""
        self._out[:] = np.nan

    def save(self, variant: int, symbol: int) -> bytes:
        """All that changes while one follows, as bytes."""
        return b"".join(part.tobytes() for part in self._parts(variant, symbol))

    def restore(self, variant: int, symbol: int, data: bytes) -> None:
        """Go on where `save` was called.

        Raises:
            StoreError: the bytes are not of this variant.
        """
        parts = list(self._parts(variant, symbol))
        if len(data) != sum(part.nbytes for part in parts):
            raise StoreError(f"the saved state of {self.indicator.name} has {len(data):,} bytes, not {sum(p.nbytes for p in parts):,}")
        at = 0
        for part in parts:
            part.view(np.uint8)[:] = np.frombuffer(data, np.uint8, part.nbytes, at)
            at += part.nbytes

    def _parts(self, variant: int, symbol: int) -> Iterator[Records]:
        seat = self._seats[variant, symbol]
        yield self._states[seat.place : seat.place + 1]
        yield self._mem[seat.at : seat.at + seat.work]
        yield self.lines(variant, symbol)

    def _place(self) -> int:
        if self._freed:
            return self._freed.pop()
        if self._places == len(self._states):
            self._states = _grown(self._states, 2 * self._places)
            self._out = _grown(self._out, 2 * self._places * self.width)
        self._places += 1
        return self._places - 1

    def _room(self, work: int) -> int:
        if freed := self._freed_memory.get(work):
            return freed.pop()
        at, self._memory = self._memory, self._memory + work
        if self._memory > len(self._mem):
            self._mem = _grown(self._mem, 2 * self._memory)
        return at

    def _lay(self) -> None:
        """Followers by symbol, in the order of variants, and where each symbol's begin."""
        seats = sorted((symbol, variant, seat) for (variant, symbol), seat in self._seats.items())
        followers = np.array([(*seat, variant) for _, variant, seat in seats], FOLLOWER)
        counts = np.bincount([symbol for symbol, _, _ in seats]) if seats else np.zeros(0, np.int64)
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._arrays = (first, followers, self._states, self._mem, np.concatenate(self._params), self._out, np.empty(0))
        self._addresses = _addresses(self._arrays)
        self._followers = len(followers)
        self._laid = True

    def _run(self, ticks: Records, arrays: tuple[Records, ...], addresses: tuple[int, ...]) -> None:
        """The loop over what `core.indicators.loop.take` takes after the ticks."""
        assert ticks.flags.c_contiguous
        if not self._jit:
            try:
                self._take(*(array.view(np.recarray) if array.dtype.names else array for array in (ticks, *arrays)))
            except Exception as error:  # anything may be raised in there: it is somebody else's code
                raise CockpitError(f"{self.indicator.name} failed: {telling(error)}") from error
        elif self._take(ticks.ctypes.data, len(ticks), *addresses) != len(ticks):
            raise CockpitError(f"{self.indicator.name} failed: it raised inside its compiled step")


def _addresses(arrays: tuple[Records, ...]) -> tuple[int, ...]:
    """Address and length of each, as machine code takes them."""
    return tuple(value for array in arrays for value in (array.ctypes.data, len(array)))


def _grown(array: Records, size: int) -> Records:
    grown = np.zeros(size, array.dtype)
    whole = whole_of(array.dtype) if array.dtype.names else array.dtype
    grown[: len(array)].view(whole)[:] = array.view(whole)
    return grown
