"""The analyst of a real engine: every question answered before it is there, while it is, and while it starts again; and its scans."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from engine_rig import Rig, exchange_of, running, until, write_recording

from core.engine import analyst as analyst_module
from core.engine.requests import Requests
from core.errors import UsageError
from core.view import Ask, Done

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
PAIR = {"a": "BTCUSDT", "b": "ETHUSDT", "interval": "1s"}
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("trends", {"intervals": ["1s", "1m"]}),
    ("trend", {"symbol": "BTCUSDT", "interval": "1s"}),
    ("pair", PAIR),
    ("correlations", {"interval": "1s", "count": 300}),
    ("scan_state", {}),
]


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyst_module, "AGAIN_S", (0.05,))


@asynccontextmanager
async def rig_of(folder: Path, symbols: tuple[str, ...] = SYMBOLS, prints: int = 2000) -> AsyncIterator[Rig]:
    """An engine that has streamed all of a recording."""
    recording = write_recording(folder / "frames", symbols, prints)
    async with exchange_of(recording) as exchange, running(folder / "home", exchange, symbols) as rig:
        rig.engine.lab.idle = False
        exchange.resume()
        await exchange.finished.wait()
        await until(lambda: rig.engine.last_seq >= prints * len(symbols), "all prints released")
        yield rig


async def ready(rig: Rig) -> None:
    rig.engine.analyst.need()
    await until(lambda: rig.engine.analyst.state == "ready", "the analyst is ready")


async def settled(rig: Rig, what: str, args: dict[str, Any]) -> dict[str, Any]:
    """The answer once the bars are read and judged."""
    await ready(rig)
    found: dict[str, Any] = {}
    for _ in range(600):
        found = await rig.engine.analyst.ask(what, args)
        cells = [cell for row in found.get("rows", []) for cell in row.get("cells", {}).values()]
        if not found["note"] and not found.get("loading") and not any(cell["loading"] for cell in cells):
            return found
        await until(lambda: not any(chart.loading for chart in rig.engine.charts._charts.values()), "bars are read")
    raise AssertionError(f"not settled: {found}")


async def scanned(rig: Rig) -> dict[str, Any]:
    await until(lambda: rig.engine.analyst.scan.stage != "running", "the scan is over")
    return await rig.engine.analyst.ask("scan_state", {})


async def test_every_question_is_answered_before_the_process_is_there(tmp_path: Path) -> None:
    async with rig_of(tmp_path) as rig:
        requests = Requests(rig.engine)
        assert rig.engine.analyst.figures()["state"] == "idle"
        for what, args in QUESTIONS:
            done = await requests.answer(Ask(what, args))
            assert isinstance(done, Done)
            if rig.engine.analyst.state == "starting":
                assert (done.data["state"], bool(done.data["note"]), done.data["asof_ns"] > 0) == ("starting", True, True)


async def test_trends_of_all_symbols_are_told_on_every_interval_and_in_words_where_bars_are_too_few(tmp_path: Path) -> None:
    async with rig_of(tmp_path) as rig:
        found = await settled(rig, "trends", {"intervals": ["1s", "1m"]})
        assert (found["state"], found["note"]) == ("ready", "")
        assert [row["symbol"] for row in found["rows"]] == [f"binance:{symbol}" for symbol in SYMBOLS]
        for row in found["rows"]:
            assert row["cells"]["1s"]["trend"] in ("uptrend", "downtrend", "sideways", "volatile")
            assert row["cells"]["1s"]["bars"] > 300
            assert row["cells"]["1m"]["trend"] is None
            assert row["cells"]["1m"]["why"].startswith("PENDING: ")


async def test_a_trend_a_pair_and_correlations_are_told_of_the_bars_that_are_over(tmp_path: Path) -> None:
    async with rig_of(tmp_path) as rig:
        trend = await settled(rig, "trend", {"symbol": "BTCUSDT", "interval": "1s"})
        assert trend["line"]["end_ns"] - trend["line"]["start_ns"] == trend["to_ns"] - trend["from_ns"] - 1_000_000_000
        assert trend["min"] <= trend["line"]["start_price"] * 1.05
        pair = await settled(rig, "pair", PAIR)
        assert pair["legs"] == ["binance:BTCUSDT", "binance:ETHUSDT"]
        assert pair["series"]["zscore"][-1] == pytest.approx(pair["zscore"])
        newest = rig.engine.charts.bars({"symbol": "BTCUSDT", "interval": "1s"})["bars"]
        assert pair["series"]["ts_ns"][-1] < newest[-1][0], "the bar that goes on does not count"
        correlations = await settled(rig, "correlations", {"interval": "1s", "count": 100})
        assert correlations["symbols"] == [f"binance:{symbol}" for symbol in SYMBOLS]
        assert correlations["bars"][0][0] == 100
        assert correlations["matrix"][0][1] == correlations["matrix"][1][0]


async def test_the_same_question_is_put_to_the_process_once_for_the_same_bars(tmp_path: Path) -> None:
    async with rig_of(tmp_path) as rig:
        first = await settled(rig, "pair", PAIR)
        asked = rig.engine.analyst.questions.answered
        again = await rig.engine.analyst.ask("pair", PAIR)
        assert rig.engine.analyst.questions.answered == asked
        assert first["series"] == again["series"]
        await rig.engine.analyst.ask("pair", {**PAIR, "window": 30})
        assert rig.engine.analyst.questions.answered == asked + 1


@pytest.mark.parametrize(
    ("what", "args", "why"),
    [
        ("trend", {"symbol": "XRPUSDT"}, "is not streamed"),
        ("trend", {"symbol": "BTCUSDT", "interval": "tick:500"}, "is not an interval"),
        ("trend", {"symbol": "BTCUSDT", "interval": "2d"}, "interval is from 1s to 1d"),
        ("trends", {"intervals": ["1m", "soon"]}, "is not an interval"),
        ("trends", {"intervals": "1m"}, "is a list"),
        ("pair", {"a": "BTCUSDT", "b": "XRPUSDT"}, "is not streamed"),
        ("pair", {"a": "BTCUSDT", "b": "binance:BTCUSDT"}, "a pair has two symbols"),
        ("pair", {**PAIR, "method": "magic"}, "method is one of ols, huber, theil_sen, kalman"),
        ("pair", {**PAIR, "window": 2}, "window is a whole number from 3 to 900"),
        ("correlations", {"interval": "1x"}, "is not an interval"),
        ("scan", {"interval": "1x"}, "is not an interval"),
    ],
)
async def test_what_cannot_be_asked_is_refused_in_words(tmp_path: Path, what: str, args: dict[str, Any], why: str) -> None:
    async with rig_of(tmp_path, prints=20) as rig:
        with pytest.raises(UsageError, match=why):
            await rig.engine.analyst.ask(what, args)


async def test_a_scan_tells_how_far_it_is_and_what_it_found_and_only_one_runs(tmp_path: Path) -> None:
    async with rig_of(tmp_path) as rig:
        analyst = rig.engine.analyst
        await ready(rig)
        assert (await analyst.ask("scan_state", {}))["stage"] == "idle"
        started = await analyst.ask("scan", {"interval": "1s", "window": 30})
        assert (started["stage"], started["total"], started["interval"], started["window"]) == ("running", 3, "1s", 30)
        with pytest.raises(UsageError, match="a scan is under way"):
            await analyst.ask("scan", {"interval": "1s"})
        found = await scanned(rig)
        assert (found["stage"], found["done"], found["tested"], found["untested"], found["note"]) == ("done", 3, 3, 0, "")
        assert [row["pvalue"] for row in found["rows"]] == sorted(row["pvalue"] for row in found["rows"])
        assert {row["a"] for row in found["rows"]} | {row["b"] for row in found["rows"]} == {f"binance:{symbol}" for symbol in SYMBOLS}
        pair = await settled(rig, "pair", {**PAIR, "window": 30})
        row = next(row for row in found["rows"] if (row["a"], row["b"]) == tuple(pair["legs"]))
        assert (row["n"], row["pvalue"], row["zscore"]) == (
            pair["n"],
            pytest.approx(pair["coint"]["pvalue"]),
            pytest.approx(pair["zscore"]),
        )


async def test_a_scan_that_is_given_up_ends_and_the_next_one_is_not_taken_for_it(tmp_path: Path) -> None:
    async with rig_of(tmp_path) as rig:
        analyst = rig.engine.analyst
        await ready(rig)
        await analyst.ask("scan", {"interval": "1s"})
        assert (await analyst.ask("scan_cancel", {}))["stage"] == "cancelled"
        assert (await analyst.ask("scan", {"interval": "1s"}))["stage"] == "running"
        assert (await scanned(rig))["stage"] == "done"
        assert (await analyst.ask("scan_cancel", {}))["stage"] == "done", "what is done stays"


async def test_after_a_kill_it_is_an_alarm_and_the_process_starts_again_and_answers(tmp_path: Path) -> None:
    async with rig_of(tmp_path) as rig:
        analyst = rig.engine.analyst
        before = await settled(rig, "pair", PAIR)
        await analyst.ask("scan", {"interval": "1s"})
        await until(lambda: analyst.scan._task is not None and analyst.scan._task.done(), "the scan was sent")
        first = analyst.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: analyst.state != "ready", "it is seen to be gone")
        assert any(row.open and "the analyst killed by SIGKILL" in row.text for row in rig.engine.alarms.rows())
        for what, args in QUESTIONS:
            found = await analyst.ask(what, args)
            assert (found["state"] in ("failed", "starting"), bool(found["note"])) == (True, True)
        assert (await analyst.ask("pair", PAIR))["series"] == before["series"], "what is known stays known"
        assert (await analyst.ask("scan_state", {}))["stage"] == "failed"
        await ready(rig)
        assert analyst.pid not in (0, first)
        assert not any(row.open and "the analyst" in row.text for row in rig.engine.alarms.rows())
        assert (await settled(rig, "pair", {**PAIR, "window": 25}))["zscore"] is not None
        assert (analyst.figures()["restarts"], analyst.figures()["last_end"]) == (1, "killed by SIGKILL")


async def test_a_process_that_hangs_is_ended_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyst_module, "MOST_SILENT", 2)
    async with rig_of(tmp_path, prints=200) as rig:
        analyst = rig.engine.analyst
        await ready(rig)
        hung = analyst.pid
        os.kill(hung, signal.SIGSTOP)
        asking = asyncio.create_task(analyst.ask("correlations", {"interval": "1s"}))
        await until(lambda: analyst.restarts == 1, "it was ended")
        monkeypatch.undo()  # the one in its place may be busy for a while
        await until(lambda: analyst.state == "ready", "another one took its place")
        assert analyst.pid not in (0, hung)
        assert (await asking)["symbols"] == [f"binance:{symbol}" for symbol in SYMBOLS]
        assert (await settled(rig, "correlations", {"interval": "1s"}))["bars"][0][0] > 0


async def test_a_stopped_engine_leaves_no_process(tmp_path: Path) -> None:
    async with rig_of(tmp_path, prints=200) as rig:
        await ready(rig)
        await rig.engine.analyst.ask("scan", {"interval": "1s"})
        pid = rig.engine.analyst.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_the_z_score_of_a_pair_that_a_rule_watches_is_told_at_each_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = write_recording(tmp_path / "frames", ("BTCUSDT", "ETHUSDT"), 2000)
    what = "BTCUSDT binance:ETHUSDT 1s 20 ols"
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange, ("BTCUSDT", "ETHUSDT")) as rig:
        told: list[tuple[str, float, int]] = []
        sentinel = rig.engine.sentinel
        monkeypatch.setattr(sentinel.book, "series", lambda kind: [what, "XRPUSDT ETHUSDT 1s 20 ols", "nonsense"] if kind == "pair" else [])
        monkeypatch.setattr(sentinel, "figure_arrived", lambda *figure: told.append(figure))
        exchange.resume()
        await exchange.finished.wait()
        pair = await settled(rig, "pair", {**PAIR, "window": 20})
        await until(lambda: bool(told) and told[-1][2] == pair["to_ns"], "the newest bar was told")
        assert told[-1] == (f"pair {what}", pytest.approx(pair["zscore"]), pair["to_ns"])
        times = [ts_ns for _, _, ts_ns in told]
        assert times == sorted(set(times)), "each bar once"
        assert {name for name, _, _ in told} == {f"pair {what}"}


async def test_status_and_system_know_the_process_and_memory_counts_it(tmp_path: Path) -> None:
    async with rig_of(tmp_path, prints=200) as rig:
        await settled(rig, "correlations", {"interval": "1s"})
        figures = rig.engine.system.status()["analyst"]
        assert (figures["state"], figures["pid"], figures["questions"]) == (
            "ready",
            rig.engine.analyst.pid,
            rig.engine.analyst.questions.answered,
        )
        assert figures["p99_ms"] > 0
        row = rig.engine.system.view().analyst
        assert row is not None
        assert (row.state, row.pid, row.scan) == ("ready", rig.engine.analyst.pid, "idle")
        rig.engine.memory._weighed = float("-inf")
        await rig.engine.memory.look(0.0)
        assert rig.engine.memory.figures()["analyst_mb"] > 10
