"""Telling who comes back what happened meanwhile: by itself after attaching, and again when asked."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cockpit.digest import Digest, read_digest
from cockpit.text import clean
from core.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


async def welcome(app: CockpitApp) -> None:
    """After attaching: only where it is worth it, and nothing else is open."""
    with contextlib.suppress(CockpitError):
        digest = read_digest(await app.link.ask("digest"))
        if digest.worth_showing and app.uncovered:
            _show(app, digest)


async def recall(app: CockpitApp) -> None:
    """Because somebody asked."""
    try:
        _show(app, read_digest(await app.link.ask("digest")))
    except CockpitError as error:
        app.say(clean(str(error)), "error")


def _show(app: CockpitApp, digest: Digest) -> None:
    from cockpit.actions import BY_ID
    from cockpit.forms.digest import DigestCard

    def go(name: str | None) -> None:
        if name:
            app.show(name)

    screens = {key: deck.NAME for deck in app.decks for key in BY_ID[deck.NAME].keys_in(app.keymap)}
    app.push_screen(DigestCard(digest, screens), go)
