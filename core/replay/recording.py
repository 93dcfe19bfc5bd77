"""What a replay plays: stretches of a tape, or files of trades, merged into one order by (time, symbol, id)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.clock import iso
from core.errors import SourceError, one_line
from core.research.source import Source
from core.research.source_merge import merged
from core.research.source_tape import PREFIX, TapeSource, is_tape
from core.research.sources import open_sources
from core.store.reader import read_ticks
from core.store.span import tape_rows, tape_series, tape_windows
from core.types import SECOND, TICK, Records, Symbols

#: Ids that are read at once, about, of all tracks together: what is played is merged from pieces of each, of which there may be hundreds.
PIECE = 1 << 16

#: How rows of files are told as a stream of prints.
_STREAMS = {"aggTrades": "aggTrade", "trades": "trade"}


class Place(NamedTuple):
    """Where in a track: the last print that is over."""

    ts: int
    id: int


class Track:
    """The prints of one symbol, oldest first.

    Attributes:
        symbol: `venue:SYMBOL`.
        stream: which kind of prints.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.symbol = source.symbol
        self.stream = source.stream if isinstance(source, TapeSource) else _STREAMS.get(source.form, "trade")

    def batches(self, index: int, after: Place | None = None, piece: int = PIECE) -> Iterator[Records]:
        """TICK records by (ts, id) with this symbol index, behind a place; of a tape about so many ids at a time, or five minutes of it."""
        for ticks in self._pieces(after, piece):
            if after is not None:
                ticks = ticks.compress((ticks["ts"] > after.ts) | ((ticks["ts"] == after.ts) & (ticks["id"] > after.id)))
            if len(ticks):
                ticks["symbol"] = index
                yield ticks

    def span(self) -> tuple[int, int]:
        """(from, to) ns: the times of its first and last print; `to` is 0 where only reading all of it would tell.

        Raises:
            SourceError: it holds no prints.
        """
        first = next(self.batches(0), None)
        if first is None:
            raise SourceError(f"{one_line(self.source.text)}: {self.symbol} has no prints there")
        last: Records | None = None
        if isinstance(self.source, TapeSource):
            windows = self._windows(None, PIECE)
            last = next((ticks for start, stop in reversed(windows) if len(ticks := self._read(start, stop))), None)
        return int(first["ts"][0]), 0 if last is None else int(last["ts"][-1])

    def before(self, start: int, until: int, most: int) -> Records:
        """What the tape holds from `start` to before `until`, the last `most` prints of it, about; nothing where it is no tape.

        The stretch that is played does not limit it.
        """
        source = self.source
        if not isinstance(source, TapeSource) or start >= until:
            return np.empty(0, TICK)
        while tape_rows(source.path, self.symbol, self.stream, start, until) > most and until - start > SECOND:
            start = until - (until - start) // 2
        return read_ticks(source.path, self.symbol, self.stream, from_ns=start, to_ns=until, symbols=Symbols([self.symbol]))

    def _pieces(self, after: Place | None, piece: int) -> Iterator[Records]:
        if not isinstance(self.source, TapeSource):
            yield from self.source.batches()
            return
        for start, stop in self._windows(after, piece):
            yield self._read(start, stop)

    def _windows(self, after: Place | None, piece: int) -> list[tuple[int, int]]:
        source = self.source
        assert isinstance(source, TapeSource)
        low = max(source.from_ns or 0, after.ts if after else 0)
        high = source.to_ns
        windows = tape_windows(source.path, self.symbol, self.stream, piece)
        cut = [(max(start, low), stop if high is None else min(stop, high)) for start, stop in windows]
        return [(start, stop) for start, stop in cut if start < stop]

    def _read(self, start: int, stop: int) -> Records:
        source = self.source
        assert isinstance(source, TapeSource)
        return read_ticks(source.path, self.symbol, self.stream, from_ns=start, to_ns=stop, symbols=Symbols([self.symbol]))


class Recording:
    """Several symbols of one venue.

    Attributes:
        venue, stream: of all of them.
        begin_ns, end_ns: of the first and the last print; the end is 0 where it is not known.
    """

    def __init__(self, tracks: Sequence[Track]) -> None:
        self.tracks = sorted(tracks, key=lambda track: track.symbol)
        self.venue = self.tracks[0].symbol.partition(":")[0]
        self.stream = self.tracks[0].stream
        spans = [track.span() for track in self.tracks]
        self.begin_ns = min(first for first, _ in spans)
        self.end_ns = max(last for _, last in spans) if all(last for _, last in spans) else 0

    @property
    def names(self) -> list[str]:
        """Bare symbols."""
        return [track.symbol.partition(":")[2] for track in self.tracks]

    def batches(self, symbols: Symbols, after: dict[str, Place]) -> Iterator[Records]:
        """Everything behind these places, by (time, symbol, id)."""
        piece = PIECE // len(self.tracks)
        return merged([track.batches(symbols.add(track.symbol), after.get(track.symbol), piece) for track in self.tracks])

    def track(self, name: str) -> Track:
        """That of a bare symbol."""
        return self.tracks[self.names.index(name)]


def open_recording(texts: Sequence[str], home: Path, *, from_ns: int | None = None, to_ns: int | None = None) -> Recording:
    """Open what is to be played; each text is a symbol of its own, `tape:*[@FROM..TO]` all symbols of the tape.

    Args:
        texts: as `core.research.sources` reads them.
        home: the home whose tape is meant.

    Raises:
        SourceError: one line that says what cannot be played, and why.
        StoreError: the tape cannot be read.
    """
    tracks = [Track(open_sources([text], home=home, from_ns=from_ns, to_ns=to_ns)) for text in _spelled(texts, home)]
    if not tracks:
        raise SourceError("nothing to play: name a file, a folder, tape:SYMBOL or tape:* with @FROM..TO behind it")
    for track in tracks:
        if track.source.kind != "ticks":
            raise SourceError(f"{one_line(track.source.text)}: these are bars, and a replay plays trades")
    seen = [track.symbol for track in tracks]
    twice = next((symbol for symbol in seen if seen.count(symbol) > 1), None)
    if twice:
        raise SourceError(f"{one_line(twice)} is named twice: a replay plays one stretch of it")
    for what, kinds in (("venues", {symbol.partition(":")[0] for symbol in seen}), ("streams", {track.stream for track in tracks})):
        if len(kinds) > 1:
            raise SourceError(f"one replay plays one of the {what}, not {one_line(' and '.join(sorted(kinds)))}")
    return Recording(tracks)


def _spelled(texts: Sequence[str], home: Path) -> list[str]:
    """Each symbol by its name."""
    spelled: list[str] = []
    for text in texts:
        name, at, span = text.partition("@")
        if is_tape(text) and name.removeprefix(PREFIX) in ("*", ""):
            if not (home / "tape.db").exists():
                raise SourceError(f"{one_line(text)}: no tape in {home}; record one with cockpit --record")
            spelled += [f"{PREFIX}{symbol}/{stream}{at}{span}" for symbol, stream in tape_series(home / "tape.db")]
        else:
            spelled.append(text)
    return spelled


def told(recording: Recording) -> str:
    """What is played, in words."""
    names = ", ".join(recording.names[:6]) + (f" and {len(recording.names) - 6} more" if len(recording.names) > 6 else "")
    return f"{names} from {iso(recording.begin_ns)}" + (f" to {iso(recording.end_ns)}" if recording.end_ns else "")
