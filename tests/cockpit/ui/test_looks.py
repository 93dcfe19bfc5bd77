"""Every screen on frozen data, at three sizes, in two themes: cell by cell as it was when somebody looked at it and found it good."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import NOON
from fake_lab import failed_row, run_row, waiting_row, with_runs
from looks import compare, look_of
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, opened

from cockpit.tones import THEMES

#: Keys that lead to a screen, and words that are on it once it has all it shows.
SCREENS = {
    "live": (["f1"], ["BTCUSDT"]),
    "lab": (["f2"], ["run-4", "done"]),
    "system": (["f6"], ["1 Workers", "binance"]),
}


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
        await frames(engine, 6)
        app.workers.cancel_group(app, "follow")
        await pilot.pause()
        app.deck.paint(10**6, NOON)  # long after the last change: nothing glows
        app.deck.refresh()
        await pilot.pause()
        compare(f"{screen}-{size[0]}x{size[1]}-{theme.removeprefix('cockpit-')}", look_of(app))
