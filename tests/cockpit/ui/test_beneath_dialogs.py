"""What lies beneath a dialog goes on, and costs no more than what changes in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_engine import FakeEngine, price_row
from screen_rig import WIDE, eventually, frames, line_with, opened
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
