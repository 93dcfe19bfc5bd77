"""The conditions of one strategy as they stand: groups, each condition with its value, bound and verdict; above them the phase."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit import figures
from cockpit.inquiry import DAY, EVERY, OLD, OLDER, words_of
from cockpit.panes.facts import Facts
from cockpit.panes.line import Part
from cockpit.standing import Cells, heads, phase_cells, tree_lines
from cockpit.text import clean
from core.desk_view import ConditionsView
from core.errors import CockpitError, NotRunning

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


class Conditions(Facts, can_focus=True):
    """One strategy's tree, asked of the engine every second while it is in sight.

    Attributes:
        strategy: whose it is; '' none is chosen.
        view: the newest answer about it.
        trouble: why there is no newer one, in words.
    """

    NUMBER = 5
    TITLE = "Conditions"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.strategy = ""
        self.view: ConditionsView | None = None
        self.trouble = ""
        self._due, self._asking = 0.0, False

    def follow(self, strategy: str) -> None:
        """Show this strategy's from now on; '' none."""
        if strategy != self.strategy:
            self.strategy, self.view, self.trouble, self._due = strategy, None, "", 0.0

    def ask_soon(self) -> None:
        """Much may have changed at once."""
        self._due = 0.0

    def look(self, app: CockpitApp) -> None:
        """Ask, where it is time to; who shows the pane calls this while it is in sight."""
        now = time.monotonic()
        if self.strategy and not self._asking and now >= self._due:
            self._asking, self._due = True, now + EVERY
            app.run_worker(self._ask(app), group="inquiry")

    async def _ask(self, app: CockpitApp) -> None:
        asked, view = self.strategy, None
        try:
            view, trouble = read(await app.link.study("conditions", id=asked)), ""
        except NotRunning:
            return  # whoever pulls the views says so
        except CockpitError as error:
            trouble = words_of(error)
        finally:
            self._asking = False
        if asked == self.strategy:
            self.view, self.trouble = view or self.view, trouble

    def paint(self, now_ns: int) -> None:
        """Show the newest answer as of `now_ns`, the engine's time."""
        head = f"{self.NUMBER} {self.TITLE}"
        if self.view is None:
            self.show_lines(head, self._empty(), (clean(self.strategy), "muted"))
            return
        view, cells = self.view, self.room[0]
        age = (now_ns - view.at_ns) / 1e9 if view.at_ns else 0.0
        old = OLD < age < DAY
        told = self.trouble or (f"seen {figures.age(age)} ago" if view.at_ns and 0 <= age < DAY else "")
        note = f"{clean(self.strategy)} {told}".rstrip()
        lines = [_parts(phase_cells(view, now_ns)), [], _parts(heads(view, cells))] if view.rows else [_parts(phase_cells(view, now_ns))]
        self.show_lines(head, [*lines, *map(_parts, tree_lines(view, cells))], (note, "warn" if self.trouble or old else "muted"))

    def _empty(self) -> list[list[Part]]:
        if not self.strategy:
            words = "No strategy is chosen: move to one."
        elif self.trouble:
            words = self.trouble
        else:
            words = f"Asking how {clean(self.strategy)} stands …"
        return [[Part(line, "muted")] for line in textwrap.wrap(words, max(20, self.room[0]))]


def read(answer: Any) -> ConditionsView:
    """An answer as what it is.

    Raises:
        CockpitError: it is something else.
    """
    try:
        return msgspec.convert(answer, ConditionsView)
    except msgspec.ValidationError as error:
        raise CockpitError(OLDER) from error


def _parts(cells: Cells) -> list[Part]:
    return [Part(text, tone) for text, tone in cells]
