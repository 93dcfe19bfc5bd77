"""What a strategy can find besides the row it is shown (files, the network, the clock) heard of and, where a check wants it, altered.

Python tells of every file it opens (audit events, PEP 578). What libraries open with their own machine code is not told of.
"""

from __future__ import annotations

import builtins
import contextlib
import datetime
import importlib
import io
import os
import sys
import sysconfig
import time
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

#: Files that are program, not data.
PROGRAM = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib")

#: What is opened there belongs to Python and its packages, or tells of the machine.
SYSTEM = tuple(
    f"{os.path.realpath(place)}{os.sep}"
    for place in (*map(sysconfig.get_paths().__getitem__, ("stdlib", "purelib", "platlib")), "/proc", "/sys", "/dev", *zoneinfo.TZPATH)
)

#: Functions of `time` that tell it, and units of each in a second.
CLOCKS = {"time": 1.0, "monotonic": 1.0, "perf_counter": 1.0, "time_ns": 1e9, "monotonic_ns": 1e9, "perf_counter_ns": 1e9}


def _is_system(path: str) -> bool:
    return path.startswith(SYSTEM) or "site-packages" in path or "dist-packages" in path


@dataclass(eq=False)
class Surroundings:
    """What is heard of a strategy, and what it is given instead.

    Attributes:
        folder: where its files lie; what is done by others is not its doing.
        lies: files it is given for others, by their real path.
        late: seconds its clock is ahead.
        opened: files it opened for reading, by real path, and the line (`file.py:3`) where.
        asked: whom else it asked, in words, and where.
        through: files it opened although a lie was to be had.
    """

    folder: Path
    lies: Mapping[str, str] = field(default_factory=dict)
    late: float = 0.0
    opened: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    through: dict[str, str] = field(default_factory=dict)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """One audit event."""
        if event == "open":
            path, mode = _real(args[0]), args[1]
            if path is None or path.endswith(PROGRAM) or _is_system(path) or _writes(mode, args[2]):
                return
            if path in self.lies.values():
                return
            if where := self.culprit():
                self.opened.setdefault(path, where)
                if path in self.lies:
                    self.through.setdefault(path, where)
        elif event in ("socket.connect", "sqlite3.connect", "subprocess.Popen", "os.system") and (where := self.culprit()):
            self.asked.setdefault(_asked(event, args), where)

    def culprit(self) -> str:
        """The line of the strategy's own files that is at work, "" where none is."""
        frame: FrameType | None = sys._getframe(1)
        place = str(self.folder)
        while frame is not None:
            file = frame.f_code.co_filename
            if os.path.dirname(file) == place:
                return f"{os.path.basename(file)}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    def lie_for(self, file: Any, mode: str) -> Any:
        """What is to be opened when this file is asked for."""
        path = _real(file)
        if path is not None and path in self.lies and "r" in mode and self.culprit():
            self.opened.setdefault(path, self.culprit())
            return self.lies[path]
        return file


#: Whom audit events are told to; a hook once added stays for good.
_LISTENING: list[Surroundings] = []
_HOOKED: list[bool] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _LISTENING:
        listening, _LISTENING[:] = list(_LISTENING), []  # it may open something itself
        try:
            for one in listening:
                one.hear(event, args)
        finally:
            _LISTENING[:] = listening


@contextlib.contextmanager
def within(surroundings: Surroundings) -> Iterator[None]:
    """Within, strategies find these; modules of a user's own that they import are forgotten at the end, so that the next run imports
    them again."""
    if not _HOOKED:
        sys.addaudithook(_hook)
        _HOOKED.append(True)
    known = set(sys.modules)
    with contextlib.ExitStack() as stack:
        stack.callback(_forget, known)
        if surroundings.lies:
            _replace_open(surroundings, stack)
        if surroundings.late:
            _move_clock(surroundings.late, stack)
        _LISTENING.append(surroundings)
        stack.callback(_LISTENING.remove, surroundings)
        yield


def _real(path: Any) -> str | None:
    return os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else None


def _writes(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return "r" not in mode
    return isinstance(flags, int) and flags & os.O_ACCMODE == os.O_WRONLY


def _asked(event: str, args: tuple[Any, ...]) -> str:
    if event == "socket.connect":
        address = args[1]
        return "the network: " + (":".join(map(str, address[:2])) if isinstance(address, tuple) else str(address))
    if event == "sqlite3.connect":
        return f"the database {args[0]}"
    return f"the program {args[0]}"


def _set(stack: contextlib.ExitStack, owner: Any, name: str, value: Any) -> None:
    stack.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, value)


def _replace_open(surroundings: Surroundings, stack: contextlib.ExitStack) -> None:
    true_open = io.open

    def open_lie(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        return true_open(surroundings.lie_for(file, mode), mode, *args, **kwargs)

    _set(stack, builtins, "open", open_lie)
    _set(stack, io, "open", open_lie)
    kept = importlib.import_module("numpy.lib._datasource")._file_openers._file_openers  # `loadtxt` keeps an `open` of its own
    stack.callback(kept.__setitem__, None, kept[None])
    kept[None] = open_lie


def _move_clock(late: float, stack: contextlib.ExitStack) -> None:
    def moved(clock: Callable[[], Any], units: float) -> Callable[[], Any]:
        return lambda: clock() + type(clock())(late * units)

    for name, units in CLOCKS.items():
        _set(stack, time, name, moved(getattr(time, name), units))
    by = datetime.timedelta(seconds=late)

    class Moved(datetime.datetime):
        """A datetime whose now is later."""

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return super().now(tz) + by

        @classmethod
        def utcnow(cls) -> Any:
            return super().now(datetime.UTC).replace(tzinfo=None) + by

        @classmethod
        def today(cls) -> Any:
            return super().now() + by

    _set(stack, datetime, "datetime", Moved)


def _forget(known: set[str]) -> None:
    for name in set(sys.modules) - known:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.endswith(".py") and not _is_system(os.path.realpath(file)) and not _is_ours(name, file):
            del sys.modules[name]


def _is_ours(name: str, file: str) -> bool:
    """Whether a module is of this program, or of the loop that it generates: not whatever else lies in a checkout."""
    root = Path(__file__).resolve().parents[3]
    return name.startswith("cockpit_advance_") or any(Path(file).is_relative_to(root / part) for part in ("core", "cockpit", "strategies"))
