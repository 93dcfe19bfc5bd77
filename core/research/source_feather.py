"""Feather files (Arrow IPC on disk, version 2), packed with LZ4 or zstd or not at all, through pyarrow, which is an extra."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.errors import SourceError
from core.research.source_arrow import arrow_here, column_of
from core.research.source_bytes import DataFile
from core.research.source_columnar import Columnar, Stretch, read_columnar
from core.research.source_feather_size import unpacked_sizes
from core.research.source_name import clean
from core.research.source_room import hold
from core.research.source_table import Table


def read_feather(file: DataFile) -> Table:
    """Understand a Feather file from its first rows.

    Raises:
        SourceError: pyarrow is not installed, the file is damaged, asks for more memory than there is, or its columns cannot be told.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise SourceError(f"{file.name}: reading Feather needs pyarrow: pip install pyarrow, or save it as Parquet or CSV")
    return read_columnar(file, _opened)


class _Feather:
    """A file that pyarrow has open.

    It is read and not mapped: a mapped file that somebody cuts short ends the process.
    """

    def __init__(self, arrow: Any, raw: Any, name: str) -> None:
        self._ipc, self._raw, self._name = arrow.ipc, raw, name
        self.names = list(map(str, arrow.ipc.open_file(raw).schema.names))

    def stretches(self, columns: Sequence[int], most: int) -> Iterator[Stretch]:
        options = self._ipc.IpcReadOptions(included_fields=sorted(columns), use_threads=False)
        reader = self._ipc.open_file(self._raw, options=options)
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            batch.validate(full=True)
            for start in range(0, batch.num_rows, most):
                part = batch.slice(start, most)
                yield [column_of(part.column(self.names[column]), self.names[column], self._name) for column in columns]


@contextmanager
def _opened(file: DataFile) -> Iterator[Columnar]:
    arrow = arrow_here()
    importlib.import_module("pyarrow.ipc")
    try:
        with file.path.open("rb") as plain:
            sizes = unpacked_sizes(plain, file.name)
        hold(file.name, sum(sizes), "its largest batch", "write it with smaller batches, as to_feather does, or as Parquet")
        with arrow.OSFile(str(file.path)) as raw:
            yield _Feather(arrow, raw, file.name)
    except (arrow.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        raise SourceError(f"{file.name}: not readable as Feather: {clean((str(error) or 'out of memory').splitlines()[0])}") from None
