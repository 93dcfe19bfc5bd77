"""Runs over history asked of an engine: the same figures as the command, several at once, cancelled, crashed, and kept."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from engine_rig import Rig, exchange_of, running, until, write_recording

from core.commands import Backtest, CancelRun, NoteRun, NoteStudy, Optimize, Terms, TrialCount
from core.engine.requests import Requests
from core.errors import UsageError
from core.research.backtest import run_backtest
from core.research.job import outcome_of
from core.research.order import Order
from core.research.rows import trip_rows
from core.research.service import Detail
from core.strategy_files import builtin_folder
from core.view import RunRow

TERMS = Terms(side="long_short", fee_bps=2.0, slippage_bps=0.5)
IDLE = Terms(limit_fill="touch")
PARAMS: dict[str, str | int | float | bool] = {"fast": 3, "slow": 9, "interval": "1m"}

SLOW = '''"""Bets on nothing, slowly."""
import time
import msgspec
class Params(msgspec.Struct, frozen=True, kw_only=True):
    pass
class Strategy:
    def __init__(self, params):
        pass
    def on_tick(self, tick):
        time.sleep(0.01)
        return 0.0
'''

CRASH = '''"""Bets that the process lives."""
import os
import msgspec
class Params(msgspec.Struct, frozen=True, kw_only=True):
    pass
class Strategy:
    def __init__(self, params):
        pass
    def on_tick(self, tick):
        os.kill(os.getpid(), 9)
'''


def klines(folder: Path, count: int = 3000, name: str = "BTCUSDT-1m-2023-11.csv") -> Path:
    """A file of bars that wander."""
    rng = np.random.default_rng(5)
    closes = np.round(100 + np.cumsum(rng.normal(0, 0.3, count)), 2)
    opens = np.concatenate([closes[:1], closes[:-1]])
    rows = []
    for k, (o, c) in enumerate(zip(opens, closes, strict=True)):
        start = 1_700_000_040_000 + k * 60_000
        rows.append(f"{start},{o},{max(o, c)},{min(o, c)},{c},5.0,{start + 59_999},500,10,2.5,250,0")
    path = folder / name
    path.write_text("\n".join(rows) + "\n")
    return path


@contextlib.asynccontextmanager
async def lab(tmp_path: Path, processes: int = 2) -> AsyncIterator[Rig]:
    """An engine whose runs take their share of the processor: the machine may be busy."""
    recording = tmp_path / "frames.log"
    if not recording.exists():
        write_recording(recording, prints=300)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange, **{"research.processes": processes}) as rig:
        rig.engine.lab.idle = False
        yield rig


def home_strategy(tmp_path: Path, name: str, text: str) -> None:
    """A strategy of the user's own."""
    folder = tmp_path / "home" / "strategies"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(text)


async def start(rig: Rig, source: Path | str, strategy: str = "sma_crossover", **more: Any) -> str:
    """Ask for a run; its id."""
    answer = await rig.engine.commands.submit(Backtest(source=str(source), strategy=strategy, **more), "test")
    return str(answer["id"])


def row(rig: Rig, id_: str) -> RunRow:
    """The run as a viewer sees it."""
    return next(run for run in rig.engine.lab.view().runs if run.id == id_)


async def over(rig: Rig, id_: str, state: str = "done") -> RunRow:
    """Wait for a run to end so."""
    await until(lambda: row(rig, id_).state in ("done", "failed", "cancelled"), f"{id_} is over")
    assert row(rig, id_).state == state, row(rig, id_).line
    return row(rig, id_)


async def read(rig: Rig, id_: str) -> dict[str, Any]:
    """What a viewer is told of a run, over the wire and back."""
    answer = await Requests(rig.engine).ask("run", {"id": id_})
    told: dict[str, Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(answer))
    return told


