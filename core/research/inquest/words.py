"""What is asked of an inquest, for who asks: it imports none of what answers."""

from __future__ import annotations

from msgspec import Struct


class Inquiry(Struct, frozen=True, kw_only=True):
    """Which strategy, when (ns UTC), and in which home; `folders` hold the strategies' files."""

    home: str
    id: str
    at_ns: int
    folders: list[str]
