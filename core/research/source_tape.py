"""A source that is a stretch of a home's tape: `tape:SYMBOL[/STREAM][@FROM..TO]`; the stream is named where the tape holds two."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.clock import iso, parse_time
from core.errors import SourceError, UsageError
from core.research.read_ahead import read_ahead
from core.research.source import Source
from core.research.source_check import Check
from core.research.source_name import clean, plain_symbol
from core.research.source_tape_gaps import ends_after, lacking, lacks, listed_between
from core.research.source_verdict import Holes
from core.types import Origin, Records, Symbols, join

PREFIX = "tape:"

#: Names that mean every symbol of the tape.
EVERY = ("", "*")

_WINDOW_ROWS = 1 << 16


def is_tape(text: str) -> bool:
    """Whether a source names a tape."""
    return text.startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a `tape:` names."""

    symbol: str
    stream: str | None
    from_ns: int | None
    to_ns: int | None


def parse_tape(text: str) -> Stretch:
    """Read `tape:SYMBOL[/STREAM][@FROM..TO]`.

    Raises:
        SourceError: it does not read so, or a time is no time.
    """
    name, at, span = text.removeprefix(PREFIX).partition("@")
    symbol, _, stream = name.partition("/")
    begin, dots, end = span.partition("..")
    if not symbol or (at and not dots):
        raise SourceError(f"{clean(text)}: a tape is tape:SYMBOL or tape:SYMBOL@FROM..TO, such as tape:BTCUSDT@2024-08-08..2024-08-09")
    try:
        from_ns, to_ns = (parse_time(moment.strip()) if moment.strip() else None for moment in (begin, end))
    except UsageError as error:
        raise SourceError(f"{clean(text)}: {error}") from None
    if from_ns is not None and to_ns is not None and from_ns >= to_ns:
        raise SourceError(f"{clean(text)}: FROM must be before TO")
    return Stretch(symbol, stream or None, from_ns, to_ns)


def open_tape(text: str, symbol: str | None, home: Path | None, from_ns: int | None, to_ns: int | None, as_delivered: bool) -> TapeSource:
    """Open a stretch of the tape of a home; the narrower of its own and the given times counts.

    Raises:
        SourceError: no home or tape there, or the tape holds no such series or several that fit.
        StoreError: the tape cannot be read.
    """
    stretch = parse_tape(text)
    if symbol is not None and plain_symbol(symbol) != plain_symbol(stretch.symbol):
        raise SourceError(f"{clean(text)}: --symbol {clean(symbol)} is another symbol; leave it out")
    path = None if home is None else home / "tape.db"
    if path is None or not path.exists():
        raise SourceError(f"{clean(text)}: no tape in {home or 'this home'}; record one with cockpit --record")
    name, stream = find_series(path, stretch, text)
    begin = max((ns for ns in (stretch.from_ns, from_ns) if ns is not None), default=None)
    end = min((ns for ns in (stretch.to_ns, to_ns) if ns is not None), default=None)
    return TapeSource(text, path, name, stream, begin, end, as_delivered)


def find_series(path: Path, stretch: Stretch, text: str) -> tuple[str, str]:
    """(symbol, stream) of the series on the tape that a stretch names.

    Raises:
        SourceError: there is none, or several.
    """
    from core.store.span import tape_series

    series = tape_series(path)
    wanted = stretch.symbol.upper()
    fits = [(name, stream) for name, stream in series if wanted in (name.upper(), name.rpartition(":")[2].upper())]
    fits = [(name, stream) for name, stream in fits if stretch.stream in (None, stream)]
    if len(fits) == 1:
        return fits[0]
    shown = ", ".join(f"{PREFIX}{name}/{stream}" for name, stream in (fits or series)[:12])
    if fits:
        raise SourceError(f"{clean(text)}: several series fit, choose one of {shown}")
    raise SourceError(f"{clean(text)}: not on the tape in {path.parent}; it holds {shown or 'nothing yet'}")


class TapeSource(Source):
    """Ticks of one series of a tape: every one by (ts, id), or as strategies were given them, by seq.

    Attributes:
        path: the tape's file.
        stream: the kind of prints.
        from_ns, to_ns: the stretch, `to_ns` exclusive; None: from the beginning, to the end.
    """

    def __init__(self, text: str, path: Path, symbol: str, stream: str, from_ns: int | None, to_ns: int | None, as_delivered: bool) -> None:
        from core.store.span import tape_rows

        super().__init__(text, "ticks", "tape as delivered" if as_delivered else "tape", symbol)
        self.path, self.stream, self._as_delivered = path, stream, as_delivered
        self.from_ns, self.to_ns = from_ns, to_ns
        self.total_rows = tape_rows(path, symbol, stream, from_ns, to_ns) or None
        self._lacks = lacks(path, symbol, stream)

    def listed(self) -> Holes | None:
        """As `Source.listed`; what strategies were given lacked the same prints, which is what happened."""
        return None if self._as_delivered else lacking(listed_between(self._lacks, self.from_ns, self.to_ns, self.since_ns))

    def batches(self) -> Iterator[Records]:
        """As `Source.batches`; `seq` is the tape's, 0 for ticks that were imported or came too late to be delivered."""
        self.notes = []
        self.verdict, check = None, Check("ticks", complete=True)
        rows = late = imported = 0
        lowest, highest = 1 << 63, -1
        for batch in self._read():
            rows += len(batch)
            lowest, highest = min(lowest, int(batch["id"].min())), max(highest, int(batch["id"].max()))
            check.take(batch)
            if not batch["seq"].all():
                from_import = batch["origin"].compress(batch["seq"] == 0) == Origin.IMPORT
                imported += int(from_import.sum())
                late += int((~from_import).sum())
            yield batch
        if not rows:
            begin, end = (
                ("the start" if self.from_ns is None else iso(self.from_ns)),
                ("the end" if self.to_ns is None else iso(self.to_ns)),
            )
            raise SourceError(f"{self.text}: the tape holds no ticks of {self.symbol} from {begin} to {end}")
        if imported:
            self.notes.append(f"{imported:,} of the ticks were imported, strategies never saw them live; --as-delivered leaves them out")
        if late:
            self.notes.append(f"{late:,} of the ticks came too late to be delivered live; --as-delivered leaves them out")
        holes = lacking([gap for gap in self._lacks if lowest < gap.from_id and gap.to_id < highest and ends_after(gap, self.since_ns)])
        if holes is not None and self._as_delivered:
            self.notes.append(f"{holes.words()}, as they were when this was live")
        self.verdict = check.verdict(listed=None if self._as_delivered else holes)
        self.notes += self.verdict.odd

    def _read(self) -> Iterator[Records]:
        from core.compile.laying import fast_lay_out
        from core.store.scan import scan_ticks

        windows = scan_ticks(
            self.path, self.symbol, self.stream, from_ns=self.from_ns, to_ns=self.to_ns, as_delivered=self._as_delivered,
            symbols=Symbols([self.symbol]), rows=_WINDOW_ROWS, lay_out=fast_lay_out(self.total_rows or 0),
        )  # fmt: skip
        with closing(read_ahead(_whole(windows))) as ahead:
            yield from ahead


def _whole(windows: Generator[list[Records], None, None]) -> Generator[Records, None, None]:
    """Each window as one array: fewer calls for the two threads to meet in."""
    with closing(windows):
        for window in windows:
            yield join(window)