async def test_a_run_equals_the_command_on_the_same_source_to_the_bit(tmp_path: Path) -> None:
    source = klines(tmp_path)
    async with lab(tmp_path) as rig:
        id_ = await start(rig, source, params=PARAMS, terms=TERMS)
        figures = (await over(rig, id_)).figures
        told = await read(rig, id_)
    result = run_backtest(Order([str(source)], "sma_crossover", [builtin_folder()], dict(PARAMS), TERMS, watched=True))
    assert figures is not None
    assert {**told["figures"], "elapsed_s": 0} == {**result.figures, "elapsed_s": 0}
    assert figures.items() <= told["figures"].items()
    assert {"net_pnl", "sharpe", "expectancy", "exposure"} < figures.keys()
    assert figures["fills"] > 100
    detail = msgspec.convert(told["detail"], Detail)
    assert detail.fills == result.fills[-1000:]
    assert detail.fills_total == len(result.fills)
    assert detail.trips == trip_rows(result.trips, "sma_crossover")[-1000:]
    assert detail.tables == result.tables
    assert 500 <= len(detail.equity) <= 1000
    assert detail.equity[-1][1] == result.equity[-1][1]
    assert max(fall for _, _, fall in detail.equity) == figures["max_drawdown"]
    assert told["order"]["params"] == PARAMS
    assert told["symbol"] == "binance:BTCUSDT"
    assert told["values"] == PARAMS


@pytest.mark.slow
async def test_a_run_over_a_source_with_holes_is_refused_as_no_trial_unless_they_are_allowed(tmp_path: Path) -> None:
    source = klines(tmp_path)
    lines = source.read_text().splitlines()
    source.write_text("\n".join(lines[:100] + lines[110:]) + "\n")
    async with lab(tmp_path) as rig:
        refused = await over(rig, await start(rig, source, params=PARAMS), "failed")
        assert "10 bars are missing in 1 place" in refused.line
        assert (rig.engine.lab.view().total, await rig.engine.ledger.runs(10)) == (0, [])
        allowed = await over(rig, await start(rig, source, params=PARAMS, allow_gaps=True))
        assert allowed.figures is not None
        assert allowed.figures["gaps"]["missing"] == 10
        assert rig.engine.lab.view().total == 1


@pytest.mark.slow
async def test_the_tape_of_the_engine_itself_can_be_run_over_while_it_records(tmp_path: Path) -> None:
    async with lab(tmp_path) as rig:
        await rig.play()
        requests = Requests(rig.engine)
        assert await requests.ask("sources", {}) == ["tape:BTCUSDT", "tape:ETHUSDT"]
        id_ = await start(rig, "tape:BTCUSDT", params={**PARAMS, "interval": "1s"}, terms=TERMS)
        done = await over(rig, id_)
        assert (done.figures or {})["ticks"] == 300
        assert done.symbol == "binance:BTCUSDT"


async def test_what_cannot_be_run_is_a_failed_run_with_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "BTCUSDT-1m.csv"
    bad.write_text("what,is,this\n1,2,3\n")
    async with lab(tmp_path) as rig:
        ids = [
            await start(rig, bad),
            await start(rig, tmp_path / "none.csv"),
            await start(rig, "tape:NOPEUSDT"),
            await start(rig, klines(tmp_path, name="ETHUSDT-1m.csv"), params={"fast": 9, "slow": 3}),
        ]
        for id_, words in zip(ids, ("BTCUSDT-1m.csv", "none.csv", "NOPEUSDT", "fast"), strict=True):
            failed = await over(rig, id_, "failed")
            assert words in failed.line
            assert "\n" not in failed.line
        assert rig.engine.failure is None


@pytest.mark.slow
async def test_a_crash_of_a_run_is_a_failed_run_and_never_the_engine_s(tmp_path: Path) -> None:
    home_strategy(tmp_path, "crash", CRASH)
    source = klines(tmp_path, 50)
    async with lab(tmp_path) as rig:
        failed = await over(rig, await start(rig, source, "crash"), "failed")
        assert "killed by SIGKILL" in failed.line
        await over(rig, await start(rig, source, params=PARAMS))
        assert rig.engine.failure is None


