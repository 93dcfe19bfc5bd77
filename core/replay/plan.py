"""What a replay home plays, kept in the home: so that its engine goes on with the same after any end of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from core.replay.recording import Recording

FILE = "replay.json"


class Plan(msgspec.Struct, frozen=True):
    """What is played.

    Attributes:
        home: where the tape lies that sources name, and the configuration and strategies that hold.
        sources: as typed; files by their full paths.
        from_ns, to_ns: the stretch of all of them, `to_ns` exclusive.
    """

    home: str
    sources: list[str]
    from_ns: int | None = None
    to_ns: int | None = None

    def open(self) -> Recording:
        """The recording.

        Raises:
            SourceError: it cannot be played.
        """
        from core.replay.recording import open_recording  # and all that reads files

        return open_recording(self.sources, Path(self.home), from_ns=self.from_ns, to_ns=self.to_ns)


def plan_of(home: Path, sources: Sequence[str], from_ns: int | None = None, to_ns: int | None = None) -> Plan:
    """A plan that means the same wherever it is read."""
    from core.research.source_tape import is_tape

    return Plan(str(home), [text if is_tape(text) else os.path.abspath(os.path.expanduser(text)) for text in sources], from_ns, to_ns)


def read_plan(home: Path) -> Plan:
    """What a replay home plays.

    Raises:
        UsageError: it plays nothing.
        CockpitError: the file is there and cannot be read.
    """
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=Plan)
    except FileNotFoundError:
        raise UsageError(f"{home} holds no replay yet: `cockpit replay SOURCE…` begins one") from None
    except (OSError, msgspec.MsgspecError) as error:
        raise CockpitError(f"cannot read {home / FILE}, which says what this replay plays: {error}") from error


def keep_plan(home: Path, plan: Plan) -> None:
    """Say what a replay home plays."""
    draft = home / f"{FILE}.new"
    draft.write_bytes(msgspec.json.encode(plan) + b"\n")
    draft.replace(home / FILE)
