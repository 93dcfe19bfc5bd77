"""Where a replay is to go: a time of the recording, or so much on or back; what that does is said before enter does it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets._input import Input
from textual.widgets._static import Static

from cockpit import figures
from cockpit.forms.dialog import Dialog
from core.clock import parse_time
from core.codes import DAY, SECOND
from core.errors import UsageError
from core.view import HeaderView

_SPAN = re.compile(r"([+-])\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?[zZ]?")


def moment_of(text: str, header: HeaderView) -> int:
    """The time (ns) that a person means: `00:10`, `2024-08-09T00:10`, `+5m`, `-90s`, `start`, `end`.

    Raises:
        ValueError: it is none, or not in the recording.
    """
    replay = header.replay
    assert replay is not None
    word = text.strip().lower()
    if word == "start":
        return replay.begin_ns
    if word == "end":
        if not replay.end_ns:
            raise ValueError("nobody knows yet where this recording ends")
        return replay.end_ns
    to_ns = _read(text.strip(), header.now_ns)
    if to_ns < replay.begin_ns or (replay.end_ns and to_ns > replay.end_ns):
        end = f" to {_shown(replay.end_ns)}" if replay.end_ns else ""
        raise ValueError(f"{_shown(to_ns)} is not in the recording: it goes from {_shown(replay.begin_ns)}{end}")
    return to_ns


def _read(text: str, now_ns: int) -> int:
    if span := _SPAN.fullmatch(text):
        sign, amount, unit = span.groups()
        return now_ns + (1 if sign == "+" else -1) * int(float(amount) * _UNITS[unit] * SECOND)
    if of_day := _OF_DAY.fullmatch(text):
        hours, minutes, seconds = int(of_day[1]), int(of_day[2]), float(of_day[3] or 0)
        if hours > 23 or minutes > 59 or seconds >= 60:
            raise ValueError(f"{text} is no time of day")
        return now_ns - now_ns % DAY + (hours * 3600 + minutes * 60) * SECOND + int(seconds * SECOND)
    try:
        return parse_time(text)
    except UsageError:
        raise ValueError("a time such as 00:10:30 or 2024-08-09T00:10, or +5m, -90s, start, end") from None


def _shown(ns: int) -> str:
    return f"{figures.date(ns)} {figures.clock(ns)}Z"


class MomentForm(Dialog[int]):
    """Asks for a time; answers it in ns, or None when left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave")]

    def __init__(self, header: Callable[[], HeaderView]) -> None:
        """`header` is what the engine said last."""
        super().__init__()
        self._header = header

    def compose(self) -> ComposeResult:
        with Vertical(classes="form symbols"):
            yield Static("Go to a time", classes="title")
            yield Input(placeholder="00:10:30, +5m, -90s, start, end", compact=True, max_length=40)
            yield Static("", classes="outcome", markup=False)
            yield Static("enter goes there · esc leaves", classes="keys", markup=False)

    def on_mount(self) -> None:
        header = self._header()
        replay = header.replay
        assert replay is not None
        end = f" to {_shown(replay.end_ns)}" if replay.end_ns else ""
        self._say(f"The recording goes from {_shown(replay.begin_ns)}{end}; it is {_shown(header.now_ns)}.", "")
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if not event.value.strip():
            self._say("", "")
            return
        header = self._header()
        try:
            to_ns = moment_of(event.value, header)
        except ValueError as error:
            self._say(str(error), "-wrong")
            return
        if to_ns >= header.now_ns:
            self._say(f"Enter plays every print up to {_shown(to_ns)} as fast as it goes: strategies see them all.", "-ready")
        else:
            self._say(f"Enter goes back to {_shown(to_ns)}: the replay begins anew, with fresh books (asks first).", "-ready")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            self.dismiss(moment_of(event.value, self._header()))
        except ValueError as error:
            self._say(str(error), "-wrong")

    def action_leave(self) -> None:
        self.dismiss(None)

    def _say(self, text: str, state: str) -> None:
        outcome = self.query_one(".outcome", Static)
        outcome.set_classes(f"outcome {state}".rstrip())
        outcome.update(text)
