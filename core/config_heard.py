"""The configuration of sources beyond the tape: addresses that are asked what they think of a symbol, one section each."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from core.config_alerts import Address, Reference, check_address

Interval: TypeAlias = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,4}[smhd]$", extra={"allowed": "such as 1m, from 1s to 1d"})]
HeaderName: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$", extra={"allowed": "the name of a header"})]
Span: TypeAlias = Annotated[float, Meta(ge=0.1, le=604_800)]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

_REFERENCE = re.compile(r"(?:file|env):")

#: What HTTP itself says of a request is not to be said by a secret.
_TAKEN = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding"})


class SourceConfig(Struct, frozen=True, kw_only=True):
    """A model of one's own that is asked over HTTP, again and again."""

    url: Annotated[Address | None, Meta(description="where to post questions; one that holds a token is better kept as file: or env:")] = (
        None
    )
    every_s: Annotated[Span, Meta(description="how often it is asked about each symbol, in seconds")] = 60.0
    timeout_s: Annotated[float, Meta(ge=0.05, le=300, description="how long an answer may take, in seconds")] = 5.0
    fresh_s: Annotated[Span, Meta(description="how long an answer counts, in seconds")] = 120.0
    symbols: Annotated[list[str], Meta(description="symbols it is asked about; none: all that are streamed")] = []
    header: Annotated[HeaderName, Meta(description="the header that carries the secret")] = "Authorization"
    secret: Annotated[Reference | None, Meta(description="where the value of that header is; unset: it is not sent")] = None
    bars: Annotated[int, Meta(ge=0, le=500, description="closed bars that go with a question, the newest; 0: none")] = 0
    interval: Annotated[Interval, Meta(description="length of these bars")] = "1m"

    def __post_init__(self) -> None:
        if self.url is None:
            raise ValueError("a source needs url")
        if not _REFERENCE.match(self.url):
            check_address(self.url, allow_internal=True)
        if int(self.interval[:-1]) * _SECONDS[self.interval[-1]] > 86_400:
            raise ValueError(f"interval = {self.interval}: a bar is a day long at most")
        if self.header.lower() in _TAKEN:
            raise ValueError(f"header = {self.header}: that one is not free, use another")
