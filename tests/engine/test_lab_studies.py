"""Studies asked of an engine: the findings of the command, progress, cancelled with all their processes, taken up again, crashed, kept."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from engine_rig import Rig, until
from test_lab import CRASH, PARAMS, SLOW, TERMS, home_strategy, klines, lab, over, read, row, start

from core.commands import CancelRun, NoteStudy, Optimize, TrialCount
from core.engine import run_files
from core.errors import UsageError
from core.research.search.counting import trials_ever
from core.research.search.crew import local_crew
from core.research.search.findings import Division, document, findings
from core.research.search.job import question_of
from core.research.search.runner import Runner
from core.research.search.service import StudyRequest
from core.strategy_files import builtin_folder
from core.study_view import StudyDetail, StudyRow

RANGES = ["fast=3:9:3", "slow=12:24:4"]
FIXED: dict[str, str | int | float | bool] = {"interval": "1m"}

#: One of its parameters never ends its trial before the test does.
STICKY = (
    SLOW.replace("    pass\n", "    k: int = 1\n", 1)
    .replace("self, params):\n        pass", "self, params):\n        self.k = params.k")
    .replace("time.sleep(0.01)", "time.sleep(0.01 if self.k > 4 else 0)")
)


async def ask(rig: Rig, source: Path | str, *strategies: str, **more: Any) -> str:
    """Ask for a study; its id."""
    order = Optimize(sources=[str(source)], strategies=list(strategies or ("sma_crossover",)), **more)
    return str((await rig.engine.commands.submit(order, "test"))["id"])


def study(rig: Rig, id_: str) -> StudyRow:
    """The study as a viewer sees it."""
    return next(one for one in rig.engine.lab.view().studies if one.id == id_)


async def ended(rig: Rig, id_: str, state: str = "done") -> StudyRow:
    """Wait for a study to end so."""
    await until(lambda: study(rig, id_).state in ("done", "failed", "cancelled"), f"{id_} is over", 120)
    assert study(rig, id_).state == state, study(rig, id_).line
    return study(rig, id_)


def children() -> list[int]:
    """Processes of studies, those of their trials too, that live now."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if b"core.research.search.job" in words and parent == os.getpid():
                found += [int(folder.name), *_below(int(folder.name))]
    return found


