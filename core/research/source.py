"""A source of a backtest: the ticks or bars of one symbol, in the order they are to be seen, a batch at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from core.research.source_layout import Kind
from core.research.source_verdict import Holes, Verdict
from core.types import Records, join


class Source(ABC):
    """Ticks or bars of one symbol.

    Attributes:
        text: what was asked for, as typed.
        kind: "ticks" (TICK records) or "bars" (BAR records).
        form: what the rows were: aggTrades, trades, klines, OHLCV, prices or tape.
        symbol: `venue:SYMBOL`.
        interval_ns: length of a bar; 0 for ticks.
        total_rows: rows to come, where that is known without reading.
        total_bytes: bytes on disk to be read, where it is files.
        notes: what was set right or is missing, in words; complete once `batches` has run out.
        verdict: how good the rows were; None until `batches` has run out.
        since_ns: what is missing before this time does not matter: it only warms up. To be set before `batches`.
        told: called now and then while it is read, by whatever thread reads, with the rows that nobody is given (they only warm up), or 0.
            To be set before `batches`.
    """

    total_rows: int | None = None
    total_bytes: int | None = None
    verdict: Verdict | None = None
    since_ns: int = 0
    told: Callable[[int], None] | None = None

    def __init__(self, text: str, kind: Kind, form: str, symbol: str, interval_ns: int = 0) -> None:
        self.text, self.kind, self.form, self.symbol, self.interval_ns = text, kind, form, symbol, interval_ns
        self.notes: list[str] = []

    @property
    def symbols(self) -> list[str]:
        """Whose rows these are, by the `symbol` of a row."""
        return [self.symbol]

    @property
    def bytes_read(self) -> int:
        """How many of `total_bytes` are read so far."""
        return 0

    @abstractmethod
    def batches(self) -> Iterator[Records]:
        """The rows from the start, up to about a million at a time, by (ts, id).

        `symbol` and `leg` are 0, `seq` counts the rows from 1 (a tape's keep their own), an unknown quantity is 0,
        an unknown bid or ask NaN. Each call reads anew.

        Raises:
            SourceError: what cannot be read, by file and row; or there is no row at all.
        """

    def listed(self) -> Holes | None:
        """Holes that are known before anything is read."""
        return None

    def load(self) -> Records:
        """All rows at once."""
        parts = list(self.batches())
        return join(parts, parts[0].dtype)


def share(source: Source, done: int) -> float | None:
    """How much of the source is done, 0..1; None where nobody knows its length."""
    if source.total_rows:
        return min(done / source.total_rows, 1.0)
    if source.total_bytes:
        return min(source.bytes_read / source.total_bytes, 1.0)
    return None
