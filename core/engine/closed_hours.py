"""When the demo's market was closed: while no engine ran it for longer than anybody wants to wait for the prints of.

The prints of a short absence are fetched on return, as a real venue's are. Those of days would take minutes, and the tape would have a
hole until then: such an absence is a closing instead, in whole hours, after which the ids go on where they stopped. The spans are kept in
the home: the ids of all that follows depend on them.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from core.clock import iso
from core.errors import CockpitError, StoreError
from core.exchange.hours import Closure
from core.store.span import tape_series, tape_windows
from core.types import MINUTE

HOUR = 60 * MINUTE

#: An absence of so many hours is fetched whole: half a million prints, within half a minute.
LONGEST_FETCHED = 6

#: Whole hours it has been open again when somebody comes back: charts and indicators have something to begin with.
OPEN_AGAIN = 1

FILE = "demo.json"


class _Kept(msgspec.Struct, frozen=True):
    """What is on file."""

    closed: list[Closure]


def closed_hours(home: Path, now_ns: int) -> tuple[list[Closure], Closure | None]:
    """(all closures of a home's market so far, the one that an absence until now makes of its own); what is new is put on file.

    Raises:
        CockpitError: the file cannot be read or written.
    """
    path = home / FILE
    kept = _read(path)
    newest = _newest(home)
    if newest is None or now_ns - newest <= LONGEST_FETCHED * HOUR:
        return kept, None
    begin, end = -(-newest // HOUR), now_ns // HOUR - OPEN_AGAIN
    if kept and begin <= kept[-1][1]:
        # Nothing came since it opened again: it may as well have stayed closed.
        begin = kept.pop()[0]
    closure = (begin, end)
    kept.append(closure)
    _write(path, kept)
    return kept, closure


def closing_words(closure: Closure) -> str:
    """What somebody who comes back is told."""
    begin, end = (iso(hour * HOUR)[:16] + "Z" for hour in closure)
    return f"the demo's market was closed from {begin} to {end}, as nobody ran it: it went on where it had stopped, and no print is missing"


def _newest(home: Path) -> int | None:
    """A time (ns) at most five minutes after the newest print on the tape; None without one."""
    tape = home / "tape.db"
    try:
        ends = [tape_windows(tape, *series, 1 << 62)[-1:] for series in tape_series(tape)] if tape.exists() else []
    except StoreError:
        return None  # the engine says what is wrong with it, or brings it up to date
    return max((end for windows in ends for _, end in windows), default=None)


def _read(path: Path) -> list[Closure]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept).closed
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError) as error:
        raise CockpitError(f"cannot read {path}, which says when the demo's market was closed: {error}; --fresh begins anew") from error


def _write(path: Path, closed: list[Closure]) -> None:
    """Whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.write_bytes(msgspec.json.encode(_Kept(closed)) + b"\n")
        draft.replace(path)
    except OSError as error:
        raise CockpitError(f"cannot write {path}: {error.strerror}") from error
