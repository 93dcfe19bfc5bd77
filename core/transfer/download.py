"""A venue's history from its public daily dumps onto the tape: fetched, checked, imported, a day at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from core.errors import CockpitError
from core.feed.backoff import Backoff
from core.home_folder import private_folder
from core.transfer.checksum import ENDING, sha256_of
from core.transfer.dumps import FOLDER, Dump
from core.transfer.fetch import Came, Fetcher
from core.transfer.load import EVER, Loader, loading
from core.transfer.loaded import Loaded, Tell, Wanted

#: How much of the work on a day it is to fetch it, about.
_FETCHED = 0.5


async def download(
    home: Path,
    base: str,
    dumps: Sequence[Dump],
    loaded: Loaded,
    tell: Tell,
    *,
    keep: bool = False,
    backoff: Callable[[], Backoff] = Backoff,
    seal_before_ns: int = EVER,
) -> None:
    """Fetch and import days, oldest first. Those that are on the tape already are not asked for; running it again goes on where it stopped.

    Args:
        base: address the dumps lie below.
        keep: leave the files in the home's folder of dumps; else each goes once it is on the tape.
        seal_before_ns: as `loading`.

    Raises:
        VenueError: the venue refuses or cannot be reached.
        SourceError: a dump that is not what its checksum says, or cannot be read.
        StoreError, HomeLocked, UsageError: as `loading`.
    """
    dumps = list(dict.fromkeys(dumps))
    loaded.of_files = len(dumps)
    async with loading(home, loaded, tell, seal_before_ns) as loader:
        folder = private_folder(home / FOLDER)
        async with Fetcher(dumps[0].venue, base, backoff) as fetcher:
            days = _Days(loader, fetcher, folder, keep)
            ahead: asyncio.Task[_Fetched] | None = None
            try:
                for dump, following in zip(dumps, [*dumps[1:], None], strict=True):
                    fetched = await (ahead or days.fetch(dump))
                    # The next one comes while this one is imported.
                    ahead = asyncio.create_task(days.fetch(following)) if following else None
                    await days.take(dump, fetched)
            finally:
                if ahead is not None:
                    ahead.cancel()
                    await asyncio.gather(ahead, return_exceptions=True)


class _Fetched(NamedTuple):
    """What became of a day: it was imported before, the venue has none (`checksum` empty), or its file is here."""

    is_known: bool
    checksum: str


class _Days:
    """Fetches and imports one day."""

    def __init__(self, loader: Loader, fetcher: Fetcher, folder: Path, keep: bool) -> None:
        self._loader, self._fetcher, self._folder, self._keep = loader, fetcher, folder, keep
        self._is_importing = False

    async def fetch(self, dump: Dump) -> _Fetched:
        """Have the file of a day in the folder."""
        target, mark = self._folder / dump.name, self._folder / f"{dump.name}{ENDING}"
        if await asyncio.to_thread(dump.is_there, self._loader.home):
            return _Fetched(True, "")
        mark.unlink(missing_ok=True)

        def came(now: Came) -> None:
            self._tell(dump, now)

        found = await self._fetcher.checksum(dump.path, came)
        if found is None:
            return _Fetched(False, "")
        sha256, text = found
        if not target.exists() or await asyncio.to_thread(sha256_of, target) != sha256:
            await self._fetcher.file(dump.path, target, sha256, came)
        return _Fetched(False, text)

    async def take(self, dump: Dump, fetched: _Fetched) -> None:
        """Import what was fetched, if there is something."""
        loaded, target = self._loader.loaded, self._folder / dump.name
        if fetched.is_known or not fetched.checksum:
            (loaded.known if fetched.is_known else loaded.absent).append(f"{dump.symbol} {dump.day}")
            self._loader.done()
            return
        loaded.bytes += target.stat().st_size
        loaded.fetching = None
        self._is_importing = True
        await self._loader.file(target, Wanted(f"{dump.venue}:{dump.symbol}", dump.stream), share_before=_FETCHED)
        self._is_importing = False
        try:
            (self._folder / f"{dump.name}{ENDING}").write_text(fetched.checksum)
            if not self._keep:
                target.unlink()
        except OSError as error:
            raise CockpitError(f"cannot write {self._folder}: {error.strerror}") from error

    def _tell(self, dump: Dump, now: Came) -> None:
        """Say how far a day is, unless another one is just imported."""
        loaded = self._loader.loaded
        if not self._is_importing:
            loaded.fetching = (f"{dump.symbol} {dump.day}", now)
            loaded.part = (loaded.files + (_FETCHED * now.done / now.total if now.total else 0.0)) / loaded.of_files
            self._loader.tell(loaded)