@pytest.mark.slow
async def test_so_many_run_at_once_and_the_others_wait_for_their_turn(tmp_path: Path) -> None:
    home_strategy(tmp_path, "slow", SLOW)
    source = klines(tmp_path)
    async with lab(tmp_path, processes=2) as rig:
        ids = [await start(rig, source, "slow") for _ in range(3)]
        assert [row(rig, id_).state for id_ in ids] == ["running", "running", "queued"]
        await until(lambda: all((row(rig, id_).share or 0) > 0 and not row(rig, id_).reading for id_ in ids[:2]), "both are on their way")
        assert all(0 < (row(rig, id_).share or 0) <= 1 and row(rig, id_).rows > 0 for id_ in ids[:2])
        await rig.engine.commands.submit(CancelRun(id=ids[0]), "test")
        await until(lambda: row(rig, ids[2]).state == "running", "the third has its turn")
        assert (row(rig, ids[0]).state, row(rig, ids[0]).line) == ("cancelled", "by test")
        await until(lambda: len(rig.engine.lab._tasks) == 2, "the process of the cancelled one is gone")


async def test_a_run_that_waits_can_be_cancelled_and_one_that_is_over_cannot(tmp_path: Path) -> None:
    home_strategy(tmp_path, "slow", SLOW)
    source = klines(tmp_path)
    async with lab(tmp_path, processes=1) as rig:
        _first, second = [await start(rig, source, "slow") for _ in range(2)]
        await rig.engine.commands.submit(CancelRun(id=second), "test")
        assert row(rig, second).state == "cancelled"
        with pytest.raises(UsageError, match=f"{second} is over: cancelled"):
            await rig.engine.commands.submit(CancelRun(id=second), "test")
        with pytest.raises(UsageError, match="no run 'run-77'"):
            await rig.engine.commands.submit(CancelRun(id="run-77"), "test")


@pytest.mark.slow
async def test_runs_are_on_the_ledger_and_listed_again_after_a_restart(tmp_path: Path) -> None:
    home_strategy(tmp_path, "slow", SLOW)
    source = klines(tmp_path)
    async with lab(tmp_path, processes=1) as rig:
        id_ = await start(rig, source, params=PARAMS, terms=TERMS)
        before = await over(rig, id_)
        cut = await start(rig, source, "slow")
        waited = await start(rig, source, "slow")
        await rig.engine.commands.submit(CancelRun(id=waited), "test")
        await until(lambda: row(rig, cut).eta_ns > 0, "it is on its way")
    async with lab(tmp_path) as rig:
        view = rig.engine.lab.view()
        assert [run.id for run in view.runs] == [waited, cut, id_], "as they were asked for"
        assert view.total == 3
        assert row(rig, id_) == before
        assert (row(rig, cut).state, row(rig, cut).line) == ("cancelled", "the engine stopped")
        told = await read(rig, id_)
        assert len(told["detail"]["equity"]) > 100
        (rig.home / "runs" / f"{id_}.msgpack").write_bytes(b"\x93\x01")
        assert (await read(rig, id_))["detail"] is None
        stored = await rig.engine.ledger.runs(10)
        assert before.figures is not None
        assert before.figures.items() <= json.loads(stored[0]["result"])["outcome"]["figures"].items()
        assert await start(rig, source, params=PARAMS) == "run-4"


@pytest.mark.slow
async def test_a_run_made_on_the_command_line_is_one_of_the_list_and_outlives_a_restart(tmp_path: Path) -> None:
    source = klines(tmp_path)
    ran = Order([str(source)], "sma_crossover", [builtin_folder()], dict(PARAMS), TERMS)
    result = run_backtest(ran)
    order = Backtest(source=str(source), strategy="sma_crossover", params=dict(PARAMS), terms=TERMS)
    noted = NoteRun(order=order, started_ns=5, ended_ns=9, outcome=msgspec.to_builtins(outcome_of(ran, result)))
    async with lab(tmp_path) as rig:
        first = await over(rig, await start(rig, source, params=dict(PARAMS), terms=TERMS))
        answer = await rig.engine.commands.submit(noted, "cli")
        assert answer == {"id": "run-2"}
        with pytest.raises(UsageError, match="no outcome of a run"):
            await rig.engine.commands.submit(msgspec.structs.replace(noted, outcome={"figures": 3}), "cli")
    async with lab(tmp_path) as rig:
        mine = row(rig, "run-2")
        assert (mine.state, mine.asked_ns, mine.ended_ns, mine.order) == ("done", 5, 9, order)
        assert first.figures is not None
        assert mine.figures is not None
        assert {**mine.figures, "elapsed_s": 0} == {**first.figures, "elapsed_s": 0}
        assert (await read(rig, "run-2"))["detail"] is None


