"""The pane of conditions and the dialogs of the past: what is asked, what is shown, at three sizes and in few cells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fake_desk import TREE
from fake_engine import NOON, FakeEngine
from form_rig import HOSTILE
from screen_rig import MIDDLE, SMALL, WIDE, eventually, frames, line_with, opened, text_of
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.conditions_keys import keys_of
from cockpit.forms.conditions import ConditionsForm
from cockpit.forms.past import Past, PastForm, look_back
from cockpit.panes.conditions import Conditions
from core.desk_view import ConditionRow, ConditionsView, HeldRow, NearRow, SignalRow, WhyView
from core.errors import UsageError

SECOND = 10**9

WHY = WhyView(
    "surge-1", "surge", ["binance:BTCUSDT"], NOON - 600 * SECOND, "paused since 2026-11-20T13:40:00Z by tui: targets are not ordered",
    "replayed 12,345 prints from the snapshot of 2026-11-20T13:30:00Z", NOON - 601 * SECOND, 0.5, 61_650.0, 1.0,
    SignalRow(NOON - 900 * SECOND, "surge-1", "binance:BTCUSDT", "buy", 1.0, 0.75, "signal and entry conditions hold", 61_640.0),
    [HeldRow("paused", "targets are not ordered", NOON - 1300 * SECOND, "tui")],
    [NearRow(NOON - 700 * SECOND, "blocked", "buy 0.5 BTCUSDT at 61,650: spread limit")], TREE,
)  # fmt: skip


@asynccontextmanager
async def shown(
    home: Path, size: tuple[int, int], answer: Any = TREE
) -> AsyncIterator[tuple[FakeEngine, CockpitApp, Pilot[None], Conditions]]:
    """The pane over the live screen, asked for and painted as a deck does it."""
    async with opened(home, size) as (engine, app, pilot):
        engine.answers["conditions"] = answer
        pane = Conditions(id="conditions")
        pane.add_class("-current")  # the one that is shown where there is room for one
        pane.styles.layer = "above"
        pane.styles.dock = "top"
        pane.styles.width, pane.styles.height = "100%", size[1] - 2
        await app.screen.mount(pane)

        def beat() -> None:
            pane.look(app)
            pane.paint(NOON)
            pane.flush()

        app.set_interval(0.02, beat)
        yield engine, app, pilot, pane


def told(pane: Conditions) -> list[str]:
    return [pane.render_line(y).text for y in range(pane.size.height)]


@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_tree_is_shown_with_values_bounds_and_verdicts(tmp_path: Path, size: tuple[int, int]) -> None:
    async with shown(tmp_path, size) as (_, _, _, pane):
        await eventually(lambda: "No strategy is chosen" in "\n".join(told(pane)))
        pane.follow("surge-1")
        await eventually(lambda: pane.view is not None and "price gt fast.sma" in "\n".join(told(pane)))
        lines = told(pane)
        words = [line.split() for line in lines]
        assert "surge-1 seen 2 s ago" in lines[0]
        assert "signal detected since 14:01:06Z (63 s)" in lines[1]
        assert any(row[1:9] == ["✗", "price", "gt", "fast.sma", "61,686.01", "61,700.5", "✗", "FALSE"] for row in words)
        assert any(row[1:6] == ["signal:", "all", "of", "✓", "TRUE"] for row in words)
        assert any("! spread.pct between" in line and "! ERROR" in line for line in lines)
        assert any("… unrealized_pnl_pct gte 1" in line and "… PENDING" in line for line in lines)
        assert all(len(line) == size[0] for line in lines)


async def test_it_is_asked_once_a_second_and_of_one_strategy(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(args: dict[str, Any]) -> ConditionsView:
        asked.append(args["id"])
        return TREE

    async with shown(tmp_path, MIDDLE, answer) as (engine, _, _, pane):
        pane.follow("surge-1")
        await eventually(lambda: pane.view is not None)
        await frames(engine, 3)
        assert asked == ["surge-1"]
        pane.follow("other")
        assert pane.view is None
        await eventually(lambda: asked == ["surge-1", "other"])


async def test_what_cannot_be_shown_is_said_in_a_line(tmp_path: Path) -> None:
    def refuse(args: dict[str, Any]) -> Any:
        raise UsageError(f"{args['id']} is not made of conditions (macd.py): `cockpit why` says what it did")

    async with shown(tmp_path, SMALL, refuse) as (engine, _, _, pane):
        pane.follow("macd")
        await eventually(lambda: "macd is not made of conditions" in "\n".join(told(pane)))
        engine.answers["conditions"] = ["nonsense"]
        pane.follow("odd")
        await eventually(lambda: "this engine is older" in "\n".join(told(pane)))
        row = ConditionRow("signal", 0, HOSTILE, None, None, HOSTILE)
        engine.answers["conditions"] = ConditionsView("x", NOON, HOSTILE, HOSTILE, NOON, [row, row])
        pane.follow("x")
        await eventually(lambda: pane.view is not None and "EVIL" in "\n".join(told(pane)))
        assert all(text.isprintable() for text in told(pane))


@pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_moment_of_the_past_is_asked_for_looked_at_and_read(tmp_path: Path, size: tuple[int, int]) -> None:
    answers = [{"state": "running", "share": 0.31, "note": "", "found": None}] * 2 + [
        {"state": "done", "share": 1.0, "note": "", "found": WHY}
    ]
    async with opened(tmp_path, size) as (engine, app, pilot):
        asked: list[dict[str, Any]] = []

        def answer(args: dict[str, Any]) -> Any:
            asked.append(args)
            return answers[min(len(asked), len(answers)) - 1]

        engine.answers["why"] = answer
        look_back(app, "surge-1", lambda: NOON)
        await eventually(lambda: isinstance(app.screen, PastForm) and app.screen.settled)
        for text, words in (("+5m", "is still to come"), ("sometime", "sometime"), ("-10m", "Enter says what surge-1 saw and did at")):
            app.screen.query_one("Input").value = text  # type: ignore[attr-defined]
            await eventually(lambda words=words: line_with(app, words))  # type: ignore[misc]
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "running it again: 31%"))
        await eventually(lambda: line_with(app, "paused since 2026-11-20T13:40:00Z by tui"))
        assert asked[0] == {"id": "surge-1", "at_ns": NOON - 600 * SECOND}
        assert line_with(app, "position", "+0.50 at 61,650")
        assert line_with(app, "target", "1 signalled 2026-11-20T13:47:11Z at 61,640, 75 % sure")
        await pilot.press("end")
        await eventually(lambda: line_with(app, "replayed 12,345 prints"))
        await pilot.press("escape")
        await eventually(lambda: not isinstance(app.screen, Past))
        assert not [words for words in asked if "cancel" in words]


async def test_leaving_ends_looking_and_a_refusal_is_read(tmp_path: Path) -> None:
    async with opened(tmp_path, SMALL) as (engine, app, pilot):
        asked: list[dict[str, Any]] = []

        def answer(args: dict[str, Any]) -> Any:
            asked.append(args)
            if args.get("id") == "gone":
                raise UsageError("no strategy 'gone' on the ledger")
            return {"state": "running", "share": 0.0, "note": "", "found": None}

        engine.answers["why"] = answer
        app.push_screen(Past(lambda words: app.link.study("why", **words), "surge-1", NOON))
        await eventually(lambda: line_with(app, "running it again"))
        await pilot.press("escape")
        await eventually(lambda: {"id": "surge-1", "at_ns": NOON, "cancel": True} in asked)
        app.push_screen(Past(lambda words: app.link.study("why", **words), "gone", NOON))
        await eventually(lambda: line_with(app, "no strategy 'gone' on the ledger"))
        look_back(app, "", lambda: NOON)
        await eventually(lambda: "no strategy is chosen" in text_of(app))


async def test_its_keys_are_about_the_strategy_it_shows(tmp_path: Path) -> None:
    async with shown(tmp_path, MIDDLE) as (_, app, pilot, pane):
        actions = {action.id: action for action in keys_of("desk", lambda app: pane)}
        assert [(action.keys, action.deck, action.panes) for action in actions.values()] == [
            (key, "desk", frozenset({"conditions"})) for key in "yem"
        ]
        actions["edit_conditions"].run(app)
        await eventually(lambda: "no strategy is chosen" in text_of(app))
        pane.follow("sma-1")
        actions["edit_conditions"].run(app)
        await eventually(lambda: "no file of rules" in text_of(app))
        actions["why_then"].run(app)
        await eventually(lambda: isinstance(app.screen, PastForm) and line_with(app, "When: sma-1 is run again"))
        await pilot.press("escape")
        actions["new_conditions"].run(app)
        await eventually(lambda: isinstance(app.screen, ConditionsForm) and app.screen.complete, 30)
