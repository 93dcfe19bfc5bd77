"""What panes in sight ask the engine now and then, beside the views that are pulled: one question at a time, never waited for."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from cockpit.panes.chart import ChartPane
from cockpit.panes.tape import TapePane
from core.errors import CockpitError, NotRunning

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from cockpit.live import LiveScreen


class Curious:
    """Asks what the panes of the live screen want to know: a question at a time, and one at a time of those that take their time."""

    def __init__(self, live: LiveScreen) -> None:
        self._live = live
        self._asking = self._pondering = False

    def look(self, app: CockpitApp) -> None:
        """Ask the next questions that are due, unless such are under way."""
        live = self._live
        if app.deck is not live:
            return
        now = time.monotonic()
        if not self._asking:
            for pane in (live.chart, live.tape):
                question = pane.question(now) if live.in_sight(pane) else None
                if question is not None:
                    self._asking = True
                    app.run_worker(self._ask(app, pane, *question), group="curious")
                    break
        if not self._pondering and live.in_sight(live.chart):
            question = live.chart.slow_question(now)
            if question is not None:
                self._pondering = True
                app.run_worker(self._ponder(app, live.chart, *question), group="curious")

    async def _ask(self, app: CockpitApp, pane: ChartPane | TapePane, what: str, args: dict[str, Any]) -> None:
        try:
            await _settle(pane, app.link.look, what, args)
        finally:
            self._asking = False

    async def _ponder(self, app: CockpitApp, pane: ChartPane, what: str, args: dict[str, Any]) -> None:
        try:
            await _settle(pane, app.link.study, what, args)
        finally:
            self._pondering = False


async def _settle(pane: ChartPane | TapePane, ask: Callable[..., Awaitable[Any]], what: str, args: dict[str, Any]) -> None:
    """Have the pane take the answer to its question, or why there is none."""
    try:
        answer = await ask(what, **args)
    except NotRunning:
        pass  # whoever pulls the views says so
    except CockpitError as error:
        pane.refused(what, args, str(error))
    else:
        pane.take(what, args, answer)
