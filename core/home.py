"""A home: the folder that holds one engine's databases, socket, lock and logs, and the rules for who may use it.

cockpit.toml   configuration (optional)          engine.lock   held by the running engine; names its pid
home.json      the stamp: its mode and venues    run/          0700; the engine's socket
tape.db        recorded ticks                    logs/         engine.log and its older parts
ledger.db      commands, orders, fills, …        strategies/   strategies of the user (optional)
runs/          curves and fills of backtests     exports/      what the lab was told to write
indicators/    indicators of the user (optional) indicators.toml   variants of indicators (optional)
demo.json      when a demo's market was closed
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import platformdirs

from core.errors import CockpitError, UsageError
from core.home_folder import make_home, private_folder
from core.home_lock import Holder, Lock, holder, lock_home, running

__all__ = [
    "Holder",
    "Lock",
    "Stamp",
    "check_stamp",
    "data_folder",
    "default_home",
    "demo_home",
    "forget",
    "holder",
    "lock_home",
    "make_home",
    "private_folder",
    "read_stamp",
    "replay_home",
    "reset_home",
    "running",
    "socket_path",
    "stamp",
]

#: Longest socket path in bytes that every platform takes (macOS allows 103, Linux 107).
LONGEST_SOCKET_PATH = 100

#: What a demo reset deletes. Anything else in the folder, the configuration first of all, is the user's.
_DISPOSABLE = (
    *(f"{name}.db{part}" for name in ("tape", "ledger") for part in ("", "-wal", "-shm")),
    "home.json",
    "demo.json",
    "replay.json",
    "seen.json",
    "logs",
    "run",
    "runs",
)


class Stamp(msgspec.Struct, frozen=True):
    """What a home was first used for; its data would mean nothing under another mode or venue."""

    mode: str
    venues: list[str]


def default_home(env: Mapping[str, str] | None = None) -> Path:
    """`COCKPIT_HOME`, else the platform's data folder for this user."""
    given = (os.environ if env is None else env).get("COCKPIT_HOME")
    return _absolute(given) if given else Path(platformdirs.user_data_dir("cockpit", appauthor=False))


def demo_home(env: Mapping[str, str] | None = None) -> Path:
    """`COCKPIT_HOME`, else the demo's own folder beside the default home: the same one every time."""
    given = (os.environ if env is None else env).get("COCKPIT_HOME")
    return _absolute(given) if given else Path(platformdirs.user_data_dir("cockpit-demo", appauthor=False))


def replay_home(home: Path) -> Path:
    """Where a home's recordings are replayed unless told otherwise: a folder in it; itself where it is such a home."""
    found = read_stamp(home)
    return home if found is not None and found.mode == "replay" else home / "replay"


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))


def socket_path(home: Path) -> Path:
    """Where this home's engine listens, in a 0700 folder (made if missing, where the home is there).

    The fallback for long paths is the same for every session of a user. It is not `/run/user/UID`,
    which is deleted when the user's last session ends, while the engine is to outlive it.

    Raises:
        CockpitError: the folder belongs to someone else.
    """
    path = home.resolve() / "run" / "engine.sock"
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
        path = Path(f"/tmp/cockpit-{os.geteuid()}") / f"{name}.sock"
    if home.is_dir():
        private_folder(path.parent)
    return path


def read_stamp(home: Path) -> Stamp | None:
    """What this home is for; None when it was never used.

    Raises:
        CockpitError: the stamp is there and cannot be read.
    """
    path = home / "home.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Stamp)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise CockpitError(f"cannot read {path}, which says what this home is for: {error}") from error


def check_stamp(home: Path, mode: str, venues: Sequence[str]) -> Stamp | None:
    """The stamp of a home that may be used for this; None when it has none yet.

    Raises:
        UsageError: the home is for another mode or other venues.
    """
    found = read_stamp(home)
    if found is None:
        return None
    if found.mode != mode:
        opens = {"demo": "`cockpit --demo` opens it; or ", "replay": "`cockpit replay` opens it; or "}.get(found.mode, "")
        raise UsageError(f"{home} is a {found.mode} home and cannot run as {mode}: {opens}use another one with --home or COCKPIT_HOME")
    if sorted(found.venues) != sorted(venues):
        ours, theirs = ", ".join(sorted(found.venues)), ", ".join(sorted(venues))
        raise UsageError(f"{home} holds data of {ours} and cannot run on {theirs}: use another one with --home or COCKPIT_HOME")
    return found


def stamp(home: Path, mode: str, venues: Sequence[str]) -> Stamp:
    """Say what this home is for, once; later calls must say the same.

    Raises:
        UsageError: the home is for another mode or other venues.
    """
    found = check_stamp(home, mode, venues)
    if found is not None:
        return found
    made = Stamp(mode, sorted(venues))
    draft = home / "home.json.new"
    draft.write_bytes(msgspec.json.encode(made) + b"\n")
    draft.replace(home / "home.json")
    return made


def reset_home(home: Path, mode: str) -> None:
    """Empty a home of this mode, demo or replay; its configuration and the user's own files stay.

    Raises:
        UsageError: it is a home of another mode.
        HomeLocked: its engine runs.
    """
    if not home.exists():
        return
    found = read_stamp(home)
    if found is not None and found.mode != mode:
        raise UsageError(f"{home} is a {found.mode} home: only a {mode} home can be started afresh")
    if found is None and (home / "tape.db").exists():
        raise UsageError(f"{home} holds data and does not say it is a {mode}: not deleting it")
    with lock_home(home, mode):
        forget(home, _DISPOSABLE)


def forget(home: Path, names: Sequence[str]) -> None:
    """Delete these files and folders of a home; the caller holds its lock."""
    for path in (home / name for name in names):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def data_folder() -> Path:
    """The project's own demo scenarios and samples: `cockpit/data` of an installed wheel, `data` of a checkout."""
    root = Path(__file__).resolve().parent.parent
    shipped = root / "cockpit" / "data"
    return shipped if shipped.is_dir() else root / "data"
