"""A line on stderr that says how far a long piece of work is, with its figure; silent where no terminal looks on."""

from __future__ import annotations

import shutil
import time

from cockpit.cli.progress import Progress
from cockpit.figures import age
from cockpit.text import clean, fit, width

_WIDTH = 20

#: Columns of a terminal that does not say.
_COLUMNS = 80


class Figure(Progress):
    """The bar of a share that is done, and what there is to say beside it."""

    def show(self, part: float | None, text: str) -> None:
        """Args:
        part: 0..1; None unknown.
        """
        text = clean(text)
        elapsed = self._due()
        if elapsed is None:
            return
        if part is None:
            self._put(_cut(text))
            return
        full = int(min(part, 1.0) * _WIDTH)
        left = f"  {age(elapsed / part - elapsed)} left" if part > 0.001 else ""
        self._put(_cut(f"[{'#' * full}{'·' * (_WIDTH - full)}] {min(part, 1.0):4.0%}  {text}{left}"))

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began


def _cut(text: str) -> str:
    """As much of a line as the terminal has room for: one that is wrapped cannot be written over."""
    return fit(text, min(width(text), shutil.get_terminal_size((_COLUMNS, 24)).columns - 1))
