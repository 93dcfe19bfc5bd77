"""REST that refuses, bans, dawdles and tells another time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest_asyncio
from exchange_support import get, recorded

from core.exchange.server import LocalExchange

PING = "/api/v3/ping"


@pytest_asyncio.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[LocalExchange]:
    async with LocalExchange(recorded(tmp_path)) as exchange:
        yield exchange


async def test_a_rejection_lasts_as_long_as_it_says(exchange: LocalExchange) -> None:
    exchange.reject_rest(429, count=None, for_s=0.4)
    status, body, headers = await get(exchange, PING)
    assert (status, body["code"], headers["Retry-After"]) == (429, -1003, "1")
    async with asyncio.timeout(5):
        while (await get(exchange, PING))[0] == 429:
            pass


async def test_when_to_come_back_can_be_a_date(exchange: LocalExchange) -> None:
    exchange.reject_rest(418, retry_after=30, date=True)
    before = time.time()
    _, _, headers = await get(exchange, PING)
    assert before + 30 <= parsedate_to_datetime(headers["Retry-After"]).timestamp() <= time.time() + 31
    assert (await get(exchange, PING))[0] == 200


async def test_one_who_goes_on_calling_is_banned(exchange: LocalExchange) -> None:
    exchange.reject_rest(429, retry_after=1, count=None, for_s=60, ban_after=2, ban_s=20)
    answers = [await get(exchange, PING) for _ in range(4)]
    assert [status for status, _, _ in answers] == [429, 429, 418, 418]
    assert [headers["Retry-After"] for _, _, headers in answers] == ["1", "1", "20", "20"]
    assert "banned" in answers[2][1]["msg"]


async def test_answers_can_take_their_time_and_are_as_old_as_that(exchange: LocalExchange) -> None:
    exchange.slow_rest(0.3, for_s=60)
    began = asyncio.get_running_loop().time()
    answers = await asyncio.gather(*(get(exchange, PING) for _ in range(3)))
    assert [status for status, _, _ in answers] == [200] * 3
    assert asyncio.get_running_loop().time() - began >= 0.3
    exchange.slow_rest(0)
    await get(exchange, PING)


async def test_the_time_it_tells_can_be_wrong(exchange: LocalExchange) -> None:
    right = (await get(exchange, "/api/v3/time"))[1]["serverTime"]
    exchange.clock_skew_ms = -3_600_000
    assert (await get(exchange, "/api/v3/time"))[1]["serverTime"] == right - 3_600_000
    assert (await get(exchange, "/api/v3/exchangeInfo"))[1]["serverTime"] == right - 3_600_000
