"""The analyst's screen on frozen data, at three sizes: cell by cell as it was when somebody looked at it and found it good."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_analyst import FakeAnalyst, scan_state
from looks import compare, look_of
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, opened
from test_looks import still

from cockpit.tones import THEMES

#: Words that are on a pane once it has all it shows.
WORDS = {
    "1": ("▶BTCUSDT", "97"),
    "2": ("z-score", "is dear against"),
    "3": ("XRP", "-0.60", "-0.71"),
    "4": ("ADAUSDT", "+2.61"),
    "5": ("fast_rsi", "61.234"),
}


@pytest.mark.parametrize("theme", [THEMES[0].name, THEMES[1].name])
@pytest.mark.parametrize("size", [WIDE, MIDDLE], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_all_its_panes_look_as_they_did(size: tuple[int, int], theme: str, tmp_path: Path) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        FakeAnalyst(engine)
        app.theme = theme
        await pilot.press("f3")
        for words in list(WORDS.values())[:3]:
            await eventually(lambda words=words: line_with(app, *words))
        await eventually(lambda: line_with(app, "▶BTCUSDT / ETHUSDT") and line_with(app, "fast_rsi"))
        await frames(engine, 6)
        await still(engine, app, pilot)
        compare(f"analyst-{size[0]}x{size[1]}-{theme.removeprefix('cockpit-')}", look_of(app))


@pytest.mark.parametrize("pane", list(WORDS))
async def test_each_pane_alone_looks_as_it_did(pane: str, tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        FakeAnalyst(engine)
        await pilot.press("f3", pane)
        words = WORDS[pane] if pane != "4" else ("▶BTCUSDT / ETHUSDT", "+2.61")
        await eventually(lambda: line_with(app, *words))
        await still(engine, app, pilot)
        compare(f"analyst-{pane}-80x24", look_of(app))


async def test_a_pair_that_has_the_whole_screen_looks_as_it_did(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        FakeAnalyst(engine)
        await pilot.press("f3", "2", "plus")
        await eventually(lambda: line_with(app, "Engle-Granger p") and line_with(app, "z-score", "is dear against"))
        await still(engine, app, pilot)
        compare("analyst-pair-160x48", look_of(app))


async def test_a_scan_that_runs_looks_as_it_did(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        analyst = FakeAnalyst(engine)
        analyst.answers["scan_state"] = lambda _: scan_state("running")
        await pilot.press("f3", "4")
        await eventually(lambda: line_with(app, "40 %", "6 of 15 pairs"))
        await still(engine, app, pilot)
        compare("analyst-scan-80x24", look_of(app))


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_evidence_looks_as_it_did(size: tuple[int, int], tmp_path: Path) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        FakeAnalyst(engine)
        await pilot.press("f3")
        await eventually(lambda: line_with(app, *WORDS["1"]))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "BTCUSDT 1m: ▲ uptrend, 97 % sure"))
        await still(engine, app, pilot)
        compare(f"dialog-evidence-{size[0]}x{size[1]}", look_of(app))
