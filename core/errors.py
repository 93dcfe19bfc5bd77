"""Every error a person may meet, each one clear line.

CockpitError                 exit 1: it failed, and the message says why
├── UsageError               exit 2: the words or values given cannot work
│   ├── ConfigError            a key or value in cockpit.toml, the environment or a flag
│   ├── SourceError            a data source that cannot be read as ticks or bars
│   └── StrategyError          a strategy or an indicator that does not load, or parameters it refuses
├── NotRunning               exit 3: no engine runs in this home
├── HomeLocked               exit 1: another engine holds this home (its pid is named)
├── StoreError               exit 1: a database that is corrupt, newer than us, or out of space
└── VenueError               exit 1: the venue refused or cannot be reached
    └── RateLimited            the venue asked us to wait (`retry_after` seconds)
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str, limit: int = 400) -> str:
    """Text from outside without control or direction-changing characters, at most `limit` characters long."""
    line = _CONTROL.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def telling(error: BaseException) -> str:
    """What somebody else's code raised, and where: `ZeroDivisionError: division by zero, boll.py:31`."""
    import traceback

    where = traceback.extract_tb(error.__traceback__)[-1]
    return one_line(f"{type(error).__name__}: {error}, {where.filename.rpartition('/')[2]}:{where.lineno}")


class CockpitError(Exception):
    """Something failed; the message is one line a person can act on."""

    exit_code = 1


class UsageError(CockpitError):
    """What was asked cannot work as worded."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration key or value is wrong; names where it came from and what is allowed."""


class SourceError(UsageError):
    """A data source cannot be read as ticks or bars."""


class StrategyError(UsageError):
    """A strategy's or an indicator's file does not load, or a parameter is refused."""


class NotRunning(CockpitError):
    """No engine runs in this home."""

    exit_code = 3


class NotAnswering(CockpitError):
    """The engine runs, and does not answer in time."""


class HomeLocked(CockpitError):
    """Another engine holds this home."""


class StoreError(CockpitError):
    """A database is corrupt, from a newer version, or out of space."""


class VenueError(CockpitError):
    """The venue refused a request or cannot be reached."""


class RateLimited(VenueError):
    """The venue asked us to wait.

    Attributes:
        retry_after: seconds to send nothing for.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
