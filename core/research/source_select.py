"""From paths to the tables of one symbol: folders and zips are searched, the symbol is told by name, column or choice."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import SourceError
from core.research.source_bytes import DataFile, Reading, data_files, is_data_name, is_foreign_name
from core.research.source_feather import read_feather
from core.research.source_json import is_json, read_json
from core.research.source_name import DEFAULT_VENUE, Named, clean, is_venue, plain_symbol, read_name
from core.research.source_parquet import read_parquet
from core.research.source_parse import read_csv
from core.research.source_stream import opened
from core.research.source_table import Table
from core.types import DAY, interval_text, split_symbol

#: Endings of JSON.
JSON = (".json", ".jsonl", ".ndjson")

_MOST_SHOWN = 12
#: Characters of a symbol.
_MOST_SYMBOL = 40


@dataclass(frozen=True, slots=True)
class Selection:
    """The tables of one symbol, to be read as one series.

    Attributes:
        symbol: `venue:SYMBOL`.
        is_chosen: the symbol was given, so rows of others are passed over.
        interval: ns of a bar, 0 for ticks.
        notes: what was left out and why.
    """

    symbol: str
    is_chosen: bool
    tables: list[Table]
    interval: int
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A file, what its name tells, and whether it was asked for."""

    file: DataFile
    named: Named
    was_asked: bool  # by its own path, not found in a folder or zip


def select(paths: Sequence[Path], symbol: str | None, from_ns: int | None, to_ns: int | None) -> Selection:
    """Find the series.

    Raises:
        SourceError: nothing there, several symbols and none chosen, or forms that do not go together.
    """
    shown = clean(", ".join(map(str, paths)))
    return select_from([one for path in paths for one in found_in(path)], shown, symbol, from_ns, to_ns)


def select_from(found: Sequence[Found], shown: str, symbol: str | None, from_ns: int | None, to_ns: int | None) -> Selection:
    """As `select`, of files that were found; `shown` names them in messages."""
    chosen, notes = _of_symbol(found, symbol, shown)
    timely = [one for one in chosen if _is_timely(one.named, from_ns, to_ns)]
    tables = _read_all(timely or chosen[:1], notes)
    if not tables:
        raise SourceError(f"{shown}: no file in it could be read as market data: {'; '.join(notes)}")
    name, is_chosen = _symbol_of(chosen[0].named, tables, symbol, shown)
    return Selection(name, is_chosen, tables, _check_forms(tables, chosen[0].named, shown), notes)


def found_in(path: Path) -> list[Found]:
    """The files of data in a folder, or the series inside a file.

    Raises:
        SourceError: there are none, or they cannot be read.
    """
    with suppress(RuntimeError):  # ~someone who is not there: taken as it stands
        path = path.expanduser()
    try:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else []
        paths = [p for p in inside if is_data_name(p.name)] if path.is_dir() else [path]
    except (OSError, ValueError) as error:
        raise SourceError(f"{clean(str(path))}: cannot be read: {clean(str(error))}") from error
    if not paths:
        foreign = next(
            (f"; {clean(p.name, 60)} is not read here: save it as Parquet or CSV" for p in inside if is_foreign_name(p.name)), ""
        )
        raise SourceError(f"{clean(str(path))}: no .csv, .csv.gz, .zip, .parquet, .feather or .json file in this folder{foreign}")
    files = [file for one in paths for file in data_files(one)]
    return [Found(file, read_name(file.title, _folders(file, path)), len(files) == 1) for file in files]


def _folders(file: DataFile, asked: Path) -> list[str]:
    """Names that may tell what the file's own does not, the nearest first: the folders up to the one that was asked for."""
    above = file.path.absolute().parents
    depth = len(above) - len(asked.absolute().parents) if asked.is_dir() else 1
    return [*([file.path.name] if file.member is not None else []), *(folder.name for folder in above[: max(depth, 1)])]


def _of_symbol(found: Sequence[Found], symbol: str | None, shown: str) -> tuple[Sequence[Found], list[str]]:
    """The files of the symbol that was chosen, or of the only one there is."""
    told = {one.named.symbol for one in found if one.named.symbol}
    if symbol is None:
        if len(told) > 1:
            raise SourceError(f"{shown}: several symbols, choose one with --symbol: {_list(told)}")
        return found, []
    plain = plain_symbol(symbol)
    mine = [one for one in found if one.named.symbol and plain_symbol(one.named.symbol) == plain]
    if mine:
        return mine, []
    mine = [one for one in found if one.named.symbol is None or (one.was_asked and len(found) == 1)]
    if not mine:
        raise SourceError(f"{shown}: no file of {clean(symbol)}; there are {_list(told)}")
    return mine, [f"{one.file.title} is named {one.named.symbol} and was taken as {symbol}" for one in mine if one.named.symbol]


