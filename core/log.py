"""The log: one JSON object a line in `logs/engine.log` of a home, rotated by size, written by a thread of its own.

Lines of other libraries (`logging`) go the same way as ours (`structlog`). Text is pure ASCII, so nothing a venue says can steer the
terminal of the person who reads it. What a full or slow disk does not take is counted, and the count is the next line it does take.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import math
import os
import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from core.clock import iso

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

#: Libraries whose info lines are of no interest to someone who runs strategies.
_QUIET = ("asyncio", "aiohttp", "websockets", "aiosqlite", "numba")

#: Lines that may wait for a disk that does not take them.
WAITING = 20_000

#: A text longer than this is cut in its middle: a traceback says what it is at its ends.
LONGEST = 16_000


def log_path(home: Path) -> Path:
    """The newest log file; older ones are `engine.log.1`, `engine.log.2`, …"""
    return home / "logs" / "engine.log"


class LogFile(logging.Handler):
    """Appends whole lines to a file, or nothing of them; begins a new file when the next line would make it too large.

    Raises:
        OSError: there can be no such file.

    Attributes:
        lost: lines that were not written since one was.
    """

    def __init__(self, path: Path, most_bytes: int, files: int) -> None:
        super().__init__()
        self.lost = 0
        self._path = path
        self._most_bytes = most_bytes
        self._older = max(files - 1, 1)
        self._file = -1
        self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; never raises."""
        try:
            lost = self.lost
            if lost:
                self._write(_line("warning", "lines of this log could not be written", lines=lost))
                self.lost -= lost
            self._write(record.getMessage())
        except (OSError, ValueError):  # a full disk must not end what the engine does
            self.lost += 1

    def close(self) -> None:
        super().close()
        self._let_go()

    def _write(self, line: str) -> None:
        data = line.encode("ascii", "backslashreplace") + b"\n"
        self._open()
        size = os.fstat(self._file).st_size
        if size and size + len(data) > self._most_bytes and self._rotate():
            size = 0
        written = os.write(self._file, data)
        if written < len(data):  # the disk became full within the line
            os.ftruncate(self._file, size)
            raise OSError("no room for a line")

    def _open(self) -> None:
        """Be on the file that bears the name, also where somebody else moved or removed the one we had."""
        if self._file >= 0:
            try:
                if os.path.samestat(os.stat(self._path), os.fstat(self._file)):
                    return
            except FileNotFoundError:
                pass
            self._let_go()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _rotate(self) -> bool:
        """Whether there is a new file; where one cannot be made, the old one grows on."""
        try:
            for number in range(self._older, 0, -1):
                older = self._path.with_name(f"{self._path.name}.{number}")
                newer = self._path.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
                if newer.exists():
                    newer.replace(older)
        except OSError:
            return False
        self._open()
        return True

    def _let_go(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class _Door(logging.handlers.QueueHandler):
    """Hands lines to the writing thread; when too many wait for the disk, the newest are counted and forgotten."""

    def __init__(self, lines: queue.SimpleQueue[Any], disk: LogFile) -> None:
        super().__init__(lines)
        self._lines = lines
        self._disk = disk
        self.setFormatter(_formatter())

    def enqueue(self, record: logging.LogRecord) -> None:
        if self._lines.qsize() < WAITING:
            self._lines.put_nowait(record)
        else:
            self._disk.lost += 1


@contextlib.contextmanager
def logging_to(home: Path, *, level: str = "info", megabytes: int = 10, files: int = 5) -> Iterator[None]:
    """Send every log line of this process to the home's log until the context ends, then flush it.

    Loggers are got with `structlog.get_logger()` and called as `log.info("what happened", symbol=…, count=…)`.
    """
    disk = LogFile(log_path(home), megabytes * 1_000_000, files)
    lines: queue.SimpleQueue[Any] = queue.SimpleQueue()
    writer = logging.handlers.QueueListener(lines, disk)
    root = logging.getLogger()
    before, before_level = root.handlers[:], root.level
    root.handlers = [_Door(lines, disk)]
    root.setLevel(LEVELS[level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(LEVELS[level], logging.WARNING))
    _configure(level)
    writer.start()
    try:
        yield
    finally:
        root.handlers, root.level = before, before_level
        writer.stop()
        disk.close()
        structlog.reset_defaults()


def _configure(level: str) -> None:
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=False,
    )


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(_dumps)],
    )


def _stamped(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {"ts": iso(time.time_ns()), "level": event.pop("level", "info"), "event": event.pop("event", ""), **event}


def _line(level: str, event: str, **more: Any) -> str:
    return _dumps({"ts": iso(time.time_ns()), "level": level, "event": event, **more})


def _dumps(event: EventDict, **_ignored: Any) -> str:
    """One line of JSON, whatever somebody logs."""
    plain = {key: _plain(value) for key, value in event.items()}
    try:
        return json.dumps(plain, default=_told, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return json.dumps({key: value if isinstance(value, str) else _told(value) for key, value in plain.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[: LONGEST // 2]} … {len(value) - LONGEST:,} characters left out … {value[-LONGEST // 2 :]}"
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _told(value: Any) -> str:
    try:
        return str(_plain(repr(value)))
    except Exception as error:  # a repr is anybody's code
        return f"<{type(value).__name__}: {type(error).__name__}>"


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.format_exc_info,
    _stamped,
]
