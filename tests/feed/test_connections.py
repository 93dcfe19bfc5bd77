"""A connection in trouble: it is said in words, tried again, and never raised."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from feed_doubles import CALM, QUICK
from feed_recorder import Recorder
from feed_toy_exchange import ToyExchange, until

from core.clock import SystemClock
from core.errors import VenueError
from core.feed.feed import Feed
from core.feed.timing import Timing
from core.types import Symbols
from core.venues.binance import Binance

Make = Callable[..., tuple[Feed, Recorder]]


async def test_a_venue_that_is_not_there_is_said_and_tried_again(make_feed: Make, toy: ToyExchange) -> None:
    await toy.stop()
    feed, recorder = make_feed()
    await feed.watch(["BTCUSDT"])
    task = feed.start()
    await until(lambda: sum(state.state == "backoff" for state in recorder.states) >= 3)
    waiting = next(state for state in recorder.states if state.state == "backoff")
    assert waiting.detail == "connection refused"
    assert waiting.retry_in_s is not None
    assert waiting.names == ("BTCUSDT",)
    assert not task.done()


async def test_a_venue_that_comes_up_later_is_found(toy: ToyExchange) -> None:
    await toy.stop()
    recorder, symbols = Recorder(), Symbols()
    feed = Feed(toy.venue(symbols), SystemClock(), symbols, on_batch=recorder.take, on_state=recorder.states.append, timing=CALM)
    await feed.watch(["NOSUCH"])
    feed.start()
    await until(lambda: "backoff" in recorder.states_said())
    later = ToyExchange()
    await later.start(toy.port)
    await until(lambda: feed.state().state == "live")
    feed._refresh.wake()
    await until(lambda: feed.health()["unlisted"] == ["NOSUCH"])
    await feed.aclose()
    await later.stop()


@pytest.mark.parametrize("status", [500, 403, 301])
async def test_a_refused_handshake_is_said_with_its_status(make_feed: Make, toy: ToyExchange, status: int) -> None:
    toy.handshake_status = status
    feed, recorder = make_feed()
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: "backoff" in recorder.states_said())
    assert recorder.states[-1].detail == f"the venue answered HTTP {status}"
    toy.handshake_status = 0
    await until(lambda: feed.state().state == "live")


async def test_retry_after_of_a_refused_handshake_is_obeyed(make_feed: Make, toy: ToyExchange) -> None:
    toy.handshake_status, toy.retry_after = 429, "60"
    feed, recorder = make_feed()
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: "backoff" in recorder.states_said())
    assert recorder.states[-1].retry_in_s == pytest.approx(60, abs=1)
    assert toy.connects == 1


async def test_subscriptions_without_an_answer_end_the_try(make_feed: Make, toy: ToyExchange) -> None:
    toy.answers_subscriptions = False
    feed, recorder = make_feed(timing=replace(CALM, reply_timeout_s=0.05))
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: toy.connects >= 2)
    assert "did not answer a subscription" in next(s.detail for s in recorder.states if s.state == "backoff")
    toy.answers_subscriptions = True
    await until(lambda: feed.state().state == "live")


async def test_a_refused_subscription_is_told_to_who_asked(make_feed: Make, toy: ToyExchange) -> None:
    feed, _ = make_feed()
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: feed.state().state == "live")
    toy.subscription_error = "Invalid \x1b[31mrequest"
    with pytest.raises(VenueError, match=r"refused a subscription: Invalid \[31mrequest \(2\)"):
        await feed.watch(["ETHUSDT"])
    assert feed.names == {"BTCUSDT"}


async def test_silence_is_shown_as_stale_then_the_socket_is_replaced(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = make_feed(timing=QUICK)
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: toy.connects >= 2)
    words = recorder.states_said()
    assert words[:4] == ["connecting", "live", "stale", "backoff"]
    assert "nothing received for" in next(s.detail for s in recorder.states if s.state == "backoff")


async def test_a_socket_that_opens_and_never_sends_is_given_up(toy: ToyExchange) -> None:
    """Half-open from the first byte on: it accepts the connection and says nothing, not even the handshake."""
    accepted: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: accepted.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    recorder, symbols = Recorder(), Symbols()
    venue = Binance(symbols, ws_url=f"ws://127.0.0.1:{port}", rest_url=f"http://127.0.0.1:{toy.port}")
    timing = replace(CALM, open_timeout_s=0.1)
    feed = Feed(venue, SystemClock(), symbols, on_batch=recorder.take, on_state=recorder.states.append, timing=timing)
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: len(accepted) >= 2)
    assert next(s.detail for s in recorder.states if s.state == "backoff") == "no answer in time"
    await feed.aclose()
    for writer in accepted:
        writer.close()
    server.close()


async def test_data_after_a_stale_spell_makes_it_live_at_once(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = make_feed(timing=replace(CALM, stale_after_s=0.1, reconnect_after_s=30.0))
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: feed.state().state == "stale")
    await toy.print("BTCUSDT", [10])
    await until(lambda: recorder.states_said()[-1] == "live" or "live" in recorder.states_said()[3:])
    assert recorder.ids("BTCUSDT") == [10]


async def test_silence_that_repeats_is_waited_out_longer(make_feed: Make, toy: ToyExchange) -> None:
    feed, _ = make_feed(timing=replace(CALM, stale_after_s=0.05, reconnect_after_s=0.1))
    await feed.watch(["BTCUSDT"])
    feed.start()
    connection = feed._streams.connections[0]
    await until(lambda: connection._patience.silences >= 2 and toy.connects >= 3)


async def test_an_announced_end_is_bridged_without_a_gap_or_a_pause(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = make_feed(timing=replace(CALM, overlap_s=0.2))
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: feed.state().state == "live")
    await toy.print("BTCUSDT", range(10, 15))
    await toy.say(json.dumps({"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": 1}}))
    await until(lambda: len(toy.sockets) == 2 and all(toy.subscribed[s] for s in toy.sockets))
    await toy.print("BTCUSDT", range(15, 20))
    await until(lambda: len(toy.sockets) == 1)
    await toy.print("BTCUSDT", range(20, 25))
    await until(lambda: len(recorder.ids("BTCUSDT")) == 15)
    assert recorder.ids("BTCUSDT") == list(range(10, 25))
    assert recorder.states_said() == ["connecting", "live"]
    assert feed.counters.backfilled == 0
    assert feed.counters.duplicates == 5


async def test_a_socket_near_the_age_at_which_the_venue_cuts_it_is_replaced(
    make_feed: Make, toy: ToyExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Binance, "limits", replace(Binance.limits, connection_max_age_s=0.3))
    feed, recorder = make_feed(timing=CALM)
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: toy.connects >= 3)
    assert recorder.states_said() == ["connecting", "live"]
    assert feed.counters.reconnects == 0


async def test_a_venue_that_closes_at_once_is_not_hammered(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = make_feed()
    await feed.watch(["BTCUSDT"])
    feed.start()
    for times in range(3):
        await until(lambda: feed.state().state == "live")
        toy.drop()
        await until(lambda n=times: recorder.states_said().count("backoff") > n)  # it may be live again before anybody looks
    await until(lambda: feed._streams.connections[0]._backoff.attempts >= 3)


async def test_the_venues_reason_for_closing_is_shown_without_control_characters(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = make_feed()
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: feed.state().state == "live")
    await toy.sockets[0].close(code=1008, message=b"too \x1b[31mmany")
    await until(lambda: "backoff" in recorder.states_said())
    assert recorder.states[-1].detail == "the venue closed the connection (1008: too  [31mmany)"


async def test_a_frame_beyond_all_measure_costs_the_socket_and_not_the_feed(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = make_feed()
    await feed.watch(["BTCUSDT"])
    feed.start()
    await until(lambda: feed.state().state == "live")
    with contextlib.suppress(ConnectionError):
        await toy.say("x" * (9 << 20))
    await until(lambda: "backoff" in recorder.states_said())
    assert next(s.detail for s in recorder.states if s.state == "backoff").startswith("the connection was closed from here (1009")
    await until(lambda: feed.state().state == "live")


async def test_an_end_announced_again_and_again_does_not_make_it_hammer(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = make_feed()
    await feed.watch(["BTCUSDT"])
    feed.start()
    for times in range(1, 4):
        await until(lambda times=times: toy.connects >= times and feed.state().state == "live" and len(toy.sockets) == 1)
        await toy.say(json.dumps({"e": "serverShutdown", "E": 1}))
    await until(lambda: toy.connects >= 4)
    assert feed._streams.connections[0]._backoff.attempts >= 3
    assert set(recorder.states_said()) <= {"connecting", "live", "stale"}


async def test_many_symbols_subscribe_within_the_message_limit(toy: ToyExchange) -> None:
    names = [f"S{n}USDT" for n in range(300)]
    toy.prints |= {name: {} for name in names}
    recorder, symbols = Recorder(), Symbols()
    feed = Feed(toy.venue(symbols), SystemClock(), symbols, on_batch=recorder.take, on_state=recorder.states.append)
    await feed.watch(names)
    feed.start()
    await until(lambda: feed.state().state == "live")
    assert toy.connects == 1
    assert toy.requests["SUBSCRIBE"] == 3
    assert all(toy.listens(name) for name in names)
    await feed.aclose()


def test_the_default_times_are_the_promised_ones() -> None:
    timing: Any = Timing()
    assert (timing.stale_after_s, timing.reconnect_after_s) == (10.0, 30.0)
    assert timing.open_timeout_s <= 10.0
