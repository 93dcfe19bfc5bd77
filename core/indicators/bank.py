"""Many indicators at once, over many symbols: what follows the market live, and what charts and exports are made of.

A bank holds variants by name. `take` advances all of them over a batch of ticks of any symbols, one call of machine code an indicator;
values are the same bits however the ticks are split into batches.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import CockpitError, StoreError, UsageError
from core.indicators.definition import Indicator
from core.indicators.rack import Rack
from core.strategy import params_record
from core.types import BAR, TICK, Records, Symbols


class Followed(NamedTuple):
    """One variant of a bank: its rack and its number there, its parameters as bytes, and the symbols it follows, by index."""

    rack: Rack
    number: int
    params: bytes
    symbols: dict[int, None]


class Saved(msgspec.Struct, frozen=True, array_like=True):
    """The state of one variant on one symbol, of a version of its indicator, with these parameters."""

    name: str
    symbol: str
    version: str
    params: bytes
    state: bytes


class Bank:
    """Variants of indicators and what they know.

    Args:
        symbols: the process's symbol table; ticks name symbols by its indices.
        bars: the ticks are BAR records.
        jit: False runs the generated modules in plain Python: the reference.

    Attributes:
        failed: indicators whose step raised, and what: their values are NaN, and they follow no more.
    """

    def __init__(self, symbols: Symbols, *, bars: bool = False, jit: bool = True) -> None:
        self._symbols = symbols
        self._bars, self._jit = bars, jit
        self._racks: dict[tuple[str, str], Rack] = {}
        self._followed: dict[str, Followed] = {}
        self.failed: dict[str, str] = {}

    @property
    def names(self) -> list[str]:
        """The variants there are."""
        return list(self._followed)

    def add(self, name: str, indicator: Indicator, values: dict[str, Any], symbols: Iterable[str]) -> None:
        """Let a variant follow symbols, from the start; of one that is there already, these symbols as well.

        Args:
            values: the parameters a person gave, defaults for the rest.
            symbols: `venue:SYMBOL`.

        Raises:
            StrategyError: a parameter is refused, or the indicator does not compile.
            UsageError: the name stands for another variant.
        """
        params = indicator.params(values)
        key, record = (indicator.name, str(indicator.path)), params_record(params).tobytes()
        found = self._followed.get(name)
        if found is None:
            if key not in self._racks:
                self._racks[key] = Rack(indicator, bars=self._bars, jit=self._jit)
            found = self._followed[name] = Followed(self._racks[key], self._racks[key].add(params), record, {})
        elif found.rack.indicator is not indicator or found.params != record:
            raise UsageError(f"there is another variant called {name}: remove it first")
        for symbol in symbols:
            index = self._symbols.add(symbol)
            found.rack.follow(found.number, index)
            found.symbols[index] = None

    def remove(self, name: str, symbols: Iterable[str] | None = None) -> None:
        """Let a variant follow these symbols no more; without any named, and without any left, it is gone.

        Raises:
            UsageError: there is none of that name.
        """
        found = self._find(name)
        for index in list(found.symbols) if symbols is None else [self._symbols[s] for s in symbols if s in self._symbols]:
            found.rack.leave(found.number, index)
            found.symbols.pop(index, None)
        if not found.symbols:
            del self._followed[name]
            key = (found.rack.indicator.name, str(found.rack.indicator.path))
            if all(other.rack is not found.rack for other in self._followed.values()):
                del self._racks[key]

    def take(self, ticks: Records) -> None:
        """Advance every variant over the ticks of its symbols, in order: TICK records (BAR, where the bank is one of bars)."""
        self._check(ticks)
        for rack in self._racks.values():
            if rack.indicator.name in self.failed:
                continue
            try:
                rack.take(ticks)
            except CockpitError as error:
                self.failed[rack.indicator.name] = str(error)
                rack.forget()

    def index(self, symbol: str) -> int:
        """By which index ticks name a symbol that is followed."""
        return self._symbols[symbol]

    def series(self, name: str, symbol: str, ticks: Records) -> NDArray[np.float64]:
        """Advance one variant over ticks of one symbol it follows; its lines after each of them, shape (ticks, lines).

        Raises:
            CockpitError: its step raised.
            UsageError: it does not follow that symbol.
        """
        self._check(ticks)
        found, index = self._seat(name, symbol)
        return found.rack.series(found.number, index, ticks)

    def values(self, name: str, symbol: str) -> NDArray[np.float64]:
        """The lines of a variant on a symbol as of its newest tick, shape (lines,); NaN until known.

        Raises:
            UsageError: it does not follow that symbol.
        """
        found, index = self._seat(name, symbol)
        return found.rack.lines(found.number, index).copy()

    def bars(self, name: str, symbol: str) -> int | None:
        """How many bars a variant has seen close on a symbol; None where its state does not count them.

        Raises:
            UsageError: it does not follow that symbol.
        """
        found, index = self._seat(name, symbol)
        return found.rack.bars(found.number, index)

    def go_on_from(self, other: Bank, name: str, symbol: str) -> None:
        """Let a variant know of a symbol what it knows in another bank of the same table of symbols.

        Raises:
            UsageError: it does not follow that symbol, here or there.
            StoreError: it is of another indicator there, or of other parameters.
        """
        (ours, index), (theirs, _) = self._seat(name, symbol), other._seat(name, symbol)
        if ours.rack.version != theirs.rack.version or ours.params != theirs.params:
            raise StoreError(f"{name} is another variant in the other bank")
        ours.rack.restore(ours.number, index, theirs.rack.save(theirs.number, index))

    def snapshot(self) -> bytes:
        """All that changes while it runs."""
        rows = [
            Saved(name, self._symbols.names[index], found.rack.version, found.params, found.rack.save(found.number, index))
            for name, found in self._followed.items()
            for index in found.symbols
        ]
        return msgspec.msgpack.encode(rows)

    def restore(self, data: bytes) -> list[tuple[str, str]]:
        """Go on where a snapshot was taken; the (variant, symbol) that begin anew: not in it, or of another file or parameters.

        Raises:
            StoreError: it is no snapshot.
        """
        try:
            rows = msgspec.msgpack.decode(data, type=list[Saved])
        except msgspec.MsgspecError as error:
            raise StoreError(f"no snapshot of indicators: {error}") from error
        saved = {(row.name, row.symbol): row for row in rows}
        anew = []
        for name, found in self._followed.items():
            for index in found.symbols:
                symbol = self._symbols.names[index]
                row = saved.get((name, symbol))
                if row is None or row.version != found.rack.version or row.params != found.params:
                    anew.append((name, symbol))
                else:
                    found.rack.restore(found.number, index, row.state)
        return anew

    def _check(self, ticks: Records) -> None:
        wanted = BAR if self._bars else TICK
        if ticks.dtype != wanted:
            raise TypeError(f"a bank of {'bars' if self._bars else 'ticks'} takes records of {wanted.itemsize} bytes, not {ticks.itemsize}")

    def _find(self, name: str) -> Followed:
        if name not in self._followed:
            raise UsageError(f"no variant {name!r} is followed; there are: {', '.join(self._followed) or 'none'}")
        return self._followed[name]

    def _seat(self, name: str, symbol: str) -> tuple[Followed, int]:
        found = self._find(name)
        if symbol not in self._symbols or self._symbols[symbol] not in found.symbols:
            raise UsageError(f"{name} does not follow {symbol}")
        return found, self._symbols[symbol]
