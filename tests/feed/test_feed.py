"""The feed on a socket: every id once and in order, whatever the venue and the wire do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from feed_doubles import CALM
from feed_recorder import Recorder
from feed_toy_exchange import ToyExchange, until

from core.config import QualityConfig
from core.errors import UsageError
from core.feed.batch import Batch, GapEvent
from core.feed.feed import Feed
from core.types import Origin
from core.venues.binance import Binance
from core.venues.venue import SymbolInfo, Ticker

Make = Callable[..., tuple[Feed, Recorder]]


async def started(make_feed: Make, toy: ToyExchange, *names: str, **more: object) -> tuple[Feed, Recorder]:
    """A running feed with these symbols subscribed."""
    feed, recorder = make_feed(**more)
    await feed.watch(names or ["BTCUSDT"])
    feed.start()
    await until(lambda: feed.state().state == "live")
    return feed, recorder


async def test_prints_come_out_in_order_with_numbers(make_feed: Make, toy: ToyExchange) -> None:
    _, recorder = await started(make_feed, toy, "BTCUSDT", "ETHUSDT", next_seq=100)
    await toy.print("BTCUSDT", range(10, 20))
    await toy.print("ETHUSDT", range(70, 75))
    await until(lambda: len(recorder.ticks()) == 15)
    assert recorder.ids("BTCUSDT") == list(range(10, 20))
    assert recorder.ids("ETHUSDT") == list(range(70, 75))
    assert recorder.ticks()["seq"].tolist() == list(range(100, 115))
    assert recorder.states_said() == ["connecting", "live"]


async def test_ids_the_stream_skips_are_fetched_before_what_follows_goes_on(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy)
    await toy.print("BTCUSDT", [10])
    toy.hush("BTCUSDT", range(11, 15))
    await toy.print("BTCUSDT", [15, 16])
    await until(lambda: len(recorder.ids("BTCUSDT")) == 7)
    assert recorder.ids("BTCUSDT") == list(range(10, 17))
    assert recorder.ticks()["origin"].tolist() == [0, 1, 1, 1, 1, 0, 0]
    assert not recorder.gaps
    assert feed.counters.backfilled == 4


async def test_a_hold_of_one_symbol_does_not_delay_another(make_feed: Make, toy: ToyExchange) -> None:
    _, recorder = await started(make_feed, toy, "BTCUSDT", "ETHUSDT", gap_deadline_s=30.0)
    toy.rest_status = 503
    await toy.print("BTCUSDT", [10, 12])
    await toy.print("ETHUSDT", [70, 71])
    await until(lambda: recorder.ids("ETHUSDT") == [70, 71])
    assert recorder.ids("BTCUSDT") == [10]
    assert recorder.held == {recorder.symbols["binance:BTCUSDT"]}


async def test_after_the_deadline_the_gap_is_open_and_what_is_fetched_is_late(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy, gap_deadline_s=0.05)
    symbol = recorder.symbols["binance:BTCUSDT"]
    toy.rest_status = 503
    await toy.print("BTCUSDT", [10])
    toy.hush("BTCUSDT", [11, 12])
    await toy.print("BTCUSDT", [13])
    await until(lambda: recorder.ids("BTCUSDT") == [10, 13])
    assert recorder.gaps[symbol, 11, 12] == ("open", "skipped by the stream")
    assert feed.counters.gaps_open == 1
    toy.rest_status = 0
    await until(lambda: recorder.late_ids("BTCUSDT") == [11, 12])
    assert recorder.gaps[symbol, 11, 12] == ("filled", "skipped by the stream")
    assert set(recorder.late()["seq"].tolist()) == {0}
    assert set(recorder.late()["origin"].tolist()) == {Origin.LATE}
    assert feed.counters.gaps_open == 0


async def test_ids_the_venue_does_not_have_become_a_lost_row_at_once(make_feed: Make, toy: ToyExchange) -> None:
    _, recorder = await started(make_feed, toy, gap_deadline_s=30.0)
    await toy.print("BTCUSDT", [10])
    await toy.print("BTCUSDT", [13])
    await until(lambda: recorder.ids("BTCUSDT") == [10, 13])
    assert list(recorder.gaps.values()) == [("lost", "unknown to the venue")]


async def test_a_dropped_connection_comes_back_and_what_was_missed_is_fetched(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy)
    await toy.print("BTCUSDT", range(10, 15))
    await until(lambda: len(recorder.ids("BTCUSDT")) == 5)
    toy.drop()
    toy.hush("BTCUSDT", range(15, 30))
    await until(lambda: feed.counters.reconnects == 1 and toy.listens("BTCUSDT") and feed.state().state == "live")
    await toy.print("BTCUSDT", range(30, 33))
    await until(lambda: len(recorder.ids("BTCUSDT")) == 23)
    assert recorder.ids("BTCUSDT") == list(range(10, 33))
    assert "backoff" in recorder.states_said()


async def test_duplicates_after_a_reconnect_are_dropped_and_counted(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy)
    await toy.print("BTCUSDT", range(10, 15))
    await toy.send("BTCUSDT", range(12, 15))
    await toy.print("BTCUSDT", [15])
    await until(lambda: 15 in recorder.ids("BTCUSDT"))
    assert recorder.ids("BTCUSDT") == list(range(10, 16))
    assert feed.counters.duplicates == 3


async def test_a_restart_fetches_what_was_missed_between_runs(make_feed: Make, toy: ToyExchange) -> None:
    toy.hush("BTCUSDT", range(1, 2500))
    _, recorder = await started(make_feed, toy, last_ids={"binance:BTCUSDT": 99}, next_seq=1000)
    await toy.print("BTCUSDT", [2500])
    await until(lambda: 2500 in recorder.ids("BTCUSDT"))
    assert recorder.ids("BTCUSDT") == list(range(100, 2501))
    assert recorder.ticks()["seq"][0] == 1000


async def test_a_gap_left_open_by_an_earlier_run_is_filled_in_the_background(make_feed: Make, toy: ToyExchange) -> None:
    toy.hush("BTCUSDT", range(1, 100))
    row = GapEvent(0, "aggTrade", 40, 45, 1, 2, "open", "disconnected")
    _, recorder = await started(make_feed, toy, last_ids={"BTCUSDT": 99}, open_gaps=[row])
    await until(lambda: recorder.late_ids("BTCUSDT") == list(range(40, 46)))
    assert recorder.gaps[0, 40, 45] == ("filled", "disconnected")


async def test_a_quarantined_print_is_a_gap_row_and_holds_nothing_up(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy, gap_deadline_s=30.0)
    await toy.print("BTCUSDT", [10])
    toy.rest_status = 503
    await toy.print("BTCUSDT", [11], price=0.0)
    await toy.print("BTCUSDT", [12])
    await until(lambda: recorder.ids("BTCUSDT") == [10, 12])
    assert list(recorder.gaps.values()) == [("lost", "quarantined")]
    assert feed.counters.quarantined == 1


async def test_frames_that_make_no_sense_are_counted_and_the_feed_lives(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy)
    for text in ("{", "[" * 100_000, json.dumps({"stream": "btcusdt@aggTrade", "data": {"e": "aggTrade", "s": 1}}), "x" * 5_000_000):
        await toy.say(text)
    await toy.print("BTCUSDT", [10])
    await until(lambda: recorder.ids("BTCUSDT") == [10])
    assert feed.counters.malformed == 4
    assert feed.counters.reconnects == 0


async def test_an_unknown_symbol_is_refused_with_the_closest_names(make_feed: Make, toy: ToyExchange) -> None:
    feed, _ = make_feed()
    with pytest.raises(UsageError, match="binance does not list 'BTCUSD'; did you mean BTCUSDT"):
        await feed.watch(["BTCUSD"])
    with pytest.raises(UsageError, match="not a symbol of binance"):
        await feed.watch(["kraken:BTCUSD"])
    assert not feed.names


async def test_symbols_can_be_watched_and_unwatched_while_it_runs(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy)
    assert await feed.watch(["binance:ethusdt", "BTCUSDT"]) == ["ETHUSDT", "BTCUSDT"]
    assert toy.listens("ETHUSDT")
    await toy.print("ETHUSDT", [70])
    await until(lambda: recorder.ids("ETHUSDT") == [70])
    await feed.unwatch(["ETHUSDT"])
    assert not toy.listens("ETHUSDT")
    assert feed.names == {"BTCUSDT"}
    toy.hush("ETHUSDT", range(71, 75))
    await feed.watch(["ETHUSDT"])
    await toy.print("ETHUSDT", [75])
    await until(lambda: recorder.ids("ETHUSDT") == list(range(70, 76)))


async def test_unwatching_the_last_symbol_closes_the_connection(make_feed: Make, toy: ToyExchange) -> None:
    feed, _ = await started(make_feed, toy)
    await feed.unwatch(["BTCUSDT"])
    await until(lambda: not toy.sockets)
    assert feed.state().state == "stopped"
    await feed.watch(["ETHUSDT"])
    await until(lambda: toy.listens("ETHUSDT"))


async def test_more_symbols_than_a_socket_holds_are_spread_over_several(
    make_feed: Make, toy: ToyExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Binance, "limits", replace(Binance.limits, streams_per_connection=4))
    _, recorder = await started(make_feed, toy, "BTCUSDT", "ETHUSDT", "BNBUSDT")
    assert len(toy.sockets) == 2
    for n, name in enumerate(("BTCUSDT", "ETHUSDT", "BNBUSDT")):
        await toy.print(name, [n * 10, n * 10 + 1])
    await until(lambda: len(recorder.ticks()) == 6)
    assert sorted(recorder.ticks()["seq"].tolist()) == list(range(1, 7))


async def test_a_full_consumer_pauses_reading_and_loses_nothing(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy)
    feed.pause()
    await toy.print("BTCUSDT", range(10, 200))
    seen = len(recorder.batches)
    await until(lambda: toy.requests["24hr"] >= 1)
    assert len(recorder.batches) == seen
    feed.resume()
    await until(lambda: len(recorder.ids("BTCUSDT")) == 190)
    assert feed.counters.reconnects == 0


async def test_a_consumer_that_raises_ends_the_feed_with_what_it_raised(make_feed: Make, toy: ToyExchange) -> None:
    def refuse(_batch: Batch) -> None:
        raise RuntimeError("the tape is full")

    feed, _ = make_feed(on_batch=refuse)
    await feed.watch(["BTCUSDT"])
    task = feed.start()
    await until(lambda: toy.listens("BTCUSDT"))
    await toy.print("BTCUSDT", [10])
    await until(task.done)
    with pytest.raises(ExceptionGroup) as caught:
        await task
    assert caught.group_contains(RuntimeError, match="the tape is full")
    feed._task = None


async def test_figures_listing_and_clock_are_asked_for(make_feed: Make, toy: ToyExchange) -> None:
    tickers: list[list[Ticker]] = []
    listings: list[dict[str, SymbolInfo]] = []
    feed, _ = await started(make_feed, toy, on_tickers=tickers.append, on_symbols=listings.append)
    await until(lambda: tickers and listings and feed.skew_ms is not None)
    assert [(t.symbol, t.change_pct) for t in tickers[0]] == [("BTCUSDT", 1.5)]
    assert listings[0]["ETHUSDT"].status == "TRADING"
    assert feed.skew_ms is not None
    assert feed.skew_ms < 0


async def test_closing_hands_over_what_has_arrived(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy)
    await toy.print("BTCUSDT", range(10, 500))
    await until(lambda: feed.counters.ticks > 0)
    await feed.aclose()
    ids = recorder.ids("BTCUSDT")
    assert ids == list(range(10, 10 + len(ids)))
    assert feed.state().state == "stopped"


async def test_what_was_missed_is_fetched_even_if_no_further_print_comes(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy, "BTCUSDT", "ETHUSDT", timing=replace(CALM, check_after_s=0.01))
    await toy.print("BTCUSDT", range(10, 15))
    await toy.print("ETHUSDT", [70])
    await until(lambda: len(recorder.ticks()) == 6)
    toy.drop()
    toy.hush("BTCUSDT", range(15, 2020))
    await until(lambda: len(recorder.ids("BTCUSDT")) == 2010)
    assert recorder.ids("BTCUSDT") == list(range(10, 2020))
    assert recorder.ids("ETHUSDT") == [70]
    assert feed.counters.gaps == 0
    asked = toy.requests["aggTrades"]
    await toy.print("BTCUSDT", [2020])
    await until(lambda: 2020 in recorder.ids("BTCUSDT"))
    assert toy.requests["aggTrades"] <= asked + 1


async def test_a_restart_fetches_what_was_missed_even_if_the_market_is_quiet(make_feed: Make, toy: ToyExchange) -> None:
    toy.hush("BTCUSDT", range(1, 51))
    _, recorder = await started(make_feed, toy, last_ids={"BTCUSDT": 40}, timing=replace(CALM, check_after_s=0.01))
    await until(lambda: recorder.ids("BTCUSDT") == list(range(41, 51)))


async def test_a_stream_that_is_stuck_while_others_flow_is_noticed(make_feed: Make, toy: ToyExchange) -> None:
    _, recorder = await started(make_feed, toy, timing=replace(CALM, check_quiet_s=0.1))
    await toy.print("BTCUSDT", [10])
    await until(lambda: recorder.ids("BTCUSDT") == [10])
    toy.hush("BTCUSDT", [11, 12])
    await until(lambda: recorder.ids("BTCUSDT") == [10, 11, 12])


async def test_what_is_odd_is_let_through_and_told_with_what_was_refused_by_symbol_and_reason(make_feed: Make, toy: ToyExchange) -> None:
    feed, recorder = await started(make_feed, toy, "BTCUSDT", "ETHUSDT", checks=QualityConfig(ahead_ms=0, old_s=86_400))
    await toy.print("BTCUSDT", range(10, 15))
    await toy.print("ETHUSDT", range(70, 75))
    await toy.print("BTCUSDT", [15], price=250.0)
    quote = {"u": 1, "s": "ETHUSDT", "b": "101.0", "B": "1", "a": "100.0", "A": "1"}
    await toy.say(json.dumps({"stream": "ethusdt@bookTicker", "data": quote}))
    bad = {"e": "aggTrade", "s": "ETHUSDT", "a": 75, "p": "NaN", "q": "1", "T": 1_700_000_000_000, "m": True}
    await toy.say(json.dumps({"stream": "ethusdt@aggTrade", "data": bad}))
    await until(lambda: feed.health()["flags"].get("quote crossed"))
    health = feed.health()
    assert recorder.ids("BTCUSDT") == list(range(10, 16))
    assert health["flags"]["jumped"] == 1
    assert health["odd"]["BTCUSDT"]["jumped"] == 1
    assert health["odd"]["ETHUSDT"] == health["odd"]["ETHUSDT"] | {"quote crossed": 1, "price is NaN": 1}
    assert [(jump["symbol"], jump["id"], jump["price"]) for jump in health["jumps"]] == [("BTCUSDT", 15, 250.0)]
    assert health["frozen"] == {}
