"""A sheet as a CSV file: one header line, then a line a row; plain or gzipped, the same bytes every time."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.transfer.cells import lines, texts
from core.transfer.sheet import Sheet

#: Rows that are text at once.
_PIECE = 8192

#: Called with (how much of the sheet is read, rows written).
Tell = Callable[[int, int], None]


def write_csv(sheet: Sheet, path: Path, zipped: bool, tell: Tell) -> int:
    """Write all rows; how many they were."""
    with _opened(path, zipped) as file:
        return pour_csv(sheet, file, tell)


def pour_csv(sheet: Sheet, file: IO[bytes], tell: Tell) -> int:
    """Write all rows to what is open; how many they were."""
    file.write(lines([texts("text", [column.name]) for column in sheet.columns]).encode("utf-8", "backslashreplace"))
    begun = count = 0
    for stretch in sheet.rows:
        for start in range(0, stretch.size, _PIECE):
            piece = (values[start : start + _PIECE] for values in stretch.values)
            cells = [texts(column.kind, values) for column, values in zip(sheet.columns, piece, strict=True)]
            file.write(lines(cells).encode("utf-8", "backslashreplace"))
            count += len(cells[0])
            tell(begun + (stretch.done - begun) * min(start + _PIECE, stretch.size) // stretch.size, count)
        begun = stretch.done
    return count


@contextmanager
def _opened(path: Path, zipped: bool) -> Iterator[IO[bytes]]:
    with path.open("wb", buffering=1 << 20) as raw:
        if not zipped:
            yield raw
            return
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
            yield packed  # type: ignore[misc]