def _list(names: set[str]) -> str:
    ordered = sorted(names)
    more = len(ordered) - _MOST_SHOWN
    return clean(", ".join(ordered[:_MOST_SHOWN]), 400) + (f" and {more} more" if more > 0 else "")


def _is_timely(named: Named, from_ns: int | None, to_ns: int | None) -> bool:
    """Whether the days in a name may hold wanted times, give or take a day."""
    if named.span is None:
        return True
    return (from_ns is None or named.span[1] + DAY > from_ns) and (to_ns is None or named.span[0] - DAY < to_ns)


def _read_all(found: Sequence[Found], notes: list[str]) -> list[Table]:
    """The tables; in a folder a file that tells no symbol and is no table is passed over, and that is noted."""
    tables = []
    for one in found:
        try:
            tables.append(read_table(one.file))
        except SourceError as error:
            if one.was_asked or one.named.symbol is not None:
                raise
            notes.append(f"passed over {error}")
    return tables


def read_table(file: DataFile) -> Table:
    """Understand one file, whatever it holds.

    Raises:
        SourceError: it cannot be read or its columns cannot be told.
    """
    if file.packing == "parquet":
        return read_parquet(file)
    if file.packing == "feather":
        return read_feather(file)
    if file.title.lower().removesuffix(".gz").endswith(JSON) and is_json(head := _head(file)):
        return read_json(file, head)
    return read_csv(file)


def _head(file: DataFile) -> bytes:
    with opened(file, Reading()) as stream:
        return stream.read(64)


def _symbol_of(named: Named, tables: list[Table], symbol: str | None, shown: str) -> tuple[str, bool]:
    """(`venue:SYMBOL`, whether rows of others are passed over)."""
    columns = {name for table in tables for name in table.symbols}
    if symbol is not None:
        venue, name = split_symbol(symbol, named.venue or DEFAULT_VENUE)
        if columns and plain_symbol(name) not in map(plain_symbol, columns):
            raise SourceError(f"{shown}: no rows of {clean(name)} near the top; there are {_list(columns)}")
        return f"{venue}:{name}", True
    if len(set(map(plain_symbol, columns))) > 1:
        raise SourceError(f"{shown}: several symbols, choose one with --symbol: {_list(columns)}")
    if any(len(name) > _MOST_SYMBOL for name in columns):
        raise SourceError(f"{shown}: {clean(max(columns, key=len), 30)!r} in its symbol column is longer than any symbol")
    if columns:
        return symbol_of_cell(next(iter(columns)), named.venue), False
    if named.symbol:
        return f"{named.venue or DEFAULT_VENUE}:{named.symbol}", False
    return f"file:{clean(named.stem, 40).upper()}", False


def symbol_of_cell(cell: str, venue: str | None) -> str:
    """`venue:SYMBOL` of a symbol column's cell, which may name the venue itself, and may have been made safe for spreadsheets."""
    head, colon, tail = cell.removeprefix("'").rpartition(":")
    if not (colon and is_venue(head)):
        head, tail = venue or "file", f"{head}{colon}{tail}"
    return f"{head.lower()}:{clean(tail, _MOST_SYMBOL).upper().replace('/', '')}"


def _check_forms(tables: list[Table], named: Named, shown: str) -> int:
    """The interval of the bars, 0 for ticks; all tables must be of one form."""
    forms = {table.kind if table.kind == "bars" else table.form for table in tables}
    if len(forms) > 1:
        shown_forms = " and ".join(sorted({table.form for table in tables}))
        raise SourceError(f"{shown}: {shown_forms} of one symbol in one source: name the files or the folder of one of them")
    if tables[0].kind == "ticks":
        return 0
    intervals = {table.interval for table in tables if table.interval}
    if len(intervals) > 1:
        raise SourceError(
            f"{shown}: bars of {' and '.join(map(interval_text, sorted(intervals)))} in one source: name the files of one interval"
        )
    interval = next(iter(intervals), named.interval)
    if not interval:
        raise SourceError(f"{shown}: one bar alone tells no interval: give more rows, or name the file like BTCUSDT-1m.csv")
    return interval
