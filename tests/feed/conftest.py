"""A toy venue, and a feed on it whose output is kept for the test to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from feed_doubles import CALM
from feed_recorder import Recorder
from feed_toy_exchange import ToyExchange

from core.clock import SystemClock
from core.feed.feed import Feed
from core.types import Symbols


@pytest.fixture
async def toy() -> AsyncIterator[ToyExchange]:
    exchange = ToyExchange()
    await exchange.start()
    yield exchange
    await exchange.stop()


@pytest.fixture
async def make_feed(toy: ToyExchange) -> AsyncIterator[Callable[..., tuple[Feed, Recorder]]]:
    """Makes a feed on the toy venue that is closed with the test."""
    feeds: list[Feed] = []

    def make(**more: Any) -> tuple[Feed, Recorder]:
        recorder = Recorder()
        symbols = Symbols()
        callbacks = {"on_batch": recorder.take, "on_state": recorder.states.append}
        feed = Feed(toy.venue(symbols), SystemClock(), symbols, **{"timing": CALM, **callbacks, **more})
        recorder.symbols = symbols
        feeds.append(feed)
        return feed, recorder

    yield make
    for feed in feeds:
        await feed.aclose()
