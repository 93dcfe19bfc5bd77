"""What colours mean here, and the themes that choose them: sign (blue up, orange down) and state, nothing else.

A tone is a meaning; `Tones` turns it into a terminal style for the theme in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

#: Tone -> (theme variable of its colour, bold).
_TONES = {
    "plain": ("ink", False),
    "strong": ("ink", True),
    "muted": ("muted", False),
    "faint": ("faint", False),
    "edge": ("edge", False),
    "edge-focus": ("edge-focus", False),
    "edge-live": ("live", True),
    "up": ("up", False),
    "down": ("down", False),
    "mark-up": ("up", True),
    "mark-down": ("down", True),
    "warn": ("warn", False),
    "bad": ("bad", True),
    "key": ("key", True),
}

#: Tones that are a badge: the variable is their background.
_BADGES = {
    "badge-paper": "paper",
    "badge-demo": "demo",
    "badge-replay": "replay",
    "badge-live": "live",
    "badge-gone": "bad",
    "tab": "edge-focus",
}

#: How much of its sign's colour lies under a figure of a heat map at most, and in how many steps.
_HEAT, HEATS = 0.42, 8

#: How much of a change's colour lies under the cell, by what is left of its fade.
_GLOW = (0.0, 0.14, 0.28)


class Under(IntEnum):
    """What lies under a row."""

    NOTHING = 0
    CURSOR = 1
    CURSOR_FOCUSED = 2


class Tones:
    """The styles of one theme; every style carries its own background, so partial repaints need no other."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.style = lru_cache(1024)(self._style)

    def _colour(self, name: str) -> Color:
        return Color.parse(self._variables[name])

    def _style(
        self, tone: str, under: Under = Under.NOTHING, stale: bool = False, glow: int = 0, direction: int = 0, lit: bool = True
    ) -> Style:
        """The style of a tone.

        Args:
            tone: a meaning, one of the names above.
            under: the cursor's row, or not.
            stale: fade towards the background.
            glow: 2 just changed, 1 fading, 0 settled.
            direction: of that change: +1 up, -1 down, 0 neither.
            lit: whether the ground under the letters glows too.
        """
        paper = self._colour("page")
        if tone in _BADGES:
            return _rich(self._colour("page"), self._colour(_BADGES[tone]), bold=True)
        if under:
            paper = self._colour("cursor" if under is Under.CURSOR_FOCUSED else "cursor-away")
        name, bold = _TONES[tone]
        ink = self._colour(name)
        if glow:
            colour = self._colour(("muted", "up", "down")[direction])
            ink = ink.blend(colour, 0.5 * glow)
            paper = paper.blend(colour, _GLOW[glow]) if lit else paper
        if stale:
            ink = ink.blend(paper, 0.5)
        return _rich(ink, paper, bold)

    def heat(self, step: int, under: Under = Under.NOTHING, stale: bool = False) -> Style:
        """A figure of a heat map: the ground under it has its sign's colour, the more the farther it is from 0 (-8 to 8 steps)."""
        ground = self._colour("up" if step > 0 else "down")
        paper = self._colour("page").blend(ground, _HEAT * min(abs(step), HEATS) / HEATS)
        ink = self._colour("ink")
        if under:
            paper = self._colour("cursor" if under is Under.CURSOR_FOCUSED else "cursor-away")
        return _rich(ink.blend(paper, 0.5) if stale else ink, paper, bold=bool(under))


def _rich(ink: Color, paper: Color, bold: bool) -> Style:
    return Style(color=RichColor.from_rgb(*ink.rgb), bgcolor=RichColor.from_rgb(*paper.rgb), bold=bold)


def _theme(name: str, *, dark: bool, **colours: str) -> Theme:
    names = {key.replace("_", "-"): value for key, value in colours.items()}
    return Theme(
        name=name,
        primary=names["edge-focus"],
        secondary=names["muted"],
        accent=names["key"],
        foreground=names["ink"],
        background=names["page"],
        surface=names["raised"],
        panel=names["raised"],
        warning=names["warn"],
        error=names["bad"],
        success=names["up"],
        dark=dark,
        variables={
            **names,
            "block-cursor-background": names["cursor"],
            "block-cursor-foreground": names["ink"],
            "block-cursor-text-style": "bold",
            "border": names["edge-focus"],
            "input-cursor-background": names["ink"],
            "input-cursor-foreground": names["page"],
            "input-selection-background": f"{names['edge-focus']} 35%",
        },
    )


#: The themes on offer, the first is the default. NO_COLOR turns any of them to greys.
THEMES = (
    _theme(
        "cockpit-dark", dark=True,
        page="#0e1217", raised="#161c24", ink="#d3dae3", muted="#8793a1", faint="#5a6673", edge="#2f3a46", edge_focus="#8fa7c2",
        up="#5cb3ff", down="#ff9f43", warn="#ffd75e", bad="#ff6f6f", key="#e8edf3", cursor="#22303f", cursor_away="#161e27",
        paper="#8fa7c2", demo="#5cb3ff", replay="#c9a6ff", live="#ff4d4f",
    ),
    _theme(
        "cockpit-light", dark=False,
        page="#fbfbf9", raised="#efefeb", ink="#1d232a", muted="#586470", faint="#8b96a1", edge="#c9d0d7", edge_focus="#3f5a78",
        up="#0a5fc2", down="#b04a00", warn="#7d5a00", bad="#b3201f", key="#101418", cursor="#d7e4f2", cursor_away="#ebeeee",
        paper="#3f5a78", demo="#0a5fc2", replay="#6b3fa0", live="#c4161c",
    ),
    _theme(
        "cockpit-contrast", dark=True,
        page="#000000", raised="#101010", ink="#ffffff", muted="#d8d8d8", faint="#b0b0b0", edge="#8a8a8a", edge_focus="#ffffff",
        up="#66c2ff", down="#ffb020", warn="#ffff55", bad="#ff8080", key="#ffffff", cursor="#003a70", cursor_away="#262626",
        paper="#ffffff", demo="#66c2ff", replay="#d9b3ff", live="#ff5050",
    ),
    _theme(
        "cockpit-mono", dark=True,
        page="#101010", raised="#1c1c1c", ink="#dcdcdc", muted="#969696", faint="#6a6a6a", edge="#3c3c3c", edge_focus="#b4b4b4",
        up="#f4f4f4", down="#b0b0b0", warn="#ffffff", bad="#ffffff", key="#f4f4f4", cursor="#343434", cursor_away="#202020",
        paper="#b4b4b4", demo="#b4b4b4", replay="#d0d0d0", live="#ffffff",
    ),
)  # fmt: skip
