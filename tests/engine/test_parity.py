"""Live fills on paper are the backtest's fills on what was recorded, to the last bit."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core import reach
from core.commands import Flatten, Reduce, SetStops, Terms, Unregister
from core.exchange.recording import RecordedMarket
from core.exchange.server import LocalExchange
from core.reach import reach_given
from core.research.audit import run_audit
from core.strategy_files import builtin_folder
from tests.engine.engine_rig import Rig, backtest, bits, exchange_of, running, until, write_recording

SIX = ("sma_crossover", "momentum", "mean_reversion", "rsi", "bollinger", "macd")
FLOW = ("liquidity", "smart_money", "volume", "microstructure")

#: Of those that would trade rarely in so short a time.
EAGER: dict[str, dict[str, float]] = {
    "momentum": {"threshold": 0.001},
    "liquidity": {"window": 10, "average": 60, "threshold": 0.1, "calm": 1.5},
    "smart_money": {"sample": 60, "window": 5, "enter": 0.05, "leave": 0.0},
    "volume": {"recent": 3, "average": 20, "surge": 1.2, "fade": 1.0, "move": 0.0},
    "microstructure": {"window": 5, "average": 60, "threshold": 0.1},
}


@pytest.mark.slow
@pytest.mark.parametrize("names", [SIX, FLOW], ids=["on bars", "on flow"])
async def test_the_built_in_strategies_trade_live_as_they_do_in_a_backtest_of_the_tape(tmp_path: Path, names: Sequence[str]) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home = tmp_path / "home"
    terms = Terms(side="long_short", qty=0.5, fee_bps=2, slippage_bps=1, latency_ms=150, stop_loss_pct=0.5, participation=0.8)
    async with exchange_of(recording) as exchange, running(home, exchange) as rig:
        ids = {name: await rig.register(name, terms=terms, params=_eager(name)) for name in names}
        await rig.play()
        live = {name: bits(await rig.fills(id_)) for name, id_ in ids.items()}
    assert all(len(fills) > 4 for fills in live.values()), {name: len(fills) for name, fills in live.items()}
    for name in names:
        assert live[name] == bits(backtest(home, name, "BTCUSDT", terms=terms, params=_eager(name)).fills)


def _eager(name: str) -> dict[str, float]:
    return EAGER.get(name, {})


@pytest.mark.slow
async def test_every_id_of_a_recording_is_on_the_tape_once_whatever_the_line_does(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=4000)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=40.0) as exchange, running(home, exchange) as rig:
        exchange.resume()
        await until(lambda: rig.engine.market.ticks_total > 500, "the first prints")
        exchange.skip("BTCUSDT", 7)
        exchange.duplicate("ETHUSDT", 5)
        await until(lambda: rig.engine.market.ticks_total > 1500, "more prints")
        await exchange.drop_connections()
        await exchange.finished.wait()
        await until(lambda: rig.engine.tape.total == 8000, "all prints on the tape")
        counters = rig.engine.feed.counters
        assert counters.backfilled >= 7
        assert counters.duplicates >= 5
        assert counters.reconnects >= 1
    assert _ids(home, "BTCUSDT") == list(range(1000, 5000))
    assert _ids(home, "ETHUSDT") == list(range(1000, 5000))


def _ids(home: Path, symbol: str) -> list[int]:
    with sqlite3.connect(f"file:{home / 'tape.db'}?mode=ro", uri=True) as db:
        return [row[0] for row in db.execute("SELECT trade_id FROM ticks WHERE symbol = ? ORDER BY trade_id", (f"binance:{symbol}",))]


@pytest.mark.slow
async def test_a_strategy_taken_up_after_a_restart_trades_as_if_there_had_been_none(tmp_path: Path) -> None:
    first = write_recording(tmp_path / "first", prints=1500, seed=5)
    home = tmp_path / "home"
    async with exchange_of(first, speed=40.0) as exchange:
        async with running(home, exchange) as rig:
            sma, macd = await rig.register("sma_crossover"), await rig.register("macd", "ETHUSDT")
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 1000, "some prints")
            exchange.pause()
            await rig.settle()
            before = await rig.fills()
        async with running(home, exchange) as rig:
            assert set(rig.engine.roster.entries) == {sma, macd}
            await rig.play()
            await until(lambda: rig.engine.tape.total == 3000, "all prints on the tape")
            await rig.settle()
            fills = {id_: bits(await rig.fills(id_)) for id_ in (sma, macd)}
            assert len(await rig.fills()) > len(before) > 0
    assert fills[sma] == bits(backtest(home, "sma_crossover", "BTCUSDT").fills)
    assert fills[macd] == bits(backtest(home, "macd", "ETHUSDT").fills)


async def test_the_fills_of_a_registration_in_mid_stream_are_those_of_a_backtest_from_there(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=4000, seed=8)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=100.0) as exchange, running(home, exchange) as rig:
        exchange.resume()
        await until(lambda: rig.engine.market.ticks_total > 3000, "history on the tape")
        exchange.pause()
        await rig.engine.tape.flush()
        id_ = await rig.register("sma_crossover")
        await until(lambda: (f := rig.engine.roster[id_].figures) is not None and f.seen >= 20, "warm at once, from the tape")
        from_ns = rig.engine.market.of(rig.engine.symbols["binance:BTCUSDT"]).last_ts + 1
        await rig.play()
        live = bits(await rig.fills(id_))
    assert len(live) > 4
    assert live == bits(backtest(home, "sma_crossover", "BTCUSDT", from_ns=from_ns).fills)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rsi", "macd"])
async def test_an_average_on_prints_that_starts_in_mid_stream_trades_as_a_backtest_from_there(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = write_recording(tmp_path / "frames", prints=4000, seed=8)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=40.0) as exchange, running(home, exchange) as rig:
        exchange.resume()
        await until(lambda: rig.engine.market.ticks_total > 3000, "history on the tape")
        exchange.pause()
        id_ = await rig.register(name, params={"interval": "tick"})
        given = reach_given(rig.engine.roster[id_].plan.warmup, 0)
        await until(lambda: (f := rig.engine.roster[id_].figures) is not None and f.seen > 0, "warm at once, from the tape")
        assert rig.engine.roster[id_].figures.seen == given
        from_ns = rig.engine.market.of(rig.engine.symbols["binance:BTCUSDT"]).last_ts + 1
        await rig.play()
        live = bits(await rig.fills(id_))
    assert len(live) > 20
    assert live == bits(backtest(home, name, "BTCUSDT", from_ns=from_ns, params={"interval": "tick"}).fills)
    monkeypatch.setattr(reach, "REACH", 1)
    found = run_audit(home)
    assert (found.fills, found.identical) == (len(live), len(live)), "it begins with the state that was recorded, however that was warmed"


async def test_flatten_and_unregister_leave_no_position_and_the_fills_stay(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    async with exchange_of(recording, speed=60.0) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await rig.register("sma_crossover")
        exchange.resume()
        figures = lambda: rig.engine.roster[id_].figures  # noqa: E731
        await until(lambda: figures() is not None and figures().position != 0, "a position")
        await rig.engine.commands.submit(Flatten(id=None), "test")
        flattened = lambda: [line for line in rig.engine.blotter.lines if line.reason == "flatten"]  # noqa: E731
        await until(lambda: bool(flattened()), "a fill that flattens")
        assert [line.position for line in flattened()] == [0.0]
        await until(lambda: rig.engine.blotter.lines[0].reason == "signal", "back in, once the strategy changed its mind")
        await rig.engine.commands.submit(Unregister(id=id_), "test")
        await until(lambda: id_ not in rig.engine.roster, "gone")
        await rig.settle()
        fills = await rig.fills(id_)
    assert fills[-1]["position"] == 0
    assert sum(fill["qty"] * (1 if fill["side"] == "buy" else -1) for fill in fills) == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
async def test_parts_that_are_closed_and_stops_that_are_set_hold_through_a_restart_and_audit_the_same(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=40.0) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("sma_crossover", terms=Terms(side="long_short", stop_loss_pct=3.0))
            exchange.resume()
            figures = lambda: rig.engine.roster[id_].figures  # noqa: E731
            await until(lambda: figures() is not None and abs(figures().position) == 1.0, "a position")
            await rig.engine.commands.submit(Reduce(id=id_, pct=25.0), "test")
            reduced = lambda: [line for line in rig.engine.blotter.lines if line.reason == "reduce"]  # noqa: E731
            await until(lambda: bool(reduced()), "a fill that reduces")
            assert abs(reduced()[0].position) == 0.75
            await rig.engine.commands.submit(SetStops(id=id_, trailing_pct=0.01), "test")
            await until(lambda: any(line.reason == "trailing" for line in rig.engine.blotter.lines), "the stop that was set")
        async with running(home, exchange) as rig:
            assert rig.engine.roster[id_].row().stops == (None, None, 0.01)
            more = len(await rig.fills(id_))
            await until(lambda: len(rig.engine.blotter.lines) > more, "trading goes on")
            await rig.settle()
    found = run_audit(home)
    assert found.details == []
    assert found.fills == found.identical > more


@pytest.mark.slow
@pytest.mark.parametrize("symbols", [("BTCUSDT", "ETHUSDT")])
async def test_the_recordings_of_a_real_venue_come_back_as_the_same_fills(
    tmp_path: Path, shared_data: Path, symbols: Sequence[str]
) -> None:
    folder = shared_data / "raw_ws" / "binance_spot"
    market = RecordedMarket([folder / f"{symbol.lower()}_{day}.gz" for symbol in symbols for day in (20240808, 20240809)])
    home = tmp_path / "home"
    async with LocalExchange(market, speed=0) as exchange:
        exchange.pause()
        async with running(home, exchange) as rig:
            ids = {(name, symbol): await rig.register(name, symbol) for name in (*SIX, *FLOW) for symbol in symbols}
            await rig.play()
            live = {key: bits(await rig.fills(id_)) for key, id_ in ids.items()}
    trades = {"BTCUSDT": (9757 + 10147), "ETHUSDT": (6106 + 8409)}
    for symbol in symbols:
        ids_ = _ids(home, symbol)
        assert len(ids_) == trades[symbol]
        assert ids_ == list(range(ids_[0], ids_[0] + len(ids_)))
    assert sum(map(len, live.values())) > 100
    assert all(live[name, symbol] for name in FLOW for symbol in symbols)
    for (name, symbol), fills in live.items():
        assert fills == bits(backtest(home, name, symbol).fills), f"{name} on {symbol}"


@pytest.mark.slow
async def test_an_edited_strategy_keeps_its_position_and_its_fills_go_on_counting(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1500)
    home = tmp_path / "home"
    source = (builtin_folder() / "sma_crossover.py").read_text()
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "mine.py").write_text(source)
    async with exchange_of(recording, speed=60.0) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("mine")
            exchange.resume()
            await until(lambda: len(rig.engine.blotter.lines) >= 4, "some fills")
            exchange.pause()
            await rig.settle()
            before = await rig.fills(id_)
        _forget_newest_snapshot(home)  # as after a crash: the last fills came after the last snapshot
        (home / "strategies" / "mine.py").write_text(source.replace("out[0] = -1.0", "out[0] = 0.0"))
        async with running(home, exchange) as rig:
            await until(lambda: rig.engine.roster[id_].figures is not None, "figures")
            figures = rig.engine.roster[id_].figures
            assert figures is not None
            assert figures.position == before[-1]["position"]
            assert figures.fees == pytest.approx(sum(fill["fee"] for fill in before))
            after = await goes_on(rig, id_, before)
    assert {fill["position"] for fill in after[len(before) + 1 :]} <= {0.0, 1.0}, "the edited rule is never short"


@pytest.mark.slow
async def test_a_strategy_whose_books_an_older_cockpit_kept_in_another_way_goes_on_with_what_its_fills_tell(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=1500)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=60.0) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("sma_crossover", terms=Terms(side="long_short", fee_bps=3))
            exchange.resume()
            await until(lambda: len(rig.engine.blotter.lines) >= 5, "some fills")
            exchange.pause()
            await rig.settle()
        with sqlite3.connect(home / "ledger.db") as db:
            db.row_factory = sqlite3.Row
            before = [dict(row) for row in db.execute("SELECT * FROM fills ORDER BY rowid")]
            orders = {row["order_id"] for row in db.execute("SELECT order_id FROM orders")}
            newest = db.execute("SELECT * FROM snapshots ORDER BY rowid DESC LIMIT 1").fetchone()
            # One field less in each book, so all that follows lies elsewhere; the text that laid it out was another.
            older = (newest["layout_hash"].partition(".")[0] + ".0123456789abcdef", "0" * 64, newest["state"][:-8])
            db.execute("UPDATE snapshots SET layout_hash = ?, source_hash = ?, state = ?", older)
        async with running(home, exchange) as rig:
            await until(lambda: rig.engine.roster[id_].figures is not None, "figures")
            entry = rig.engine.roster[id_]
            assert entry.state != "failed", entry.detail
            assert entry.figures is not None
            assert entry.figures.position == before[-1]["position"]
            assert entry.figures.fees == pytest.approx(sum(fill["fee"] for fill in before))
            assert entry.figures.realised == pytest.approx(sum(fill["realised"] for fill in before))
            texts = [row.text for row in rig.engine.alarms.rows()]
            assert [text for text in texts if "keeps books in another way" in text] == [
                f"{id_}: this cockpit keeps books in another way: state started afresh, the position and its P&L are those of its fills"
            ]
            after = await goes_on(rig, id_, before)
    assert not {fill["order_id"] for fill in after[len(before) :]} & orders, "no order's number is given again"


async def goes_on(rig: Rig, id_: str, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Play the rest, of 3,000 prints in all: fills follow those of before with the next numbers. All of them."""
    await rig.play()
    await until(lambda: rig.engine.tape.total == 3000, "all prints")
    await rig.settle()
    after = await rig.fills(id_)
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert [fill["fill_id"] for fill in after] == [f"{id_}:{n}" for n in range(1, len(after) + 1)]
    return after


