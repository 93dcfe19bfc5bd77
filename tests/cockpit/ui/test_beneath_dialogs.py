"""What lies beneath a dialog goes on, and costs no more than what changes in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import FakeEngine, price_row
from screen_rig import SMALL, WIDE, eventually, frames, line_with, lines_of, opened
from textual._compositor import Compositor

from cockpit.app import CockpitApp


async def _trade(engine: FakeEngine, app: CockpitApp, last: float) -> None:
    engine.prices = [price_row(last=last), *engine.prices[1:]]
    engine.moved("prices")
    await eventually(lambda: line_with(app, "BTCUSDT", f"{last:,.2f}"))


@pytest.mark.parametrize("key", ["question_mark", "q", "D"])
async def test_prices_go_on_beneath_a_dialog_and_only_their_lines_are_composed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    whole: list[object] = []
    drawn = Compositor.render_full_update

    def counted(compositor: Compositor, simplify: bool = False) -> object:
        whole.append(compositor)
        return drawn(compositor, simplify)

    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await pilot.press(key)
        await eventually(lambda: len(app.screen_stack) == 2)
        await frames(engine)
        monkeypatch.setattr(Compositor, "render_full_update", counted)
        for step in range(4):
            await _trade(engine, app, 61_700.0 + step)
        assert not whole
        await pilot.press("escape")
        await _trade(engine, app, 61_800.0)


async def test_what_is_said_over_a_dialog_leaves_its_last_lines_free(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await pilot.press("a")
        await eventually(lambda: line_with(app, "Enter: BTCUSDT crosses above"))
        for word in ("first", "second"):
            app.say(f"the {word} thing to be told")
        await eventually(lambda: line_with(app, "the first thing") and line_with(app, "the second thing"))
        places = [at for at, line in enumerate(lines_of(app)) if "thing to be told" in line]
        assert max(places) < 3, "it covers a field"
        assert line_with(app, "enter sets", "esc")


async def test_what_is_said_again_is_not_there_twice(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (_, app, pilot):
        await pilot.press("f4", "3")
        await pilot.press("p", "m", "x")
        await eventually(lambda: line_with(app, "no advice under the cursor"))
        assert sum("no advice under the cursor" in line for line in lines_of(app)) == 1
        app.say("another thing")
        await eventually(lambda: line_with(app, "another thing"))
        assert sum("no advice under the cursor" in line for line in lines_of(app)) == 1
