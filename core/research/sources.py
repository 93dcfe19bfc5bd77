"""What `cockpit backtest SOURCE…` reads: files and folders of market data, or the tape of a home.

Files (`.csv`, `.csv.gz`, `.zip` with one or several members, Parquet, Feather, trades in JSON): Binance dumps of aggTrades,
trades and klines with or without header, OHLCV with a header, `timestamp,price`, and other headed trades; how columns are
told is in `source_layout` and `source_header`. A row that is no market data (a word for a number, NaN, a price that is not
positive, a field too few) refuses the file by row. Rows out of order are sorted by (time, id), duplicates dropped; both
are noted. A quantity that is not known is 0, and a participation limit does not apply to it.

The tape: `tape:SYMBOL[@FROM..TO]`, ISO-8601 or Unix times, FROM inclusive, TO exclusive, either may be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import SourceError
from core.research.source import Source
from core.research.source_file import FileSource
from core.research.source_kept import KeptRows, kept_folder
from core.research.source_many import Many, open_many
from core.research.source_select import select
from core.research.source_tape import is_tape, open_tape

__all__ = ["Many", "Source", "open_many", "open_source", "open_sources"]


def open_source(
    text: str,
    *,
    symbol: str | None = None,
    home: Path | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
    as_delivered: bool = False,
    cache: bool = False,
) -> Source:
    """Open one source; see `open_sources`."""
    return open_sources([text], symbol=symbol, home=home, from_ns=from_ns, to_ns=to_ns, as_delivered=as_delivered, cache=cache)


def open_sources(
    texts: Sequence[str],
    *,
    symbol: str | None = None,
    home: Path | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
    as_delivered: bool = False,
    cache: bool = False,
) -> Source:
    """Open several files or folders of one symbol as one series, or one tape.

    Args:
        texts: paths, or one `tape:SYMBOL[@FROM..TO]`.
        symbol: which one, where there are several or none is told; `BTCUSDT` or `binance:BTCUSDT`.
        home: the home whose tape is meant.
        from_ns: first time wanted, ns UTC; bars: none that opens before it.
        to_ns: the time at which to end, exclusive; bars: none that closes after it.
        as_delivered: of a tape, only what strategies were given, in the order they were given it.
        cache: of files, take what was parsed before from the cache, and keep there what is parsed.

    Raises:
        SourceError: one line naming what cannot be read, and why.
    """
    if from_ns is not None and to_ns is not None and from_ns >= to_ns:
        raise SourceError("--from must be before --to")
    if not texts or not all(text.strip() for text in texts):
        raise SourceError("no source given: name a file, a folder or tape:SYMBOL")
    if any(map(is_tape, texts)):
        if len(texts) > 1:
            raise SourceError("a tape is read alone: give one tape:SYMBOL, or files")
        return open_tape(texts[0], symbol, home, from_ns, to_ns, as_delivered)
    if as_delivered:
        raise SourceError("--as-delivered is for tape:SYMBOL; files do not record what was delivered")
    kept = KeptRows(kept_folder()) if cache else None
    return FileSource(", ".join(texts), select([Path(text) for text in texts], symbol, from_ns, to_ns), from_ns, to_ns, kept)
