"""What a person does with the conditions of the strategy a pane shows: look at a moment of the past, change its file, make a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cockpit.action import Action

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from cockpit.panes.conditions import Conditions

#: Says which pane is meant.
Pane = Callable[["CockpitApp"], "Conditions"]


def look_back(app: CockpitApp, pane: Conditions) -> None:
    """Ask for a moment of the past, and say what the strategy saw at it."""
    from cockpit.forms.past import look_back as ask

    header = app.live.header
    ask(app, pane.strategy, lambda: (app.live.header or header).now_ns if header is not None else 0)


def edit(app: CockpitApp, pane: Conditions) -> None:
    """Open the file of the strategy."""
    from cockpit.forms.conditions import edit_conditions

    row = app.live.strategies.get(pane.strategy)
    if row is None:
        app.say("no strategy is chosen: move to one first")
    else:
        edit_conditions(app, row.name, pane.ask_soon)


def new(app: CockpitApp) -> None:
    """Open the dialog of a new file."""
    from cockpit.forms.conditions import edit_conditions

    edit_conditions(app)


def keys_of(deck: str, pane: Pane) -> tuple[Action, ...]:
    """The keys of the pane `conditions` on a screen."""
    here = frozenset({"conditions"})
    return (
        Action("why_then", "y", "why then", "What the strategy saw at a moment of the past, and why it traded or not",
               lambda app: look_back(app, pane(app)), here, 1, deck),
        Action("edit_conditions", "e", "edit", "Change the file of rules of the strategy", lambda app: edit(app, pane(app)), here, 2, deck),
        Action("new_conditions", "m", "new", "Make a new strategy of conditions", new, here, 3, deck),
    )  # fmt: skip
