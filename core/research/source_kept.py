"""Rows of files that were parsed before, kept in the platform's cache folder: the second reading takes a fraction of the time.

What is kept belongs to one state of one file (path, size, times, inode) and to this very parser: whatever differs is parsed anew, and
what is damaged or unfinished is thrown away. The rows are the same to the bit, in the same batches.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import platformdirs

from core.errors import SourceError, StoreError
from core.research.source_bytes import DataFile, Reading
from core.research.source_kept_draft import ENDING, Draft, prune
from core.research.source_kept_file import read_batches, read_index
from core.research.source_table import Wanted
from core.types import Records

#: Bytes that are kept; those unused for longest go first.
MOST_BYTES = 4 << 30
#: Smaller files are parsed in no time.
LEAST_FILE = 1 << 20
#: Bytes of the disk that are left to others.
FREE_BYTES = 1 << 30
#: A file changed so lately may change again without its times telling.
SETTLED_NS = 2_000_000_000
_MODULES = (
    "arrow",
    "bytes",
    "columnar",
    "columns",
    "digits",
    "export",
    "feather",
    "feather_size",
    "header",
    "json",
    "kept_bars",
    "kept_file",
    "layout",
    "order",
    "parquet",
    "parse",
    "rows",
    "stream",
    "table",
    "times",
)

Parse = Callable[[], Iterator[Records]]


def kept_folder() -> Path:
    """Where parsed rows lie: in `COCKPIT_CACHE`, else in the user's cache folder."""
    given = os.environ.get("COCKPIT_CACHE")
    return (Path(given) if given else Path(platformdirs.user_cache_dir("cockpit", appauthor=False))) / "rows"


@functools.cache
def parser_version() -> str:
    """Changes with every line of what parses and packs."""
    here = Path(__file__).parent
    files = [here / f"source_{name}.py" for name in _MODULES] + [here.parent / "store" / "chunk.py", here.parent / "types.py"]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


class KeptRows:
    """Takes the rows of files from the cache, and puts them there.

    Args:
        folder: where they lie; made where it is missing, for this user alone.

    Attributes:
        notes: why something was not kept.
    """

    def __init__(
        self,
        folder: Path,
        *,
        most_bytes: int = MOST_BYTES,
        least_file: int = LEAST_FILE,
        free_bytes: int = FREE_BYTES,
        settled_ns: int = SETTLED_NS,
    ) -> None:
        self._folder, self._most, self._least, self._free, self._settled = folder, most_bytes, least_file, free_bytes, settled_ns
        self.notes: list[str] = []

    def rows(self, file: DataFile, wanted: Wanted, reading: Reading, parse: Parse) -> Iterator[Records]:
        """The batches that `parse` gives, from the cache where it has them.

        Raises:
            SourceError: as `parse`, or the file changed while it was read.
        """
        state = _state(file)
        if state is None or file.size < self._least:
            yield from parse()
            return
        place = self._folder / (_key(file, wanted, state) + ENDING)
        done = 0
        for batch in self._kept(place, file, reading):
            done += 1
            yield batch
        if done and reading.done == file.size:
            return
        if done and _state(file) != state:
            raise SourceError(f"{file.name}: it changed while it was read")
        yield from self._keeping(place, file, state, reading, parse, done)

    def _kept(self, place: Path, file: DataFile, reading: Reading) -> Iterator[Records]:
        """What is kept, as far as it is sound; `reading` says whether that was all."""
        try:
            with _own(place) as kept:
                index = read_index(kept)
                total = sum(rows for batch in index.batches for rows, _ in batch)
                done = 0
                for batch in read_batches(kept, index):
                    done += len(batch)
                    reading.done = file.size * done // (total + 1)
                    yield batch
                reading.times.update(index.times)
                reading.done = file.size
                os.utime(kept.fileno())  # used just now
        except FileNotFoundError:
            return
        except (StoreError, OSError):
            with contextlib.suppress(OSError):
                place.unlink()

    def _keeping(
        self, place: Path, file: DataFile, state: tuple[int, ...], reading: Reading, parse: Parse, given: int
    ) -> Iterator[Records]:
        """What `parse` gives beyond the batches that were given; kept once it ends, if the file is still the same."""
        draft = self._draft(file, state)
        try:
            for number, batch in enumerate(parse()):
                if draft is not None and not draft.add(batch, self._most):
                    self._note(draft)
                    draft = None
                if number >= given:
                    yield batch
            if draft is not None and _state(file) == state and not draft.end(place, sorted(reading.times)):
                self._note(draft)
        finally:
            if draft is not None:
                draft.leave()
        if draft is not None:
            prune(self._folder, self._most)

    def _draft(self, file: DataFile, state: tuple[int, ...]) -> Draft | None:
        if not hasattr(os, "getuid") or time.time_ns() - max(state[1], state[2]) < self._settled:
            return None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._folder.stat().st_uid != os.getuid():
                return None
            if shutil.disk_usage(self._folder).free < self._free + file.size // 4:
                self.notes.append("what was parsed was not kept for the next time: the disk is nearly full")
                return None
            return Draft(self._folder)
        except OSError as error:
            self.notes.append(f"what was parsed was not kept for the next time: {error.strerror}")
            return None

    def _note(self, draft: Draft) -> None:
        draft.leave()
        if draft.wrong:
            self.notes.append(f"what was parsed was not kept for the next time: {draft.wrong}")


@contextlib.contextmanager
def _own(place: Path) -> Iterator[IO[bytes]]:
    """A file of this user, open to read.

    Raises:
        OSError: there is none.
    """
    with place.open("rb") as file:
        info = os.fstat(file.fileno())
        if info.st_uid != os.getuid() or info.st_mode & 0o077:
            raise PermissionError(f"{place} is somebody else's, or open to others")
        yield file


def _state(file: DataFile) -> tuple[int, ...] | None:
    """What changes when a file does: size, times of change in ns, inode, device."""
    try:
        info = file.path.stat()
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_dev


def _key(file: DataFile, wanted: Wanted, state: tuple[int, ...]) -> str:
    parts = [parser_version(), os.path.abspath(file.path), file.member, state, wanted.interval, wanted.symbol, wanted.is_chosen]
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:40]
