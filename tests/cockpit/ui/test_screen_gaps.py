"""A tape with gaps in the forms of runs and studies: told before anything is sent, and what one key does about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from fake_engine import NOON, SECOND, FakeEngine
from fake_lab import HOUR, with_runs
from form_rig import entry
from screen_rig import SMALL, WIDE, eventually, line_with, lines_of, opened, text_of

from cockpit.forms.gaps import GapsEntry
from core.commands import Backtest, Optimize
from core.source_view import Lacking

BEGIN, END = NOON - 5 * HOUR, NOON - 2 * HOUR + SECOND // 2
BROKEN = Lacking(1204, 2, 0, BEGIN, END, END - BEGIN)
ASKED = "gaps are 2 on the tape, 1,204 prints missing: ctrl+g takes the longest stretch without (3h 00m)"


def with_gaps(engine: FakeEngine, lacking: Lacking | None = BROKEN) -> list[dict[str, Any]]:
    """The tape lacks that where all of it is asked about, and nothing in a part; returns what was asked."""
    asked: list[dict[str, Any]] = []

    def answer(args: dict[str, Any]) -> Any:
        asked.append(args)
        whole = args["from_ns"] is None and args["to_ns"] is None
        return msgspec.to_builtins(lacking) if whole and lacking is not None else None

    engine.answers["gaps"] = answer
    return asked


async def test_a_form_says_how_many_gaps_there_are_and_enter_goes_to_what_can_be_done(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        asked = with_gaps(engine)
        await pilot.press("b")
        await eventually(lambda: line_with(app, ASKED))
        assert asked[0] == {"sources": ["tape:BTCUSDT"], "from_ns": None, "to_ns": None}
        await pilot.press("enter")
        await eventually(lambda: app.focused is entry(app, "gaps").control and line_with(app, ASKED))
        assert not engine.commands
        await pilot.press("right")
        await eventually(lambda: line_with(app, "Enter runs momentum over tape:BTCUSDT, gaps or not"))
        assert line_with(app, "gaps", "2 on the tape, 1,204 prints missing; ctrl+g: refuse")


async def test_one_key_keeps_to_the_longest_stretch_then_allows_gaps_then_refuses_them(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        with_gaps(engine)
        await pilot.press("b")
        await eventually(lambda: line_with(app, ASKED))
        await pilot.press("ctrl+g")
        await eventually(lambda: line_with(app, "Enter runs momentum over tape:BTCUSDT:"))
        assert [entry(app, name).text for name in ("from", "to", "gaps")] == ["2026-11-20T09:02:11Z", "2026-11-20T12:02:11Z", "refuse"]
        await pilot.press("ctrl+g")
        await eventually(lambda: line_with(app, "Enter runs momentum over tape:BTCUSDT, gaps or not"))
        assert [entry(app, name).text for name in ("from", "to", "gaps")] == ["", "", "allow"]
        await pilot.press("ctrl+g")
        await eventually(lambda: line_with(app, ASKED))
        await pilot.press("ctrl+g", "enter")
        await eventually(lambda: bool(engine.commands))
        command = engine.commands[0]
        assert isinstance(command, Backtest)
        assert (command.from_ns, command.to_ns, command.allow_gaps) == (BEGIN, END - SECOND // 2, False)


async def test_enter_looks_again_and_runs_where_the_prints_have_come_meanwhile(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        with_gaps(engine, msgspec.structs.replace(BROKEN, places=1, open=1204))
        await pilot.press("b")
        await eventually(lambda: line_with(app, "gaps is 1 on the tape, 1,204 prints missing (1,204 may still come): ctrl+g"))
        with_gaps(engine, None)
        await pilot.press("enter")
        await eventually(lambda: bool(engine.commands))


async def test_a_tape_without_a_stretch_worth_a_run_offers_to_allow_gaps(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        with_gaps(engine, msgspec.structs.replace(BROKEN, length_ns=SECOND))
        await pilot.press("b")
        await eventually(lambda: line_with(app, "1,204 prints missing: ctrl+g allows that"))
        await pilot.press("ctrl+g")
        await eventually(lambda: line_with(app, "gaps or not"))


async def test_of_a_source_without_gaps_the_key_says_so_and_an_older_engine_is_no_trouble(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        with_runs(engine)
        await pilot.press("b")
        await eventually(lambda: line_with(app, "Enter runs momentum over tape:BTCUSDT:"))
        await pilot.press("ctrl+g")
        await eventually(lambda: line_with(app, "No gaps are known of this source."))


async def test_a_study_over_tapes_asks_for_all_of_them_and_says_it_on_a_small_screen_too(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        with_runs(engine)
        asked = with_gaps(engine)
        await pilot.press("f2", "s")
        await eventually(lambda: "ctrl+g takes the longest stretch" in " ".join(text_of(app).replace("│", " ").split()))
        entry(app, "source").text = "tape:*"
        await eventually(lambda: asked[-1]["sources"] == ["tape:*"])
        await eventually(lambda: "1,204 prints missing" in text_of(app))
        assert any("esc leaves" in line for line in lines_of(app))
        await pilot.press("ctrl+g", "enter")
        await eventually(lambda: bool(engine.commands))
        command = engine.commands[0]
        assert isinstance(command, Optimize)
        assert (command.from_ns, command.to_ns) == (BEGIN, END - SECOND // 2)


def test_a_stretch_is_offered_in_whole_seconds_inside_of_it() -> None:
    found = GapsEntry(None)
    found.lacking = Lacking(1, 1, 0, 1, 10 * SECOND - 1, 10 * SECOND)
    assert found.stretch == (SECOND, 9 * SECOND)
    found.lacking = Lacking(1, 1, 0, None, 5 * SECOND, 10 * SECOND)
    assert found.stretch == (None, 5 * SECOND)
