"""One sitting at the screen: from opening it until it is left, and what is wanted after that."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cockpit.app import CockpitApp
from cockpit.settings import Settings
from core.errors import CockpitError


class Ended(NamedTuple):
    """How the screen was left: the exit code, and whether the demo is wanted next."""

    code: int
    demo: bool


def run(home: Path, settings: Settings | None = None, *, failed: Callable[[], str | None] = lambda: None) -> Ended:
    """Open the cockpit on a home and stay until it is left.

    The engine may still be starting: `failed` is asked, until it answered once, for the reason it never will.

    Raises:
        CockpitError: with that reason; or the terminal cannot be drawn on.
    """
    encoding = getattr(sys.__stderr__, "encoding", None) or "ascii"
    if codecs.lookup(encoding).name != "utf-8":
        raise CockpitError(f"this terminal's locale is not UTF-8 but {encoding}: set LANG=C.UTF-8")
    app = CockpitApp(home, settings, failed=failed)
    app.run()
    if app.last_words:
        raise CockpitError(app.last_words)
    if app.farewell:
        sys.stderr.write(app.farewell)
    return Ended(1 if app.return_code is None else app.return_code, app.wants_demo)
