"""Parameters of indicators that look back over a window of time: lengths in seconds, and how finely the window is cut."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

from core.kernels.windows import buckets

#: Buckets of one window: what bounds its memory.
MOST_BUCKETS = 100_000

#: A length of time.
Seconds: TypeAlias = Annotated[float, Meta(ge=0.001, le=604_800, description="seconds it looks back over")]

#: How finely windows are cut.
Resolution: TypeAlias = Annotated[float, Meta(ge=0.001, le=86_400, description="seconds of a bucket: windows begin and end on whole ones")]


def check_window(name: str, seconds: float, resolution_s: float) -> None:
    """Refuse a window that is no whole number of buckets, or of too many.

    Raises:
        ValueError: it is.
    """
    count = buckets(seconds, resolution_s)
    if count > MOST_BUCKETS:
        raise ValueError(f"{name} ({seconds:g}) has {count:,} buckets of {resolution_s:g} s: {MOST_BUCKETS:,} at most")
    if abs(count * resolution_s - seconds) > 1e-9 * seconds:
        raise ValueError(f"{name} ({seconds:g}) must be a multiple of resolution_s ({resolution_s:g})")
