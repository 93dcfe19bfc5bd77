"""A source made of files: their rows ordered, merged, each once, cut to the wanted times and numbered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from core.clock import iso
from core.errors import SourceError
from core.research.source import Source
from core.research.source_bytes import Reading
from core.research.source_check import Check
from core.research.source_columns import SHORTEST_MONTH
from core.research.source_kept import KeptRows
from core.research.source_name import clean, plain_symbol, read_name
from core.research.source_order import Counts, gather, in_order, merged, once, turned
from core.research.source_select import Selection
from core.research.source_table import Table, Wanted
from core.research.source_times import mixed
from core.types import Records

_MOST_ROWS = 1 << 20
#: Forms whose ids are dense: each next is one more, so a missing one is a missing trade.
_DENSE = frozenset({"aggTrades"})


class FileSource(Source):
    """The rows of one or more files of one symbol, from `from_ns` to before `to_ns` (bars: those wholly inside).

    Attributes:
        has_ids: rows carry the venue's own trade ids; else they are numbered.
        named: the symbol that the first file's name tells, None where it tells none.
    """

    def __init__(
        self, text: str, selection: Selection, from_ns: int | None = None, to_ns: int | None = None, kept: KeptRows | None = None
    ) -> None:
        table = selection.tables[0]
        super().__init__(text, table.kind, table.form, selection.symbol, selection.interval)
        self._selection, self._from, self._to, self._kept = selection, from_ns, to_ns, kept
        self._readings: list[Reading] = []
        self.has_ids = all(table.has_ids for table in selection.tables)
        self.named = read_name(table.file.title).symbol
        self._is_numbered = self.kind == "ticks" and not self.has_ids
        self.notes = list(selection.notes)
        self.total_bytes = sum(table.file.size for table in selection.tables)

    @property
    def bytes_read(self) -> int:
        """How many of `total_bytes` are read so far."""
        return sum(reading.done for reading in self._readings)

    def batches(self) -> Iterator[Records]:
        """As `Source.batches`."""
        counts, tables = Counts(), self._selection.tables
        tolerances = [table.tolerance for table in tables]
        tolerance = None if None in tolerances else max(t for t in tolerances if t is not None)
        check = Check(self.kind, tolerance=tolerance, interval=self.interval_ns, since_ns=self.since_ns)
        self.verdict = None
        self.notes = list(self._selection.notes)
        self._readings = [Reading(None if self.told is None else partial(self.told, 0)) for _ in tables]
        firsts = [-1 if table.is_newest_first else table.first_ns for table in tables]
        opened = [partial(self._stream, table, reading, counts) for table, reading in zip(tables, self._readings, strict=True)]
        rows: Iterator[Records] = self._within(merged(firsts, opened), check)
        if not self._is_numbered:
            rows = once(rows, counts, self.kind == "bars", clean(self.text))
        seq = 1
        for batch in rows:
            batch["seq"] = np.arange(seq, seq + len(batch))
            if self._is_numbered:
                batch["id"] = batch["seq"]
            seq += len(batch)
            check.take(batch)
            for start in range(0, len(batch), _MOST_ROWS):
                yield batch[start : start + _MOST_ROWS]
        if seq == 1:
            raise SourceError(f"{clean(self.text)}: no {self.kind} of {self.symbol}{self._span()}")
        self.verdict = check.verdict(counts.moved, counts.dropped)
        remarks = dict.fromkeys(remark for reading in self._readings for remark in mixed(reading.times))
        self.notes += [*self._said(counts), *remarks, *self.verdict.odd, *(self._kept.notes if self._kept is not None else ())]

    def _stream(self, table: Table, reading: Reading, counts: Counts) -> Iterator[Records]:
        symbol = plain_symbol(self.symbol) if table.symbols else None
        wanted = Wanted(self.interval_ns, symbol, self._selection.is_chosen)
        parse = partial(_parsed, table, wanted, reading)
        rows = parse() if self._kept is None else self._kept.rows(table.file, wanted, reading, parse)
        if table.is_newest_first:
            return turned(rows, counts, table.file.name, not table.has_ids and self.kind == "ticks", table.file.size)
        return in_order(rows, counts, table.file.name)

    def _within(self, batches: Iterator[Records], check: Check) -> Iterator[Records]:
        begin = "start" if self.kind == "bars" else "ts"
        for batch in batches:
            if self._to is not None and batch["ts"][0] >= self._to + (1 if self.kind == "bars" else 0):
                check.aside(batch)
                return
            keep = np.ones(len(batch), np.bool_)
            if self._from is not None:
                keep &= batch[begin] >= self._from
            if self._to is not None:
                keep &= (batch["ts"] <= self._to) if self.kind == "bars" else (batch["ts"] < self._to)
            if keep.all():
                yield batch
                continue
            check.aside(batch.compress(~keep))
            if keep.any():
                yield batch.compress(keep)

    def _span(self) -> str:
        return (f" from {iso(self._from)}" if self._from is not None else "") + (f" to {iso(self._to)}" if self._to is not None else "")

    def _said(self, counts: Counts) -> list[str]:
        said = []
        if counts.turned:
            said.append(f"{_are(counts.turned, 'row')} newest first and turned round")
        if counts.moved:
            said.append(f"{_are(counts.moved, 'row')} out of order and sorted by time and id")
        if counts.dropped:
            said.append(f"{_are(counts.dropped, 'duplicate row')} dropped")
        if self.kind == "bars" and counts.missing_ids and self.interval_ns < SHORTEST_MONTH:
            said.append(f"{_are(counts.missing_ids, 'bar')} missing between the first and the last")
        if self.form in _DENSE and counts.missing_ids:
            said.append(f"{_are(counts.missing_ids, 'trade id')} missing between the first and the last")
        return said


def _parsed(table: Table, wanted: Wanted, reading: Reading) -> Iterator[Records]:
    return gather(table.rows(wanted, reading))


def _are(count: int, what: str) -> str:
    return f"{count:,} {what} was" if count == 1 else f"{count:,} {what}s were"
