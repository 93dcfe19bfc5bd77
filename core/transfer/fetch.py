"""Files over HTTP that come whole or go on where they stopped: resumed with Range, tried again with backoff, checked by SHA-256."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import aiohttp

from core.errors import CockpitError, SourceError, VenueError, one_line
from core.feed.backoff import Backoff
from core.feed.quota import retry_after
from core.feed.words import why_failed
from core.transfer.checksum import ENDING, parse_checksum, sha256_of

#: Tries in a row that brought nothing before it is given up.
TRIES = 8

#: A dump is never this long, bytes; the longest are some 2 GB.
MOST_BYTES = 20 << 30

_CHUNK = 1 << 18

#: Refusals that pass if one waits, and how long where the venue does not say, in seconds.
_PASSING = {408: 1.0, 425: 1.0, 429: 10.0, 418: 120.0, 500: 0.0, 502: 0.0, 503: 0.0, 504: 0.0}

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Came(NamedTuple):
    """How far a file is: bytes here, bytes in all (0 unknown); where it waits, what for in words, and after how many tries in vain."""

    done: int
    total: int
    waiting: str = ""
    tries: int = 0


Tell = Callable[[Came], None]


class _Again(Exception):
    """A try that may succeed later."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


class Fetcher:
    """Fetches files from one base address.

    Args:
        who: the venue, for people.
        backoff: how long to wait between tries.
    """

    def __init__(self, who: str, base: str, backoff: Callable[[], Backoff] = Backoff) -> None:
        self._who, self._base, self._backoff = who, base.rstrip("/"), backoff
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Fetcher:
        # A dump may take hours; a connection on which nothing comes may not.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=15.0, sock_read=30.0)
        self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True, auto_decompress=False)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    async def checksum(self, path: str, tell: Tell) -> tuple[str, str] | None:
        """(SHA-256 of the file of this path, the text that says so); None: there is no such file.

        Raises:
            VenueError: it cannot be had.
            SourceError: what came is no checksum.
        """
        backoff = self._backoff()
        while True:
            try:
                async with self._get(path + ENDING, {}) as answer:
                    if answer.status == 404:
                        return None
                    self._judge(answer, path + ENDING)
                    text = (await answer.content.read(4096)).decode("utf-8", "replace")
                return parse_checksum(text, path.rpartition("/")[2]), text
            except (aiohttp.ClientError, OSError, TimeoutError, _Again) as error:
                await self._wait(error, backoff, path + ENDING, Came(0, 0), tell)

    async def file(self, path: str, target: Path, sha256: str, tell: Tell) -> None:
        """Have the file at `target`, complete and as published. What came of it before stays in `target.part`.

        Raises:
            VenueError: it cannot be had, or not now.
            SourceError: it is another file than its checksum says, twice.
            CockpitError: it cannot be written.
        """
        part = target.with_name(target.name + ".part")
        for attempt in range(2):
            try:
                await self._complete(path, part, tell)
                found = await asyncio.to_thread(sha256_of, part)
                if found == sha256:
                    os.replace(part, target)
                    return
                part.unlink()
            except OSError as error:
                raise CockpitError(f"cannot write {target}: {error.strerror or error}") from error
            if attempt:
                raise SourceError(f"{target.name}: came damaged twice: its SHA-256 is {found[:12]}…, published is {sha256[:12]}…")

    async def _complete(self, path: str, part: Path, tell: Tell) -> None:
        """Bring a part to its end."""
        backoff = self._backoff()
        while True:
            size = _size(part)
            try:
                if await self._go_on(path, part, size, tell):
                    return
                raise _Again("it has another length than before")
            except (aiohttp.ClientError, ConnectionError, TimeoutError, _Again) as error:
                if _size(part) > size:
                    backoff.reset()
                await self._wait(error, backoff, path, Came(_size(part), 0), tell)

    async def _go_on(self, path: str, part: Path, size: int, tell: Tell) -> bool:
        """Fetch what a part lacks; whether it is complete. False: it began anew, ask again."""
        async with self._get(path, {"Range": f"bytes={size}-"} if size else {}) as answer:
            if answer.status == 404:
                raise VenueError(f"{self._who} has a checksum of {path} and not the file (HTTP {answer.status}): try again later")
            if answer.status == 416:  # nothing lies beyond what is here: all of it, or more than there is
                return size > 0 and _is_whole(answer, part, size)
            self._judge(answer, path)
            start, total_bytes = _placed(answer, size)
            if start < 0 or total_bytes > MOST_BYTES:
                raise VenueError(f"{self._who} answered {path} with another part than was asked for, or one that is too long")
            await self._receive(answer, part, start, total_bytes, tell)
        return True

    async def _receive(self, answer: aiohttp.ClientResponse, part: Path, start: int, total: int, tell: Tell) -> None:
        done = start
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            async for chunk in answer.content.iter_chunked(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                if done > MOST_BYTES:
                    raise VenueError(f"{self._who} sends more than {MOST_BYTES >> 30} GB for one day")
                tell(Came(done, total))
            file.truncate()
        if total and done < total:
            raise _Again("the venue closed the connection")

    def _get(self, path: str, headers: dict[str, str]) -> aiohttp.client._RequestContextManager:
        assert self._session is not None
        return self._session.get(self._base + path, headers={"Accept-Encoding": "identity", **headers}, allow_redirects=False)

    def _judge(self, answer: aiohttp.ClientResponse, path: str) -> None:
        if answer.status in (200, 206):
            return
        if answer.status in _PASSING:
            wait = retry_after(answer.headers.get("Retry-After"), time.time_ns(), _PASSING[answer.status])
            raise _Again(f"HTTP {answer.status}", wait)
        raise VenueError(f"{self._who} refused {path}: HTTP {answer.status} {one_line(answer.reason or '', 80)}".rstrip())

    async def _wait(self, error: Exception, backoff: Backoff, path: str, came: Came, tell: Tell) -> None:
        why = str(error) if isinstance(error, _Again) else _words(error)
        wait = backoff.next(error.wait if isinstance(error, _Again) else 0.0)
        if backoff.attempts >= TRIES:
            raise VenueError(f"{self._who} cannot be asked for {path} ({why}), {TRIES} times in a row: run it again to go on") from error
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            tell(came._replace(waiting=f"{why}, again in {left:.0f} s", tries=backoff.attempts))
            await asyncio.sleep(min(left, 0.5))


def _is_whole(answer: aiohttp.ClientResponse, part: Path, size: int) -> bool:
    """Whether a part that nothing lies beyond is all of the file; it is thrown away where it is not."""
    if (answer.headers.get("Content-Range") or "") in (f"bytes */{size}", ""):
        return True
    part.unlink()
    return False


def _placed(answer: aiohttp.ClientResponse, size: int) -> tuple[int, int]:
    """(where in the file the answer begins, length of the whole or 0); -1 where it is not the part that was asked for."""
    length = answer.content_length or 0
    if answer.status == 200:
        return 0, length
    found = _RANGE.fullmatch(answer.headers.get("Content-Range") or "")
    if found is None or int(found[1]) != size:
        return -1, 0
    return size, int(found[3]) if found[3] != "*" else int(found[2]) + 1


def _words(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return why_failed(error.os_error)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return "the venue closed the connection"
    return why_failed(error)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
