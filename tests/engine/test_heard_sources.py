"""Sources of a running engine: what they say reaches strategies between two ticks and comes out of an audit again; one that fails abstains,
is left alone for a while, and is shown."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.commands import Pause, Register, Resume, Terms
from core.engine import source as source_module
from core.log import log_path, logging_to
from core.research.audit import run_audit
from core.store.heard import read_heard
from tests.channels.model import BUY, Model
from tests.engine.engine_rig import Rig, backtest, exchange_of, running, until, write_recording
from tests.research.listener import listener

SECRET = "hunter2-hunter2"
BOTH = Terms(side="long_short", fee_bps=2)
FAST = "every_s = 0.1\ntimeout_s = 2\nfresh_s = 3600\n"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "LONGEST_WAIT_S", 0.1)


def configure(home: Path, model: Model, more: str = "", terms: str = FAST) -> None:
    listener(home / "strategies")
    home.mkdir(exist_ok=True)
    (home / "model.key").write_text(SECRET)
    (home / "model.key").chmod(0o600)
    section = f'[sources.model]\nurl = "{model.url}"\nsecret = "file:model.key"\n{terms}{more}\n'
    (home / "cockpit.toml").write_text(section)


def swinging(_question: dict[str, Any], nth: int) -> str:
    """Now this, now that, so that every answer is a trade."""
    return json.dumps({"signal": ("BUY", "SELL", "HOLD")[nth % 3], "confidence": (nth % 7) / 7, "reason": f"answer {nth}"})


def state(rig: Rig) -> str:
    """Of the only source; '' before its secret was read."""
    return next((row.state for row in rig.engine.sources.rows()), "")


async def listen(rig: Rig, symbol: str = "BTCUSDT") -> str:
    order = Register(name="listener", symbols=[symbol], params={}, terms=BOTH)
    return str((await rig.engine.commands.submit(order, "test"))["id"])


@pytest.fixture
async def recording(tmp_path: Path) -> Path:
    return write_recording(tmp_path / "frames", prints=1500)


@pytest.mark.slow
async def test_answers_are_traded_and_live_is_what_an_audit_finds_through_kills_and_restarts(tmp_path: Path, recording: Path) -> None:
    home, flags = tmp_path / "home", {"engine.snapshot_every_s": 0.5}
    async with Model(swinging).listening() as model, exchange_of(recording, speed=40.0) as exchange:
        configure(home, model, 'bars = 5\ninterval = "1s"\n')
        async with running(home, exchange, **flags) as rig:
            answer = await listen(rig)
            await listen(rig, "ETHUSDT")
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 300 and len(model.asked) > 10, "answers")
            await rig.engine.commands.submit(Pause(id=answer), "test")
            worker = rig.engine.pool.holding(answer)
            assert worker is not None
            os.kill(worker.pid, signal.SIGKILL)
            await rig.engine.commands.submit(Resume(id=answer), "test")
            seen = len(model.asked)
            await until(lambda: rig.engine.roster[answer].state == "running" and len(model.asked) > seen + 5, "it is back")
            assert state(rig) in ("ok", "late")
        async with running(home, exchange, **flags) as rig:
            await exchange.finished.wait()
            await until(lambda: rig.engine.market.ticks_total > 100, "prints")
            await rig.settle()
    found = run_audit(home)
    assert found.details == []
    assert (found.not_auditable, found.pending) == ([], [])
    assert found.fills == found.identical > 15
    assert found.books["compared"] == found.books["identical"] > 4
    assert model.most_at_once == 1
    question = max((asked.question for asked in model.asked), key=lambda one: len(one["bars"]))  # fewer while their past is being read
    assert question.keys() == {"source", "symbol", "price", "bid", "ask", "ts_ns", "interval", "bars"}
    assert question["source"] == "model"
    assert 0 < len(question["bars"]) <= 5
    assert len(question["bars"][0]) == 6
    assert question["bars"][-1][0] + 1_000_000_000 <= question["ts_ns"]
    rows = read_heard(home / "ledger.db")
    assert {row["side"] for row in rows} == {"buy", "sell", "hold"}
    assert {row["symbol"] for row in rows} == {"binance:BTCUSDT", "binance:ETHUSDT"}
    assert any(row["told"] for row in rows)


@pytest.mark.slow
async def test_in_a_backtest_nothing_is_heard(tmp_path: Path, recording: Path) -> None:
    home = tmp_path / "home"
    async with Model(swinging).listening() as model, exchange_of(recording, speed=60.0) as exchange:
        configure(home, model)
        async with running(home, exchange) as rig:
            id_ = await listen(rig)
            exchange.resume()
            await until(lambda: len(rig.engine.blotter.lines) > 3, "trades")
            await rig.settle()
            assert await rig.fills(id_)
    assert backtest(home, "listener", "BTCUSDT", params={}, terms=BOTH).fills == []


def failing(rig: Rig) -> list[str]:
    return [row.text for row in rig.engine.alarms.rows() if row.open and "source model" in row.text]


@pytest.mark.parametrize(
    ("does", "shown", "why"),
    [
        (500, "down", "it answers HTTP 500"),
        ("cut", "down", "the connection was cut"),
        ("half", "down", "its answer is no HTTP"),
        ("huge", "down", "its answer is longer than 64 KB"),
        ("hang", "down", "no answer in time"),
        ("<html>", "abstains", "its answer is no JSON: invalid character (byte 0)"),
        ('{"signal": "BUY", "confidence": NaN}', "abstains", "its answer is no JSON: invalid character (byte 32)"),
        ('{"signal": "BUY", "confidence": 2}', "abstains", "its answer is no signal: Expected `float` <= 1.0 - at `$.confidence`"),
    ],
)
async def test_one_that_fails_is_shown_and_alarmed_and_all_is_well_when_it_answers_again(
    tmp_path: Path, recording: Path, does: str | int, shown: str, why: str
) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    good: list[bool] = [True]
    async with Model(lambda _question, _nth: BUY if good[0] else does).listening() as model, exchange_of(recording, speed=5.0) as exchange:
        configure(home, model, 'symbols = ["btcusdt"]\n', FAST.replace("timeout_s = 2", "timeout_s = 0.3"))
        with logging_to(log, level="debug"):
            async with running(home, exchange) as rig:
                id_ = await listen(rig)
                exchange.resume()
                await until(lambda: state(rig) == "ok" and rig.engine.roster[id_].figures is not None, "it answers")
                good[0] = False
                await until(lambda: bool(failing(rig)), "the alarm")
                (row,) = rig.engine.sources.rows()
                assert (row.state, row.error, row.symbols) == (shown, why, 1)
                assert row.errors >= row.failed > 3
                assert why in failing(rig)[0]
                good[0] = True
                await until(lambda: state(rig) == "ok" and not failing(rig), "all is well")
                assert rig.engine.sources.rows()[0].failed == 0
                assert rig.engine.system.status()["sources"][0]["state"] == "ok"
    rows = read_heard(home / "ledger.db")
    silent = [row for row in rows if row["side"] == "abstain"]
    assert {row["reason"] for row in silent} == {why}
    assert len(silent) == 1  # that it fails on is nothing new
    assert bool(silent[0]["told"]) == (shown == "abstains")  # what it said before counts on where it cannot be reached
    text = log_path(log).read_text() + json.dumps(rows)
    assert "a source abstains" in text
    assert SECRET not in text
    assert "t0k3n" not in text


async def test_one_that_dies_and_comes_back_is_heard_again(tmp_path: Path, recording: Path) -> None:
    home, model = tmp_path / "home", Model()
    await model.open()
    async with exchange_of(recording, speed=5.0) as exchange:
        configure(home, model)
        async with running(home, exchange) as rig:
            exchange.resume()
            await until(lambda: state(rig) == "ok", "it answers")
            await model.close()
            await until(lambda: bool(failing(rig)), "the alarm")
            assert rig.engine.sources.rows()[0].next_ns > 0
            await model.open()
            await until(lambda: state(rig) == "ok" and not failing(rig), "all is well")
    await model.close()


async def test_one_too_slow_for_its_interval_is_late_and_asked_one_thing_at_a_time(tmp_path: Path, recording: Path) -> None:
    home, asked = tmp_path / "home", asyncio.Event()
    async with Model().listening() as model, exchange_of(recording, speed=5.0) as exchange:
        slow = model._serve

        async def serve(what: str | bytes | int, writer: asyncio.StreamWriter) -> None:
            loop = asyncio.get_running_loop()
            loop.call_later(0.15, asked.set)
            await asked.wait()
            asked.clear()
            await slow(what, writer)

        model._serve = serve  # type: ignore[method-assign]
        configure(home, model)
        async with running(home, exchange) as rig:
            exchange.resume()
            await until(lambda: state(rig) == "late" and len(model.asked) > 4, "it is late")
            row = rig.engine.sources.rows()[0]
            assert row.p50_ms is not None
            assert row.p50_ms > 100.0
    assert (model.most_at_once, model.connections) == (1, 1)


def no_secret(home: Path) -> None:
    (home / "model.key").unlink()


def open_secret(home: Path) -> None:
    (home / "model.key").chmod(0o644)


@pytest.mark.parametrize(("spoil", "why"), [(no_secret, "cannot be read"), (open_secret, "others may use it")])
async def test_one_whose_secret_is_not_there_is_off_and_the_engine_runs(
    tmp_path: Path, recording: Path, spoil: Callable[[Path], None], why: str
) -> None:
    home = tmp_path / "home"
    async with Model().listening() as model, exchange_of(recording, speed=5.0) as exchange:
        home.mkdir()
        configure(home, model)
        spoil(home)
        async with running(home, exchange) as rig:
            await until(lambda: bool(rig.engine.sources.rows()), "it is known")
            (row,) = rig.engine.sources.rows()
            assert row.state == "off"
            assert why in row.error
            assert why in failing(rig)[0]
            await listen(rig)
    assert model.asked == []


@pytest.mark.slow
async def test_who_listens_to_a_source_that_is_not_configured_is_told(tmp_path: Path, recording: Path) -> None:
    home = tmp_path / "home"
    listener(home / "strategies")
    async with exchange_of(recording, speed=5.0) as exchange, running(home, exchange) as rig:
        id_ = await listen(rig)
        words = f"{id_} listens to the source model, which is not configured: it hears nothing of it"
        assert words in [row.text for row in rig.engine.alarms.rows()]
        assert rig.engine.sources.rows() == []
