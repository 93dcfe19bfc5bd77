"""The engine's log read back: its last lines across rotated files, new lines as they come, and a line for people of each."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_BLOCK = 65_536


def tail(path: Path, count: int) -> list[str]:
    """The last `count` lines, oldest first; goes back into `engine.log.1`, `.2`, … as far as needed."""
    lines: list[str] = []
    for file in _newest_first(path):
        if len(lines) >= count:
            break
        lines = _last_lines(file, count - len(lines)) + lines
    return lines


def _newest_first(path: Path) -> Iterator[Path]:
    number = 0
    while path.exists():
        yield path
        number += 1
        path = path.with_name(f"{path.name.removesuffix(f'.{number - 1}')}.{number}")


def _last_lines(path: Path, count: int) -> list[str]:
    if count <= 0:
        return []
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        data = b""
        while position > 0 and data.count(b"\n") <= count:
            step = min(_BLOCK, position)
            position -= step
            file.seek(position)
            data = file.read(step) + data
    return [line.decode("utf-8", "replace") for line in data.splitlines()[-count:]]


def follow(path: Path, count: int, wait: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """The last `count` lines, then each new one, for ever; waits for the file, goes on in a new one after a rotation."""
    file = None
    yield from tail(path, count)
    rest = b""
    try:
        if path.exists():
            file = path.open("rb")
            file.seek(0, os.SEEK_END)
        while True:
            if file is not None:
                *lines, rest = (rest + file.read()).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in lines)
            if _moved_on(path, file):
                # What was written to the old file between the last read and the rotation.
                old = file.read() if file is not None else b""
                *lines, rest = (rest + old).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in lines)
                if file is not None:
                    file.close()
                file = path.open("rb")
            else:
                wait(0.2)
    finally:
        if file is not None:
            file.close()


def _moved_on(path: Path, file: Any) -> bool:
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return file is None or now.st_ino != os.fstat(file.fileno()).st_ino


def readable(line: str) -> str:
    """`2026-11-20T14:02:11Z  warning  connection lost  venue=binance` of a JSON line; any other line as it is."""
    try:
        event = json.loads(line)
        when, level, said = event.pop("ts"), event.pop("level"), event.pop("event")
    except (ValueError, KeyError, AttributeError, TypeError):
        return line
    rest = "  ".join(f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in event.items())
    return f"{when}  {level:<7}  {said}{'  ' + rest if rest else ''}"
