"""What an engine refuses, in one line, and what it survives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.commands import Pause, Register, Resume, Terms, Unwatch, Watch
from core.engine import commands, overview
from core.errors import UsageError
from core.store.ledger_reader import read_alerts
from tests.engine.engine_rig import Rig, exchange_of, running, until, write_recording

RAISING = '''"""Raises on its hundredth tick."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    pass
class Strategy:
    def __init__(self, params):
        self.seen = 0
    def on_tick(self, tick):
        self.seen += 1
        return 1.0 / (100 - self.seen)
'''


def _rsi(**params: int) -> Register:
    return Register(name="rsi", symbols=["BTCUSDT"], params=dict(params))


@pytest.mark.parametrize(
    ("order", "says"),
    [
        pytest.param(Register(name="sma_crosover", symbols=["BTCUSDT"]), "no strategy 'sma_crosover'; there are: ", id="strategy"),
        pytest.param(Register(name="rsi", symbols=["BTCUSD"]), "binance does not list 'BTCUSD'; did you mean BTCUSDT", id="symbol"),
        pytest.param(Register(name="rsi", symbols=["okx:BTCUSDT"]), "this engine streams binance only", id="venue"),
        pytest.param(_rsi(perid=3), "rsi has no parameter 'perid'; it has: period", id="param"),
        pytest.param(_rsi(period=0), "rsi: period=0 is not allowed: expected `int` >= 1", id="bound"),
        pytest.param(
            Register(name="sma_crossover", symbols=["BTCUSDT"], params={"fast": 30}), "fast (30) must be less than slow (20)", id="relation"
        ),
        pytest.param(Register(name="rsi", symbols=["BTCUSDT", "ETHUSDT"]), "rsi trades 1 symbol, not 2", id="legs"),
        pytest.param(
            Register(name="rsi", symbols=["BTCUSDT"], terms=Terms(limit_ttl_ms=500)),
            "limit_ttl_ms=500 does nothing without entry=limit",
            id="term",
        ),
        pytest.param(Pause(id="rsi-9"), "no strategy 'rsi-9'", id="id"),
        pytest.param(Unwatch(symbols=["ADAUSDT"]), "ADAUSDT is not streamed", id="unwatched"),
    ],
)
async def test_a_command_that_cannot_work_is_refused_in_one_line_and_changes_nothing(
    tmp_path: Path, order: Register | Pause | Unwatch, says: str
) -> None:
    recording = write_recording(tmp_path / "frames", prints=10)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        with pytest.raises(UsageError) as refusal:
            await rig.engine.commands.submit(order, "test")
        assert says in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert len(rig.engine.roster) == 0
        assert await rig.engine.ledger.commands() == []


async def test_a_registration_from_before_a_term_was_refused_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = write_recording(tmp_path / "frames", prints=10)
    terms = Terms(limit_offset_bps=5)
    async with exchange_of(recording) as exchange:
        with monkeypatch.context() as before:
            before.setattr(commands, "refuse_idle", lambda terms: None)
            async with running(tmp_path / "home", exchange) as rig:
                id_ = await rig.register("rsi", terms=terms)
                await rig.play()
        async with running(tmp_path / "home", exchange) as rig:
            assert rig.engine.roster[id_].terms == terms
            assert rig.engine.roster[id_].state in ("warming", "running")


async def test_a_strategy_that_raises_is_out_with_its_line_and_the_others_go_on(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=400)
    home = tmp_path / "home"
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "raising.py").write_text(RAISING)
    async with exchange_of(recording) as exchange, running(home, exchange, **{"engine.workers": 1}) as rig:
        bad = await _register(rig, "raising")
        good = await rig.register("sma_crossover")
        await rig.play()
        await until(lambda: rig.engine.roster[bad].state == "failed", "the failure is shown")
        row = rig.engine.roster[bad].row()
        assert row.detail == "ZeroDivisionError: float division by zero, raising.py:10"
        assert "return 1.0 / (100 - self.seen)" in row.traceback
        assert len(await rig.fills(good)) > 0
        assert any(bad in alert.text for alert in rig.engine.alarms.rows())


async def _register(rig: Rig, name: str) -> str:
    answer = await rig.engine.commands.submit(Register(name=name, symbols=["BTCUSDT"]), "test")
    return str(answer["id"])


async def test_an_engine_whose_venue_cannot_be_reached_says_so_and_takes_registrations(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=10)
    async with exchange_of(recording) as exchange:
        ws_url, rest_url = exchange.ws_url, exchange.rest_url
    exchange.ws_url, exchange.rest_url = ws_url, rest_url  # nothing listens there any more
    async with running(tmp_path / "home", exchange) as rig:
        await until(lambda: rig.engine.feed_state.state == "backoff", "backoff")
        assert rig.engine.feed_state.detail == "connection refused"
        id_ = await rig.register("rsi")
        status = overview.status(rig.engine)
        assert status["health"] == "degraded"
        assert [s["id"] for s in status["strategies"]] == [id_]


async def test_every_command_is_journalled_with_the_tick_it_took_effect_after(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=300)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await rig.register("sma_crossover")
        await rig.play()
        await rig.engine.commands.submit(Pause(id=id_), "test")
        await rig.engine.commands.submit(Resume(id=None), "test")
        await rig.engine.commands.submit(Watch(symbols=["ETHUSDT"]), "test")
        rows = await rig.engine.ledger.commands()
        last = rig.engine.last_seq
    assert [(row["kind"], row["after_seq"], row["actor"]) for row in rows] == [
        ("register", 0, "test"), ("pause", last, "test"), ("resume", last, "test"), ("watch", None, "test"),
    ]  # fmt: skip
    register = json.loads(rows[0]["payload"])
    assert register["id"] == id_
    assert register["symbols"] == ["binance:BTCUSDT"]
    assert json.loads(rows[1]["payload"])["ids"] == [id_]


async def test_registering_warms_up_from_the_venues_bars_where_the_tape_does_not_reach_back(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=2000)
    async with exchange_of(recording) as exchange:
        exchange.resume()
        async with running(tmp_path / "first", exchange):  # plays the recording, so that the venue has history
            await exchange.finished.wait()
        async with running(tmp_path / "home", exchange) as rig:
            assert rig.engine.market.ticks_total == 0
            id_ = await rig.register("sma_crossover", params={"interval": "10s"})
            await until(lambda: rig.engine.roster[id_].figures is not None, "figures")
            await until(lambda: rig.engine.roster[id_].state == "running", "warm from bars of the venue")
            assert rig.engine.roster[id_].figures.seen >= 20
            await rig.settle()
            snapshots = await rig.engine.ledger.snapshots()
            assert [row["strategy_id"] for row in snapshots] == [id_]


@pytest.mark.slow
async def test_an_id_is_never_given_twice_not_even_after_its_strategy_is_gone(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=10)
    async with exchange_of(recording) as exchange:
        async with running(tmp_path / "home", exchange) as rig:
            assert await rig.register("rsi") == "rsi-1"
            await rig.engine.commands.submit(Register(name="rsi", symbols=["BTCUSDT"], id="mine"), "test")
        async with running(tmp_path / "home", exchange) as rig:
            assert await rig.register("rsi") == "rsi-2"
            with pytest.raises(UsageError, match="the id 'mine' is taken"):
                await rig.engine.commands.submit(Register(name="rsi", symbols=["BTCUSDT"], id="mine"), "test")


async def test_alerts_are_on_the_ledger_open_and_then_closed(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=10)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange, running(home, exchange) as rig:
        rig.engine.alarms.raise_("disk", "critical", "the disk is full")
        rig.engine.alarms.raise_("disk", "critical", "the disk is full")
        await rig.engine.ledger.wait_committed()
        assert [(row["text"], row["state"]) for row in read_alerts(home / "ledger.db")] == [("the disk is full", "open")]
        rig.engine.alarms.resolve("disk")
        await rig.engine.ledger.wait_committed()
        assert [(row["text"], row["state"]) for row in read_alerts(home / "ledger.db")] == [("the disk is full", "closed")]
