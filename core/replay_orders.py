"""What people do to a replay: its pace, a step, another moment."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct


class ReplayPace(Struct, frozen=True, kw_only=True, tag="pace"):
    """Play a replay on at this speed, or let it stand still. `speed` None: as before."""

    speed: Annotated[float, Meta(gt=0, le=1_000_000, description="times real time")] | Literal["max"] | None = None
    paused: bool = False


class ReplayStep(Struct, frozen=True, kw_only=True, tag="step"):
    """Play one print, or through the print that closes a bar, then stand still.

    `interval` is `tick` (one print), `1s` to `1d`, or `tick:500`, `volume:10`, `dollar:1M`: bars of these are one symbol's.
    """

    interval: str = "tick"
    symbol: str | None = None


class ReplaySeek(Struct, frozen=True, kw_only=True, tag="seek"):
    """Go to a moment: forward plays every print between; back begins anew, with fresh books. None is the beginning."""

    to_ns: Annotated[int, Meta(ge=0)] | None = None


ReplayCommand: TypeAlias = ReplayPace | ReplayStep | ReplaySeek
