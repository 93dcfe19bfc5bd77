"""Whether a machine can be left alone with an engine for weeks: processors, memory, limits, the clock, and what ends at logout."""

from __future__ import annotations

import ctypes
import getpass
import os
import resource
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cockpit.cli.finding import Finding, judged

#: Sockets, databases, workers and their pipes.
FILES = 1024

#: Megabytes of the engine and of a worker, with room to work in.
ENGINE_MB, WORKER_MB = 200, 120

_UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)


def examine_machine(workers: int) -> Iterator[Finding]:
    """For an engine with so many workers (0: one a core)."""
    cores = usable_cores()
    many = workers or cores
    yield processors(cores, many, os.getloadavg()[0])
    yield memory(available_mb(), many)
    yield swap(_meminfo())
    yield files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    yield clock()
    yield logout()


def usable_cores() -> int:
    """Cores this user's processes may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cores, int(int(quota) / int(period)))) if quota != "max" else cores
    except (OSError, ValueError):
        return cores


def processors(cores: int, workers: int, load: float) -> Finding:
    """Cores against workers, and what others use."""
    text = f"{cores} core{'s' * (cores > 1)} for the engine and {workers} worker{'s' * (workers > 1)}, load {load:.1f}"
    if workers > max(2, cores):
        return judged("processors", text, warn=f"more workers than cores only wait for each other; set engine.workers to {cores}")
    return judged("processors", text, warn="other programs keep them busy; decisions will be late at times" if load > 2 * cores else "")


def available_mb() -> float | None:
    """Memory that can be had, of the machine or of the container, whichever is less; None where it is not told."""
    known = _meminfo().get("MemAvailable")
    found = [known / 1024] if known is not None else []
    for limit, used in (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        try:
            most = (Path("/sys/fs/cgroup") / limit).read_text().strip()
            if most != "max":
                found.append((int(most) - int((Path("/sys/fs/cgroup") / used).read_text())) / 2**20)
        except (OSError, ValueError):
            continue
    return min(found, default=None)


def memory(available: float | None, workers: int) -> Finding:
    """Against what an engine with so many workers needs."""
    needed = ENGINE_MB + WORKER_MB * workers
    if available is None:
        return Finding("memory", "ok", f"an engine with {workers} workers needs about {needed} MB; what there is this system does not tell")
    text = f"{available:,.0f} MB to be had; an engine with {workers} worker{'s' * (workers > 1)} needs about {needed} MB"
    if available < needed:
        return judged("memory", text, fail="end other programs, or set engine.workers lower")
    return judged("memory", text, warn="a backtest beside it may not fit" if available < 2 * needed else "")


def swap(info: dict[str, int]) -> Finding:
    """A machine that swaps is one whose engine stalls."""
    total, free = info.get("SwapTotal", 0), info.get("SwapFree", 0)
    if not total:
        return Finding("swap", "ok", "none: where memory runs out, a worker is ended first and started again")
    used = total - free
    text = f"{used / 1024:,.0f} of {total / 1024:,.0f} MB used"
    return judged("swap", text, warn="the machine is short of memory, and whatever is swapped out stalls" if used > total / 4 else "")


def files(soft: int) -> Finding:
    """How many may be open at once."""
    many = "no limit" if soft == resource.RLIM_INFINITY else f"{soft:,}"
    few = soft != resource.RLIM_INFINITY and soft < FILES
    return judged("open files", f"{many} at once", warn=f"raise it with ulimit -n {FILES}" if few else "")


def clock() -> Finding:
    """The two clocks of the machine against each other, against this program's own age, and whether somebody sets them right."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(0.05)
    drift = (time.time() - wall) - (time.monotonic() - steady)
    newest = max((p.stat().st_mtime for p in Path(__file__).parent.glob("*.py")), default=0.0)
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wall))
    if wall < newest - 86_400:
        return judged("clock", text, fail="before this program was installed; set it")
    if abs(drift) > 0.02:
        return judged("clock", text, warn=f"it moved {drift * 1000:+.0f} ms against the steady one within 50 ms; is it being set?")
    if synchronised() is False:
        return judged("clock", text, warn="nothing keeps it right; turn on chrony or systemd-timesyncd")
    return Finding("clock", "ok", text)


def synchronised() -> bool | None:
    """Whether the kernel is told the time by somebody; None where it does not say. Source: adjtimex(2)."""
    if sys.platform != "linux" or struct.calcsize("P") != 8:
        return None
    words = ctypes.create_string_buffer(256)  # modes 0: only asks
    if ctypes.CDLL(None).adjtimex(words) < 0:
        return None
    return not struct.unpack_from("=i4xqqqqi", words)[5] & _UNSYNCHRONISED


def logout(etc: Path = Path("/etc/systemd"), lingering: Path = Path("/var/lib/systemd/linger")) -> Finding:
    """Whether the system ends what a user leaves running."""
    user = getpass.getuser()
    if os.geteuid() == 0 or not _kills_at_logout(etc) or (lingering / user).exists():
        return Finding("logout", "ok", "processes of a user who logs out run on")
    return judged("logout", "KillUserProcesses=yes", warn=f"the engine ends with your last session; run loginctl enable-linger {user}")


def _kills_at_logout(etc: Path) -> bool:
    said = False
    for path in (etc / "logind.conf", *sorted(etc.glob("logind.conf.d/*.conf"))):
        try:
            lines = path.read_text(errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            key, _, value = line.partition("=")
            if key.strip() == "KillUserProcesses":
                said = value.strip().lower() in ("yes", "true", "on", "1")
    return said


def _meminfo() -> dict[str, int]:
    """Kilobytes by name."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return {}
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest.split()[:1]}
