"""The process of one run: what it says, what it leaves, and how it gets out of everybody's way."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from core.errors import CockpitError, StrategyError
from core.research import service
from core.research.curve import Curve
from core.research.job import Teller
from core.research.service import Detail, Progress, Request, Said
from core.research.source import Source
from core.strategy_files import builtin_folder


class File(Source):
    """A file that is read far ahead."""

    def __init__(self, size: int) -> None:
        super().__init__("file", "ticks", "trades", "binance:BTCUSDT")
        self.total_bytes, self.read = size, 0

    @property
    def bytes_read(self) -> int:
        return self.read

    def batches(self):  # type: ignore[no-untyped-def]  # nobody asks
        raise NotImplementedError


def bars(folder: Path) -> Path:
    """A file of 600 one-minute bars that swing."""
    closes = np.round(100 + 10 * np.sin(np.arange(600) / 15), 2)
    starts = 1_700_000_040_000 + 60_000 * np.arange(600)
    path = folder / "BTCUSDT-1m-2023-11.csv"
    rows = zip(starts.tolist(), closes.tolist(), strict=True)
    path.write_text("".join(f"{start},{c},{c},{c},{c},5.0,{start + 59_999},500,10,2.5,250,0\n" for start, c in rows))
    return path


async def pid_in(path: Path) -> str:
    """What a strategy wrote there, once it did."""
    async with asyncio.timeout(60):
        while not (text := text_in(path)):  # noqa: ASYNC110 - a file another process writes
            await asyncio.sleep(0.02)
    return text


def text_in(path: Path) -> str:
    """The text of a file; '' while there is none."""
    return path.read_text() if path.exists() else ""


def alive(pid: str) -> bool:
    """Whether a process is there."""
    return Path(f"/proc/{pid}").exists()


def request(tmp_path: Path, **more: object) -> Request:
    """A run of a strategy over bars."""
    path = bars(tmp_path)
    words = {"sources": [str(path)], "strategy": "sma_crossover", "folders": [str(builtin_folder())], "idle": False, **more}
    return Request(home=str(tmp_path), detail=str(tmp_path / "runs" / "run-1.msgpack"), **words)  # type: ignore[arg-type]


def strategy(tmp_path: Path, body: str) -> list[str]:
    """A folder with a strategy `odd` in plain Python."""
    lines = body.replace("\n", "\n        ")
    (tmp_path / "odd.py").write_text(
        '"""Bets on nothing."""\nimport os, sys, msgspec\n'
        "class Params(msgspec.Struct, frozen=True, kw_only=True):\n    pass\n"
        f"class Strategy:\n    def __init__(self, params):\n        pass\n    def on_tick(self, tick):\n        {lines}\n"
    )
    return [str(tmp_path)]


def test_what_was_read_and_not_yet_run_over_is_not_done() -> None:
    said: list[Said] = []
    curve, source = Curve(), File(1000)
    teller = Teller(said.append, curve)
    shares = []
    for read, inside in ((600, 0.5), (600, 1.0), (1000, 0.5), (1000, 1.0)):
        source.read, curve.inside = read, inside
        teller._last = float("-inf")
        teller.tell(source, 7)
        last = said[-1]
        assert isinstance(last, Progress)
        shares.append(last.share)
    assert shares == [0.3, 0.6, 0.8, 1.0]


async def test_a_run_says_how_far_it_is_and_leaves_its_curve_in_a_file(tmp_path: Path) -> None:
    said: list[Progress] = []
    outcome = await service.run(request(tmp_path), said.append)
    assert outcome.figures["ticks"] == 600
    assert said
    left = msgspec.msgpack.decode((tmp_path / "runs" / "run-1.msgpack").read_bytes(), type=Detail)
    assert len(left.equity) == 600
    assert left.fills_total == outcome.figures["fills"]
    assert left.trips_total == len(left.trips) == outcome.figures["trades"] > 0
    assert all(trip["mae"] <= 0 <= trip["mfe"] for trip in left.trips)
    assert len(left.underwater) == len(left.held) == 600
    assert max(left.underwater) == pytest.approx(outcome.figures["max_drawdown_pct"])
    assert sum(left.held) / 600 == pytest.approx(outcome.figures["exposure"]), "one point a bar: each minute is held or not"
    assert sum(row["trades"] for row in left.tables["by_exit"]) == left.trips_total
    assert left.signals_total == len(left.signals) > left.trips_total
    assert {"close", "fast", "slow"} == left.signals[-1]["values"].keys()
    assert sum(row["trades"] for row in left.tables["by_volatility"]) == left.trips_total
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["run-1.msgpack"]


@pytest.mark.slow
async def test_what_a_strategy_prints_disturbs_nothing(tmp_path: Path) -> None:
    folders = strategy(tmp_path, 'print(\'{"type": "done"}\')\nsys.stderr.write("x" * 10_000)\nos.write(1, b"junk")\nreturn 0.0')
    outcome = await service.run(request(tmp_path, strategy="odd", folders=folders), lambda _: None)
    assert outcome.figures["ticks"] == 600


async def test_a_strategy_that_raises_is_one_line(tmp_path: Path) -> None:
    folders = strategy(tmp_path, 'raise ValueError("no\\nsuch luck")')
    with pytest.raises(CockpitError) as raised:
        await service.run(request(tmp_path, strategy="odd", folders=folders), lambda _: None)
    assert "such luck" in str(raised.value)
    assert "\n" not in str(raised.value)


async def test_a_process_that_just_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    folders = strategy(tmp_path, 'sys.stderr.write("so long\\n")\nsys.stderr.flush()\nos._exit(7)')
    with pytest.raises(CockpitError, match=r"the run crashed \(exited with 7\): so long"):
        await service.run(request(tmp_path, strategy="odd", folders=folders), lambda _: None)


async def test_a_parameter_that_is_refused_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match="fast"):
        await service.run(request(tmp_path, params={"fast": 20, "slow": 5}), lambda _: None)


ASKER = """
import asyncio, sys
import msgspec
from core.research.service import Request, run
asyncio.run(run(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Request), lambda _: None))
"""


async def test_a_run_dies_with_who_asked_for_it_however_that_died(tmp_path: Path) -> None:
    folders = strategy(tmp_path, f'open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))\nwhile True: pass')
    asker = await asyncio.create_subprocess_exec(sys.executable, "-c", ASKER, stdin=asyncio.subprocess.PIPE)
    assert asker.stdin is not None
    asker.stdin.write(msgspec.msgpack.encode(request(tmp_path, strategy="odd", folders=folders)))
    asker.stdin.close()
    pid = await pid_in(tmp_path / "pid")
    asker.kill()
    await asker.wait()
    async with asyncio.timeout(60):
        while alive(pid):  # noqa: ASYNC110 - a process that is none of ours
            await asyncio.sleep(0.02)


async def test_who_gives_up_waiting_ends_the_process(tmp_path: Path) -> None:
    folders = strategy(tmp_path, f'open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))\nwhile True: pass')
    task = asyncio.create_task(service.run(request(tmp_path, strategy="odd", folders=folders), lambda _: None))
    pid = await pid_in(tmp_path / "pid")
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not alive(pid)
