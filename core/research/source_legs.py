"""The sources of a strategy's legs as one: their rows by time, each with the number of its leg as its symbol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.clock import iso
from core.errors import SourceError
from core.research.source import Source
from core.research.source_merge import merged
from core.research.source_name import clean, plain_symbol
from core.research.source_verdict import Holes, Verdict
from core.research.sources import open_many, open_source, open_sources
from core.types import BAR, TICK, Records, copied, interval_text

#: Share of the whole span that one leg may lack before it is said.
UNEVEN = 0.05


class LegsSource(Source):
    """Ticks or bars of several symbols by (ts, leg); `symbol` and `leg` are its number, `seq` counts all rows from 1.

    Args:
        legs: one source a leg, in their order.
        as_delivered: they are of one tape, and come by its `seq`, which stays as it is.

    Raises:
        SourceError: one symbol twice, prints beside bars, or bars of two lengths.
    """

    def __init__(self, legs: Sequence[Source], *, as_delivered: bool = False) -> None:
        first = legs[0]
        names = [leg.symbol for leg in legs]
        if len(set(names)) < len(names):
            raise SourceError(f"{clean(names[0])} twice: each leg needs a symbol of its own")
        for leg in legs[1:]:
            if (leg.kind, leg.interval_ns) != (first.kind, first.interval_ns):
                raise SourceError(f"{_kind(first)} and {_kind(leg)}: legs take prints of all, or bars of one length")
        form = first.form if all(leg.form == first.form for leg in legs) else ", ".join(leg.form for leg in legs)
        super().__init__(", ".join(leg.text for leg in legs), first.kind, form, ",".join(names), first.interval_ns)
        self.legs, self._as_delivered = list(legs), as_delivered
        rows, sizes = [leg.total_rows for leg in legs], [leg.total_bytes for leg in legs]
        self.total_rows = sum(filter(None, rows)) if all(rows) else None
        self.total_bytes = sum(filter(None, sizes)) if all(sizes) else None

    @property
    def symbols(self) -> list[str]:
        return [leg.symbol for leg in self.legs]

    @property
    def bytes_read(self) -> int:
        return sum(leg.bytes_read for leg in self.legs)

    def listed(self) -> Holes | None:
        return next(filter(None, (leg.listed() for leg in self.legs)), None)

    def batches(self) -> Iterator[Records]:
        self.verdict, self.notes, seq = None, [], 1
        spans: dict[int, tuple[int, int]] = {}
        for leg in self.legs:
            leg.since_ns, leg.told = self.since_ns, self.told
        series = [_numbered(leg, number, spans) for number, leg in enumerate(self.legs)]
        for rows in merged(series, BAR if self.kind == "bars" else TICK, "seq" if self._as_delivered else "ts"):
            if not self._as_delivered:
                rows["seq"] = np.arange(seq, seq + len(rows))
                seq += len(rows)
            yield rows
        self.notes += _uneven([(leg.symbol, *spans[number]) for number, leg in enumerate(self.legs)])
        self.verdict = _of_all([leg.verdict for leg in self.legs if leg.verdict is not None])
        self.notes += [f"{leg.symbol}: {note}" for leg in self.legs for note in leg.notes]


def open_leg_sources(
    texts: Sequence[str],
    count: int,
    *,
    symbol: str | None = None,
    home: Path | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
    as_delivered: bool = False,
    cache: bool = False,
) -> LegsSource:
    """The sources of a strategy of `count` legs: one text a leg, in their order, or of what the texts hold the symbols that are named.

    Args:
        texts, home, from_ns, to_ns, as_delivered, cache: as of `open_sources`.
        symbol: those of all legs, in their order, with commas between; None: each text is a leg.

    Raises:
        SourceError: one cannot be opened, or it cannot be told which is which.
    """
    names = symbol.split(",") if symbol else []
    if len(names) != count if names else len(texts) != count:
        raise SourceError(f"name {count} sources, one for each leg in their order, or the symbols: --symbol {','.join('ABCDEFGH'[:count])}")
    if as_delivered:
        each = [[text.replace("*", name) for text in texts] for name in names] or [[text] for text in texts]
        legs = [open_sources(leg, home=home, from_ns=from_ns, to_ns=to_ns, as_delivered=True) for leg in each]
        return LegsSource(legs, as_delivered=True)
    if not names:
        return LegsSource([open_source(text, home=home, from_ns=from_ns, to_ns=to_ns, cache=cache) for text in texts])
    many = open_many(texts, symbols=names, home=home, from_ns=from_ns, to_ns=to_ns, cache=cache)
    by_name = {plain_symbol(name): source for name, source in many.sources.items()}
    lost = [name for name in names if plain_symbol(name) not in by_name]
    if lost:
        raise SourceError("; ".join(many.refused.values()) or f"no rows of {clean(', '.join(lost))}")
    return LegsSource([by_name[plain_symbol(name)] for name in names])


def _numbered(leg: Source, number: int, spans: dict[int, tuple[int, int]]) -> Iterator[Records]:
    for batch in leg.batches():
        batch = copied(batch)  # it may be kept by who made it
        batch["symbol"] = batch["leg"] = number
        if len(batch):
            spans[number] = spans.get(number, (int(batch["ts"][0]), 0))[0], int(batch["ts"][-1])
        yield batch


def _uneven(spans: Sequence[tuple[str, int, int]]) -> list[str]:
    """That legs do not reach over the same time, of (symbol, first, last) of each: what only one of them has trades nothing.

    Raises:
        SourceError: there is no time at which all of them are there.
    """
    late, early = max(spans, key=lambda leg: leg[1]), min(spans, key=lambda leg: leg[2])
    begin, end = late[1], early[2]
    if end < begin:
        words = f"{clean(early[0])} ends {_second(end)}, before {clean(late[0])} begins {_second(begin)}"
        raise SourceError(f"{words}: legs need a time at which all are there")
    whole = max(last for _, _, last in spans) - min(first for _, first, _ in spans)
    if whole - (end - begin) <= UNEVEN * whole:
        return []
    each = ", ".join(f"{clean(name)} {_second(first)} to {_second(last)}" for name, first, last in spans)
    return [f"the legs are of unequal spans: {each}; together only {_second(begin)} to {_second(end)}"]


def _second(ns: int) -> str:
    return f"{iso(ns)[:19]}Z"


def _kind(source: Source) -> str:
    what = f"bars of {interval_text(source.interval_ns)}" if source.kind == "bars" else "prints"
    return f"{clean(source.symbol)} has {what}"


def _of_all(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The worst word, and what is missing of the first leg that lacks any."""
    if not verdicts:
        return None
    worst = max(verdicts, key=lambda one: ("good", "doubtful", "gaps").index(one.verdict))
    return Verdict(
        verdict=worst.verdict,
        rows=sum(one.rows for one in verdicts),
        holes=next((one.holes for one in verdicts if one.holes is not None), None),
        small=next((one.small for one in verdicts if one.small is not None), None),
        moved=sum(one.moved for one in verdicts),
        dropped=sum(one.dropped for one in verdicts),
        outliers=sum(one.outliers for one in verdicts),
        flat=max(one.flat for one in verdicts),
        step_ns=worst.step_ns,
        silence=worst.silence,
        odd=tuple(words for one in verdicts for words in one.odd),
    )
