"""Which broker fills an engine's orders. Only a live home has one, and only where the configuration chooses and arms it."""

from __future__ import annotations

from core.codes import Mode
from core.config import Config
from core.config_broker import refuse_unsafe
from core.errors import UsageError
from core.trading.broker import Broker
from core.trading.scripted_client import ScriptedClient


async def open_broker(config: Config, mode: str) -> Broker | None:
    """The broker of an engine of this mode; None where its strategies' own loops fill orders.

    Raises:
        UsageError: the mode and what is configured contradict each other, or it would reach beyond this machine.
        VenueError: it cannot be reached.
    """
    if mode != Mode.LIVE:
        return None
    if config.broker.mode != Mode.LIVE:
        raise UsageError("a live home needs broker.kind, and broker.armed = true: nothing is sent without both")
    return await ScriptedClient.connect(refuse_unsafe(config.broker, config.of_venue(config.venue)))
