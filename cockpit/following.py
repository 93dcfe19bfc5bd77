"""Following the engine: a view is pulled, painted in one go, and the next one asked for after that; without an engine, the tries go on."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cockpit import notices, trials
from cockpit.panes.replay_text import time_at, went_back
from cockpit.shell_words import to_type
from cockpit.text import clean
from cockpit.welcome import welcome
from core.errors import CockpitError, NotRunning
from core.view import View

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: Seconds between frames at least, while the terminal has not the focus or a dialog is open.
PERIOD_AWAY = 0.25

#: Seconds between pulls of the prices at least, where no pane in sight shows them: forms begin with them, and say how far away a level is.
PRICED = 1.0

#: Seconds between two looks at a terminal that lags.
LAG = 0.02

#: Seconds between tries to reach an engine that is gone.
RETRY = 3.0

#: Seconds without an answer after which that is said, and without an engine after which it is said how to start one.
SLOW = 5.0
GONE = 10.0

#: Columns of the header for all else than what brings the engine back.
HELP_ROOM = 48

#: A replay that goes back may take so many tries, one every 0.15 s.
TRIES_ANEW = 40


class Follower:
    """Shows an app what its engine says.

    Args:
        failed: says why an engine that is being started never will answer; None while it still may.
    """

    def __init__(self, app: CockpitApp, failed: Callable[[], str | None]) -> None:
        self.app = app
        self._failed = failed
        self._told_at = 0.0  # when the newest header came, monotonic
        self._news = notices.News()
        self._tries = 0  # since the engine answered
        self._priced = 0.0  # when the prices were pulled last
        self._asked = self._answered = time.monotonic()  # when it was asked last, and when it last answered
        self._helped = False  # it was said how to start one
        self._welcomed = False

    async def run(self) -> None:
        """Pull and paint, for as long as the screen is open."""
        app = self.app
        while app.is_running:
            await self._caught_up()
            self._asked = time.monotonic()
            pull = asyncio.ensure_future(app.link.pull(self._wanted()))
            try:
                # An engine that is slow to answer must not freeze clocks and ages.
                while not (await asyncio.wait({pull}, timeout=0.5))[0]:
                    self._paint(self._waiting() if app.link.ever else "engine starting")
                view = pull.result()
            except CockpitError as error:
                await self._without_engine(error)
            else:
                self._tries, self._answered, self._helped = 0, time.monotonic(), False
                self._paint("", view)
                app.live.curious.look(app)
                app.analyst.look(app)
                if not self._welcomed:
                    self._welcomed = True
                    app.run_worker(welcome(app), group="digest", exclusive=True)
                    app.run_worker(app.catalogue.fetch_ahead(), group="catalogue", exclusive=True)
                wanted = app.settings.period_s
                await asyncio.sleep(wanted if app.app_focus and app.uncovered else max(wanted, PERIOD_AWAY))
            finally:
                pull.cancel()

    def _wanted(self) -> dict[str, None]:
        """The views to pull: of the panes in sight, and of what is awaited or has become old elsewhere."""
        wanted = dict.fromkeys([*self.app.deck.wanted(), *self.app.lab.awaited()])
        if "prices" in wanted or self._asked - self._priced >= PRICED:
            self._priced = self._asked
            wanted["prices"] = None
        return wanted

    async def _caught_up(self) -> None:
        """Wait until the terminal has drawn what it was sent: what is pulled after that is not old before it is seen."""
        while self.app.is_running and self.app.brush.behind:  # noqa: ASYNC110 - its answer comes in a thread, or never
            await asyncio.sleep(LAG)
        self.app.brush.flush()

    def _paint(self, trouble: str, view: View | None = None) -> None:
        app = self.app
        if not app.is_running:
            return  # an app that ends closes its screens one by one, and this may come between
        now = time.monotonic()
        with app.batch_update():
            if view is not None:
                self._take(view, now)
            header = app.live.header
            app.deck.paint(now, time.time_ns() if header is None else time_at(header, now - self._told_at), trouble)
        app.brush.flush()

    def _take(self, view: View, now: float) -> None:
        """Keep what changed, and tell what must not be missed."""
        app = self.app
        if view.header is not None and went_back(app.live.header, view.header):
            app.live.forget()
        for deck in app.decks:
            deck.take(view)
        for run in app.lab.ended():
            trials.tell_end(app, run)
        if view.header is not None:
            self._told_at = now
        if view.alerts is not None:
            self._announce(view)

    async def _without_engine(self, error: CockpitError) -> None:
        """Say so, count down to the next try, and keep ages growing meanwhile."""
        app = self.app
        if not app.link.ever:
            reason = self._failed()
            if reason is not None:
                app.last_words = reason
                app.exit(return_code=1)
        self._welcomed = False
        what = "engine gone" if isinstance(error, NotRunning) else clean(str(error))
        self._tries += 1
        anew = app.live.mode == "replay" and self._tries < TRIES_ANEW  # it may be going back: that is a new engine, at once
        until = time.monotonic() + (RETRY if app.link.ever and not anew else 0.15)
        while app.is_running and (left := until - time.monotonic()) > 0:
            words = "beginning anew" if anew else f"{self._gone(what)}, reconnecting {math.ceil(left)} s"
            self._paint(words if app.link.ever else "engine starting")
            await asyncio.sleep(min(0.5, left))

    def _waiting(self) -> str:
        """Why nothing comes, where it takes longer than any answer should."""
        waited = time.monotonic() - self._asked
        return f"engine does not answer for {waited:.0f} s" if waited >= SLOW else ""

    def _gone(self, what: str) -> str:
        """That it is gone; when it stays away, what brings it back."""
        app = self.app
        if time.monotonic() - self._answered < GONE:
            return what
        again = to_type(app.home, app.live.mode, *(("replay", "--background") if app.live.mode == "replay" else ("start",)))
        if not self._helped:
            self._helped = True
            app.say(f"{what}: `{again}` in another terminal brings it back", "warning")
        long = f"{what}: `{again}` brings it back"
        return long if len(long) <= app.size.width - HELP_ROOM else what

    def _announce(self, view: View) -> None:
        """A toast for every alert that is new, and a call to those that are loud enough."""
        app = self.app
        fresh = self._news.take(view.alerts or [])
        if not fresh:
            return
        loud = notices.loudness(app.home)
        toasts = loud.toasts(fresh)
        for alert in toasts[: notices.MOST]:
            app.say(clean(alert.text), {"critical": "error", "info": "information"}.get(alert.level, "warning"))
        if len(toasts) > notices.MOST:
            app.say(f"and {len(toasts) - notices.MOST} more alerts: 4 shows them", "warning")
        made = loud.call(fresh, time.time_ns(), os.environ)
        if made and app._driver is not None and not app.is_headless:
            app._driver.write(made)
