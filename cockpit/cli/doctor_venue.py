"""Whether the configured venue can be reached from here, and whether its clock and ours agree; gives up after seconds."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import urlsplit

from cockpit.cli.finding import Finding, Verdict
from core.config import Config
from core.errors import VenueError
from core.types import Symbols
from core.venues.binance import Binance

#: Seconds one attempt may take, name lookup included.
PATIENCE = 4.0

#: A venue refuses signed calls a second ahead of its clock.
CLOCK_WARN, CLOCK_FAIL = 0.5, 5.0

T = TypeVar("T")


def examine_venue(config: Config) -> Iterator[Finding]:
    """The stream address, the REST address and the clock."""
    section = config.of_venue(config.venue)
    given = {"ws_url": section.ws_url, "rest_url": section.rest_url}
    venue = Binance(Symbols(), stream=section.stream, **{name: url for name, url in given.items() if url})
    advice = "`cockpit --demo` works without it"
    yield Finding("streams", *reach(venue.ws_url, advice))
    verdict, text = reach(venue.rest_url, advice)
    yield Finding("rest", verdict, text)
    if verdict == "ok":
        yield Finding("venue clock", *_compare(venue))


def reach(url: str, advice: str) -> tuple[Verdict, str]:
    """Whether somebody answers at an address; `advice` is for where nobody does."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme in ("wss", "https") else 80)

    def connect() -> float:
        began = time.monotonic()
        with socket.create_connection((host, port), timeout=PATIENCE):
            return time.monotonic() - began

    try:
        return "ok", f"{host}:{port} answers in {_within(PATIENCE, connect) * 1000:.0f} ms"
    except TimeoutError:
        why = f"no answer within {PATIENCE:g} s"
    except OSError as error:
        why = error.strerror or str(error)
    return "warn", f"{host}:{port} cannot be reached: {why}; {advice}"


def _compare(venue: Binance) -> tuple[Verdict, str]:
    call = venue.server_time()
    request = urllib.request.Request(venue.rest_url + call.path, headers=dict(call.headers))

    def ask() -> tuple[float, float, bytes]:
        before = time.time()
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return before, time.time(), reply.read(4096)

    try:
        before, after, body = _within(PATIENCE, ask)
        theirs = venue.parse_time(body) / 1e9
    except (OSError, VenueError) as error:
        return "warn", f"not compared: {getattr(error, 'reason', None) or error}"
    ahead, doubt = (before + after) / 2 - theirs, (after - before) / 2
    verdict: Verdict = "fail" if abs(ahead) > CLOCK_FAIL + doubt else "warn" if abs(ahead) > CLOCK_WARN + doubt else "ok"
    return verdict, f"ours is {abs(ahead) * 1000:.0f} ms {'ahead of' if ahead > 0 else 'behind'} the venue's (within {doubt * 1000:.0f} ms)"


def _within(patience: float, work: Callable[[], T]) -> T:
    """Its result. A name lookup knows no timeout of its own, so the work is left behind in its thread if it takes too long.

    Raises:
        TimeoutError: it took too long.
        OSError: it failed.
    """
    done: list[T] = []
    failed: list[OSError] = []

    def run() -> None:
        try:
            done.append(work())
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(patience)
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError
    return done[0]