def _below(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process still runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def test_a_study_finds_what_the_command_finds_for_the_same_words(tmp_path: Path) -> None:
    source = klines(tmp_path)
    words = {"params": FIXED, "ranges": RANGES, "where": ["fast<slow"], "terms": TERMS, "validate": "rolling", "folds": 3}
    async with lab(tmp_path) as rig:
        id_ = await ask(rig, source, **words)
        done = await ended(rig, id_)
        told = await read(rig, id_)
        assert list((rig.home / "studies").glob("rows-*")) == []
        assert len(list((rig.home / "studies").glob("*.trials"))) == 1
    detail = msgspec.convert(told["detail"], StudyDetail)
    (tmp_path / "place").mkdir()
    order = Optimize(sources=[str(source)], strategies=["sma_crossover"], **words)  # type: ignore[arg-type]
    home = str(tmp_path / "other")
    request = StudyRequest(order=order, folders=[str(builtin_folder())], home=home, place=str(tmp_path / "place"), detail="")
    made = question_of(request).study
    runner = Runner(made, lambda: local_crew(1, idle=False))
    tried = runner.run(tmp_path / "own.trials")
    expected = document(findings(made, runner.progress, tried, "sharpe", division=Division("rolling", 3)), 0.0)
    assert {**detail.document, "elapsed_s": 0.0} == msgspec.msgpack.decode(msgspec.msgpack.encode(expected))
    assert (done.done, done.total, done.failed, done.kept) == (12, 12, 0, 0)
    assert done.verdict == expected["verdict"]
    assert done.symbol == "binance:BTCUSDT"
    assert done.best is not None
    assert done.best == {"rank_by": expected["rank_by"], **expected["ranking"][0]}
    assert detail.rows_total == len(detail.points["sma_crossover"]) == 12
    assert [name for name, _ in detail.axes["sma_crossover"]] == ["fast", "slow"]
    assert detail.points["sma_crossover"][0][-1] == expected["ranking"][0]["sharpe"]
    assert detail.curves[0][-1] - TERMS.capital == pytest.approx(expected["ranking"][0]["net_pnl"])
    assert len(detail.curves[0]) == len(detail.edges_ns)
    assert (detail.symbols, detail.on) == (["binance:BTCUSDT"], {"sma_crossover": [0] * 12})


@pytest.mark.slow
async def test_a_folder_of_symbols_is_tried_symbol_by_symbol_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    coins = tmp_path / "coins"
    coins.mkdir()
    klines(coins, 600)
    klines(coins, 600, "ETHUSDT-1m-2023-11.csv")
    klines(coins, 600, "SOLUSDT-1m-2023-11.csv")
    (coins / "XRPUSDT-1m.csv").write_text("what,is,this\n1,2,3\n")
    words = {"params": FIXED, "ranges": RANGES, "terms": TERMS, "rank_by": "net_pnl"}
    async with lab(tmp_path) as rig:
        every = await ended(rig, await ask(rig, coins, **words))
        some = await ended(rig, await ask(rig, coins, symbols=["ethusdt", "binance:SOLUSDT"], **words))
        detail = msgspec.convert((await read(rig, every.id))["detail"], StudyDetail)
        assert (every.done, every.series) == (36, 3)
        assert (some.done, some.series) == (24, 2)
        assert detail.symbols == ["binance:BTCUSDT", "binance:ETHUSDT", "binance:SOLUSDT"]
        assert sorted(detail.on["sma_crossover"]) == [0] * 12 + [1] * 12 + [2] * 12
        ranking = detail.document["ranking"]
        assert [detail.symbols[k] for k in detail.on["sma_crossover"]] == [one["symbol"] for one in ranking]
        assert detail.origins["binance:ETHUSDT"] == str(coins / "ETHUSDT-1m-2023-11.csv")
        assert "XRPUSDT-1m.csv" in detail.left_out["binance:XRPUSDT"]
        assert every.best is not None
        assert (every.symbol, every.best["symbol"]) == (ranking[0]["symbol"],) * 2
        nothing = await ended(rig, await ask(rig, coins, symbols=["DOGEUSDT"]), "failed")
        assert "no rows of DOGEUSDT in it; there is binance:BTCUSDT" in nothing.line


@pytest.mark.slow
async def test_a_study_leaves_its_report_and_what_else_might_have_come_of_the_best(tmp_path: Path) -> None:
    source = klines(tmp_path, 600)
    more = {"validate": "split", "folds": 2, "train": 0.5, "embargo": 3, "monte_carlo": 200}
    async with lab(tmp_path) as rig:
        done = await ended(rig, await ask(rig, source, params=FIXED, ranges=RANGES, terms=TERMS, **more))
        told = await read(rig, done.id)
        document = told["detail"]["document"]
        assert document["monte_carlo"]["redrawn"]["paths"] == 200
        assert document["monte_carlo"]["jittered"]["runs"] == 100
        assert (done.done, done.total) == (12, 12), "runs of the best again are no trials"
        count = TrialCount(symbol=done.symbol, first_ns=done.first_ns, last_ns=done.last_ns, trials=0)
        await rig.engine.ledger.wait_committed()
        assert trials_ever(rig.home, count) == 12  # type: ignore[arg-type]
        (fold,) = document["validations"][0]["folds"]
        edges = told["detail"]["edges_ns"]
        assert fold["train"][1] == edges[len(edges) // 2 - 1 - 3], "half of the time, less three periods"
        page = gzip.decompress(await asyncio.to_thread(Path(told["page"]).read_bytes))
        assert page.startswith(b"<!doctype html>")
        assert b"drawn again in blocks, 200 paths" in page


def test_the_report_of_a_study_goes_with_what_it_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_files, "KEPT", 2)
    for number in range(1, 4):
        for ending in (".msgpack", ".html.gz"):
            path = tmp_path / f"run-{number}{ending}"
            path.write_bytes(b"x")
            os.utime(path, (number, number))
    (tmp_path / "run-4.html.gz.77.new").write_bytes(b"x")
    run_files.prune(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"run-{n}{ending}" for n in (2, 3) for ending in (".html.gz", ".msgpack")]


async def test_a_study_noted_when_there_was_one_source_and_one_symbol_is_listed_still(tmp_path: Path) -> None:
    asked = {"source": "/x.csv", "symbol": "BTCUSDT", "strategies": ["rsi"], "ranges": ["k=1:3"]}
    result = {"state": "failed", "line": "no rows", "started_ns": 1, "ended_ns": 2, "progress": None, "found": {}}
    async with lab(tmp_path) as rig:
        await rig.engine.ledger.add_run(
            "run-1", 1, kind="optimize", strategy="rsi", source="/x.csv", params=json.dumps(asked), result=json.dumps(result)
        )
    async with lab(tmp_path) as rig:
        order = study(rig, "run-1").order
        assert (order.sources, order.symbols, order.ranges) == (["/x.csv"], ["BTCUSDT"], ["k=1:3"])


@pytest.mark.slow
async def test_a_study_tells_how_far_it_is_and_waits_its_turn_among_the_runs(tmp_path: Path) -> None:
    home_strategy(tmp_path, "sticky", STICKY)
    source = klines(tmp_path, 40)
    async with lab(tmp_path, processes=1) as rig:
        first = await ask(rig, source, "sticky", ranges=["k=5:45"], rank_by="net_pnl")
        waiting = await start(rig, source, params=PARAMS)
        await until(lambda: study(rig, first).done >= 3 and study(rig, first).eta_ns > 0, "it is on its way", 60)
        so_far = study(rig, first)
        assert so_far.total == 41
        assert so_far.rate > 0
        assert so_far.best is not None
        assert row(rig, waiting).state == "queued"
        await rig.engine.commands.submit(CancelRun(id=first), "test")
        assert (await ended(rig, first, "cancelled")).line == "by test"
        await over(rig, waiting)


@pytest.mark.slow
async def test_cancelling_ends_every_process_of_a_study_and_the_same_words_go_on_from_there(tmp_path: Path) -> None:
    home_strategy(tmp_path, "sticky", STICKY)
    source = klines(tmp_path, 3000)
    async with lab(tmp_path, processes=2) as rig:
        id_ = await ask(rig, source, "sticky", ranges=["k=0:5"])
        await until(lambda: study(rig, id_).done == 5, "only the slow one is left", 60)
        mine = children()
        assert len(mine) >= 3
        await rig.engine.commands.submit(CancelRun(id=id_), "test")
        await until(lambda: not any(alive(pid) for pid in mine), "all of its processes are gone", 20)
        await until(lambda: list((rig.home / "studies").glob("rows-*")) == [], "its rows are gone")
        again = await ask(rig, source, "sticky", ranges=["k=0:5"])
        await until(lambda: study(rig, again).kept == 5, "it takes over what was kept", 60)
        await rig.engine.commands.submit(CancelRun(id=again), "test")
        series = TrialCount(symbol="binance:BTCUSDT", first_ns=study(rig, id_).first_ns, last_ns=study(rig, id_).last_ns, trials=0)
        await rig.engine.ledger.wait_committed()
        assert trials_ever(rig.home, series) == 5, "each is counted once, though both were cancelled"  # type: ignore[arg-type]


@pytest.mark.slow
async def test_a_study_whose_process_is_killed_is_a_failed_run_and_can_be_taken_up(tmp_path: Path) -> None:
    home_strategy(tmp_path, "sticky", STICKY)
    source = klines(tmp_path, 3000)
    async with lab(tmp_path, processes=2) as rig:
        id_ = await ask(rig, source, "sticky", ranges=["k=0:5"])
        await until(lambda: study(rig, id_).done == 5, "only the slow one is left", 60)
        os.kill(children()[0], 9)
        assert "killed by SIGKILL" in (await ended(rig, id_, "failed")).line
        again = await ask(rig, source, "sticky", ranges=["k=0:5"])
        await until(lambda: study(rig, again).kept == 5, "it takes over what was kept", 60)
        os.kill(children()[0], 9)
        await ended(rig, again, "failed")
        await rig.engine.ledger.wait_committed()
        so_far = study(rig, again)
        series = TrialCount(symbol=so_far.symbol, first_ns=so_far.first_ns, last_ns=so_far.last_ns, trials=0)
        assert trials_ever(rig.home, series) == 5, "each is counted once, though both were killed"  # type: ignore[arg-type]
        (journal,) = (rig.home / "studies").glob("*.trials")
        journal.unlink()
        assert trials_ever(rig.home, series) == 5, "the ledger knows them too"  # type: ignore[arg-type]


ASKER = """
import asyncio, sys, msgspec
from core.research.search.service import StudyRequest, run
request = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=StudyRequest)
asyncio.run(run(request, lambda progress: print(progress.done, flush=True)))
"""


def asking(request: StudyRequest) -> subprocess.Popen[bytes]:
    """A process that asks for a study, once that said its first word."""
    process = subprocess.Popen([sys.executable, "-c", ASKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.msgpack.encode(request))
    process.stdin.close()
    process.stdout.readline()
    return process


async def test_a_study_dies_with_the_process_that_asked_for_it(tmp_path: Path) -> None:
    home_strategy(tmp_path, "sticky", STICKY)
    order = Optimize(sources=[str(klines(tmp_path, 3000))], strategies=["sticky"], ranges=["k=5:9"])
    place = tmp_path / "place"
    place.mkdir()
    folder = str(tmp_path / "home" / "strategies")
    request = StudyRequest(order=order, folders=[folder], home=str(tmp_path / "home"), place=str(place), detail="", processes=2, idle=False)
    with asking(request) as process:
        job = _below(process.pid)
        await until(lambda: len(_below(job[0])) >= 2, "its trials are under way", 60)
        mine = [*job, *_below(job[0])]
        process.kill()
    await until(lambda: not any(alive(pid) for pid in mine), "all of them are gone", 20)


@pytest.mark.slow
async def test_what_a_study_cannot_work_with_is_a_failed_run_with_one_line(tmp_path: Path) -> None:
    home_strategy(tmp_path, "crash", CRASH)
    source = klines(tmp_path, 100)
    async with lab(tmp_path, processes=2) as rig:
        for id_, words in (
            (await ask(rig, tmp_path / "none.csv", ranges=RANGES), "none.csv"),
            (await ask(rig, source, ranges=["pace=1:3"]), "no parameter 'pace'"),
            (await ask(rig, source, ranges=RANGES, where=["fast>slow"]), "allows none of the 12 combinations"),
            (await ask(rig, source, "crash"), "crash"),
        ):
            failed = await ended(rig, id_, "failed")
            assert words in failed.line
            assert "\n" not in failed.line
        await over(rig, await start(rig, source, params=PARAMS))
        assert rig.engine.failure is None


async def test_words_that_cannot_be_read_are_refused_at_once(tmp_path: Path) -> None:
    async with lab(tmp_path) as rig:
        for words, strategies, more in (
            ("no strategy 'nothing'", ["sma_crossover", "nothing"], {}),
            ("FROM must not be above TO", ["sma_crossover"], {"ranges": ["fast=9:3"]}),
        ):
            with pytest.raises(UsageError, match=words):
                await ask(rig, "/x.csv", *strategies, **more)  # type: ignore[arg-type]
        assert rig.engine.lab.view().studies == []


@pytest.mark.slow
async def test_studies_are_listed_again_after_a_restart_those_of_the_command_line_too(tmp_path: Path) -> None:
    home_strategy(tmp_path, "sticky", STICKY)
    source = klines(tmp_path)
    asked = {"ranges": [[["fast", [3, 5]], ["slow", [20]]]], "method": "grid", "trials": None, "seed": 0, "params": {}, "terms": {}}
    best = {"strategy": "sma_crossover", "symbol": "binance:BTCUSDT", "params": {"fast": 3, "slow": 20}, "net_pnl": 1.5, "sharpe": None}
    count = TrialCount(symbol="binance:BTCUSDT", first_ns=1, last_ns=9, trials=2)
    noted = NoteStudy(
        key="k", strategies=["sma_crossover"], source="x.csv", asked=asked, counts=[count],
        found={"rows": [best], "pbo": 0.5, "verdict": "overfit", "trials": 2, "rank_by": "net_pnl"}, started_ns=5, ended_ns=9,
    )  # fmt: skip
    async with lab(tmp_path) as rig:
        done = await ended(rig, await ask(rig, source, params=FIXED, ranges=RANGES, terms=TERMS))
        elsewhere = str((await rig.engine.commands.submit(noted, "cli"))["id"])
        assert study(rig, elsewhere).verdict == "overfit"
        cut = await ask(rig, source, "sticky", ranges=["k=5:9"])
        await until(lambda: study(rig, cut).total == 5, "it is on its way", 60)
    async with lab(tmp_path) as rig:
        assert [one.id for one in rig.engine.lab.view().studies] == [cut, done.id, elsewhere]
        assert study(rig, done.id) == done
        assert (study(rig, cut).state, study(rig, cut).line) == ("cancelled", "the engine stopped")
        assert study(rig, elsewhere).order.ranges == ["fast=3,5"]
        assert study(rig, elsewhere).best == {**best, "rank_by": "net_pnl"}
        assert (await read(rig, elsewhere))["rows"] == [best]
        assert (await read(rig, done.id))["detail"]["rows_total"] == 12
        (rig.home / "runs" / f"{done.id}.msgpack").write_bytes(b"\x93\x01")
        assert (await read(rig, done.id))["detail"] is None
