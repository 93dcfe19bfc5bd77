"""What a person does to variants of indicators on the analyst's screen: add, change and delete them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cockpit.panes.prices import bare

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


def add(app: CockpitApp) -> None:
    """Open the form of a new variant, that follows the symbol whose values are shown."""
    from cockpit.forms.variant import add_variant

    pane = app.analyst.indicators
    add_variant(app, symbol=bare(pane.symbol), then=pane.question.ask_soon)


def edit(app: CockpitApp) -> None:
    """Open the form of the variant under the cursor."""
    from cockpit.forms.variant import edit_variant

    _with_chosen(app, edit_variant)


def delete(app: CockpitApp) -> None:
    """Ask, then delete the variant under the cursor."""
    from cockpit.forms.variant import delete_variant

    _with_chosen(app, delete_variant)


def _with_chosen(app: CockpitApp, do: Callable[..., None]) -> None:
    pane = app.analyst.indicators
    if pane.chosen is None:
        app.say("no variant is under the cursor: n makes one")
    else:
        do(app, pane.chosen.variant, then=pane.question.ask_soon)
