"""What can be done where: the help's groups, the palette, and the page of keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from screen_rig import MIDDLE, WIDE, eventually, line_with, lines_of, opened, text_of

from cockpit.actions import ACTIONS, DOING, findable, help_for
from cockpit.cli.keys import page


def ids(deck: str, pane: str, *, without: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    return {heading: [action.id for action in actions] for heading, actions in help_for(deck, pane, "here", without)}


def test_the_help_tells_this_pane_this_screen_and_everywhere_apart() -> None:
    groups = ids("live", "strategies")
    assert list(groups) == ["here", "On the live screen", "Everywhere"]
    assert {"pause", "flatten", "unregister", "sort", "filter", "open"} <= set(groups["here"])
    assert {"symbols", "prices", "tape", "interval", "layout", "acknowledge_all"} <= set(groups["On the live screen"])
    assert {"register", "theme", "quit", "lab"} <= set(groups["Everywhere"])


@pytest.mark.parametrize(("size", "words"), [(WIDE, "F6 system"), (MIDDLE, "F2-F6 screens")])
async def test_the_line_of_keys_names_the_screens_as_far_as_there_is_room(tmp_path: Path, size: tuple[int, int], words: str) -> None:
    async with opened(tmp_path, size) as (_, app, _):
        assert words in lines_of(app)[-1]
        assert lines_of(app)[-1].rstrip().endswith("? help  q quit")


@pytest.mark.parametrize(("deck", "pane"), [("live", "prices"), ("live", "chart"), ("lab", "runs"), ("system", "workers")])
def test_everywhere_lists_nothing_of_one_screen(deck: str, pane: str) -> None:
    everywhere = set(ids(deck, pane)["Everywhere"])
    assert not [action.id for action in ACTIONS if action.id in everywhere and (action.deck or action.panes)]


def test_the_help_leaves_out_what_does_nothing_in_this_pane() -> None:
    listed = {id_ for actions in ids("live", "chart").values() for id_ in actions}
    assert not {"pause", "sort", "filter", "snooze", "open", "compare"} & listed
    assert {"crosshair", "symbols", "trades"} <= listed
    assert not DOING & {id_ for actions in ids("live", "strategies", without=DOING).values() for id_ in actions}


def test_the_palette_finds_no_lever_of_another_screen_but_every_place() -> None:
    found = {action.id for action in findable("live")}
    assert not {"cancel_run", "compare", "register_run", "sort_runs"} & found
    assert {"runs", "log", "pause", "register"} <= found
    replayed = {action.id for action in findable("live", "replay")} - found
    assert replayed == {action.id for action in ACTIONS if action.mode}
    others = {action.id for deck in ("lab", "analyst", "copilot", "desk") for action in findable(deck)}
    assert {action.id for action in ACTIONS} == found | replayed | others


def test_the_page_of_keys_says_in_which_panes_they_work() -> None:
    assert "| `p` | Pause the strategy under the cursor, or resume it (also failed) | strategies, trades | `pause` |" in page()


async def test_every_function_key_up_to_f6_has_a_screen_and_f5_is_the_desk(tmp_path: Path) -> None:
    screens = [action for action in ACTIONS if action.keys.startswith("f") and action.keys[1:].isdecimal()]
    assert [action.keys for action in screens] == [f"f{number}" for number in range(1, 7)]
    async with opened(tmp_path) as (_, app, pilot):
        assert [deck.NAME for deck in app.decks] == [action.id for action in screens]
        await pilot.press("f5")
        await eventually(lambda: line_with(app, "1 Positions"))
        assert app.deck is app.desk


async def test_a_place_of_the_desk_is_gone_to_by_its_name(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("colon", *"signals")
        await eventually(lambda: line_with(app, "Signals  pane 3 of the desk screen"))
        await pilot.press("enter")
        await eventually(lambda: app.deck is app.desk and app.desk.pane is app.desk.signals)


async def test_a_lever_of_the_account_is_found_from_every_screen(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (_, app, pilot):
        await pilot.press("ctrl+p", *"account open")
        await eventually(lambda: line_with(app, "Account: open nothing new (S)"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "Open nothing new?"))


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_a_filter_says_what_it_is_and_how_many_rows_it_hides(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (_, app, pilot):
        await pilot.press("1", "slash", *"btc")
        await eventually(lambda: line_with(app, "enter keep these rows", "esc all rows"))
        await pilot.press("enter")
        await eventually(lambda: line_with(app, "? help") and not line_with(app, "enter keep"))
        await eventually(lambda: line_with(app, "/btc: 1 of 3"))
        await pilot.press("slash", *"qq", "enter")
        await eventually(lambda: line_with(app, "/qq: 0 of 3") and line_with(app, "esc shows all again"))
        await pilot.press("escape")
        await eventually(lambda: "/qq" not in text_of(app) and line_with(app, "ETHUSDT"))
