"""The cockpit as a Textual app: its screens, its themes, and what its actions use to reach the engine.

app ── link ── core.client ── the engine's socket
 ├ follower: pulls views, paints them in one go
 └ decks (live, lab, analyst, copilot, desk, system): header, panes, keys          forms and dialogs open above them
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import events, work
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver

from cockpit.actions import BY_ID, DOING, bindings_of
from cockpit.analyst import AnalystScreen
from cockpit.catalogue import Catalogue
from cockpit.copilot import CopilotScreen
from cockpit.deck import Deck
from cockpit.desk import DeskScreen
from cockpit.endings import end_soon, watch_signals, watch_terminal
from cockpit.following import Follower
from cockpit.lab import LabScreen
from cockpit.link import Link
from cockpit.live import LiveScreen
from cockpit.paint import Brush
from cockpit.palette import ActionProvider
from cockpit.replaying import Pressed
from cockpit.settings import Settings, leave_in, left_in
from cockpit.shell_words import to_type
from cockpit.system import SystemScreen
from cockpit.text import clean
from cockpit.tones import THEMES
from cockpit.typeahead import Through, TypeAhead
from core.commands import Command, Stop
from core.errors import CockpitError, NotRunning


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
        self.pressed = Pressed()
        self.live = LiveScreen()
        self.lab = LabScreen()
        self.analyst = AnalystScreen()
        self.copilot = CopilotScreen()
        self.desk: DeskScreen = DeskScreen(self.live)
        self.system = SystemScreen(home)
        self.catalogue = Catalogue(partial(self.link.aside, "catalogue"))
        self.keys_in = TypeAhead(self, super().on_event)
        self.last_words = ""
        self.farewell = ""
        self.wants_demo = False
        self._failed = failed

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return THEMES[0].variables

    def get_driver_class(self) -> type[Driver]:
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual  # a browser's, or another system's
        from cockpit.pacing import PacedDriver

        return PacedDriver

    def on_load(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.settings.theme or self.left.theme or THEMES[0].name
        self.set_keymap(dict(self.keymap))
        for deck in self.decks:
            self.add_mode(deck.NAME, partial(_same, deck))
            deck.lay_out(self.left.layouts.get(deck.NAME, ""))
        self.live.chart.restore(self.left.chart)

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
        if self._driver is not None:
            self._driver.hurry = True  # type: ignore[attr-defined]  # others have no use for it
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
        return (self.live, self.lab, self.analyst, self.copilot, self.desk, self.system)

    def show(self, name: str) -> None:
        """Show a screen by its name."""
        if name != self.deck.NAME and self.uncovered:
            self.switch_mode(name)

    # Following the engine

    @work(exclusive=True, group="follow")
    async def follow(self) -> None:
        """Pull and paint, for as long as the screen is open."""
        await Follower(self, lambda: self._failed()).run()

    # Keys

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.keys_in.take(event)
        else:
            await super().on_event(event)

    def on_through(self, message: Through) -> None:
        self.keys_in.through(message)

    # What actions use

    def action_act(self, action: str) -> None:
        """Do one of the actions."""
        if self.settings.read_only and action in DOING:
            self.say("read-only: this screen looks, and does nothing", "warning")
        else:
            BY_ID[action].run(self)

    def detach(self) -> None:
        """Leave; the engine goes on."""
        pid = f" (pid {self.live.header.pid})" if self.live.header and self.link.up else ""
        again, stop = to_type(self.home, self.live.mode), to_type(self.home, self.live.mode, "stop")
        self.leave(f"The engine{pid} keeps running: `{again}` brings you back, `{stop}` ends it.")

    def leave(self, farewell: str) -> None:
        """End the screen, and say this on the terminal."""
        self.farewell = farewell + "\n"
        self.exit()

    def redraw(self) -> None:
        """Paint every cell again: the terminal may show something else by now."""
        self.screen.refresh()

    def say(self, text: str, severity: str = "information") -> None:
        """A toast; the text is shown as it is, never as markup. What is said again is not there twice."""
        self.brush.cover(self.NOTIFICATION_TIMEOUT + 1)
        for old in [one for one in self._notifications if (one.message, one.severity) == (text, severity)]:
            self._unnotify(old, refresh=False)
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

    @work(group="submit")
    async def tell(self, command: Command, then: Callable[[], object] | None = None) -> None:
        """Have the engine do what is seen as soon as it is done: only a refusal is said."""
        try:
            await self.link.submit(command)
        except CockpitError as error:
            self.say(clean(str(error)), "error")
        else:
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

    async def on_unmount(self, event: events.Unmount) -> None:
        if self.theme != THEMES[0].name or self.left.theme:
            self.left.theme = self.theme
        self.left.chart = self.live.chart.left
        self.left.recent = left_in(self.home).recent  # the forms keep that, of this screen and of others
        leave_in(self.home, self.left)
        self.catalogue.close()
        await self.link.close()


def _same(deck: Deck) -> Deck:
    return deck
