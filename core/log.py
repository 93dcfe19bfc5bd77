"""The log: one JSON object a line in `logs/engine.log` of a home, rotated by size, written by a thread of its own.

Lines of other libraries (`logging`) go the same way as ours (`structlog`). Text is pure ASCII, so
nothing a venue says can steer the terminal of the person who reads it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from core.clock import iso

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

#: Libraries whose info lines are of no interest to someone who runs strategies.
_QUIET = ("asyncio", "aiohttp", "websockets", "aiosqlite", "numba")


def log_path(home: Path) -> Path:
    """The newest log file; older ones are `engine.log.1`, `engine.log.2`, …"""
    return home / "logs" / "engine.log"


class _Rotating(logging.handlers.RotatingFileHandler):
    """Counts lines it cannot write: a full disk must not end what the engine does."""

    lost = 0

    def handleError(self, record: logging.LogRecord) -> None:
        self.lost += 1


@contextlib.contextmanager
def logging_to(home: Path, *, level: str = "info", megabytes: int = 10, files: int = 5) -> Iterator[None]:
    """Send every log line of this process to the home's log until the context ends, then flush it.

    Loggers are got with `structlog.get_logger()` and called as `log.info("what happened", symbol=…, count=…)`.
    """
    path = log_path(home)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    disk = _Rotating(path, maxBytes=megabytes * 1_000_000, backupCount=max(files - 1, 1), encoding="ascii")
    disk.setFormatter(logging.Formatter("%(message)s"))
    lines: queue.SimpleQueue[Any] = queue.SimpleQueue()
    door = logging.handlers.QueueHandler(lines)
    door.setFormatter(_formatter())
    writer = logging.handlers.QueueListener(lines, disk)
    root = logging.getLogger()
    before, before_level = root.handlers[:], root.level
    root.handlers = [door]
    root.setLevel(_LEVELS[level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(_LEVELS[level], logging.WARNING))
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
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=False,
    )


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(_dumps)],
    )


def _stamped(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {"ts": iso(time.time_ns()), "level": event.pop("level", "info"), "event": event.pop("event", ""), **event}


def _dumps(event: EventDict, **_ignored: Any) -> str:
    return json.dumps(event, default=repr, ensure_ascii=True)


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.format_exc_info,
    _stamped,
]
