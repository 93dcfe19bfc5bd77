"""Puts questions to one URL and reads what it answers: one at a time, over a connection that is kept, no more than a bounded answer.

A redirect is not followed, certificates are verified, and nothing that may be a secret is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import aiohttp

from core.channels.address import Names
from core.channels.secret import read_secret
from core.channels.webhook import asked_wait, in_words
from core.config_alerts import check_address, shown
from core.config_heard import SourceConfig
from core.errors import ConfigError

#: An answer is a few lines; what is longer is another thing.
MOST_BYTES = 64 << 10

#: A connection that is not used for so long is closed by us, before most servers would.
KEPT_S = 30.0


class Reply(NamedTuple):
    """What came back.

    Attributes:
        body: of the answer; None where there was none, and `why` says the reason.
        after_s: for how many seconds it asks to be left alone.
    """

    body: bytes | None
    why: str = ""
    after_s: float = 0.0


class Questions:
    """One URL.

    Args:
        headers: that go with every question.

    Attributes:
        where: what may be said of its address.
    """

    def __init__(self, url: str, headers: Mapping[str, str], timeout_s: float) -> None:
        self.where = str(shown(url))
        self._url = url
        # Compressed, a small answer may be a large one.
        self._headers = {"Content-Type": "application/json", "User-Agent": "cockpit", "Accept-Encoding": "identity", **headers}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._names = Names()
        self._session: aiohttp.ClientSession | None = None
        self._kept = False  # the last question was answered, and its connection may be used again

    async def ask(self, body: bytes) -> Reply:
        """Post a question; the caller waits for its answer before it asks the next.

        A connection that was kept may have been closed by the other end just now: then it is asked once more, on a new one.
        """
        kept = self._kept
        try:
            return await self._post(body)
        except (aiohttp.ServerDisconnectedError, ConnectionError) as error:
            if not kept:
                return Reply(None, in_words(error))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Reply(None, in_words(error))
        await self.close()
        return await self.ask(body)

    async def close(self) -> None:
        """Let go of the connection; the next question makes another."""
        self._kept = False
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def _post(self, body: bytes) -> Reply:
        self._kept = False
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=self._names, use_dns_cache=False, limit=1, keepalive_timeout=KEPT_S)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        async with self._session.post(self._url, data=body, headers=self._headers, allow_redirects=False) as answer:
            if not 200 <= answer.status < 300:
                redirects = ": it redirects, which is not followed" if 300 <= answer.status < 400 else ""
                answer.close()
                return Reply(None, f"it answers HTTP {answer.status}{redirects}", asked_wait(answer.headers.get("Retry-After", "")))
            found = bytearray()
            async for piece in answer.content.iter_chunked(MOST_BYTES):
                found += piece
                if len(found) > MOST_BYTES:
                    answer.close()
                    return Reply(None, f"its answer is longer than {MOST_BYTES >> 10} KB")
        self._kept = True
        return Reply(bytes(found))


def open_questions(name: str, terms: SourceConfig, home: Path, env: Mapping[str, str]) -> Questions:
    """The way to a source, its secrets read.

    Raises:
        ConfigError: a secret is not there, others may read it, or it cannot be what it is for; the line does not repeat it.
    """
    section = f"[sources.{name}]"
    assert terms.url is not None  # the configuration refuses a source without
    url, headers = terms.url, {}
    if url.partition(":")[0] in ("file", "env"):
        url = read_secret(url, f"{section} url", home, env)
        try:
            check_address(url, allow_internal=True)
        except ValueError as error:
            raise ConfigError(f"{section} {error}") from None
    if terms.secret is not None:
        secret = read_secret(terms.secret, f"{section} secret", home, env)
        if not secret.isascii() or not secret.isprintable():
            raise ConfigError(f"{section} secret: a header takes one line of plain letters, digits and signs")
        headers[terms.header] = secret
    return Questions(url, headers, terms.timeout_s)
