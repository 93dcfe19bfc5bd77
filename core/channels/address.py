"""Where a webhook may connect to: looked at when it does, at the very address, so that a name cannot lead elsewhere in between.

Internal is what a server must not be talked into reaching for somebody else (OWASP, Server-Side Request Forgery Prevention): this
machine, its link, private networks, and the addresses at which clouds hand out credentials.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

#: Addresses of clouds' metadata that not every Python counts as internal by their number: Azure's wire server, and Oracle's.
METADATA = frozenset({IPv4Address("168.63.129.16"), IPv4Address("192.0.0.192")})

#: Addresses in which an IPv4 address is wrapped (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


#: Why there is no address, where it is not the name's fault.
SILENT = "the name server does not answer"


class Internal(OSError):
    """A connection to an internal address was asked for."""


def is_internal(text: str) -> bool:
    """Whether an address, as a socket gives it, is not one of the public internet."""
    found: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    return not found.is_global or found.is_multicast or found in METADATA


class Guard:
    """Makes the sockets of a connection, and none to an internal address.

    Attributes:
        refused: an internal address was among those of the name.
    """

    def __init__(self) -> None:
        self.refused = False

    def __call__(self, place: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, address = place
        if is_internal(str(address[0])):
            self.refused = True
            raise Internal("an internal address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


class Names(AbstractResolver):
    """Looks names up in a thread of its own: a name server that hangs holds up nobody else, and no end of the engine."""

    def __init__(self, lookup: Callable[..., list[Any]] = socket.getaddrinfo) -> None:
        self._lookup = lookup
        self._asking: threading.Thread | None = None

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            OSError: it has none, or the name server is still busy with the question before.
        """
        if self._asking is not None and self._asking.is_alive():
            raise OSError(SILENT)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def ask() -> None:
            try:
                found, wrong = self._lookup(host, port, family=family, type=socket.SOCK_STREAM), None
            except (OSError, UnicodeError) as error:
                found, wrong = [], error
            try:
                loop.call_soon_threadsafe(_tell, answer, found, wrong)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

        self._asking = threading.Thread(target=ask, name="names of webhooks", daemon=True)
        self._asking.start()
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST)
            for kind, _, protocol, _, address in await answer
        ]

    async def close(self) -> None:
        """There is nothing to let go of."""


def _tell(answer: asyncio.Future[list[Any]], found: list[Any], wrong: Exception | None) -> None:
    if answer.done():
        return  # it took too long
    if wrong is None:
        answer.set_result(found)
    else:
        answer.set_exception(OSError(f"the name is not known: {type(wrong).__name__}"))
