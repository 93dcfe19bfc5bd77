"""A screen as a person sees it, as text to compare: what is written in every cell, and in which colours."""

from __future__ import annotations

import os
from pathlib import Path

from rich.style import Style

from cockpit.app import CockpitApp

FOLDER = Path(__file__).parent / "looks"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def look_of(app: CockpitApp) -> str:
    """The cells, then a letter for the colours of each, then what the letters mean."""
    cells: list[str] = []
    inks: list[str] = []
    names: dict[str, str] = {}
    for strip in app.screen._compositor.render_strips():
        letters = []
        for text, style, _ in strip:
            name = _said(style)
            letter = names.setdefault(name, _LETTERS[min(len(names), len(_LETTERS) - 1)])
            letters.append(letter * len(text))
        cells.append(strip.text.rstrip())
        inks.append("".join(letters))
    legend = [f"{letter}  {name}" for name, letter in names.items()]
    return "\n".join([*cells, "", *map(_packed, inks), "", *legend]) + "\n"


def _packed(letters: str) -> str:
    """`aaaabb` as `a4b2`."""
    parts, at = [], 0
    while at < len(letters):
        end = at
        while end < len(letters) and letters[end] == letters[at]:
            end += 1
        parts.append(f"{letters[at]}{end - at}")
        at = end
    return " ".join(parts)


def _said(style: Style | None) -> str:
    if style is None:
        return "nothing"
    ink = style.color.get_truecolor().hex if style.color else "-"
    paper = style.bgcolor.get_truecolor().hex if style.bgcolor else "-"
    return f"{ink} on {paper}{' bold' if style.bold else ''}{' dim' if style.dim else ''}{' reverse' if style.reverse else ''}"


def compare(name: str, look: str) -> None:
    """Assert that a screen looks as it is kept; with LOOKS=keep in the environment it is kept as it looks now."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("LOOKS") == "keep":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(look)
    assert look == path.read_text(), f"{name} looks otherwise than {path} says: see the difference, and run with LOOKS=keep if it is right"
