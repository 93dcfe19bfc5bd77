"""The command palette: what can be done, found by a few of its letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from cockpit.action import Action
from cockpit.actions import findable

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


class ActionProvider(Provider):
    """The actions in the command palette."""

    async def discover(self) -> Hits:
        for action in self._all():
            yield DiscoveryHit(self._named(action), self._runner(action))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in self._all():
            score = matcher.match(f"{action.sentence} {action.word}")
            if score > 0:
                yield Hit(score, self._named(action), self._runner(action))

    def _all(self) -> list[Action]:
        app: CockpitApp = self.app  # type: ignore[assignment]  # the provider is only ever the cockpit's
        return findable(app.deck.NAME, app.live.mode)

    def _runner(self, action: Action) -> Callable[[], None]:
        return lambda: self.app.action_act(action.id)  # type: ignore[attr-defined]  # the provider is only ever the cockpit's

    def _named(self, action: Action) -> str:
        keymap: Mapping[str, str] = getattr(self.app, "keymap", {})
        return f"{action.sentence} ({', '.join(action.shown_keys(keymap))})"
