"""The cockpit as a Textual app: it pulls views, paints them in one go, and carries commands to the engine.

app ── link ── core.client ── the engine's socket
 └ decks (live, system): header, panes, keys          forms and dialogs open above them
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import events, work
from textual.app import App
from textual.binding import BindingType

from cockpit import notices, trials
from cockpit.actions import BY_ID, ActionProvider, bindings_of
from cockpit.deck import Deck
from cockpit.endings import end_soon, watch_signals, watch_terminal
from cockpit.forms.fields import Offer, read_catalogue
from cockpit.lab import LabScreen
from cockpit.link import Link
from cockpit.live import LiveScreen
from cockpit.paint import Brush
from cockpit.settings import Settings, leave_in, left_in
from cockpit.system import SystemScreen
from cockpit.text import clean
from cockpit.tones import THEMES
from cockpit.welcome import welcome
from core.commands import Command, Stop
from core.errors import CockpitError, NotRunning
from core.view import View

#: Seconds between frames at least, while the terminal has not the focus or a dialog is open.
PERIOD_AWAY = 0.25

#: Seconds between tries to reach an engine that is gone.
RETRY = 3.0


class CockpitApp(App[None]):
    """One home's cockpit."""

    CSS_PATH = "cockpit.tcss"
    TITLE = "cockpit"
    DEFAULT_MODE = LiveScreen.NAME
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {ActionProvider}
    NOTIFICATION_TIMEOUT = 5
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("")]

    def __init__(self, home: Path, settings: Settings | None = None, *, failed: Callable[[], str | None] = lambda: None) -> None:
        """`failed` says why an engine that is being started never will answer; None while it still may."""
        super().__init__()
        self.home = home
        self.settings = settings or Settings()
        self.keymap = self.settings.keymap
        self.left = left_in(home)
        self.link = Link(home, read_only=self.settings.read_only)
        self.brush = Brush(self)
        self.live = LiveScreen()
        self.lab = LabScreen()
        self.system = SystemScreen(home)
        self.recent: dict[str, dict[str, str]] = {}
        self.tested: dict[str, dict[str, str]] = {}
        self.last_words = ""
        self.farewell = ""
        self.wants_demo = False
        self._failed = failed
        self._offers: list[Offer] = []
        self._ahead_ns = 0
        self._news = notices.News()
        self._welcomed = False

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return THEMES[0].variables

    def on_load(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.settings.theme or self.left.theme or THEMES[0].name
        self.set_keymap(dict(self.keymap))
        for deck in self.decks:
            self.add_mode(deck.NAME, partial(_same, deck))
            deck.lay_out(self.left.layouts.get(deck.NAME, ""))

    def on_mount(self) -> None:
        if not self.is_headless:
            watch_signals(self._end)
            watch_terminal(self._end)
        self.app_resume_signal.subscribe(self, lambda _: self.redraw())
        # What was loaded stays for good: the collector need not walk it while someone waits for a key's answer.
        gc.freeze()
        self.follow()

    def _end(self, code: int) -> None:
        end_soon(code)
        self.exit(return_code=code)

    # The screens

    @property
    def deck(self) -> Deck:
        """The screen that is shown, whatever dialog lies over it."""
        deck = next(iter(self.screen_stack), self.live)  # there is none any more while the app ends
        assert isinstance(deck, Deck)
        return deck

    @property
    def uncovered(self) -> bool:
        """Whether the deck is what a person sees and types into: no dialog over it, and the app not ending."""
        return self.is_running and len(self.screen_stack) == 1

    @property
    def decks(self) -> tuple[Deck, ...]:
        """All screens, in the order of their keys."""
        return (self.live, self.lab, self.system)

    def show(self, name: str) -> None:
        """Show a screen by its name."""
        if name != self.deck.NAME and self.uncovered:
            self.switch_mode(name)

    # Following the engine

    @work(exclusive=True, group="follow")
    async def follow(self) -> None:
        """Pull and paint, for as long as the screen is open."""
        while self.is_running:
            pull = asyncio.ensure_future(self.link.pull(dict.fromkeys([*self.deck.wanted(), *self.lab.awaited()])))
            try:
                # An engine that is slow to answer must not freeze clocks and ages.
                while not (await asyncio.wait({pull}, timeout=0.5))[0]:
                    self._paint("" if self.link.up or self.link.ever else "engine starting")
                view = pull.result()
            except CockpitError as error:
                await self._without_engine(error)
            else:
                self._paint("", view)
                self.live.curious.look(self)
                if not self._welcomed:
                    self._welcomed = True
                    self.run_worker(welcome(self), group="digest", exclusive=True)
                await asyncio.sleep(
                    self.settings.period_s if self.app_focus and self.uncovered else max(self.settings.period_s, PERIOD_AWAY)
                )
            finally:
                pull.cancel()

    @property
    def _period(self) -> float:
        """Seconds until the next pull."""
        wanted = self.settings.period_s
        return wanted if self.app_focus and self.uncovered else max(wanted, PERIOD_AWAY)

    def _paint(self, trouble: str, view: View | None = None) -> None:
        if not self.is_running:
            return  # an app that ends closes its screens one by one, and this may come between
        now = time.monotonic()
        with self.batch_update():
            if view is not None:
                self.live.take(view)
                self.lab.take(view)
                for run in self.lab.ended():
                    trials.tell_end(self, run)
                self.system.take(view)
                if view.header is not None:
                    self._ahead_ns = view.header.now_ns - int(now * 1e9)
                if view.alerts is not None:
                    self._announce(view)
            ahead = self._ahead_ns or time.time_ns() - int(now * 1e9)
            self.deck.paint(now, int(now * 1e9) + ahead, trouble)
        self.brush.flush()

    async def _without_engine(self, error: CockpitError) -> None:
        """Say so, count down to the next try, and keep ages growing meanwhile."""
        if not self.link.ever:
            reason = self._failed()
            if reason is not None:
                self.last_words = reason
                self.exit(return_code=1)
        self._welcomed = False
        what = "engine gone" if isinstance(error, NotRunning) else clean(str(error))
        until = time.monotonic() + (RETRY if self.link.ever else 0.15)
        while self.is_running and (left := until - time.monotonic()) > 0:
            self._paint(f"{what}, reconnecting {left:.0f} s" if self.link.ever else "engine starting")
            await asyncio.sleep(min(0.5, left))

    def _announce(self, view: View) -> None:
        """A toast for every alert that is new, and a call for those that are not mere information."""
        fresh = self._news.take(view.alerts or [])
        for alert in fresh[: notices.MOST]:
            self.say(clean(alert.text), {"critical": "error", "info": "information"}.get(alert.level, "warning"))
        if len(fresh) > notices.MOST:
            self.say(f"and {len(fresh) - notices.MOST} more alerts: 4 shows them", "warning")
        loud = [alert for alert in fresh if alert.level != "info"]
        if loud and self._driver is not None and not self.is_headless:
            bell, notify = notices.wanted(self.home)
            self._driver.write(notices.call(notices.summary(loud), bell=bell, notify=notify, env=os.environ))

    # What actions use

    def action_act(self, action: str) -> None:
        """Do one of the actions."""
        BY_ID[action].run(self)

    def detach(self) -> None:
        """Leave; the engine goes on."""
        pid = f" (pid {self.live.header.pid})" if self.live.header and self.link.up else ""
        self.farewell = f"The engine{pid} keeps running: the same command brings you back, `cockpit stop` ends it.\n"
        self.exit()

    def redraw(self) -> None:
        """Paint every cell again: the terminal may show something else by now."""
        self.screen.refresh()

    def say(self, text: str, severity: str = "information") -> None:
        """A toast; the text is shown as it is, never as markup."""
        self.brush.cover(self.NOTIFICATION_TIMEOUT + 1)
        self.notify(text, severity=severity, markup=False)  # type: ignore[arg-type]  # one of Textual's three words

    @work(group="submit")
    async def submit(self, command: Command, done: str, then: Callable[[], object] | None = None) -> None:
        """Have the engine do this and say that it is done, or why not."""
        try:
            await self.link.submit(command)
        except CockpitError as error:
            # An engine that is told to stop may be gone before it can say so.
            if not (isinstance(command, Stop) and isinstance(error, NotRunning)):
                self.say(clean(str(error)), "error")
                return
        self.say(done)
        if then is not None:
            then()

    def ask_person(
        self, question: str, answers: Sequence[tuple[str, str, str]], acts: dict[str, Callable[[], object]], insisted: str | None = None
    ) -> None:
        """Ask before something that cannot be undone; `answers` are (key, name, what it does)."""
        from cockpit.forms.confirm import Answer, Confirm

        def act(key: str | None) -> None:
            if key in acts:
                acts[key]()

        self.push_screen(Confirm(question, [Answer(*answer) for answer in answers], insisted), act)

    async def offers(self) -> list[Offer]:
        """The catalogue: at once where it was asked before, and then asked again for the next time."""
        if self._offers:
            self._refresh_offers()
            return self._offers
        self._offers = read_catalogue(await self.link.ask("catalogue"))
        return self._offers

    @work(exclusive=True, group="catalogue")
    async def _refresh_offers(self) -> None:
        try:
            self._offers = read_catalogue(await self.link.ask("catalogue"))
        except (CockpitError, ValueError) as error:
            self.log.warning(f"catalogue: {error}")

    async def on_unmount(self, event: events.Unmount) -> None:
        if self.theme != THEMES[0].name or self.left.theme:
            self.left.theme = self.theme
        leave_in(self.home, self.left)
        await self.link.close()


def _same(deck: Deck) -> Deck:
    return deck
