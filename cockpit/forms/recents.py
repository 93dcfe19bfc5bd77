"""What was sent from the forms of a home, kept over restarts of the screen: ctrl+r brings it back."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from cockpit.settings import leave_in, left_in
from cockpit.text import clean

#: What stood in the fields.
Texts: TypeAlias = dict[str, str]

#: What is kept of one form: the latest of so many strategies, or kinds of rules.
MOST = 40


class Recents:
    """What one form sent last, by what it was about. It is read when asked for, so that two screens share it."""

    def __init__(self, home: Path, form: str) -> None:
        self._home = home
        self._form = form

    def of(self, about: str) -> Texts:
        """What stood in the fields; empty where nothing was sent."""
        kept = left_in(self._home).recent.get(self._form, {}).get(about, {})
        return {name: clean(text) for name, text in kept.items()}

    def keep(self, about: str, texts: Texts) -> None:
        """This was sent."""
        left = left_in(self._home)
        mine = left.recent.setdefault(self._form, {})
        mine.pop(about, None)
        mine[about] = texts  # the latest is last
        for old in list(mine)[:-MOST]:
            del mine[old]
        leave_in(self._home, left)
