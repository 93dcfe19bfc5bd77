"""Keys one after the other: the next one goes in when the last one has done all it does, so that what is typed at once lands in order.

Textual hands a key to what has the focus now, while the key before it is still on its way up to an action that opens a form or moves
the focus: of a word that is typed (or sent by a slow line) at one go, the rest would go elsewhere and be lost. A key behind one that
shows a screen waits for what the engine says of it, since it is about a row that is not there yet.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from textual import events
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets._input import Input

if TYPE_CHECKING:
    from textual.app import App

Typed: TypeAlias = "events.Key | events.Paste"

#: Seconds between looks whether a form that opens is there.
EVERY = 0.01

#: Seconds after which a key counts as done in any case.
PATIENCE = 3.0

#: Keys that wait at the most; more is no typing.
MOST = 500

#: Keys that never wait for a form: they leave it, and what was typed for it is forgotten.
_LEAVE = frozenset({"escape", "ctrl+c", "ctrl+q"})

#: Keys that are about what is listed.
_CHOOSE = frozenset({"enter", "up", "down"})


class Through(Message):
    """Follows a key through everything that may want it, up to the app, and then what the key had said on its way (`submitted`)."""

    def __init__(self, number: int, again: bool = True) -> None:
        super().__init__()
        self.number = number
        self.again = again


class TypeAhead:
    """Keys and pastes on their way into an app.

    Args:
        deliver: hands one to what has the focus.
    """

    def __init__(self, app: App[None], deliver: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Typed] = deque(maxlen=MOST)
        self._number = 0
        self._under_way = False
        self._since = 0.0
        self._looking = False
        self._target: Widget | None = None
        self._line: Input | None = None  # where letters go, as long as nothing else is under way

    async def take(self, event: Typed) -> None:
        """One more; it goes in when it is its turn."""
        if not self._app.screen_stack:
            return  # the app ends
        if isinstance(event, events.Key) and event.key in _LEAVE and not settled(self._app.screen):
            self._waiting.clear()
            await self._deliver(event)
            return
        self._waiting.append(event)
        await self._go_on()

    def through(self, message: Through) -> None:
        """A key has done what it does; what it called for later comes first."""
        message.stop()
        target = self._target if message.again and message.number == self._number else None
        if target is not None and target.post_message(Through(message.number, again=False)):
            return
        self._app.call_later(self._done, message.number)

    async def _done(self, number: int) -> None:
        if number == self._number:
            self._under_way = False
            await self._go_on()

    async def _go_on(self) -> None:
        while self._waiting and self._app.screen_stack and self._free:
            await self._hand_on(self._waiting.popleft())
        if self._waiting and not self._looking and self._app.screen_stack:
            self._looking = True
            self._app.set_timer(EVERY, self._look)

    async def _look(self) -> None:
        self._looking = False
        await self._go_on()

    @property
    def _free(self) -> bool:
        first = self._waiting[0]
        if self._busy and (self._line is None or self._line is not _line_of(first, self._app)):
            return False
        return settled(self._app.screen, first.key if isinstance(first, events.Key) else "")

    @property
    def _busy(self) -> bool:
        """Whether the last key still does what it does; what it was handed to may be gone."""
        gone = self._target is not None and not self._target.is_attached
        return self._under_way and not gone and time.monotonic() - self._since < PATIENCE

    async def _hand_on(self, event: Typed) -> None:
        target = self._target = self._app.focused or self._app.screen
        self._number += 1
        self._line = _line_of(event, self._app)
        self._under_way, self._since = True, time.monotonic()
        await self._deliver(event)
        if not target.post_message(Through(self._number)):
            self._under_way = False


def _line_of(event: Typed, app: App[None]) -> Input | None:
    """Where a letter is one more letter and nothing else, so that the next one need not wait for what is made of it."""
    line = app.focused
    return line if isinstance(line, Input) and isinstance(event, events.Key) and event.is_printable else None


def settled(screen: Screen[object], key: str = "") -> bool:
    """Whether what is typed now goes where it will be seen: a dialog that opens, or makes its fields anew, is not there yet, and one
    that finds things by name may still list what fitted before the last letter; a screen may not know yet what it is to show."""
    ready: bool = getattr(screen, "settled", not isinstance(screen, ModalScreen) or screen.focused is not None)
    return ready and (key not in _CHOOSE or getattr(screen, "found", True))
