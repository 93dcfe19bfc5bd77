"""One thing a person can do on the screens: its name in keymaps, its keys, its words, and what does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: Names of keys as people write them.
WRITTEN = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "colon": ":",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "full_stop": ".",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}


class Action(NamedTuple):
    """One thing to do.

    Attributes:
        id: its name in keymaps.
        keys: Textual's names of its keys, with commas.
        word: beside the key at the bottom.
        sentence: in the palette and the help.
        run: does it.
        panes: where it is about what the cursor is on; empty: everywhere.
        rank: its place in the line of keys; 0 is not shown there.
        deck: the screen it belongs to; '' all of them.
        reach: it works from the other panes too: it goes where it is about, or is about more than a row.
        mode: of the engine it is for; '' any.
    """

    id: str
    keys: str
    word: str
    sentence: str
    run: Callable[[CockpitApp], None]
    panes: frozenset[str] = frozenset()
    rank: int = 0
    deck: str = ""
    reach: bool = False
    mode: str = ""

    def keys_in(self, keymap: Mapping[str, str]) -> list[str]:
        """Textual's names of its keys, where a person may have given it others."""
        return keymap.get(self.id, self.keys).split(",")

    def shown_keys(self, keymap: Mapping[str, str]) -> list[str]:
        """The keys as people write them."""
        return [WRITTEN.get(key, key) for key in self.keys_in(keymap)]