def _forget_newest_snapshot(home: Path) -> None:
    with sqlite3.connect(home / "ledger.db") as db:
        db.execute("DELETE FROM snapshots WHERE rowid = (SELECT max(rowid) FROM snapshots)")


COSTLY = Terms(
    side="long_short", qty=0.337, fee_bps=2, latency_ms=150, stop_loss_pct=0.5, participation=0.8, lot=0.001, tick_size=0.1,
    min_notional=1, spread="quote", spread_bps=1, impact_bps=1, entry="limit", limit_fill="touch", limit_ttl_ms=5_000,
    limit_then="market", maker_fee_bps=-1, funding_bps=1, funding_hours=1,
)  # fmt: skip
WAITING = Terms(
    side="long_short", size="vol_pct", qty=20, vol_half_life_hours=0.02, latency_ms=150, entry="stop", trigger_ttl_ms=5_000,
    trigger_then="market", exits="resting", stop_loss_pct=0.05, take_profit_pct=0.03, limit_fill="touch", maker_fee_bps=1,
    participation=0.8,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("terms", [COSTLY, WAITING], ids=["costs, limit orders, funding", "stop orders, resting exits, volatility"])
async def test_all_terms_are_live_what_they_are_in_a_backtest_and_after_a_restart(tmp_path: Path, terms: Terms) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=60.0) as exchange:
        async with running(home, exchange) as rig:
            ids = {name: await rig.register(name, terms=terms, params=_eager(name)) for name in SIX[:3]}
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 1500, "some prints")
            exchange.pause()
            await rig.settle()
        async with running(home, exchange) as rig:
            await rig.play()
            await until(lambda: rig.engine.tape.total == 6000, "all prints on the tape")
            await rig.settle()
            live = {name: bits(await rig.fills(id_)) for name, id_ in ids.items()}
    for name in ids:
        assert len(live[name]) > 4, name
        assert live[name] == bits(backtest(home, name, "BTCUSDT", terms=terms, params=_eager(name)).fills)
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills == sum(map(len, live.values()))
