"""Why a strategy did, or did not, trade at a moment of the past: which moment, how far looking is, and what was found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets._static import Static

from cockpit.forms.dialog import Dialog
from cockpit.forms.moment import TimeForm
from cockpit.inquiry import OLDER
from cockpit.moments import read, shown
from cockpit.standing import why_lines
from cockpit.text import clean
from core.desk_view import WhyView
from core.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: Seconds between two questions.
EVERY = 0.3

#: Cells of the dialog at most, and of its frame and scroll bar.
WIDEST, AROUND = 130, 6

#: Asks the engine `why`.
Ask = Callable[[dict[str, Any]], Awaitable[Any]]


class PastForm(TimeForm):
    """Asks for a moment that is over."""

    EXAMPLES: ClassVar[str] = "-10m, 14:05:30, 2026-11-20T21:30"
    KEYS: ClassVar[str] = "enter looks · esc leaves"

    def __init__(self, strategy: str, now_ns: Callable[[], int]) -> None:
        """`now_ns` is the engine's time."""
        super().__init__()
        self._strategy, self._now_ns = strategy, now_ns

    HEADING: ClassVar[str] = "What it saw at a moment"

    def opening(self) -> str:
        return f"When: {clean(self._strategy)} is run again up to then. It is {shown(self._now_ns())} UTC."

    def meant(self, text: str) -> int:
        now_ns = self._now_ns()
        at_ns = read(text.strip(), now_ns)
        if at_ns > now_ns:
            raise ValueError(f"{shown(at_ns)} is still to come: it is {shown(now_ns)}")
        return at_ns

    def intent(self, to_ns: int) -> str:
        return f"Enter says what {clean(self._strategy)} saw and did at {shown(to_ns)}."


class Past(Dialog[None]):
    """How far looking is, then what was found."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "leave", "close")]

    def __init__(self, ask: Ask, strategy: str, at_ns: int) -> None:
        super().__init__()
        self._ask, self._words = ask, {"id": strategy, "at_ns": at_ns}
        self._running = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="form reading"):
            yield Static(f"Why {clean(str(self._words['id']))} did what it did", classes="title", markup=False)
            with VerticalScroll(id="text"):
                yield Static("looking …", markup=False)
            yield Static("↑ ↓ scroll · esc closes, and ends looking", classes="keys", markup=False)

    def on_mount(self) -> None:
        self.query_one("#text").focus()
        self._look()

    @work(exclusive=True, group="past")
    async def _look(self) -> None:
        self._running = True
        try:
            while (answer := await self._ask(self._words)).get("state") == "running" and not self.left:
                note = clean(str(answer.get("note") or ""))
                self._tell(f"{note or 'running it again'}: {float(answer.get('share') or 0.0):.0%} …")
                await asyncio.sleep(EVERY)
            self._running = False
            if answer.get("state") == "done":
                self._show(msgspec.convert(answer.get("found"), WhyView))
            else:
                self._tell(clean(str(answer.get("note") or "nothing was found")))
        except CockpitError as error:
            self._tell(clean(str(error)))
        except msgspec.ValidationError:
            self._tell(OLDER)

    def _show(self, view: WhyView) -> None:
        cells = min(self.app.size.width, WIDEST) - AROUND
        lines = [Content.assemble(*((text, self._style(tone)) for text, tone in line)) for line in why_lines(view, cells)]
        self._tell(Content("\n").join(lines))

    def _style(self, tone: str) -> str:
        name = tone if tone in ("up", "down", "warn", "muted") else "ink"
        return f"{'bold ' * (tone == 'strong')}{self.app.theme_variables[name]}"

    def _tell(self, text: str | Content) -> None:
        if not self.left:
            self.query_one("#text > Static", Static).update(text)

    def action_leave(self) -> None:
        if self._running and not self.left:
            self.app.run_worker(_end(self._ask, self._words), group="past")
        super().action_leave()


async def _end(ask: Ask, words: dict[str, Any]) -> None:
    """Whoever looks need not go on; an engine that is gone does not."""
    try:
        await ask({**words, "cancel": True})
    except CockpitError:
        return


def look_back(app: CockpitApp, strategy: str, now_ns: Callable[[], int]) -> None:
    """Ask for a moment, then say what a strategy saw at it."""
    if not strategy:
        app.say("no strategy is chosen: move to one first")
        return

    def go(at_ns: int | None) -> None:
        if at_ns is not None:
            app.push_screen(Past(partial(_asked, app), strategy, at_ns))

    app.push_screen(PastForm(strategy, now_ns), go)


async def _asked(app: CockpitApp, words: dict[str, Any]) -> Any:
    return await app.link.study("why", **words)
