"""One page: the template with the style, the scripts and the data put in, so that nothing of the data can be anything but data."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from core.research.source_name import clean

#: In this order they are one script; the last one draws.
SCRIPTS = ("base.js", "lines.js", "table.js", "charts.js", "grid.js", "parallel.js", "study.js", "run.js", "main.js")

#: Characters that could end the script element the data stands in, or a line of an old script engine.
_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}

#: Beyond it a browser's numbers skip whole ones.
_WHOLE = 1 << 53

#: Characters of a text from outside at most.
_LONGEST = 2000


def page(title: str, data: Mapping[str, Any]) -> bytes:
    """The whole file, UTF-8.

    Args:
        title: of the window.
        data: what the scripts draw; see `plain` for what it may hold.
    """
    parts = {
        "title": html.escape(clean(title)),
        "style": _text("style.css"),
        "data": embedded(data),
        "script": "\n".join(_text(name) for name in SCRIPTS),
    }
    pieces = _text("template.html").split("@")  # text, name, text, …, text: what is put in is never looked at again
    whole = (parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))
    return "".join(whole).encode()


def embedded(data: Mapping[str, Any]) -> str:
    """JSON that may stand inside a script element: ASCII, without `<`, `>` and `&`."""
    return json.dumps(plain(data), separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def plain(value: Any) -> Any:
    """What JSON and a browser's numbers can hold: NaN and infinity are null, greater whole numbers are text, text has no control
    characters."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -_WHOLE <= value <= _WHOLE else str(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return clean(str(value), _LONGEST)


def brief(value: float | None, digits: int = 7) -> float | int | None:
    """A figure with so many digits that count: what a page shows, and no more."""
    if value is None or not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short == int(short) and abs(short) < _WHOLE else short


def milliseconds(ns: int) -> int:
    """A time as a browser counts it."""
    return ns // 1_000_000


def _text(name: str) -> str:
    return (files(__package__ or "core.research.report") / name).read_text(encoding="utf-8")
