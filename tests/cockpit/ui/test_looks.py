"""Every screen on frozen data, at three sizes, in two themes: cell by cell as it was when somebody looked at it and found it good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_coins import coins_row, with_coins
from fake_engine import NOON, FakeEngine
from fake_indicators import Lines
from fake_lab import failed_row, run_row, running_study, study_row, waiting_row, with_runs, with_studies
from looks import compare, look_of
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, opened
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.settings import Drawn, Left, LeftChart, leave_in
from cockpit.tones import THEMES

#: Keys that lead to a screen, and words that are on it once it has all it shows.
SCREENS = {
    "live": (["f1"], ["BTCUSDT"]),
    "lab": (["f2"], ["run-4", "done"]),
    "system": (["f6"], ["1 Workers", "binance"]),
}


#: Keys that lead to what is shown of a study where all of it fits, and where a part does.
STUDY = {WIDE: ["verdict"], MIDDLE: ["verdict"], SMALL: ["verdict", "map", "ranking"]}
PARTS = {"verdict": ("2", "HOLDS"), "map": ("3", "◆ best"), "ranking": ("4", "▶")}


#: Studies that are looked at: one, and one of several symbols.
STUDIES: dict[str, Callable[[FakeEngine], None]] = {
    "study": lambda engine: with_studies(engine, study_row(9), running_study(8), run_row(4)),
    "coins": lambda engine: with_coins(engine, coins_row()),
}


@pytest.mark.parametrize("which", list(STUDIES))
@pytest.mark.parametrize(
    ("size", "part"),
    [(size, part) for size, parts in STUDY.items() for part in parts],
    ids=lambda one: one if isinstance(one, str) else one[0],
)
async def test_a_finished_study_looks_as_it_did(which: str, size: tuple[int, int], part: str, tmp_path: Path) -> None:
    key, word = PARTS[part]
    async with opened(tmp_path, size) as (engine, app, pilot):
        STUDIES[which](engine)
        await pilot.press("f2")
        await eventually(lambda: line_with(app, "run-9", "✓ study"))
        await eventually(lambda: app.lab.study_report(app.lab.chosen_study))
        await frames(engine, 2)
        await pilot.press(key)
        await eventually(lambda: line_with(app, word))
        await still(engine, app, pilot)
        compare(f"{which}-{part}-{size[0]}x{size[1]}", look_of(app))


async def still(engine: FakeEngine, app: CockpitApp, pilot: Pilot[None]) -> None:
    """Once all was painted, the screen long after the last change: nothing glows."""
    await frames(engine, 6)
    app.workers.cancel_group(app, "follow")
    await pilot.pause()
    app.deck.paint(10**6, NOON)
    app.deck.refresh()
    await pilot.pause()


@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_chart_with_lines_over_it_and_a_panel_under_it_looks_as_it_did(size: tuple[int, int], tmp_path: Path) -> None:
    drawn = [Drawn("sma"), Drawn("bollinger"), Drawn("fast_rsi", True)]
    leave_in(tmp_path, Left(chart=LeftChart(drawn=drawn, trend=True)))
    async with opened(tmp_path, size) as (engine, app, pilot):
        Lines(engine)
        await pilot.press("5")
        await eventually(lambda: line_with(app, "fast_rsi") and line_with(app, "uptrend 82 %"))
        await still(engine, app, pilot)
        compare(f"chart-{size[0]}x{size[1]}", look_of(app))


@pytest.mark.parametrize("theme", [THEMES[0].name, THEMES[1].name])
@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", list(SCREENS))
async def test_it_looks_as_it_did(screen: str, size: tuple[int, int], theme: str, tmp_path: Path) -> None:
    keys, words = SCREENS[screen]
    async with opened(tmp_path, size) as (engine, app, pilot):
        with_runs(engine, run_row(4), waiting_row(3), failed_row(2, "none.csv: no such file"), run_row(1), total=41)
        app.theme = theme
        await pilot.press(*keys)
        await eventually(lambda: all(line_with(app, word) for word in words))
        await still(engine, app, pilot)
        compare(f"{screen}-{size[0]}x{size[1]}-{theme.removeprefix('cockpit-')}", look_of(app))
