"""The configuration of where orders go. Nothing is sent anywhere unless a kind is chosen and it is armed, both here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Protocol
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from core.codes import Mode
from core.errors import UsageError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class BrokerConfig(Struct, frozen=True, kw_only=True):
    """Who fills orders. `none`: our own simulation; `scripted`: a made-up broker on this machine that misbehaves, for tests."""

    kind: Annotated[Literal["none", "scripted"], Meta(description="who fills orders; none: nobody, they are simulated")] = "none"
    armed: Annotated[bool, Meta(description="orders are really sent to it; the home is of mode live then")] = False
    socket: Annotated[str | None, Meta(description="scripted: the Unix socket it listens on")] = None
    look_s: Annotated[float, Meta(gt=0, le=3600, description="how often the whole account is looked at")] = 60.0
    leg_timeout_s: Annotated[float, Meta(gt=0, le=3600, description="how long one leg is held while another is not filled")] = 30.0

    @property
    def mode(self) -> str:
        """Of a home that is neither a demo nor a replay."""
        return Mode.LIVE.value if self.kind != "none" and self.armed else Mode.PAPER.value


class Places(Protocol):
    """Where a venue's prices come from."""

    @property
    def ws_url(self) -> str | None: ...

    @property
    def rest_url(self) -> str | None: ...


def refuse_unsafe(broker: BrokerConfig, prices: Places) -> Path:
    """Where a scripted broker listens: it is made up, and so must be the prices it is traded on.

    Raises:
        UsageError: an address is not this machine's, or there is no such socket.
    """
    for name in ("ws_url", "rest_url"):
        url = getattr(prices, name)
        if url is None or urlsplit(url).hostname not in _LOOPBACK:
            raise UsageError(f"broker.kind=scripted trades on a local exchange only: {name} is {url or 'the venue itself'}")
    if broker.socket is None or not Path(broker.socket).is_socket():
        raise UsageError(f"broker.kind=scripted needs broker.socket, where it listens: {broker.socket or 'not set'}")
    return Path(broker.socket)
