"""Which run of the lab a key is about: the one the cursor is on, or none with a word on why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.view import RunRow

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: States of a run that no longer change.
OVER = ("done", "failed", "cancelled")


def subject(app: CockpitApp, what: str) -> RunRow | None:
    """The run the cursor is on; elsewhere the focus goes to the runs, and nothing is done."""
    row = app.lab.chosen
    if app.deck is not app.lab or row is None:
        app.show("lab")
        app.lab.go(1)
        some = app.lab.view and (app.lab.view.runs or app.lab.view.studies)
        app.say(f"{what} the run under the cursor" if some else "no run yet: press b to make one, s for a study")
        return None
    return row


def yet(row: RunRow) -> str:
    """` yet`, of a run that goes on."""
    return "" if row.state in OVER else " yet"
