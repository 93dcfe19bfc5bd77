"""The results of a study on disk as they come: after a kill it goes on where it was. Each record has its length and checksum before it."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import msgspec
import structlog

from core.errors import StoreError
from core.research.search.trial import Result

log = structlog.get_logger("lab")

_HEAD = struct.Struct("<II")  # bytes, crc32
_LONGEST = 1 << 24

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Result).decode


class Journal:
    """Results by number; opened for one study, by one process at a time.

    Attributes:
        found: results that were there already.

    Raises:
        StoreError: the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[int, Result] = {}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file: BinaryIO = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b", buffering=0)
            self._read()
        except OSError as error:
            raise StoreError(f"cannot keep results in {path}: {error.strerror}") from error

    def add(self, results: list[Result]) -> None:
        """Keep results, in one write.

        Raises:
            StoreError: the disk is full, or gone.
        """
        parts = []
        for result in results:
            data = _encode(result)
            parts += [_HEAD.pack(len(data), zlib.crc32(data)), data]
        try:
            self._file.write(b"".join(parts))
        except OSError as error:
            raise StoreError(f"cannot keep results in {self.path}: {error.strerror}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self) -> None:
        """Take up what is whole; a record that was cut off by a kill, and all behind it, is dropped."""
        data = self._file.read()
        at = 0
        while at + _HEAD.size <= len(data):
            size, crc = _HEAD.unpack_from(data, at)
            record = data[at + _HEAD.size : at + _HEAD.size + size]
            if size > _LONGEST or len(record) < size or zlib.crc32(record) != crc:
                break
            try:
                result = _decode(record)
            except msgspec.MsgspecError:
                break
            self.found[result.number] = result
            at += _HEAD.size + size
        if at < len(data):
            log.warning("the end of a study's results was cut off", file=str(self.path), bytes=len(data) - at)
            self._file.truncate(at)
        self._file.seek(at)
