"""Files of prints on disk: which there are, and whether what is in them can go on a tape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import SourceError
from core.research.source_bytes import is_data_name
from core.research.source_file import FileSource
from core.research.source_name import clean
from core.research.sources import open_source
from core.transfer.loaded import Wanted


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files of these files and folders, each once, folders in order of name.

    Raises:
        SourceError: nothing there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        path = path.expanduser()
        if not path.is_dir():
            found[path] = None
            continue
        inside = sorted(one for one in path.rglob("*") if one.is_file() and is_data_name(one.name))
        if not inside:
            raise SourceError(f"{clean(str(path))}: no .csv, .csv.gz, .zip, .parquet, .feather or .json file in this folder")
        found |= dict.fromkeys(inside)
    return list(found)


def open_prints(path: Path, wanted: Wanted) -> FileSource:
    """A file whose rows can go on a tape.

    Raises:
        SourceError: it cannot be read, is of another symbol, holds no prints, or prints without ids.
    """
    source = open_source(str(path), symbol=wanted.symbol, from_ns=wanted.from_ns, to_ns=wanted.to_ns)
    assert isinstance(source, FileSource)
    name = clean(str(path))
    if source.named is not None and wanted.symbol is not None and source.named != source.symbol.partition(":")[2]:
        raise SourceError(f"{name}: of {source.named} by its name, not of {clean(wanted.symbol)}")
    told = "aggTrade" if source.form == "aggTrades" or "-aggTrades-" in path.name else "trade" if "-trades-" in path.name else wanted.stream
    if wanted.stream is not None and told != wanted.stream:
        raise SourceError(f"{name}: holds prints of the stream {told}, not of {wanted.stream}")
    if source.kind != "ticks":
        raise SourceError(f"{name}: holds bars ({source.form}), not prints: a tape is made of prints")
    if not source.has_ids or source.form == "prices":
        raise SourceError(f"{name}: its prints have no trade ids, so nobody could tell which are missing or there twice")
    if source.symbol.startswith("file:"):
        raise SourceError(f"{name}: nothing in it says whose prints these are: say so with --symbol, such as --symbol BTCUSDT")
    return source
