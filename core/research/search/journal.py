"""The results of a study on disk as they come: after a kill it goes on where it was. Each record has its length and checksum before it.

The first record says what the trials are about, so that they can be counted also where the study was killed and nobody goes on with it.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec
import structlog

from core.commands import TrialCount
from core.errors import StoreError, telling
from core.research.search.trial import Result

log = structlog.get_logger("lab")

#: Folder of a home in which studies keep their results, and how their files' names end.
FOLDER, SUFFIX = "studies", ".trials"

_HEAD = struct.Struct("<II")  # bytes, crc32
_LONGEST = 1 << 24


class Subject(msgspec.Struct, frozen=True):
    """What the trials of a file are about: its first record.

    Attributes:
        id: of the file, unlike any other's; the ledger names it where it counts these trials.
        spans: of each series of the study its symbol and span, and the trials made on it whose results were thrown away since.
    """

    id: str
    spans: list[TrialCount]


class _Counted(msgspec.Struct, frozen=True):
    """As much of a result as it takes to count it."""

    number: int
    series: int = -1


_encode = msgspec.msgpack.Encoder().encode
_result = msgspec.msgpack.Decoder(Result).decode
_subject = msgspec.msgpack.Decoder(Subject).decode
_counted = msgspec.msgpack.Decoder(_Counted).decode


def tally(path: Path) -> Subject | None:
    """What a file of results is about, with all trials ever made for it; None where it does not say. It may be written to meanwhile.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"the trials kept in {path} cannot be counted: {telling(error)}") from error
    subject: Subject | None = None
    made: Counter[int] = Counter()
    try:
        for _, record in _records(data):
            if subject is None:
                subject = _subject(record)
            else:
                made[_counted(record).series] += 1
    except msgspec.MsgspecError:
        pass  # from here on nothing is believed
    return None if subject is None else Subject(subject.id, _sum(subject.spans, made))


class Journal:
    """Results by number; opened for one study, by one process at a time.

    Args:
        spans: the study's series, in its order.
        again: throw away what is there, but for the number of trials that were made.

    Attributes:
        id: of the file.
        found: results that were there already.

    Raises:
        StoreError: the file cannot be read or written, or another process is at it.
    """

    def __init__(self, path: Path, spans: Sequence[TrialCount] = (), *, again: bool = False) -> None:
        self.path = path
        self.found: dict[int, Result] = {}
        self._made: Counter[int] = Counter()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = _opened(path)
            subject = self._read()
            if subject is None or again:
                subject = self._begin(subject or Subject(os.urandom(8).hex(), list(spans)), again=again)
        except BlockingIOError:
            raise StoreError(f"the same study is under way already: its results are kept in {path}") from None
        except OSError as error:
            raise StoreError(f"cannot keep results in {path}: {error.strerror}") from error
        self.id, self._spans = subject.id, subject.spans

    @property
    def counts(self) -> list[TrialCount]:
        """Trials ever made, by series: also in earlier runs, also those whose results were thrown away."""
        return _sum(self._spans, self._made)

    def add(self, results: list[Result]) -> None:
        """Keep results, in one write.

        Raises:
            StoreError: the disk is full, or gone.
        """
        try:
            self._file.write(b"".join(map(_framed, results)))
        except OSError as error:
            raise StoreError(f"cannot keep results in {self.path}: {error.strerror}") from error
        self._made.update(result.series for result in results)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self) -> Subject | None:
        """Take up what is whole; a record that was cut off by a kill, and all behind it, is dropped."""
        data = self._file.read()
        subject: Subject | None = None
        whole = 0
        try:
            for end, record in _records(data):
                if whole == 0 and (subject := _begins(record)) is not None:
                    whole = end
                    continue
                result = _result(record)
                self.found[result.number] = result
                self._made[result.series] += 1
                whole = end
        except msgspec.MsgspecError:
            pass  # as if it were cut off here
        if whole < len(data):
            log.warning("the end of a study's results was cut off", file=str(self.path), bytes=len(data) - whole)
            self._file.truncate(whole)
        self._file.seek(whole)
        return subject

    def _begin(self, subject: Subject, *, again: bool) -> Subject:
        """Put another file in its place, whole or not at all: one that says what it is about."""
        if again:
            subject = Subject(subject.id, _sum(subject.spans, self._made))
            self.found.clear()
            self._made.clear()
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        file = _opened(draft, fresh=True)
        file.write(b"".join(map(_framed, [subject, *self.found.values()])))
        draft.replace(self.path)
        self._file.close()
        self._file = file
        return subject


def _opened(path: Path, *, fresh: bool = False) -> BinaryIO:
    """A file that is ours alone; the lock falls with the process, however it ends.

    Raises:
        BlockingIOError: another process is at it.
        OSError: it cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if fresh else 0)
    file: BinaryIO = os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            raise BlockingIOError  # another process has just put its own in its place
    except OSError:
        file.close()
        raise
    return file


def _framed(record: msgspec.Struct) -> bytes:
    data = _encode(record)
    return _HEAD.pack(len(data), zlib.crc32(data)) + data


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Whole records and where each ends, up to the first that is not."""
    at = 0
    while at + _HEAD.size <= len(data):
        size, crc = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        record = data[at : at + size]
        if size > _LONGEST or len(record) < size or zlib.crc32(record) != crc:
            return
        at += size
        yield at, record


def _begins(record: bytes) -> Subject | None:
    try:
        return _subject(record)
    except msgspec.MsgspecError:  # of an earlier version: a result
        return None


def _sum(spans: Sequence[TrialCount], made: Counter[int]) -> list[TrialCount]:
    return [msgspec.structs.replace(span, trials=span.trials + made[k]) for k, span in enumerate(spans)]
