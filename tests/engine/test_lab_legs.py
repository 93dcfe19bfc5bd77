"""Strategies of two legs asked of an engine: the same figures as the command, over tapes and files, refused in words, and kept."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from test_lab import TERMS, lab, over, read, row, start
from test_lab_studies import ended

from core.commands import Backtest, Optimize
from core.engine.run import run_of
from core.errors import UsageError
from core.research.backtest import Order, run_backtest
from core.research.rows import trip_rows
from core.research.service import Detail
from core.strategy_files import builtin_folder

BOTH = "binance:BTCUSDT,binance:ETHUSDT"
PARAMS: dict[str, str | int | float | bool] = {"window": 30, "entry_z": 1.0, "exit_z": 0.2}


def bars(folder: Path, symbol: str, closes: NDArray[np.float64]) -> str:
    """A file of bars that open where the one before closed."""
    opens = np.concatenate([closes[:1], closes[:-1]])
    rows = [
        f"{1_700_006_400_000 + 60_000 * k},{o},{max(o, c)},{min(o, c)},{c},1000"
        for k, (o, c) in enumerate(zip(opens.tolist(), closes.tolist(), strict=True))
    ]
    path = folder / f"{symbol}-1m-2023-11.csv"
    path.write_text("open_time,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    return str(path)


def two(folder: Path) -> tuple[str, str]:
    """A file of bars for each leg, whose spread comes back; the second ends earlier."""
    rng = np.random.default_rng(1)
    x, spread = np.log(3_000) + np.cumsum(rng.normal(0, 1e-3, 800)), np.zeros(800)
    for k in range(1, 800):
        spread[k] = 0.9 * spread[k - 1] + rng.normal(0, 2e-3)
    first, second = np.round(np.exp(4 + 0.8 * x + spread), 2), np.round(np.exp(x), 2)
    return bars(folder, "BTCUSDT", first), bars(folder, "ETHUSDT", second[:700])


@pytest.mark.slow
async def test_a_run_over_two_files_equals_the_command_to_the_bit_and_is_there_after_a_restart(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    async with lab(tmp_path) as rig:
        id_ = await start(rig, first, "pairs", further=[second], params=PARAMS, terms=TERMS)
        done = await over(rig, id_)
        told = await read(rig, id_)
    result = run_backtest(Order([first, second], "pairs", [builtin_folder()], dict(PARAMS), TERMS, watched=True))
    assert done.symbol == BOTH
    assert {**told["figures"], "elapsed_s": 0} == {**result.figures, "elapsed_s": 0}
    assert told["notes"] == result.source.notes
    assert any("unequal spans" in note for note in told["notes"]), "one of the files ends before the other"
    detail = msgspec.convert(told["detail"], Detail)
    assert {fill["symbol"] for fill in detail.fills} == set(BOTH.split(","))
    assert detail.trips == trip_rows(result.trips, "pairs", symbols=result.source.symbols)[-1000:]
    async with lab(tmp_path) as rig:
        again = row(rig, id_)
        assert (again.order.sources, again.symbol, again.figures) == ([first, second], BOTH, done.figures)


@pytest.mark.slow
async def test_both_legs_are_taken_from_the_tape_by_name_or_each_by_its_own(tmp_path: Path) -> None:
    params = {**PARAMS, "interval": "1s"}
    async with lab(tmp_path) as rig:
        await rig.play()
        one = await over(rig, await start(rig, "tape:BTCUSDT", "pairs", further=["tape:ETHUSDT"], params=params, terms=TERMS))
        other = await over(rig, await start(rig, "tape:*", "pairs", symbol="BTCUSDT,ETHUSDT", params=params, terms=TERMS))
        assert one.figures is not None
        assert other.figures is not None
        assert one.figures["ticks"] == 600
        assert {**one.figures, "elapsed_s": 0} == {**other.figures, "elapsed_s": 0}


@pytest.mark.slow
async def test_legs_that_cannot_be_traded_together_are_one_line(tmp_path: Path) -> None:
    first, _ = two(tmp_path)
    (tmp_path / "again").mkdir()
    same, _ = two(tmp_path / "again")
    async with lab(tmp_path) as rig:
        await rig.play()
        cases = [
            (first, {}, "name 2 sources, one for each leg in their order"),
            (first, {"further": [same]}, "binance:BTCUSDT twice: each leg needs a symbol of its own"),
            ("tape:BTCUSDT", {"further": ["tape:NOPEUSDT"]}, "tape:NOPEUSDT: not on the tape"),
            ("tape:BTCUSDT", {"further": ["tape:ETHUSDT@2023-01-01..2023-01-02"]}, "the tape holds no ticks of binance:ETHUSDT"),
            ("tape:*", {"symbol": "BTCUSDT,XRPUSDT"}, "no rows of XRPUSDT"),
        ]
        for source, more, words in cases:
            failed = await over(rig, await start(rig, source, "pairs", terms=TERMS, **more), "failed")
            assert words in failed.line
        with pytest.raises(UsageError, match="tape:BTCUSDT is named twice"):
            await start(rig, "tape:BTCUSDT", "pairs", further=["tape:BTCUSDT"], terms=TERMS)
        with pytest.raises(UsageError, match=r"b\.csv: give the whole path"):
            await start(rig, first, "pairs", further=["b.csv"], terms=TERMS)


@pytest.mark.slow
async def test_a_study_of_two_legs_is_tried_on_both_at_once(tmp_path: Path) -> None:
    first, second = two(tmp_path)
    async with lab(tmp_path) as rig:
        order = Optimize(sources=[first, second], strategies=["pairs"], ranges=["window=20,30"], terms=TERMS)
        answer = await rig.engine.commands.submit(order, "test")
        done = await ended(rig, answer["id"])
        assert (done.done, done.symbol, done.series) == (2, BOTH, 1)


def noted(asked: dict[str, object]) -> Backtest:
    """What a row of the ledger asked for."""
    result = {"state": "failed", "line": "no rows", "started_ns": 1, "ended_ns": 2, "rows": 0, "outcome": None}
    found = run_of({"kind": "backtest", "run_id": "run-1", "ts_ns": 1, "params": json.dumps(asked), "result": json.dumps(result)})
    assert found is not None
    return found.order


def test_a_run_noted_when_its_sources_were_one_text_has_them_apart() -> None:
    plain = {"type": "backtest", "strategy": "pairs"}
    assert noted({**plain, "source": "/a.csv"}).sources == ["/a.csv"]
    assert noted({**plain, "source": "/a.csv, /b.csv"}).sources == ["/a.csv", "/b.csv"]
    assert noted({**plain, "source": "tape:A, tape:B"}).sources == ["tape:A", "tape:B"]
    assert noted({**plain, "source": "/old, and new/a.csv"}).sources == ["/old, and new/a.csv"], "a comma of a name"
    assert noted({**plain, "source": "/a, /b.csv", "further": []}).sources == ["/a, /b.csv"]
