"""REST within the limits: a venue's wish to be left alone is obeyed, and every failure is one clean line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from feed_toy_exchange import ToyExchange, until

from core.clock import SystemClock
from core.errors import RateLimited, VenueError
from core.feed.quota import Quota, retry_after
from core.feed.rest import Rest
from core.types import Symbols
from core.venues.binance import Binance
from core.venues.venue import Limits, RestCall


@pytest.fixture
async def rest(toy: ToyExchange) -> AsyncIterator[Rest]:
    venue = toy.venue(Symbols(["binance:BTCUSDT"]))
    client = Rest(venue, Quota(venue.limits, SystemClock()), SystemClock(), timeout_s=5.0)
    yield client
    await client.aclose()


def clock_call(toy: ToyExchange) -> RestCall:
    return toy.venue(Symbols()).server_time()


async def test_an_answer_is_parsed(rest: Rest, toy: ToyExchange) -> None:
    assert await rest.ask(clock_call(toy), toy.venue(Symbols()).parse_time) == 1_700_000_000_000_000_000


@pytest.mark.parametrize("status", [429, 418])
async def test_nothing_is_sent_while_the_venue_wants_silence(rest: Rest, toy: ToyExchange, status: int) -> None:
    toy.rest_status, toy.retry_after = status, "1"
    with pytest.raises(RateLimited, match="asks to wait 1 s") as caught:
        await rest.call(clock_call(toy))
    assert caught.value.retry_after == 1.0
    toy.rest_status = 0
    loop = asyncio.get_running_loop()
    until_then = loop.time() + 0.95
    calls = [asyncio.create_task(rest.call(clock_call(toy))) for _ in range(3)]
    await asyncio.wait(calls, timeout=0.3)
    assert toy.requests["time"] == 1
    assert not any(call.done() for call in calls)
    await asyncio.gather(*calls)
    assert loop.time() >= until_then
    assert toy.requests["time"] == 4


async def test_a_refusal_carries_the_venues_words(rest: Rest, toy: ToyExchange) -> None:
    toy.rest_status = 400
    with pytest.raises(VenueError, match=r"binance refused /api/v3/time: Too many requests\. \(-1003\)"):
        await rest.call(clock_call(toy))


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff\xfe", b"[" * 50_000, b'{"serverTime":"soon"}'])
async def test_an_answer_that_makes_no_sense_is_one_line(rest: Rest, toy: ToyExchange, body: bytes) -> None:
    toy.rest_body = body
    with pytest.raises(VenueError) as caught:
        await rest.ask(clock_call(toy), toy.venue(Symbols()).parse_time)
    assert "\n" not in str(caught.value)


async def test_what_a_parser_trips_over_is_the_venues_failure(rest: Rest, toy: ToyExchange) -> None:
    def trip(body: bytes) -> int:
        return int(json.loads(body)["time of \x1b]52;c;day"])

    with pytest.raises(VenueError, match="answered /api/v3/time with something else") as caught:
        await rest.ask(clock_call(toy), trip)
    assert str(caught.value).isprintable()


async def test_a_venue_that_is_not_there_is_one_line(rest: Rest, toy: ToyExchange) -> None:
    await toy.stop()
    with pytest.raises(VenueError, match="binance cannot be asked for /api/v3/time: connection refused"):
        await rest.call(clock_call(toy))


async def test_a_host_that_does_not_exist_is_one_line() -> None:
    venue = Binance(Symbols(), rest_url="http://no-such-host.invalid")
    client = Rest(venue, Quota(venue.limits, SystemClock()), SystemClock(), timeout_s=5.0)
    with pytest.raises(VenueError, match="cannot be asked for"):
        await client.call(venue.server_time())
    await client.aclose()


async def test_a_venue_that_never_answers_is_given_up(toy: ToyExchange) -> None:
    accepted: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: accepted.append(writer), "127.0.0.1", 0)
    venue = Binance(Symbols(), rest_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    client = Rest(venue, Quota(venue.limits, SystemClock()), SystemClock(), timeout_s=0.1)
    with pytest.raises(VenueError, match="no answer in time"):
        await client.call(venue.server_time())
    await client.aclose()
    for writer in accepted:
        writer.close()
    server.close()


async def test_calls_beyond_the_weight_budget_wait(toy: ToyExchange) -> None:
    limits = Limits(
        streams_per_connection=1024, messages_per_s=5, connects_per_5min=300, rest_weight_per_min=20, connection_max_age_s=86_400
    )
    client = Rest(toy.venue(Symbols()), Quota(limits, SystemClock()), SystemClock())
    calls = [asyncio.create_task(client.call(clock_call(toy))) for _ in range(22)]
    await until(lambda: toy.requests["time"] == 20)
    await asyncio.wait(calls, timeout=0.1)
    assert sum(call.done() for call in calls) == 20
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await client.aclose()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), (" 0 ", 0.0), ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0), ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0)],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float) -> None:
    assert retry_after(header, 10_000_000_000, 5.0) == seconds


@pytest.mark.parametrize("header", [None, "", "soon", "-3", "9" * 400])
def test_a_retry_after_that_says_nothing_falls_back(header: str | None) -> None:
    assert retry_after(header, 0, 5.0) == 5.0
