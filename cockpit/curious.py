"""What panes in sight ask the engine now and then, beside the views that are pulled: one question at a time, never waited for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cockpit.panes.chart import ChartPane
from cockpit.panes.tape import TapePane
from core.errors import CockpitError, NotRunning

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from cockpit.live import LiveScreen


class Curious:
    """Asks what the panes of the live screen want to know."""

    def __init__(self, live: LiveScreen) -> None:
        self._live = live
        self._asking = False

    def look(self, app: CockpitApp) -> None:
        """Ask the next question that is due, unless one is under way."""
        live = self._live
        if self._asking or app.deck is not live:
            return
        for pane in (live.chart, live.tape):
            question = pane.question(time.monotonic()) if live.in_sight(pane) else None
            if question is not None:
                self._asking = True
                app.run_worker(self._ask(app, pane, *question), group="curious")
                return

    async def _ask(self, app: CockpitApp, pane: ChartPane | TapePane, what: str, args: dict[str, Any]) -> None:
        try:
            answer = await app.link.look(what, **args)
        except NotRunning:
            pass  # whoever pulls the views says so
        except CockpitError as error:
            pane.refused(what, args, str(error))
        else:
            pane.take(what, args, answer)
        finally:
            self._asking = False
