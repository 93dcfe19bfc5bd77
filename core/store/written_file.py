"""What the two files of a home have in common while they are written: one queue, trouble that is told, a log that others may pin."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

from core.store.connection import Told, WriteConnection
from core.store.writer import Writer

Self = TypeVar("Self", bound="WrittenFile")


class WrittenFile:
    """A database with its one writer; `async with` closes it.

    Args:
        writer: the queue its writes go through; made with the same connection.

    Attributes:
        path: the file.
    """

    def __init__(self, connection: WriteConnection, writer: Writer) -> None:
        self.path = connection.path
        self._connection = connection
        self._writer = writer

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self, patience: float = 10.0) -> None:
        """Write what is queued, then let go of the file.

        Raises:
            StoreError: not everything could be written within `patience` seconds, or some write was refused.
        """
        await self._writer.close(patience)

    @property
    def trouble(self) -> str | None:
        """What keeps writes waiting, in words that follow "is" (locked, out of disk space, …), or None."""
        return self._connection.trouble

    @property
    def on_trouble(self) -> Told:
        """Called with `trouble` as soon as it changes."""
        return self._connection.on_trouble

    @on_trouble.setter
    def on_trouble(self, told: Told) -> None:
        self._connection.on_trouble = told

    @property
    def pinned_mb(self) -> float:
        """Size of the write-ahead log while somebody's read that does not end makes it grow; 0 while nobody's does."""
        return self._connection.pinned_mb

    async def shrink(self) -> None:
        """Give the file's free pages back to the disk, some after each transaction, and return when there are none left to give.

        Raises:
            StoreError: something could not be written, now or before.
        """
        self._connection.shrinking = True
        while self._connection.shrinking:
            await self._writer.flush()
