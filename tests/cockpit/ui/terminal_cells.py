"""What a terminal shows of the bytes it was sent: enough of one for what Textual writes. Takes them as they come, in any pieces."""

from __future__ import annotations

import codecs
import re
import unicodedata

_TOKEN = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])"  # a control sequence
    r"|\x1bP(?:[^\x1b]|\x1b\x1b)*\x1b\\"  # a string for somebody else: tmux doubles the escapes in it
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # a title, a notice, a clipboard
    r"|\x1b[^\[P\]]|([^\x1b]+)",
    re.DOTALL,
)


class Cells:
    """A terminal of some columns and lines."""

    def __init__(self, columns: int, lines: int) -> None:
        self._columns, self._lines = columns, lines
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._x = self._y = 0
        self._held = ""
        self._clear()

    @property
    def text(self) -> str:
        """Its lines."""
        return "\n".join("".join(line) for line in self._shown)

    def feed(self, data: bytes) -> None:
        """Show more."""
        said, at = self._held + self._decoder.decode(data), 0
        while (token := _TOKEN.match(said, at)) is not None:
            at = token.end()
            self._take(*token.groups(default=""))
        self._held = said[at:]  # the rest of it is to come

    def _clear(self) -> None:
        self._shown = [[" "] * self._columns for _ in range(self._lines)]

    def _take(self, arguments: str, final: str, text: str) -> None:
        if final == "H":
            row, _, column = arguments.partition(";")
            self._y, self._x = int(row or 1) - 1, int(column or 1) - 1
        elif final == "h" and arguments == "?1049":
            self._clear()
        for letter in text:
            if letter == "\n":
                self._y += 1
            elif letter == "\r":
                self._x = 0
            elif letter >= " " and 0 <= self._y < self._lines:
                cells = 1 if letter.isascii() or unicodedata.east_asian_width(letter) not in "WF" else 2
                if self._x + cells <= self._columns:
                    self._shown[self._y][self._x : self._x + cells] = [letter, *[""] * (cells - 1)]
                self._x += cells
