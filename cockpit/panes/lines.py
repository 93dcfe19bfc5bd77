"""The tabs of the one-pane layouts, and the line of keys at the bottom."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual import events
from textual.message import Message

from cockpit.panes.line import Line, Part
from cockpit.text import width

#: Columns less one from which on there is room for more than what is about the pane.
WIDE = 99

#: A key that goes to a screen.
_SCREEN = re.compile(r"F\d+")


class TabLine(Line):
    """The panes by number where one is shown at a time."""

    class Picked(Message):
        """A tab was clicked; `number` is its pane's."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def paint(self, tabs: Sequence[tuple[int, str]], current: int, notes: Sequence[str] = ()) -> None:
        """Show the tabs as (number, title); where there is no room the last ones but the current lose their titles.

        The first of the `notes` there is room left for stands at the right.
        """
        words = {number: f" {number} {title} " for number, title in tabs}
        room = self.size.width or self.app.size.width  # a line that is about to be shown has no width yet
        for number, _ in reversed(tabs):
            if sum(map(width, words.values())) + len(words) - 1 <= room:
                break
            if number != current:
                words[number] = f" {number} "
        parts: list[Part] = []
        for number, text in words.items():
            parts += [Part(text, "tab" if number == current else "muted"), Part("│", "edge")]
        spare = room - sum(width(part.text) for part in parts[:-1]) - 1
        note = next((note for note in notes if width(note) <= spare), "")
        parts[-1:] = [Part(" " * (spare - width(note)) + note, "muted")] if note else []
        self.set_parts(parts)

    def on_click(self, event: events.Click) -> None:
        index = self.part_at(event.x)
        if index is not None and index % 2 == 0:
            self.post_message(self.Picked(index // 2 + 1))


class KeyLine(Line):
    """What can be done here, by key."""

    def paint(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show (key, word) pairs, as many as fit, the first ones first.

        Always there are the last two, and from WIDE columns on the keys of screens, which become one where not all fit: `F1-F6 screens`.
        """
        room = self.size.width - 1
        chosen, kept = list(keys), 2
        screens = [pair for pair in chosen if _SCREEN.fullmatch(pair[0])]
        named = chosen[: chosen.index(screens[-1]) + 1] + chosen[-2:] if screens else chosen
        if len(screens) > 1 and _cells(named) > room:
            merged = (f"{screens[0][0]}-{screens[-1][0]}", "screens")
            chosen, kept = [*(pair for pair in chosen[:-2] if pair not in screens), merged, *chosen[-2:]], 3 if room >= WIDE else 2
        while len(chosen) > kept and _cells(chosen) > room:
            chosen.pop(-1 - kept)
        parts = [Part(" ")]
        for key, word in chosen:
            parts += [Part(key, "key"), Part(f" {word}  ", "muted")]
        self.set_parts(parts)


def _cells(keys: Sequence[tuple[str, str]]) -> int:
    return sum(width(key) + width(word) + 3 for key, word in keys)
