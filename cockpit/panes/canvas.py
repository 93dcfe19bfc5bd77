"""A field of cells, each a letter and a tone: what charts are drawn on, and what tells which cells of it changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from cockpit.panes.line import Part
from cockpit.text import fit


class Canvas:
    """Cells, `lines` rows of them; x from the left, y from the top. What lies outside is not drawn."""

    def __init__(self, cells: int, lines: int) -> None:
        self.cells = max(0, cells)
        self.lines = max(0, lines)
        self._letters = [[" "] * self.cells for _ in range(self.lines)]
        self._tones = [["plain"] * self.cells for _ in range(self.lines)]

    def part(self, top: int, lines: int) -> Canvas:
        """Some of its lines as a canvas: what is drawn there is drawn here."""
        part = Canvas(0, 0)
        part._letters, part._tones = self._letters[top : top + lines], self._tones[top : top + lines]
        part.cells, part.lines = self.cells, len(part._letters)
        return part

    def put(self, x: int, y: int, text: str, tone: str) -> None:
        """Write text, of letters one cell wide, from a cell on."""
        if not 0 <= y < self.lines:
            return
        letters, tones = self._letters[y], self._tones[y]
        for at, letter in enumerate(text, x):
            if 0 <= at < self.cells:
                letters[at], tones[at] = letter, tone

    def fill(self, x: int, y: int, letter: str, tone: str, until: int) -> None:
        """Put a letter into the empty cells from one to another."""
        if 0 <= y < self.lines:
            letters, tones = self._letters[y], self._tones[y]
            for at in range(max(0, x), min(until, self.cells)):
                if letters[at] == " ":
                    letters[at], tones[at] = letter, tone

    def at(self, x: int, y: int) -> str:
        """The letter of a cell; '' outside."""
        return self._letters[y][x] if 0 <= y < self.lines and 0 <= x < self.cells else ""

    def parts(self, y: int) -> list[Part]:
        """A line as stretches of one tone."""
        return list(_runs(self._letters[y], self._tones[y])) if 0 <= y < self.lines else []

    def changes(self, old: Canvas) -> Iterator[tuple[int, int, Part]]:
        """(x, y, stretch) of what is not as in an older one of the same size."""
        for y in range(self.lines):
            letters, tones = self._letters[y], self._tones[y]
            if letters == old._letters[y] and tones == old._tones[y]:
                continue
            was, now = zip(old._letters[y], old._tones[y], strict=True), zip(letters, tones, strict=True)
            x = 0
            for differs, cells in groupby(zip(was, now, strict=True), key=lambda pair: pair[0] != pair[1]):
                count = len(list(cells))
                if differs:
                    start = x
                    for part in _runs(letters[x : x + count], tones[x : x + count]):
                        yield start, y, part
                        start += len(part.text)
                x += count

    def text(self) -> str:
        """All of it as plain text, spaces at the ends of lines left out."""
        return "\n".join("".join(line).rstrip() for line in self._letters)


def _runs(letters: list[str], tones: list[str]) -> Iterator[Part]:
    """Letters of one tone together; a space has no tone, so it joins what it stands after."""
    x = 0
    tone = tones[0] if tones else ""
    for at, (letter, own) in enumerate(zip(letters, tones, strict=True)):
        if own != tone and letter != " ":
            if at > x:
                yield Part("".join(letters[x:at]), tone)
            x, tone = at, own
    if letters:
        yield Part("".join(letters[x:]), tone)


def narrow(text: str, cells: int) -> str:
    """Text of letters one cell wide, as it may be put on a canvas: others are replaced, what does not fit is cut."""
    flat = text if text.isascii() else "".join(letter if fit(letter, 1) == letter else "?" for letter in text)
    return fit(flat, min(cells, len(flat)))
