"""The engine's log read back: its newest lines across rotated files, and new lines as they come, whatever is renamed meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

_BLOCK = 65_536

#: Seconds between two looks for new lines.
_LOOK_S = 0.2

#: Says of a line whether it is wanted, or None: neither it nor anything older.
Choose = Callable[[str], bool | None]


def everything(_line: str) -> bool:
    """Wants every line."""
    return True


def tail(path: Path, count: int | None, choose: Choose = everything) -> list[str]:
    """The newest `count` wanted lines (None: all), oldest first; goes back into `engine.log.1`, `.2`, … as far as needed."""
    with _Files(path) as files:
        return files.newest(count, choose)


def follow(path: Path, count: int | None, choose: Choose = everything, wait: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """The newest lines as `tail` gives them, then each new one that is wanted, for ever; waits for the file, goes on over rotations."""
    reader = _Reader(path)
    try:
        with _Files(path) as files:
            found = files.newest(count, choose)
            reader.begin(files)
        yield from found
        while True:
            yield from (line for line in reader.read() if choose(line))
            wait(_LOOK_S)
    finally:
        reader.close()


def older(path: Path) -> Iterator[Path]:
    """`engine.log.1`, `engine.log.2`, … as far as they go without a hole."""
    number = 1
    while (place := path.with_name(f"{path.name}.{number}")).exists():
        yield place
        number += 1


class _Files:
    """The log's files, newest first, all opened at once: a rotation while they are read changes nothing.

    Attributes:
        files: open files.
        ends: where the last whole line of each ends.
    """

    def __init__(self, path: Path) -> None:
        self.files: list[BinaryIO] = []
        seen: set[int] = set()
        for place in (path, *older(path)):
            file = _open(place)
            if file is None:
                continue
            inode = _inode(file)
            if inode in seen:  # it was renamed while we opened them
                file.close()
                continue
            seen.add(inode)
            self.files.append(file)
        self.ends = [_end_of_lines(file) for file in self.files]

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_error: object) -> None:
        for file in self.files:
            file.close()

    def newest(self, count: int | None, choose: Choose) -> list[str]:
        """The newest wanted lines, oldest first."""
        found: list[str] = []
        for line in self._backwards() if count != 0 else ():
            wanted = choose(line)
            if wanted is None:
                break
            if wanted:
                found.append(line)
                if len(found) == count:
                    break
        return found[::-1]

    def _backwards(self) -> Iterator[str]:
        for file, end in zip(self.files, self.ends, strict=True):
            yield from _backwards(file, end)


class _Reader:
    """Reads on from a place, through every file that was begun since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""

    def begin(self, files: _Files) -> None:
        """Read on after the newest line of these; takes their newest file over."""
        if files.files:
            self._file = files.files.pop(0)
            self._file.seek(files.ends.pop(0))

    def read(self) -> Iterator[str]:
        """The lines that came since the last call."""
        if self._file is None:
            self._file = _open(self._path)
        while self._file is not None:
            following = self._following()  # before reading: what is written later goes there
            yield from self._lines(self._file)
            if following is None:
                return
            self._file.close()
            self._file, self._rest = following, b""

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _lines(self, file: BinaryIO) -> Iterator[str]:
        while block := file.read(1 << 20):
            *lines, self._rest = (self._rest + block).split(b"\n")
            yield from map(_text, lines)

    def _following(self) -> BinaryIO | None:
        """The file begun right after ours, opened; None while ours is the newest."""
        assert self._file is not None
        mine = _inode(self._file)
        while True:
            newer: list[tuple[Path, int]] = []
            for place in (self._path, *older(self._path)):
                inode = _inode_of(place)
                if inode == mine:
                    break
                if inode is not None:
                    newer.append((place, inode))
            else:
                newer = [found for found in newer if found[0] == self._path]  # ours was removed: go on with the newest
            if not newer:
                return None
            place, inode = newer[-1]
            file = _open(place)
            if file is not None:
                if _inode(file) == inode:
                    return file
                file.close()  # renamed between the look and the opening: look again


def _backwards(file: BinaryIO, end: int) -> Iterator[str]:
    """The lines that end before an offset, which follows a line break, newest first."""
    if end == 0:
        return
    end -= 1
    rest = b""
    while end > 0:
        step = min(_BLOCK, end)
        end -= step
        file.seek(end)
        rest, *lines = (file.read(step) + rest).split(b"\n")
        yield from (_text(line) for line in reversed(lines))
    yield _text(rest)


def _end_of_lines(file: BinaryIO) -> int:
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        step = min(_BLOCK, end)
        file.seek(end - step)
        found = file.read(step).rfind(b"\n")
        if found >= 0:
            return end - step + found + 1
        end -= step
    return 0


def _open(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _inode(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_ino


def _inode_of(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")
