"""Jumping by name: symbols, strategies, panes. Typed behind `:`, done on enter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from cockpit.finder import Finder
from cockpit.panes.grid import LiveGrid
from cockpit.panes.prices import bare
from cockpit.text import clean

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


class Places(Provider):
    """Everywhere a person can be."""

    async def discover(self) -> Hits:
        for name, what, go in self._all():
            yield DiscoveryHit(Content(f"{name}  {what}"), go, name)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, what, go in self._all():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, Content(f"{name}  {what}"), go, name)

    def _all(self) -> Iterator[tuple[str, str, Callable[[], Any]]]:
        app = cast("CockpitApp", self.app)
        for symbol in app.live.prices.symbols:
            yield bare(symbol), "symbol", partial(_to_row, app, 1, symbol)
        for row in app.live.strategies.held:
            yield clean(row.id), f"strategy on {', '.join(map(bare, row.symbols))}", partial(_to_row, app, 2, row.id)
        for deck in app.decks:
            for pane in deck.panes:
                yield pane.TITLE, f"pane {pane.NUMBER} of the {deck.NAME} screen", partial(_to_pane, app, deck.NAME, pane.NUMBER)


def _to_row(app: CockpitApp, number: int, key: str) -> None:
    app.show(app.live.NAME)
    pane = app.live.panes[number - 1]
    if isinstance(pane, LiveGrid):
        pane.seek("")  # a filter would hide it
    app.live.go(number, key)


def _to_pane(app: CockpitApp, deck: str, number: int) -> None:
    app.show(deck)
    app.deck.go(number)


def jump(app: CockpitApp) -> None:
    """Ask where to."""
    app.push_screen(Finder([Places], placeholder="A symbol, a strategy or a pane …"))
