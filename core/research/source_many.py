"""The sources of many symbols at once: what files, folders and the tape hold, one source a symbol, in an order that does not change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SourceError
from core.research.source import Source
from core.research.source_file import FileSource
from core.research.source_kept import KeptRows, kept_folder
from core.research.source_name import DEFAULT_VENUE, clean, plain_symbol
from core.research.source_select import Found, found_in, read_table, select_from, symbol_of_cell
from core.research.source_tape import EVERY, PREFIX, TapeSource, is_tape, open_tape, parse_tape

#: Symbols that are named where one is missing.
MOST_NAMED = 12

#: Begins the symbol of a file that tells none: its own name goes on.
UNTOLD = "file:"


@dataclass(frozen=True, slots=True)
class Many:
    """What was found.

    Attributes:
        sources: one a symbol (`venue:SYMBOL`), by symbol.
        refused: what cannot be opened, and why, a line each.
        passed: symbols that are there and were not wanted.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)


def open_many(
    texts: Sequence[str],
    *,
    symbols: Sequence[str] = (),
    home: Path | None = None,
    from_ns: int | None = None,
    to_ns: int | None = None,
    cache: bool = False,
) -> Many:
    """Open everything that some files, folders and tapes hold; of files only the tops are read.

    Args:
        texts: paths, `tape:SYMBOL[@FROM..TO]`, or `tape:` and `tape:*[@FROM..TO]` for every symbol of the tape.
        symbols: only these, `BTCUSDT` or `binance:BTCUSDT`; none: all. One alone also says whose data files are that do not tell it.
        home, from_ns, to_ns, cache: as of `core.research.sources.open_sources`.

    Raises:
        SourceError: one line: nothing there, a symbol that is wanted is not, or one that is both on the tape and in files.
    """
    if not texts or not all(text.strip() for text in texts):
        raise SourceError("no source given: name files, folders or tape:")
    if from_ns is not None and to_ns is not None and from_ns >= to_ns:
        raise SourceError("--from must be before --to")
    many, wanted = Many(), {plain_symbol(symbol): symbol for symbol in symbols}
    opened = [*_of_files([Path(text) for text in texts if not is_tape(text)], wanted, from_ns, to_ns, cache, many)]
    for text in filter(is_tape, texts):
        opened += _of_tape(text, set(wanted), home, from_ns, to_ns, many)
    for source in sorted(opened, key=lambda source: (source.symbol, source.text)):
        if source.symbol in many.sources:
            other = many.sources[source.symbol].text
            raise SourceError(f"{source.symbol} is in {clean(other)} and in {clean(source.text)}: name one of them")
        many.sources[source.symbol] = source
    missing = sorted(name for plain, name in wanted.items() if plain not in {*map(plain_symbol, [*many.sources, *many.refused])})
    if missing or not (many.sources or many.refused):
        what = f"no rows of {clean(', '.join(missing))}" if missing else "nothing"
        there = sorted([*many.sources, *many.passed])
        more = f" and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else ""
        raise SourceError(f"{clean(', '.join(texts))}: {what} in it; there is {clean(', '.join(there[:MOST_NAMED])) or 'nothing'}{more}")
    return many


def _of_files(
    paths: Sequence[Path], wanted: Mapping[str, str], from_ns: int | None, to_ns: int | None, cache: bool, many: Many
) -> Iterator[Source]:
    found = [one for path in paths for one in found_in(path)]
    groups: dict[str, list[Found]] = {}
    for one in found:
        for symbol in _symbols(one, many):
            groups.setdefault(symbol, []).append(one)
    if len(wanted) == len(groups) == 1 and next(iter(groups)).startswith(UNTOLD):
        groups = {name: next(iter(groups.values())) for name in wanted.values()}
    for symbol, files in sorted(groups.items()):
        if wanted and plain_symbol(symbol) not in wanted:
            many.passed.append(symbol)
            continue
        text = ", ".join(dict.fromkeys(clean(str(one.file.path)) for one in files[:3])) + (", …" if len(files) > 3 else "")
        try:
            selection = select_from(files, clean(text), symbol, from_ns, to_ns)
            yield FileSource(text, selection, from_ns, to_ns, KeptRows(kept_folder()) if cache else None)
        except SourceError as error:
            many.refused[symbol] = str(error)


def _symbols(one: Found, many: Many) -> list[str]:
    """Whose rows a file holds: as its name tells, else a column of its first rows, else its own name."""
    if one.named.symbol is not None:
        return [f"{one.named.venue or DEFAULT_VENUE}:{one.named.symbol}"]
    try:
        symbols = sorted({symbol_of_cell(cell, one.named.venue) for cell in read_table(one.file).symbols})
    except SourceError as error:
        many.refused[one.file.name] = str(error)
        return []
    return symbols or [f"{UNTOLD}{clean(one.named.stem, 40).upper()}"]


def _of_tape(text: str, wanted: set[str], home: Path | None, from_ns: int | None, to_ns: int | None, many: Many) -> Iterator[Source]:
    name, at, span = text.removeprefix(PREFIX).partition("@")
    if name not in EVERY:
        yield open_tape(text, None, home, from_ns, to_ns, as_delivered=False)
        return
    from core.store.span import tape_series

    if at:
        parse_tape(f"{PREFIX}X@{span}")
    path = None if home is None else home / "tape.db"
    if path is None or not path.exists():
        raise SourceError(f"{clean(text)}: no tape in {home or 'this home'}; record one with cockpit --record")
    series: dict[str, list[str]] = {}
    for symbol, stream in tape_series(path):
        series.setdefault(symbol, []).append(stream)
    for symbol, streams in sorted(series.items()):
        if wanted and plain_symbol(symbol) not in wanted:
            many.passed.append(symbol)
            continue
        if len(streams) > 1:
            shown = ", ".join(f"{PREFIX}{symbol}/{stream}" for stream in sorted(streams))
            many.refused[symbol] = f"the tape holds several series, name one of {shown}"
            continue
        yield _stretch(f"{PREFIX}{symbol}{at}{span}", home, from_ns, to_ns)


def _stretch(text: str, home: Path | None, from_ns: int | None, to_ns: int | None) -> TapeSource:
    return open_tape(text, None, home, from_ns, to_ns, as_delivered=False)
