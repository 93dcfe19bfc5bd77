"""How a person wants the screen: what the configuration says, and how it was left the last time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from cockpit.keymap import keymap_of
from cockpit.tones import THEMES
from core.config import Effective

NOTHING: Mapping[str, str] = MappingProxyType({})


#: So many indicators and variants are drawn on a chart at most.
MOST_DRAWN = 8


class Drawn(msgspec.Struct, frozen=True):
    """What is drawn on a chart: a variant as it is, or an indicator with its usual parameters."""

    name: str
    variant: bool = False


class LeftChart(msgspec.Struct):
    """How the chart was left; what is none of its intervals or kinds counts as never.

    Attributes:
        kind: price, equity or drawdown.
        interval: the length of a bar.
        zoom: how wide bars are drawn, an index.
        span: how far back equity goes, an index.
        drawn: indicators and variants on it.
        trend: whether the trend is on it.
    """

    kind: str = "price"
    interval: str = "1m"
    zoom: int = 2
    span: int = 1
    drawn: list[Drawn] = []
    trend: bool = False


class Left(msgspec.Struct):
    """How the screen was left; every home has its own.

    Attributes:
        theme: the theme's name; '' the first.
        layouts: by screen, the layout it was given.
        chart: the live screen's.
        recent: what was sent last from each form, by what it was about: {form: {strategy: {field: text}}}.
    """

    theme: str = ""
    layouts: dict[str, str] = {}
    chart: LeftChart = msgspec.field(default_factory=LeftChart)
    recent: dict[str, dict[str, dict[str, str]]] = {}


class Settings(NamedTuple):
    """What the screen starts with.

    Attributes:
        theme: the theme's name; '' as it was left.
        period_s: seconds between the end of one frame's work and the next.
        keymap: keys of the person's own by action.
        read_only: nothing may be done, only looked at.
    """

    theme: str = ""
    period_s: float = 0.1
    keymap: Mapping[str, str] = NOTHING
    read_only: bool = False


def settings_of(effective: Effective, *, read_only: bool = False) -> Settings:
    """What a configuration says.

    Raises:
        ConfigError: `[ui.keys]` names no action, no key, or one key for two.
    """
    ui = effective.config.ui
    theme = f"cockpit-{ui.theme}" if effective.origin("ui.theme") != "default" else ""
    return Settings(theme, 1.0 / ui.refresh_hz, keymap_of(ui.keys, effective.origin("ui.keys")), read_only)


def left_in(home: Path) -> Left:
    """How the screen was left in a home; what cannot be read counts as never."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        left = msgspec.json.decode((home / "screen.json").read_bytes(), type=Left)
        if left.theme in ("", *(theme.name for theme in THEMES)):
            return left
    return Left()


def leave_in(home: Path, left: Left) -> None:
    """Keep it for the next time; where that cannot be done nothing is lost but a habit."""
    with contextlib.suppress(OSError):
        fresh = home / f"screen.json.{os.getpid()}"
        fresh.write_bytes(msgspec.json.encode(left))
        fresh.replace(home / "screen.json")
