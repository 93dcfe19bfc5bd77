"""A few bytes that engine and worker share: how far the worker is, and which strategy's code it is in, also after it died."""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from typing import NamedTuple

_LAYOUT = struct.Struct("=qq")
_SIZE = mmap.PAGESIZE


class Progress(NamedTuple):
    """What a worker last said.

    Attributes:
        steps: goes up with every step it begins or ends.
        slot: of the strategy whose code it is in; 0 none; negative: it is loading that one.
    """

    steps: int
    slot: int


def new_cell() -> int:
    """A descriptor of fresh shared memory, to be handed to a child; the caller closes it."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("cockpit-worker", 0)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, _SIZE)
    return descriptor


class Cell:
    """One side's view of it; the worker writes, the engine reads."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _SIZE)
        self._count = 0

    def mark(self, slot: int) -> None:
        """Say that a strategy's code begins here (0: ended)."""
        self._count += 1
        _LAYOUT.pack_into(self._memory, 0, self._count, slot)

    def read(self) -> Progress:
        """What was said last."""
        return Progress(*_LAYOUT.unpack_from(self._memory, 0))

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()
