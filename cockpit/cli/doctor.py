"""Everything an engine depends on, looked at before it is left alone: each finding in words, with a verdict and what to do."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.finding import Finding, judged
from core.errors import CockpitError, ConfigError, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.config_alerts import AlertsConfig
    from core.config_heard import SourceConfig

#: Seconds a running engine may take to answer.
PATIENCE = 5.0


def examine(call: Call) -> Iterator[Finding]:
    """Look at everything, what needs no configuration first."""
    from cockpit.cli.doctor_disk import examine_disk
    from cockpit.cli.doctor_machine import examine_machine
    from cockpit.cli.doctor_venue import examine_venue
    from cockpit.cli.machine import check_keys

    yield python()
    yield packages()
    yield folder(call.home)
    yield from examine_disk(call.home)
    yield kernels()
    yield terminal()
    yield engine(call.home)
    try:
        effective = call.configuration()
    except UsageError as error:
        yield from examine_machine(0)
        yield Finding("config", "fail", str(error))
        return
    config = effective.config
    yield from examine_machine(config.engine.workers)
    try:
        check_keys(effective)
    except UsageError as error:  # the screen does not open with it; all else goes on
        yield Finding("config", "fail", str(error))
    else:
        yield Finding("config", "ok", f"venue {config.venue}, {len(config.symbols)} symbols")
    yield from channels(call.home, config.alerts)
    yield from sources(call.home, config.sources)
    yield from examine_venue(config)


def python() -> Finding:
    """Its version."""
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return judged("python", text, fail="" if sys.version_info >= (3, 11) else "needs 3.11")


def packages() -> Finding:
    """Those cockpit needs."""
    try:
        wanted = importlib.metadata.requires("cockpit") or []
    except importlib.metadata.PackageNotFoundError:
        return judged("packages", "cockpit itself is not installed", fail="run make setup, or pip install it")
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
        return judged("packages", f"missing {', '.join(missing)}", fail="run make setup, or pip install cockpit again")
    return Finding("packages", "ok", f"all {len(wanted)} are there")


def folder(home: Path) -> Finding:
    """The home."""
    if not home.exists():
        parent = next(p for p in home.parents if p.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            return Finding("home", "ok", f"{home} will be made")
        return judged("home", f"{home} cannot be made", fail=f"no permission in {parent}")
    if not home.is_dir():
        return judged("home", str(home), fail="it is not a folder")
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return judged("home", str(home), fail="no permission to read and write there")
    found = home.stat()
    if found.st_uid != os.geteuid():
        return judged("home", str(home), warn="it belongs to another user")
    return judged("home", str(home), warn=f"other users can write there; chmod 700 {home}" if found.st_mode & 0o022 else "")


def channels(home: Path, config: AlertsConfig) -> Iterator[Finding]:
    """Whether each way out for alerts could be used; nothing is sent."""
    from core.channels.channel import open_channels

    for name, found in open_channels(config, home, os.environ):
        if isinstance(found, ConfigError):
            yield Finding("alerts", "fail", str(found))
        else:
            yield Finding("alerts", "ok", f"{name} to {found.where}")


def sources(home: Path, config: Mapping[str, SourceConfig]) -> Iterator[Finding]:
    """Whether each source of signals could be asked; it is not."""
    from cockpit.cli.doctor_venue import reach
    from core.channels.question import open_questions

    for name, terms in config.items():
        try:
            found = open_questions(name, terms, home, os.environ)
        except ConfigError as error:
            yield Finding("source", "fail", str(error))
        else:
            verdict, text = reach(found.where, "strategies that listen to it abstain")
            yield Finding("source", verdict, f"{name}: {text}")


def kernels() -> Finding:
    """Whether compiled strategies can be kept."""
    from core.compile.machine_code import cache_folder

    place = cache_folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place, prefix=".doctor-"):
            pass
    except OSError as error:
        advice = "every start compiles anew, a second a strategy; make it writable, or set COCKPIT_CACHE"
        return judged("kernels", f"{place} cannot be written ({error.strerror})", warn=advice)
    return Finding("kernels", "ok", f"compiled strategies are kept in {place}")


def terminal() -> Finding:
    """What the cockpit's screen would be drawn on."""
    term, encoding = os.environ.get("TERM", ""), (sys.stdout.encoding or "").lower()
    if term in ("", "dumb"):
        return judged("terminal", f"TERM is {term or 'not set'}", warn="the cockpit's screen needs a real terminal, the commands do not")
    if encoding.replace("-", "") != "utf8":
        return judged("terminal", f"{term}, but text is {encoding}, not UTF-8", warn="set LC_ALL=C.UTF-8")
    size = shutil.get_terminal_size()
    return Finding("terminal", "ok", f"{term}, {_colours(term)}, UTF-8, {size.columns} by {size.lines} cells")


def _colours(term: str) -> str:
    if "NO_COLOR" in os.environ:
        return "no colour (NO_COLOR)"
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "24-bit colour"
    return "256 colours" if "256" in term else "16 colours"


def engine(home: Path) -> Finding:
    """Whether one runs in the home, answers, and is well."""
    from core.client import call
    from core.home import holder
    from core.home_lock import NO_ENGINE
    from core.view import Ask

    try:
        found = holder(home)
    except CockpitError as error:
        return Finding("engine", "fail", str(error))
    if found is None:
        return Finding("engine", "ok", "not running")
    if found.mode in NO_ENGINE:
        return Finding("engine", "ok", f"not running while {NO_ENGINE[found.mode]} does (pid {found.pid})")
    text = f"pid {found.pid} ({found.mode}) runs"
    began = time.monotonic()
    try:
        status = call(home, Ask("status"), PATIENCE)
    except CockpitError as error:
        return judged("engine", f"{text} and does not answer ({error})", fail="look at `cockpit logs`; `cockpit stop --force` ends it")
    text += f" and answers in {(time.monotonic() - began) * 1000:.0f} ms"
    unwell = isinstance(status, dict) and status.get("health", "ok") != "ok"
    return judged("engine", text, warn="it is not well; look at `cockpit status` and `cockpit alerts`" if unwell else "")
