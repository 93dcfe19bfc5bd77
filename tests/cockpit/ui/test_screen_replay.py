"""A replay on the screen: its badge, its keys, where it can go, and what going back asks first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_engine import NOON, SECOND, FakeEngine, header_view
from hypothesis import given
from hypothesis import strategies as st
from screen_rig import MIDDLE, WIDE, cockpit, eventually, line_with, lines_of, text_of, trading
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.forms.moment import moment_of
from cockpit.panes.header import Widths, compose_header
from cockpit.panes.replay_text import time_at, went_back
from cockpit.replaying import SPEEDS, next_speed
from cockpit.shell_words import to_type
from cockpit.text import width
from core.commands import ReplayPace, ReplaySeek, ReplayStep
from core.view import HeaderView, ReplayView

#: The sign for "times".
X = "\u00d7"

BEGIN, END = NOON - 600 * SECOND, NOON + 3000 * SECOND


def replay_view(**changes: Any) -> ReplayView:
    """Ten times real time, in the middle of an hour."""
    return msgspec.structs.replace(ReplayView("playing", 10.0, BEGIN, END, NOON + SECOND), **changes)


def replay_header(**changes: Any) -> HeaderView:
    return header_view(mode="replay", replay=replay_view(**changes))


def text(header: HeaderView, cells: int = 160) -> str:
    return "".join(part.text for part in compose_header(header, header.now_ns, "", cells, Widths()))


@asynccontextmanager
async def replayed(home: Path, size: tuple[int, int] = MIDDLE, **changes: Any) -> AsyncIterator[tuple[FakeEngine, CockpitApp, Pilot[None]]]:
    """A scripted engine that replays, and the app showing it."""
    engine = trading(FakeEngine(home))
    engine.header = replay_header(**changes)
    async with engine, cockpit(home, size) as (app, pilot):
        await eventually(lambda: "REPLAY" in text_of(app))
        yield engine, app, pilot


def test_the_badge_carries_time_and_speed() -> None:
    assert f" REPLAY 2026-11-20 14:02:11Z {X}10 " in text(replay_header())
    assert f" REPLAY 2026-11-20 14:02:11Z paused {X}10 " in text(replay_header(state="paused"))
    assert " REPLAY 2026-11-20 14:02:11Z max " in text(replay_header(speed=0.0))
    assert " REPLAY 2026-11-20 14:02:11Z end of the recording " in text(replay_header(state="ended"))
    assert " REPLAY 2026-11-20 14:02:11Z going to 14:12:11Z " in text(replay_header(state="seeking", goal_ns=NOON + 600 * SECOND))
    assert "17 % of 1h 00m" in text(replay_header())


def test_a_quiet_stretch_says_when_the_next_print_was() -> None:
    assert f"{X}10 quiet until 14:32:11Z" in text(replay_header(next_ns=NOON + 1800 * SECOND))
    assert "quiet" not in text(replay_header(next_ns=NOON + 20 * SECOND))


@given(st.integers(31, 220), st.sampled_from(["playing", "paused", "seeking", "ended"]), st.sampled_from(SPEEDS))
def test_the_badge_fits_any_width_and_never_hides_that_it_is_a_replay(cells: int, state: str, speed: float) -> None:
    line = text(replay_header(state=state, speed=speed), cells)
    assert width(line) == cells
    assert "REPLAY" in line
    if cells >= 80:
        assert "2026-11-20 14:02:11Z" in line


def test_between_two_views_time_goes_on_at_the_replays_pace_and_never_past_the_next_print() -> None:
    assert time_at(replay_header(next_ns=NOON + 60 * SECOND), 0.5) == NOON + 5 * SECOND
    assert time_at(replay_header(), 0.5) == NOON + SECOND
    assert time_at(replay_header(state="paused"), 5.0) == NOON
    assert time_at(header_view(), 5.0) == NOON + 5 * SECOND
    assert went_back(replay_header(), header_view(now_ns=NOON - 1))
    assert not went_back(header_view(), header_view(now_ns=NOON - 1))


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("14:10", 469), ("14:02:11", 0), ("14:10:00Z", 469), ("+5m", 300), ("-90s", -90), ("+ 0.5h", 1800), ("start", -600), ("end", 3000),
        ("2026-11-20T14:10:00Z", 469), ("2026-11-20 14:10", 469), (str(NOON // SECOND + 7), 7),
    ],
)  # fmt: skip
def test_a_time_is_read_as_people_write_it(typed: str, seconds: int) -> None:
    assert moment_of(typed, replay_header()) == NOON + seconds * SECOND


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("soon", "a time such as"),
        ("25:00", "no time of day"),
        ("+2d", "not in the recording"),
        ("13:00", "not in the recording"),
        ("", "a time"),
    ],
)
def test_what_is_no_time_of_the_recording_says_so(typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        moment_of(typed, replay_header())


def test_speeds_are_a_ladder_with_as_fast_as_it_goes_on_top() -> None:
    climbed = [SPEEDS[0]]
    while climbed[-1]:
        climbed.append(next_speed(climbed[-1], 1))
    assert tuple(climbed) == SPEEDS
    assert next_speed(0.0, 1) == 0.0
    assert next_speed(SPEEDS[0], -1) == SPEEDS[0]
    assert next_speed(7.0, 1) == 10.0
    assert next_speed(7.0, -1) == 5.0


async def test_the_keys_of_a_replay_are_shown_only_in_one(tmp_path: Path) -> None:
    async with replayed(tmp_path, WIDE) as (_, app, _pilot):
        await eventually(lambda: line_with(app, "space play", ". print", "n bar", "< slower", "> faster", "g go to"))
    async with trading(FakeEngine(tmp_path)), cockpit(tmp_path, WIDE) as (app, pilot):
        await eventually(lambda: "PAPER" in text_of(app))
        assert not line_with(app, "space play")
        await pilot.press("space")
        await eventually(lambda: line_with(app, "this is no replay"))


async def test_the_keys_play_pause_step_and_turn_the_pace(tmp_path: Path) -> None:
    async with replayed(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("space")
        await eventually(lambda: engine.commands == [ReplayPace(speed=10.0, paused=True)])
        engine.header = replay_header(state="paused")
        engine.moved("header")
        await eventually(lambda: f"paused {X}10" in text_of(app))
        engine.commands.clear()
        await pilot.press("full_stop")
        await eventually(lambda: engine.commands == [ReplayStep()])
        await pilot.press("n")
        await eventually(lambda: engine.commands[1:] == [ReplayStep(interval="1m", symbol="BTCUSDT")])
        app.live.chart.price.restore("tick:100", 2)
        await pilot.press("n")
        await eventually(lambda: engine.commands[2:] == [ReplayStep(interval="tick:100", symbol="BTCUSDT")])


async def test_a_key_pressed_three_times_in_a_hurry_is_three_steps_of_the_ladder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.replaying.JUST_NOW", 60.0)  # a slow machine is in a hurry too
    async with replayed(tmp_path) as (engine, _, pilot):
        await pilot.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        await eventually(lambda: len(engine.commands) == 3)
        assert sorted(command.speed for command in engine.commands) == [20.0, 50.0, 100.0]  # type: ignore[union-attr, type-var]
        await pilot.press("less_than_sign")
        await eventually(lambda: engine.commands[3:] == [ReplayPace(speed=50.0)])


async def test_going_forward_is_done_at_once_and_going_back_asks_first(tmp_path: Path) -> None:
    async with replayed(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press("g")
        await eventually(lambda: line_with(app, "Go to a time"))
        await pilot.press(*"14:10")
        await eventually(lambda: line_with(app, "Enter plays every print up to 2026-11-20 14:10:00Z"))
        await pilot.press("enter")
        await eventually(lambda: engine.commands == [ReplaySeek(to_ns=NOON + 469 * SECOND)])
        await pilot.press("g", *"start")
        await eventually(lambda: line_with(app, "the replay begins anew"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Go back to the beginning?"))
        assert len(engine.commands) == 1
        assert "3 strategies are registered anew" in " ".join(text_of(app).split())
        await pilot.press("g")
        await eventually(lambda: engine.commands[1:] == [ReplaySeek(to_ns=BEGIN)])


async def test_a_time_that_is_not_in_the_recording_stays_in_the_form(tmp_path: Path) -> None:
    async with replayed(tmp_path) as (engine, app, pilot):
        await pilot.press("g", *"soon", "enter")
        await eventually(lambda: line_with(app, "a time such as"))
        assert not engine.commands
        await pilot.press("escape")
        await eventually(lambda: not line_with(app, "Go to a time"))


async def test_at_the_end_the_keys_say_so_and_do_nothing(tmp_path: Path) -> None:
    async with replayed(tmp_path, WIDE, state="ended") as (engine, app, pilot):
        await eventually(lambda: "end of the recording" in lines_of(app)[0])
        await pilot.press("space", "full_stop", "n")
        await eventually(lambda: line_with(app, "g goes back to a time"))
        assert not engine.commands


async def test_what_was_drawn_of_later_is_forgotten_when_the_replay_is_back(tmp_path: Path) -> None:
    async with replayed(tmp_path, WIDE) as (engine, app, _):
        await eventually(lambda: app.live.chart.price.bars.candles)
        held = app.live.chart.price.bars
        engine.header = msgspec.structs.replace(replay_header(), now_ns=NOON - 300 * SECOND)
        engine.moved("header")
        await eventually(lambda: app.live.chart.price.bars is not held)


async def test_leaving_says_how_to_come_back_to_the_replay(tmp_path: Path) -> None:
    async with replayed(tmp_path) as (_, app, _pilot):
        assert to_type(app.home, app.live.mode) == f"cockpit replay --home {tmp_path}"
        assert to_type(app.home, app.live.mode, "stop") == f"cockpit stop --home {tmp_path}"
