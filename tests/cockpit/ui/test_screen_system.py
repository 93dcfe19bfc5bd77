"""The system screen on a scripted engine: what keeps the engine going, at every size, and how trouble looks there."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
import pytest
from fake_engine import NOON, SECOND, FakeEngine, feed_health, store_health, system_view, worker_row
from screen_rig import MIDDLE, SMALL, WIDE, cockpit, eventually, line_with, lines_of, opened, text_of

from cockpit.paint import Stroke
from core.log import log_path
from core.system_view import AnalystRow, ChannelRow, LinkRow, SourceRow
from core.view import Trouble

HOSTILE = "\x1b]52;c;ZXZpbA==\x07[bold red]EVIL[/] \x1b[2J\u202e[@click=app.quit]x[/]"


@pytest.mark.parametrize("size", [WIDE, MIDDLE])
async def test_f6_shows_workers_feeds_store_latency_and_engine_and_f1_goes_back(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (_, app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "1 Workers", "2 of 2 running"))
        assert "PAPER" in lines_of(app)[0]
        assert line_with(app, "▶ 1", "4712", "● running", "sma-1, rsi-1", "1.2", "145", "212")
        assert line_with(app, "2 Feeds", "1 of 1 live")
        assert line_with(app, "connection", "● live", "4 symbols", "open 2h 03m")
        assert line_with(app, "1,204,333 in order · 0 late · 34 fetched")
        assert line_with(app, "3 quarantined: price nan 2, quantity 0 1")
        assert line_with(app, "48.2 MB + log 4.1 MB")
        assert line_with(app, "2 filled, 34 ids")
        assert line_with(app, "to strategy", "0.140", "0.413", "1.930")
        assert line_with(app, "132 of 500 MB", "26 %")
        assert "F1" in lines_of(app)[-1]
        assert "F6" not in lines_of(app)[-1]
        await pilot.press("f1")
        await eventually(lambda: line_with(app, "BTCUSDT", "61,686.01"))
        assert app.deck is app.live


async def test_a_small_screen_shows_one_part_at_a_time_under_tabs(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "▶ 1", "running"))
        tabs = ["1 Workers", "2 Feeds", "3 Store", "4 Latency", "5 Engine", "6 Commands", "7 Tape", "8"]  # all titles are too wide
        assert [word.strip() for word in lines_of(app)[1].split("│")] == tabs
        for key, words in (
            ("2", "venue's clock"),
            ("3", "ledger"),
            ("4", "to disk"),
            ("5", "loop late"),
            ("6", "refused: DOGEUSDT"),
            ("7", "━✖━"),
            ("8", "The log is empty"),
            ("1", "sma-2, rsi-2"),
        ):
            await pilot.press(key)
            await eventually(partial(line_with, app, words))


async def test_figures_of_the_system_are_pulled_only_while_they_are_shown(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, _app, pilot):
        assert not any("system" in pull.panes for pull in engine.pulls)
        await pilot.press("f6")
        await eventually(lambda: set(engine.pulls[-1].panes) == {"header", "alerts", "strategies", "system", "trail", "coverage"})
        await pilot.press("f1")
        await eventually(lambda: "system" not in engine.pulls[-1].panes)


async def test_a_change_paints_its_own_line_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as (engine, app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "12 ticks"))
        strokes: list[Stroke] = []
        put = type(app.system.store).put

        def watched(self: object, painted: list[Stroke]) -> None:
            strokes.extend(painted)
            put(app.system.store, painted)

        monkeypatch.setattr(app.system.store, "put", lambda painted: watched(None, painted))
        engine.system = system_view(store=store_health(backlog=20_000))
        engine.moved("system")
        await eventually(lambda: line_with(app, "20,000 ticks"))
        assert len({stroke.y for stroke in strokes}) == 1


async def test_a_worker_that_was_replaced_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.system = system_view(
            workers=[
                worker_row(1),
                worker_row(2, state="behind", behind_seq=12_000, queue_ticks=9_000, restarts=3, last_end="signal 9 (OOM)"),
            ]
        )
        engine.moved("system")
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "◐ behind", "12,000", "9,003", "3", "signal 9 (OOM)"))
        assert line_with(app, "1 of 2 running, 3 restarts")
        await pilot.press("down", "enter")
        await eventually(lambda: line_with(app, "last end", "signal 9 (OOM)"))
        assert line_with(app, "9,000 ticks in the engine, 3 on their way")


async def test_what_is_odd_about_prints_is_counted_by_reason_and_says_whom_it_concerns(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        engine.system = system_view(
            feeds=[
                feed_health(
                    flags={"jumped": 2, "quote crossed": 1_200}, odd={"BTCUSDT": {"jumped": 2}, "ETHUSDT": {"quote crossed": 1_200}},
                    jumps=[("BTCUSDT", NOON - 60 * SECOND, 60_000.0, 50_000.0), ("BTCUSDT", NOON - 5 * SECOND, 50_000.0, 60_000.0)],
                    frozen={"SOLUSDT": 301.0, "X\x1b[31m": 302.0},
                )
            ]
        )  # fmt: skip
        engine.moved("system")
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "odd", "1,202 flagged: jumped 2, quote crossed 1,200"))
        assert line_with(app, "last jump", "BTCUSDT -16.67 % to 50,000, 14:02:06")
        assert line_with(app, "stand still", "SOLUSDT since over 5m 01s, X")
        assert line_with(app, "of these", "ETHUSDT 1,200 · BTCUSDT 2")


async def test_a_venue_in_trouble_says_what_it_waits_for(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        link = LinkRow(4, "backoff", "connection refused", NOON + 9 * SECOND, 0, 0, 0)
        engine.system = system_view(
            feeds=[
                feed_health(
                    state="backoff", detail="connection refused", retry_ns=NOON + 9 * SECOND, links=[link], paused=True, clock_steps=2,
                    hold_until_ns=NOON + 30 * SECOND, degraded={"XRPUSDT": "prints: price not readable"}, waiting=["ETHUSDT"],
                )
            ]
        )  # fmt: skip
        engine.moved("system")
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "binance", "○ backoff: connection refused, again in"))
        assert line_with(app, "0 of 1 live")
        assert line_with(app, "reading", "stands still")
        assert line_with(app, "REST", "the venue asked for it")
        assert line_with(app, "degraded", "XRPUSDT: prints: price not readable")
        assert line_with(app, "filling", "ETHUSDT")
        assert line_with(app, "ours was set 2 times")


async def test_who_was_turned_away_at_the_door_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "kept ready"))
        assert not line_with(app, "turned away")
        process = msgspec.structs.replace(engine.system.process, refused={"another user": 2, "too many connections": 1_204})
        engine.system = system_view(process=process)
        engine.moved("system")
        await eventually(lambda: line_with(app, "turned away  another user 2, too many connections 1,204"))


async def test_the_analyst_is_told_once_somebody_asked_it_something(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "kept ready"))
        assert not line_with(app, "answers")
        engine.system = system_view(analyst=AnalystRow("failed", 0, None, None, 1_204, None, 2, "killed by SIGKILL", 0, False, "idle"))
        engine.moved("system")
        await eventually(lambda: line_with(app, "failed · 1,204 answers · 2 restarts, last killed by SIGKILL"))
        engine.system = system_view(analyst=AnalystRow("ready", 4720, 3.0, 59.2, 1_204, 61.3, 0, "", 2, False, "idle"))
        engine.moved("system")
        await eventually(lambda: line_with(app, "ready · 59 MB · 1,204 answers · p99 61 ms"))


async def test_a_full_disk_and_short_memory_are_told(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        process = msgspec.structs.replace(engine.system.process, used_mb=480.0, shedding="caches shrink", long_pauses={"gc": 2, "work": 1})
        engine.system = system_view(store=store_health(trouble="out of disk space", gaps=None), process=process)
        engine.header.troubles = [Trouble("critical", "tape out of disk space"), Trouble("warning", "memory 480 of 500 MB")]
        engine.moved("system", "header")
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "tape", "out of disk space: recording waits"))
        assert line_with(app, "gaps", "counting")
        assert line_with(app, "shedding: caches shrink")
        assert line_with(app, "3 pauses: gc 2, work 1")
        assert line_with(app, "! critical", "tape out of disk space")
        assert "! tape out of disk space +1" in lines_of(app)[0]


async def test_before_the_engine_answers_and_without_workers_it_says_what_will_come(tmp_path: Path) -> None:
    async with cockpit(tmp_path, WIDE) as (app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "Waiting for the engine"))
        async with FakeEngine(tmp_path) as engine:
            engine.system = system_view(workers=[], stages=[])
            engine.moved("system")
            await eventually(lambda: line_with(app, "No worker runs: they start with the first strategy."))
            assert line_with(app, "No tick has come in the last minute.")


@pytest.mark.parametrize("size", [WIDE, SMALL])
async def test_hostile_text_is_inert_on_the_system_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        link = LinkRow(1, HOSTILE, HOSTILE, 0, 0, 0, 1)
        feed = feed_health(
            venue=HOSTILE, state=HOSTILE, detail=HOSTILE, trouble=HOSTILE, links=[link], reasons={HOSTILE: 1}, degraded={HOSTILE: HOSTILE}
        )
        worker = worker_row(1, state=HOSTILE, strategies=[HOSTILE], last_end=HOSTILE)
        store = store_health(trouble=HOSTILE)
        process = msgspec.structs.replace(engine.system.process, shedding=HOSTILE, long_pauses={HOSTILE: 1})
        stages = [msgspec.structs.replace(engine.system.stages[0], name=HOSTILE)]
        engine.system = system_view(workers=[worker], feeds=[feed], store=store, process=process, stages=stages)
        engine.header.troubles = [Trouble("critical", HOSTILE)]
        engine.moved("system", "header")
        await pilot.press("f6")
        for number in "12345":
            await pilot.press(number)
            await eventually(lambda: "EVIL" in text_of(app) or "[bold" in text_of(app))
            shown = text_of(app)
            assert not {letter for letter in shown if letter < " " and letter != "\n"}
            assert not set("\x1b\x9b\x9d\u202e") & set(shown)
            assert all(len(line) == size[0] for line in shown.splitlines())


async def test_a_storm_of_sizes_breaks_nothing_here_either(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("f6")
        for size in ((1, 1), (2, 3), (300, 100), (80, 24), (10, 50), (200, 4), (120, 40), (160, 48)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert {len(line) for line in lines_of(app)} == {size[0]}
        await eventually(lambda: line_with(app, "2 of 2 running"))


async def test_the_help_is_about_this_screen_and_a_part_can_take_all_of_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "2 of 2 running"))
        await pilot.press("question_mark")
        await eventually(lambda: line_with(app, "Go to the engine's memory and loop"))
        assert line_with(app, "Workers: what can be done here")
        assert not line_with(app, "Go to the trade log")
        await pilot.press("escape", "plus")
        await eventually(lambda: not line_with(app, "48.2 MB"))


async def test_parts_that_do_not_fit_can_be_scrolled(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        engine.system = system_view(feeds=[feed_health(degraded={f"S{index:02d}USDT": "prints: garbage" for index in range(40)})])
        engine.moved("system")
        await pilot.press("f6", "2")
        await eventually(lambda: line_with(app, "S00USDT"))
        assert not line_with(app, "reconnects")
        await pilot.press("end")
        await eventually(lambda: line_with(app, "reconnects"))
        await pilot.press("home")
        await eventually(lambda: line_with(app, "● live"))


async def test_what_was_told_recorded_and_logged_is_shown(tmp_path: Path) -> None:
    log_path(tmp_path).parent.mkdir()
    lines = [
        '{"ts": "2026-11-21T14:02:01.5Z", "level": "info", "event": "engine started", "symbols": ["A"]}',
        '{"ts": "2026-11-21T14:02:02.5Z", "level": "error", "event": "worker gone", "exception": "Traceback\\nZeroDivisionError: x"}',
        "not json",
        '"a text"',
    ]
    log_path(tmp_path).write_text("\n".join(lines) + "\n")
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "cli", "register", "refused: DOGEUSDT is"))
        await eventually(lambda: line_with(app, "XRPUSDT", "━✖━", "90.1k"))
        assert line_with(app, "7 Tape", "3 ids missing")
        assert line_with(app, "14:02:02", "error", "worker gone", "ZeroDivisionError: x")
        await pilot.press("8", "enter")
        await eventually(lambda: line_with(app, "exception", "Traceback"))
        await pilot.press("escape")
        with log_path(tmp_path).open("a") as file:
            file.write('{"ts": "2026-11-21T14:02:03.5Z", "level": "info", "event": "and more"}\n')
        await eventually(lambda: line_with(app, "14:02:03", "and more"))


async def test_where_there_is_no_room_the_records_take_the_place_of_the_figures(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (_, app, pilot):
        await pilot.press("f6")
        await eventually(lambda: line_with(app, "4 Latency"))
        assert not line_with(app, "6 Commands")
        await pilot.press("6")
        await eventually(lambda: line_with(app, "6 Commands"))
        assert line_with(app, "8 Log")
        assert not line_with(app, "4 Latency")
        await pilot.press("2")
        await eventually(lambda: line_with(app, "4 Latency"))


async def test_the_engine_pane_says_where_alerts_go_and_how_that_is(tmp_path: Path) -> None:
    rows = [
        ChannelRow("ops", "webhook", "https://x/…", "ok", 1_204, 0, 0, "", 5),
        ChannelRow("pager", "webhook", "https://y/…", "failing", 3, 2, 1, "it answers \x1b[31mHTTP 500", 0),
    ]
    async with opened(tmp_path, (160, 60)) as (engine, app, pilot):
        engine.system = system_view(channels=rows)
        engine.moved("system")
        await pilot.press("f6", "5", "plus")
        await eventually(lambda: line_with(app, "alerts to", "pager failing 3 sent, 1 wait, 2 failed: it answers"))
        assert line_with(app, "ops ok 1,204 sent")
        assert "\x1b" not in text_of(app)


async def test_the_engine_pane_says_who_is_asked_for_signals_and_how_that_is(tmp_path: Path) -> None:
    rows = [
        SourceRow("model", "http://x/…", "ok", 2, NOON - 12 * SECOND, 12.4, 1_204, 0, 0, "", 0),
        SourceRow("other", "http://y/…", "down", 2, 0, None, 0, 9, 9, "no answer \x1b[31min time", 0),
    ]
    async with opened(tmp_path, (160, 60)) as (engine, app, pilot):
        engine.system = system_view(sources=rows)
        engine.moved("system")
        await pilot.press("f6", "5", "plus")
        await eventually(lambda: line_with(app, "signals of", "other down: no answer"))
        assert line_with(app, "model ok heard", "12 ms")
        assert "\x1b" not in text_of(app)
