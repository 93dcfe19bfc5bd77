"""The dialog of conditions on the real checker: a file is built, a wrong row says so beside itself, no wrong file replaces a good one."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from form_rig import HOSTILE, entry
from screen_rig import MIDDLE, SMALL, WIDE, eventually, line_with, opened, text_of
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.forms.conditions import ConditionsForm, edit_conditions
from cockpit.forms.reading import Reading
from cockpit.forms.rules_rows import RowEntry
from core.conditions.loading import load
from tests.conditions.conditions_rig import MIXED
from tests.conftest import REPO

SURGE = (REPO / "docs" / "surge.toml").read_text()

Sizes = pytest.mark.parametrize("size", [WIDE, MIDDLE, SMALL], ids=lambda size: f"{size[0]}x{size[1]}")


@asynccontextmanager
async def form(home: Path, size: tuple[int, int] = MIDDLE, name: str = "") -> AsyncIterator[tuple[CockpitApp, Pilot[None], Path]]:
    """The dialog, once its process has said which indicators there are."""
    folder = home / "strategies"
    folder.mkdir(exist_ok=True)
    async with opened(home, size) as (_, app, pilot):
        edit_conditions(app, name)
        await eventually(lambda: isinstance(app.screen, ConditionsForm) and app.screen.settled and app.screen.complete, 30)
        yield app, pilot, folder


def rows(app: CockpitApp, kind: str) -> list[RowEntry]:
    return [one for one in app.screen.query(RowEntry) if one.kind == kind]


async def put(app: CockpitApp, kind: str, *texts: str) -> None:
    """Type rows, each into the empty one at the end."""
    for text in texts:
        count = len(rows(app, kind))
        rows(app, kind)[-1].text = text
        await eventually(lambda count=count: len(rows(app, kind)) == count + 1)  # type: ignore[misc]


@Sizes
async def test_a_file_is_built_shown_and_saved(tmp_path: Path, size: tuple[int, int]) -> None:
    async with form(tmp_path, size) as (app, pilot, folder):
        await eventually(lambda: line_with(app, "name must be small letters"))
        entry(app, "name").text = "mine"
        entry(app, "sentence").text = "Buys a surge in an uptrend."
        await put(app, "indicators", "fast sma period=5", "slow sma period=20 interval=5m")
        await put(app, "signal", "fast gt slow", '{ any = ["rsi lte 60", "spread between 0 0.05"] }')
        await put(app, "close", "unrealized_pnl_pct gte 1")
        entry(app, "entry timeout").text = "10m"
        await eventually(lambda: line_with(app, "Enter saves mine.toml: 3 rows in 2 groups."))
        await pilot.press("ctrl+t")
        await eventually(lambda: isinstance(app.screen, Reading) and line_with(app, 'all = ["fast gt slow", { any ='))
        await pilot.press("escape", "enter")
        await eventually(lambda: "mine.toml is saved" in text_of(app))
        saved = (folder / "mine.toml").read_text()
    assert tomllib.loads(saved) == {
        "sentence": "Buys a surge in an uptrend.",
        "interval": "1m",
        "indicators": {"fast": {"indicator": "sma", "period": 5}, "slow": {"indicator": "sma", "period": 20, "interval": "5m"}},
        "signal": {"side": "long", "all": ["fast gt slow", {"any": ["rsi lte 60", "spread between 0 0.05"]}]},
        "entry": {"timeout": "10m"},
        "close": {"any": ["unrealized_pnl_pct gte 1"]},
    }
    assert load(folder / "mine.toml").sentence == "Buys a surge in an uptrend."
    assert [path.name for path in folder.iterdir()] == ["mine.toml"]


@pytest.mark.slow
async def test_what_is_wrong_with_a_row_stands_beside_it_and_keeps_the_file(tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "surge.toml").write_text(SURGE)
    async with form(tmp_path, WIDE, "surge") as (app, pilot, folder):
        await eventually(lambda: line_with(app, "Enter saves surge.toml: 10 rows in 5 groups. What runs on it keeps its code"))
        for kind, at, text, words in (
            ("signal", 0, "surge over 1", "no operator 'over'"),
            ("entry", 0, "price gt", "a condition is"),
            ("entry", 0, "price gt unrealized_pnl_pct", "is known while a position is open"),
            ("signal", 2, '{ any = ["rsi lte" }', "is no TOML"),
            ("signal", 2, '{ any = ["rsi lte"] }', "a condition is"),
            ("indicators", 0, "fast sma period=0", "period=0"),
            ("indicators", 0, "fast nothing", "cannot be compiled in"),
            ("indicators", 0, "fast", "write its name, the indicator"),
            ("close", 0, HOSTILE, "no operator"),
        ):
            row = rows(app, kind)[at]
            before = row.text
            row.text = text
            await eventually(lambda row=row, words=words: words in row.problem)  # type: ignore[misc]
            assert all(other.problem == "" for other in rows(app, kind) if other is not row)
            await pilot.press("enter")
            assert (folder / "surge.toml").read_text() == SURGE
            row.text = before
            await eventually(lambda row=row: not row.problem)  # type: ignore[misc]
        assert "\x1b" not in text_of(app)
        await eventually(lambda: line_with(app, "Enter saves surge.toml"))
        for row in rows(app, "signal"):
            row.text = ""
        await eventually(lambda: line_with(app, "[signal]: give its conditions"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Refused: [signal]: give its conditions"))
        assert (folder / "surge.toml").read_text() == SURGE


async def test_a_file_that_is_edited_keeps_what_is_nested(tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "mixed.toml").write_text("# mine\n" + MIXED)
    async with form(tmp_path, MIDDLE, "mixed") as (app, pilot, folder):
        assert line_with(app, "Lines of comments that are not kept: 1.")
        assert rows(app, "signal")[1].text.startswith('{ any = ["surge.recent gte 1", "surge gte 1.1"')
        rows(app, "entry")[0].text = "price gte fast"
        await eventually(lambda: line_with(app, "Enter saves mixed.toml"))
        await pilot.press("enter")
        await eventually(lambda: "mixed.toml is saved" in text_of(app))
        assert tomllib.loads((folder / "mixed.toml").read_text()) == tomllib.loads(MIXED.replace("price gt fast", "price gte fast", 1)) | {
            "entry": tomllib.loads(MIXED)["entry"] | {"all": ["price gte fast"]},
            "cancel": tomllib.loads(MIXED)["cancel"],
        }


async def test_another_hand_on_the_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    path = tmp_path / "strategies" / "surge.toml"
    path.write_text(SURGE)
    async with form(tmp_path, MIDDLE, "surge") as (app, pilot, _):
        entry(app, "sentence").text = "Something else."
        await eventually(lambda: line_with(app, "Enter saves surge.toml"))
        path.write_text(MIXED)
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Refused: surge.toml is not what it was when it was opened"))
        assert path.read_text() == MIXED
        await pilot.press("escape")
        path.write_text("[other]\nx = 1")
        edit_conditions(app, "surge")
        await eventually(lambda: "surge.toml cannot be changed here: it holds 'other'" in text_of(app))
        edit_conditions(app, "none")
        await eventually(lambda: "no file of rules" in text_of(app))


async def test_words_are_completed(tmp_path: Path) -> None:
    async with form(tmp_path) as (app, pilot, _):
        rows(app, "indicators")[0].control.focus()
        await pilot.press(*"fast", "space", *"sm")
        await eventually(lambda: getattr(app.focused, "_suggestion", "") == "fast sma")
        await pilot.press("right", "space", "p")
        await eventually(lambda: str(getattr(app.focused, "_suggestion", "")).startswith("fast sma period="))
        rows(app, "close")[0].control.focus()
        await pilot.press(*"unr")
        await eventually(lambda: getattr(app.focused, "_suggestion", "") == "unrealized_pnl_pct")
        await pilot.press("right", "space", *"gt")
        await eventually(lambda: getattr(app.focused, "_suggestion", "") == "unrealized_pnl_pct gte")
