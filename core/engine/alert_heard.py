"""Until when it is known what a price was: without a print, until a moment ago, where none can have been missed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.types import SECOND

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: A print may have been on its way for so long: until then a quiet price is not known to have stayed.
LATE_NS = SECOND


class Heard:
    """Symbols that printed since the feed is up: what was missed before is known by that, and asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._symbols: set[str] | None = None  # before `begin`

    def begin(self) -> None:
        """What was on the tape is looked at; prints are live ones from now on."""
        self._symbols = set()

    def note(self, symbols: Iterable[str], most: int) -> None:
        """These printed; there are `most` at all."""
        if self._symbols is not None and len(self._symbols) < most:
            self._symbols.update(symbols)

    def deafen(self) -> None:
        """The feed is not up: of no price it is known any more that it stayed where it was."""
        if self._symbols is not None:
            self._symbols.clear()

    def known_to(self, symbol: str, now_ns: int) -> int:
        """Until when (ns) a symbol's price is known."""
        engine = self._engine
        seen = engine.sentinel.book.marks[symbol].ts
        heard = self._symbols is not None and symbol in self._symbols and engine.feed_state.state == "live"
        return max(seen, now_ns - LATE_NS) if heard and engine.symbols[symbol] not in engine.market.held else seen
