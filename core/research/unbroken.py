"""How much some tapes lack, before anything is run over them, and the longest stretch in which they lack nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.research.source_tape import EVERY, PREFIX, Stretch, find_series, is_tape, parse_tape
from core.research.source_tape_gaps import lacking, lacks, listed_between
from core.source_view import Lacking
from core.store.gaps import Gap
from core.store.held import held, id_range
from core.store.span import tape_series

Span = tuple[int, int]


def lacking_in(texts: Sequence[str], home: Path, from_ns: int | None = None, to_ns: int | None = None) -> Lacking | None:
    """What those of some sources lack that are tapes; None where that is nothing.

    Args:
        texts: as of `open_many`; files are passed over.
        from_ns, to_ns: the narrower of these and a tape's own times counts. What is missing before `from_ns` only is no matter.

    Raises:
        SourceError: a tape cannot be meant.
        StoreError: the tape cannot be read.
    """
    path, gaps, edges = home / "tape.db", [], []
    for symbol, stream, stretch in _series(path, filter(is_tape, texts)):
        begin = max((ns for ns in (stretch.from_ns, from_ns) if ns is not None), default=None)
        end = min((ns for ns in (stretch.to_ns, to_ns) if ns is not None), default=None)
        gaps += listed_between(lacks(path, symbol, stream), stretch.from_ns, end, begin or 0)
        ends = _ends(path, symbol, stream)
        if ends is not None:
            edges.append((begin if begin is not None else ends[0], end if end is not None else ends[1]))
    found = lacking(gaps)
    if found is None or not edges:
        return None
    whole = min(begin for begin, _ in edges), max(end for _, end in edges)
    best = max(_between(gaps, whole), key=lambda span: span[1] - span[0])
    return Lacking(
        found.missing,
        found.places,
        sum(gap.to_id - gap.from_id + 1 for gap in gaps if gap.state == "open"),
        None if best[0] == whole[0] else best[0],
        None if best[1] == whole[1] else best[1],
        max(0, best[1] - best[0]),
    )


def _series(path: Path, texts: Iterator[str]) -> Iterator[tuple[str, str, Stretch]]:
    """(symbol, stream, times) of each series that is named."""
    for text in texts:
        name, at, span = text.removeprefix(PREFIX).partition("@")
        if name in EVERY:
            stretch = parse_tape(f"{PREFIX}X{at}{span}")
            yield from ((symbol, stream, stretch) for symbol, stream in tape_series(path))
        else:
            stretch = parse_tape(text)
            yield *find_series(path, stretch, text), stretch


def _ends(path: Path, symbol: str, stream: str) -> Span | None:
    """When the first and the last print of a series were, by id; None while it has none."""
    ids = id_range(path, symbol, stream)
    if ids is None:
        return None
    first, last = (int(held(path, symbol, stream, np.array([id_], np.int64))["ts"][0]) for id_ in ids)
    return first, last


def _between(gaps: Sequence[Gap], whole: Span) -> Iterator[Span]:
    """The stretches before, between and after gaps."""
    at = whole[0]
    for begin, end in sorted((gap.from_ns, gap.to_ns) for gap in gaps if gap.from_ns is not None and gap.to_ns is not None):
        yield at, begin
        at = max(at, end)
    yield at, whole[1]
