"""The copilot screen on a scripted engine: what is advised, why, what can be done about it, and what came of it before."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_advice import advice_answer
from fake_engine import NOON, FakeEngine
from looks import compare, look_of
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, lines_of, opened, text_of
from test_looks import still
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from core.advice_orders import DismissAdvice, MuteAdvice
from core.commands import Backtest, Flatten, Pause


async def shown(engine: FakeEngine, app: CockpitApp, pilot: Pilot[None], *, well: bool = False) -> None:
    """F4 with advice, or with none."""
    engine.answers["advice"] = advice_answer(NOON, well=well)
    await pilot.press("f4")
    await eventually(lambda: line_with(app, "All is well" if well else "lost 3 of its last 4"))
    await frames(engine, 1)  # by then it is laid out


async def test_f4_shows_advice_by_urgency_with_its_evidence_and_what_came_of_earlier_advice(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        order = [next(at for at, line in enumerate(lines_of(app)) if word in line) for word in ("✖ now", "! soon", "· note")]
        assert order == sorted(order)
        assert line_with(app, "sure", "82", "%")
        assert line_with(app, "lost of the last", "3 of 4")
        assert line_with(app, "$ cockpit pause mr-1")
        assert line_with(app, "3 Past", "right 1 of 2")
        assert line_with(app, "✓", "lost 100.00 more", "pause")
        assert line_with(app, "✗", "made 50.00")
        assert "F4" not in lines_of(app)[-1]


async def test_the_evidence_is_of_the_line_under_the_cursor(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("down")
        await eventually(lambda: line_with(app, "2 Evidence", "correlated") or line_with(app, "2 Evidence", "spread"))
        await pilot.press("3")
        await eventually(lambda: line_with(app, "2 Evidence", "losing streak"))


async def test_advice_with_no_room_in_its_line_is_said_in_full_below(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        await shown(engine, app, pilot)
        texts = [str(row["text"]) for row in engine.answers["advice"]["rows"]]
        longest = max(texts, key=len)
        await pilot.press(*["down"] * texts.index(longest))
        await eventually(lambda: line_with(app, "▶", longest[:40], "…") and line_with(app, longest))


@pytest.mark.parametrize(("key", "kind"), [("p", Pause), ("f", Flatten), ("b", Backtest)])
async def test_the_letter_of_an_action_asks_and_then_does_it(tmp_path: Path, key: str, kind: type) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press(key)
        await eventually(lambda: line_with(app, "esc leaves everything as it is"))
        assert not engine.commands
        await pilot.press(key)
        await eventually(lambda: engine.commands)
        assert isinstance(engine.commands[0], kind)


async def test_an_action_that_is_left_does_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("f")
        await eventually(lambda: line_with(app, "Flatten mr-1?"))
        await pilot.press("escape")
        await eventually(lambda: app.uncovered)
        await frames(engine, 2)
        assert not engine.commands


async def test_x_dismisses_and_m_mutes_what_is_chosen(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        chosen = app.copilot.chosen
        assert chosen is not None
        await pilot.press("x")
        await eventually(lambda: engine.commands == [DismissAdvice(id=chosen["id"])])
        await pilot.press("m")
        await eventually(lambda: line_with(app, "Hear nothing of this?"))
        await pilot.press("s")
        await eventually(lambda: len(engine.commands) == 2)
        mute = engine.commands[1]
        assert isinstance(mute, MuteAdvice)
        assert (mute.rule, mute.subject) == (None, "mr-1")
        assert mute.until_ns > NOON


async def test_a_letter_that_the_advice_does_not_offer_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("k")
        await eventually(lambda: line_with(app, "this advice offers nothing on k"))
        assert "seen" not in lines_of(app)[-1]


async def test_without_advice_it_says_that_all_is_well_and_what_it_watches(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (engine, app, pilot):
        await shown(engine, app, pilot, well=True)
        await eventually(lambda: line_with(app, "regime against", "a market that turned"))
        await pilot.press("p")
        await eventually(lambda: line_with(app, "no advice under the cursor"))


async def test_the_engine_is_asked_only_while_the_screen_is_shown(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, _, pilot):
        engine.answers["advice"] = advice_answer(NOON)
        await frames(engine, 4)
        assert "advice" not in engine.asks
        await pilot.press("f4")
        await eventually(lambda: "advice" in engine.asks)


async def test_an_engine_of_before_the_copilot_is_named(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (_, app, pilot):
        await pilot.press("f4")
        await eventually(lambda: line_with(app, "restart the engine with"))


async def test_hostile_words_reach_the_terminal_as_letters_only(tmp_path: Path) -> None:
    async with opened(tmp_path, MIDDLE) as (engine, app, pilot):
        answer = advice_answer(NOON)
        answer["rows"][0] |= {"text": "\x1b]52;c;ZXZpbA==\x07EVIL", "why": "\x1b[2Jwhy", "evidence": [["\x1b[1mlabel", "\u202eword", "q"]]}
        engine.answers["advice"] = answer
        await pilot.press("f4")
        await eventually(lambda: line_with(app, "EVIL"))
        assert "\x1b" not in text_of(app)
        assert "\u202e" not in text_of(app)


@pytest.mark.parametrize("what", ["advice", "well"])
@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_it_looks_as_it_did(size: tuple[int, int], what: str, tmp_path: Path) -> None:
    async with opened(tmp_path, size) as (engine, app, pilot):
        await shown(engine, app, pilot, well=what == "well")
        await still(engine, app, pilot)
        compare(f"copilot-{what}-{size[0]}x{size[1]}", look_of(app))


async def test_a_small_screen_shows_the_evidence_on_enter(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        await shown(engine, app, pilot)
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "lost of the last", "3 of 4"))
        await still(engine, app, pilot)
        compare("copilot-evidence-80x24", look_of(app))
