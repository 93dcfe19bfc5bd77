"""The tabs of the one-pane layouts, and the line of keys at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message

from cockpit.panes.line import Line, Part
from cockpit.text import width


class TabLine(Line):
    """The panes by number where one is shown at a time."""

    class Picked(Message):
        """A tab was clicked; `number` is its pane's."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def paint(self, tabs: Sequence[tuple[int, str]], current: int, note: str = "") -> None:
        """Show the tabs as (number, title); where there is no room the last ones but the current lose their titles.

        `note` stands at the right, where there is room left for it.
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
        spare = room - sum(width(part.text) for part in parts[:-1]) - width(note) - 1
        parts[-1:] = [Part(" " * spare + note, "muted")] if note and spare > 0 else []
        self.set_parts(parts)

    def on_click(self, event: events.Click) -> None:
        index = self.part_at(event.x)
        if index is not None and index % 2 == 0:
            self.post_message(self.Picked(index // 2 + 1))


class KeyLine(Line):
    """What can be done here, by key."""

    def paint(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show (key, word) pairs, as many as fit, the first ones first; the last two are always there."""
        room = self.size.width - 1
        chosen = list(keys)
        while len(chosen) > 2 and sum(width(key) + width(word) + 3 for key, word in chosen) > room:
            chosen.pop(-3)
        parts = [Part(" ")]
        for key, word in chosen:
            parts += [Part(key, "key"), Part(f" {word}  ", "muted")]
        self.set_parts(parts)
