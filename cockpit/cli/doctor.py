"""What can be wrong with a machine before an engine runs on it: each finding in words, with a verdict."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import resource
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call

#: SQLite before this can corrupt a write-ahead log that several connections write and checkpoint. We have one writer a file.
SQLITE = (3, 51, 3)

#: A day of a few busy symbols, sealed, is far below a gigabyte.
DISK_WARN, DISK_FAIL = 5_000_000_000, 500_000_000

#: Sockets, databases, workers and their pipes.
FILES = 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ok, warn or fail, and why in words."""

    check: str
    verdict: str
    text: str


def examine(call: Call) -> Iterator[Finding]:
    """Look at everything, quick things first."""
    yield _python()
    yield _packages()
    yield _sqlite()
    yield _home(call.home)
    yield _disk(call.home)
    yield _files()
    yield _terminal()
    yield _clock()
    yield _engine(call.home)
    yield from _configured(call)


def _python() -> Finding:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    return Finding(
        "python", "ok" if good else "fail", f"{version} on {platform.system()} {platform.machine()}" + ("" if good else ": needs 3.11")
    )


def _packages() -> Finding:
    try:
        wanted = importlib.metadata.requires("cockpit") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding("packages", "fail", "cockpit itself is not installed: run make setup, or pip install it")
    missing = []
    for line in wanted:
        if "extra ==" in line or ("sys_platform" in line and sys.platform == "win32"):
            continue
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", "fail", f"missing: {', '.join(missing)}: run make setup, or pip install cockpit again")
    return Finding("packages", "ok", f"all {len(wanted)} are there")


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version_info
    text = f"SQLite {sqlite3.sqlite_version}"
    if version >= SQLITE:
        return Finding("sqlite", "ok", text)
    newer = ".".join(map(str, SQLITE))
    return Finding("sqlite", "ok", f"{text}, before {newer}: let no other program write to tape.db or ledger.db while the engine runs")


def _home(home: Path) -> Finding:
    if not home.exists():
        parent = next(p for p in home.parents if p.exists())
        good = os.access(parent, os.W_OK | os.X_OK)
        return Finding(
            "home", "ok" if good else "fail", f"{home} " + ("will be made" if good else f"cannot be made: no permission in {parent}")
        )
    if not home.is_dir():
        return Finding("home", "fail", f"{home} is not a folder")
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return Finding("home", "fail", f"{home}: no permission to read and write there")
    found = home.stat()
    if found.st_uid != os.geteuid():
        return Finding("home", "warn", f"{home} belongs to another user")
    if found.st_mode & 0o022:
        return Finding("home", "warn", f"{home} can be written by other users: chmod 700 it")
    return Finding("home", "ok", str(home))


def _disk(home: Path) -> Finding:
    place = next(p for p in (home, *home.parents) if p.exists())
    free = shutil.disk_usage(place).free
    verdict = "fail" if free < DISK_FAIL else "warn" if free < DISK_WARN else "ok"
    return Finding(
        "disk", verdict, f"{free / 1e9:,.1f} GB free at {place}" + ("" if verdict == "ok" else ": recording pauses when it is full")
    )


def _files() -> Finding:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = "no limit" if soft == resource.RLIM_INFINITY else f"{soft:,}"
    good = soft == resource.RLIM_INFINITY or soft >= FILES
    return Finding("open files", "ok" if good else "warn", f"{many} at once" + ("" if good else f": raise it with ulimit -n {FILES}"))


def _terminal() -> Finding:
    term, encoding = os.environ.get("TERM", ""), (sys.stdout.encoding or "").lower()
    colours = (
        "no colour (NO_COLOR)"
        if "NO_COLOR" in os.environ
        else "24-bit colour"
        if _truecolor()
        else "256 colours"
        if "256" in term
        else "16 colours"
    )
    if term in ("", "dumb"):
        return Finding("terminal", "warn", f"TERM is {term or 'not set'}: the cockpit's screen needs a real terminal, the commands do not")
    if encoding.replace("-", "") != "utf8":
        return Finding("terminal", "warn", f"{term}, but text is {encoding}, not UTF-8: set LC_ALL=C.UTF-8")
    size = shutil.get_terminal_size()
    return Finding("terminal", "ok", f"{term}, {colours}, UTF-8, {size.columns} by {size.lines} cells")


def _truecolor() -> bool:
    return os.environ.get("COLORTERM", "") in ("truecolor", "24bit")


def _clock() -> Finding:
    """The two clocks of the machine against each other, and against this program's own age."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(0.05)
    drift = (time.time() - wall) - (time.monotonic() - steady)
    newest = max((p.stat().st_mtime for p in Path(__file__).parent.glob("*.py")), default=0.0)
    if abs(drift) > 0.02:
        return Finding(
            "clock", "warn", f"the wall clock moved {drift * 1000:+.0f} ms against the steady one within 50 ms: is it being set?"
        )
    if wall < newest - 86_400:
        return Finding("clock", "fail", "the wall clock is before this program was installed: set it")
    return Finding("clock", "ok", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall)))


def _engine(home: Path) -> Finding:
    from core.home import holder, socket_path

    try:
        path = socket_path(home)
        found = holder(home)
    except CockpitError as error:
        return Finding("engine", "fail", str(error))
    if found is None:
        return Finding("engine", "ok", "not running")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(str(path))
        except OSError as error:
            return Finding("engine", "fail", f"pid {found.pid} ({found.mode}) runs and does not answer: {error.strerror or error}")
    return Finding("engine", "ok", f"pid {found.pid} ({found.mode}) runs and answers")


def _configured(call: Call) -> Iterator[Finding]:
    from cockpit.cli.doctor_venue import examine_venue

    try:
        config = call.configuration().config
    except UsageError as error:
        yield Finding("config", "fail", str(error))
        return
    yield Finding("config", "ok", f"venue {config.venue}, {len(config.symbols)} symbols")
    for check, verdict, text in examine_venue(config):
        yield Finding(check, verdict, text)
