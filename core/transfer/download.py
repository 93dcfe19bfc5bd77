"""A venue's history from its public daily dumps onto the tape: fetched, checked, imported, a day at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import CockpitError
from core.feed.backoff import Backoff
from core.home_folder import private_folder
from core.transfer.checksum import ENDING, sha256_of
from core.transfer.dumps import FOLDER, Dump
from core.transfer.fetch import Came, Fetcher
from core.transfer.load import Loader, loading
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
) -> None:
    """Fetch and import days, oldest first. Those that are on the tape already are not asked for; running it again goes on where it stopped.

    Args:
        base: address the dumps lie below.
        keep: leave the files in the home's folder of dumps; else each goes once it is on the tape.

    Raises:
        VenueError: the venue refuses or cannot be reached.
        SourceError: a dump that is not what its checksum says, or cannot be read.
        StoreError, HomeLocked, UsageError: as `loading`.
    """
    loaded.of_files = len(dumps)
    async with loading(home, loaded, tell) as loader:
        folder = private_folder(home / FOLDER)
        async with Fetcher(dumps[0].venue, base, backoff) as fetcher:
            for dump in dumps:
                await _day(loader, fetcher, folder, dump, keep)


async def _day(loader: Loader, fetcher: Fetcher, folder: Path, dump: Dump, keep: bool) -> None:
    loaded, target = loader.loaded, folder / dump.name
    if dump.is_there(loader.home):
        loaded.known.append(f"{dump.symbol} {dump.day}")
        loader.done()
        return
    what = f"{dump.symbol} {dump.day}"

    def came(now: Came) -> None:
        loaded.fetching = (what, now)
        loaded.part = (loaded.files + (_FETCHED * now.done / now.total if now.total else 0.0)) / loaded.of_files
        loader.tell(loaded)

    mark = folder / f"{dump.name}{ENDING}"
    mark.unlink(missing_ok=True)
    found = await fetcher.checksum(dump.path, came)
    if found is None:
        loaded.absent.append(what)
        loader.done()
        return
    sha256, text = found
    if not target.exists() or await asyncio.to_thread(sha256_of, target) != sha256:
        await fetcher.file(dump.path, target, sha256, came)
    loaded.bytes += target.stat().st_size
    loaded.fetching = None
    await loader.file(target, Wanted(f"{dump.venue}:{dump.symbol}", dump.stream), share_before=_FETCHED)
    try:
        mark.write_text(text)
        if not keep:
            target.unlink()
    except OSError as error:
        raise CockpitError(f"cannot write {folder}: {error.strerror}") from error