async def test_rows_of_another_kind_or_shape_on_the_ledger_stop_nothing(tmp_path: Path) -> None:
    async with lab(tmp_path) as rig:
        for number, (kind, params) in enumerate((("trial", "{}"), ("backtest", "{}"), ("backtest", "not json")), 7):
            await rig.engine.ledger.add_run(f"run-{number}", 1, kind=kind, strategy="rsi", source="x", params=params, result="{}")
    async with lab(tmp_path) as rig:
        assert (rig.engine.lab.view().runs, rig.engine.lab.view().total) == ([], 3)
        assert await start(rig, "tape:NOPE") == "run-10"


@pytest.mark.slow
async def test_a_strategy_s_terms_can_be_asked_for(tmp_path: Path) -> None:
    async with lab(tmp_path) as rig:
        id_ = await rig.register("sma_crossover", params={"fast": 3, "slow": 9}, terms=TERMS)
        order = await Requests(rig.engine).ask("order", {"id": id_})
        assert (order.terms, order.symbols) == (TERMS, ["binance:BTCUSDT"])
        with pytest.raises(UsageError):
            await Requests(rig.engine).ask("order", {"id": "nobody"})


async def test_what_cannot_work_as_worded_is_refused_at_once(tmp_path: Path) -> None:
    async with lab(tmp_path) as rig:
        for order, words in (
            (Backtest(source=" ", strategy="rsi"), "no source given"),
            (Backtest(source="tape:BTCUSDT", strategy="nothing"), "no strategy 'nothing'"),
            (Backtest(source="data/x.csv", strategy="rsi"), "give the whole path"),
            (Backtest(source="tape:BTCUSDT", strategy="rsi", terms=IDLE), "limit_fill=touch does nothing without entry=limit"),
            (Optimize(sources=["tape:BTCUSDT"], strategies=["rsi"], terms=IDLE), "limit_fill=touch does nothing without entry=limit"),
        ):
            with pytest.raises(UsageError, match=words):
                await rig.engine.commands.submit(order, "test")
        assert rig.engine.lab.view().runs == []


async def test_a_run_asks_for_what_nobody_else_wants_of_the_processor(tmp_path: Path) -> None:
    home_strategy(tmp_path, "slow", SLOW)
    source = klines(tmp_path)
    async with lab(tmp_path) as rig:
        rig.engine.lab.idle = True
        session = _session()
        id_ = await start(rig, source, "slow")
        await until(lambda: _children_of_this_process() == [(19, 5, os.getsid(0))], "its process stands back, in our session", 30)
        assert _session() == session, "which does not"
        assert row(rig, id_).state == "running"


def _session() -> str:
    """How nice this session is to others; a kernel without autogroups knows none."""
    group = Path("/proc/self/autogroup")
    return group.read_text() if group.exists() else ""


def _children_of_this_process() -> list[tuple[int, int, int]]:
    """(nice, policy, session) of the runs of this process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = stat.read_text().rpartition(")")[2].split()
            if int(words[1]) == os.getpid() and b"core.research.job" in (stat.parent / "cmdline").read_bytes():
                found.append((int(words[16]), int(words[38]), int(words[3])))
    return found


async def test_a_study_made_on_the_command_line_is_counted_and_outlives_a_restart(tmp_path: Path) -> None:
    count = TrialCount(symbol="binance:BTCUSDT", first_ns=1, last_ns=9, trials=40)
    noted = NoteStudy(
        key="k", strategies=["rsi", "macd"], source="x.csv", asked={"method": "grid"}, counts=[count], found={"pbo": 0.5},
        started_ns=5, ended_ns=9,
    )  # fmt: skip
    async with lab(tmp_path) as rig:
        assert await rig.engine.commands.submit(noted, "cli") == {"id": "run-1"}
    async with lab(tmp_path) as rig:
        (row_,) = await rig.engine.ledger.runs(5)
        assert (row_["kind"], row_["strategy"], row_["ts_ns"]) == ("optimize", "rsi, macd", 5)
        assert json.loads(row_["result"])["counts"] == [msgspec.to_builtins(count)]
        assert rig.engine.lab.view().total == 1
        assert await start(rig, "tape:NOPE") == "run-2"
