"""Text from outside made inert: no byte of it may reach the terminal as anything but a visible letter.

Venues name symbols, strategies raise errors, people name files; a terminal would obey what they hide in them.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

#: Whole escape sequences, so that no `]52;c;…` is left behind: strings (OSC, DCS, SOS, PM, APC) with their
#: payload when they are ended, control sequences, and two-byte escapes. What remains is dropped letter by letter.
_SEQUENCES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-Z\\^-~]"
)

#: Stands where something was that cannot be shown safely.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

#: Marks stacked on one letter beyond this many climb over the lines above it.
_MARKS = 2


@lru_cache(4096)
def clean(text: str) -> str:
    """One line of visible text: no escape sequence, control, invisible or direction-changing character.

    Line breaks and tabs become a space. Letters written from right to left would make a terminal reorder the
    figures beside them, and private, unassigned and lone surrogate code points have no agreed width: each
    becomes U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", _SEQUENCES.sub("", text)):
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if letter in "\t\n\r\v\f" or kind in ("Zs", "Zl", "Zp"):
            kept.append(" ")
        elif kind in ("Cc", "Cf") or "\ufe00" <= letter <= "\ufe0f" or marks > _MARKS or (marks and not kept):
            continue
        elif kind in ("Co", "Cn", "Cs") or unicodedata.bidirectional(letter) in ("R", "AL"):
            kept.append(REPLACEMENT)
        else:
            kept.append(letter)
    return "".join(kept)


def clean_lines(text: str) -> list[str]:
    """The same for text of several lines, such as a traceback; indentation is kept."""
    return [clean(line.expandtabs(4)) for line in text.splitlines()]


@lru_cache(8192)
def width(text: str) -> int:
    """Terminal cells the text takes: two for wide letters and emoji."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """The text in exactly so many cells: padded (on the left with `right`), or cut with an ellipsis."""
    missing = cells - width(text)
    if missing >= 0:
        return " " * missing + text if right else text + " " * missing
    return set_cell_size(text, cells - 1) + "…" if cells > 0 else ""


@lru_cache(256)
def wrapped(lines: tuple[str, ...], cells: int) -> list[str]:
    """Sentences in lines of so many cells at most; an empty one stays."""
    return [part.rstrip() for line in lines for part in (textwrap.wrap(line, max(1, cells)) or [""])]
