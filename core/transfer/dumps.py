"""A venue's public daily dumps: what they are called, where they lie, and which of them are on the tape of a home already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from core.errors import UsageError
from core.store.span import tape_rows
from core.transfer.checksum import ENDING
from core.types import DAY

#: Where a venue's dumps lie unless the configuration says otherwise.
BASES = {"binance": "https://data.binance.vision"}

#: Folder of a home for dumps on their way.
FOLDER = "dumps"

_KINDS = {"aggTrade": "aggTrades", "trade": "trades"}

#: More days than anybody means.
_MOST_DAYS = 10_000


@dataclass(frozen=True, slots=True)
class Dump:
    """One UTC day of one symbol's prints.

    Source: https://github.com/binance/binance-public-data (spot, daily; times in ms, from 2025-01-01 on in µs).

    Attributes:
        symbol: bare, as the venue writes it.
        stream: aggTrade or trade.
        start_ns: midnight.
    """

    venue: str
    symbol: str
    stream: str
    start_ns: int

    @property
    def day(self) -> str:
        """Its date."""
        return datetime.fromtimestamp(self.start_ns // 1_000_000_000, UTC).date().isoformat()

    @property
    def name(self) -> str:
        """Of the file; nothing in it leads to another folder."""
        return f"{quote(self.symbol, safe='')}-{_KINDS[self.stream]}-{self.day}.zip"

    @property
    def path(self) -> str:
        """Below the base address."""
        return f"/data/spot/daily/{_KINDS[self.stream]}/{quote(self.symbol, safe='')}/{self.name}"

    def is_there(self, home: Path) -> bool:
        """Whether it was imported before, and the tape still has that day."""
        if not (home / FOLDER / f"{self.name}{ENDING}").exists():
            return False
        tape, symbol = home / "tape.db", f"{self.venue}:{self.symbol}"
        return tape.exists() and tape_rows(tape, symbol, self.stream, self.start_ns, self.start_ns + DAY) > 0


def days(from_ns: int, to_ns: int) -> list[int]:
    """The midnights of the UTC days from the one `from_ns` lies in to before `to_ns`.

    Raises:
        UsageError: there are none, or they are thousands.
    """
    found = range(from_ns // DAY * DAY, to_ns, DAY)
    if not found:
        raise UsageError("--from must be before --to")
    if len(found) > _MOST_DAYS:
        raise UsageError(f"{len(found):,} days are more than can be meant: the most are {_MOST_DAYS:,}")
    return list(found)
