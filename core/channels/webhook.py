"""Posts messages to a URL as JSON, signed with a key that the receiver shares.

`X-Cockpit-Signature: sha256=` HMAC-SHA256 (RFC 2104), in hex, of the text `TIMESTAMP.BODY`, where TIMESTAMP is the header
`X-Cockpit-Timestamp` (seconds UTC). The certificate is verified; a redirect is not followed; of the answer nothing but the status is read.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import ssl
import time

import aiohttp

from core.channels.address import SILENT, Guard, Names
from core.channels.message import Message
from core.channels.outcome import DELIVERED, Outcome

#: For the whole of it: the name, the connection, the answer.
TIMEOUT_S = 5.0

#: Statuses of 4xx after which the same post may be taken later.
PASSING = frozenset({408, 425, 429})

#: However long a receiver asks to be left alone.
LONGEST_WAIT_S = 300.0


def signature(secret: str, timestamp: str, body: str) -> str:
    """The value of `X-Cockpit-Signature`."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()


class Webhook:
    """One URL.

    Args:
        allow_internal: it may be an address of an internal network.
    """

    def __init__(self, url: str, secret: str, *, allow_internal: bool = False, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._secret = secret
        self._allow_internal = allow_internal
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._names = Names()

    async def deliver(self, message: Message, body: str) -> Outcome:
        """Post one message."""
        guard = Guard()
        try:
            status, wait = await self._post(message, body, None if self._allow_internal else guard)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if guard.refused:
                return Outcome(False, "it leads to an internal address, which is refused unless allow_internal = true", again=False)
            return Outcome(False, in_words(error), again=not isinstance(error, aiohttp.InvalidURL))
        if 200 <= status < 300:
            return DELIVERED
        if 300 <= status < 400:
            return Outcome(False, f"it redirects (HTTP {status}), which is not followed: write the address it leads to", again=False)
        return Outcome(False, f"it answers HTTP {status}", again=status >= 500 or status in PASSING, after_s=wait)

    async def _post(self, message: Message, body: str, guard: Guard | None) -> tuple[int, float]:
        """The status of the answer, and for how many seconds it asks to be left alone."""
        now = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "cockpit",
            "Idempotency-Key": message.key,
            "X-Cockpit-Timestamp": now,
            "X-Cockpit-Signature": signature(self._secret, now, body),
        }
        # A connection of its own: none is kept whose address was looked at some other time.
        connector = aiohttp.TCPConnector(resolver=self._names, socket_factory=guard, force_close=True, use_dns_cache=False)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(self._url, data=body.encode(), headers=headers, allow_redirects=False) as answer,
        ):
            status, asked = answer.status, answer.headers.get("Retry-After", "")
            answer.close()
        return status, asked_wait(asked)


def asked_wait(header: str) -> float:
    """Seconds that a `Retry-After` asks for, within reason; 0.0 where it names no number of them."""
    return min(float(header), LONGEST_WAIT_S) if header.isdecimal() and len(header) < 10 else 0.0


def in_words(error: Exception) -> str:
    """Why a request failed, without the address: that may hold a token."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not valid: {_reason(error.certificate_error)}"
    if isinstance(error, aiohttp.ClientSSLError):
        return "no TLS there"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return SILENT if SILENT in str(error.os_error) else "its name is not known"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno or 0
        return os.strerror(number).lower() if number > 0 else "it cannot be reached"
    if isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError)):
        return "the connection was cut"
    if isinstance(error, aiohttp.InvalidURL):
        return "its address is none"
    if isinstance(error, (aiohttp.ClientResponseError, aiohttp.ClientPayloadError)):
        return "its answer is no HTTP"
    return f"it failed: {type(error).__name__}"


def _reason(error: Exception) -> str:
    found = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else ""
    return found or "it is not that of this host"
