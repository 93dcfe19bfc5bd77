"""Where a replay is to go: a time of the recording, or so much on or back; what that does is said before enter does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets._input import Input
from textual.widgets._static import Static

from cockpit.forms.dialog import Dialog
from cockpit.moments import Bounds, place_of, shown
from core.view import HeaderView


def moment_of(text: str, header: HeaderView) -> int:
    """The time (ns) that a person means.

    Raises:
        ValueError: it is none, or not in the recording.
    """
    replay = header.replay
    assert replay is not None
    return place_of(text, Bounds(header.now_ns, replay.begin_ns, replay.end_ns))


class TimeForm(Dialog[int]):
    """Asks for a time; answers it in ns, or None when left. Subclasses say which can be meant, and what enter does then."""

    HEADING: ClassVar[str] = ""
    EXAMPLES: ClassVar[str] = ""
    KEYS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave")]

    def opening(self) -> str:
        """What is said before anything is typed."""
        raise NotImplementedError

    def meant(self, text: str) -> int:
        """The time (ns) of a typed text.

        Raises:
            ValueError: it is none that can be meant.
        """
        raise NotImplementedError

    def intent(self, to_ns: int) -> str:
        """What enter does."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with Vertical(classes="form symbols"):
            yield Static(self.HEADING, classes="title", markup=False)
            yield Input(placeholder=self.EXAMPLES, compact=True, max_length=40)
            yield Static("", classes="outcome", markup=False)
            yield Static(self.KEYS, classes="keys", markup=False)

    def on_mount(self) -> None:
        self._say(self.opening(), "")
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if not event.value.strip():
            self._say("", "")
            return
        try:
            self._say(self.intent(self.meant(event.value)), "-ready")
        except ValueError as error:
            self._say(str(error), "-wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            self.dismiss(self.meant(event.value))
        except ValueError as error:
            self._say(str(error), "-wrong")

    def action_leave(self) -> None:
        self.dismiss(None)

    def _say(self, text: str, state: str) -> None:
        outcome = self.query_one(".outcome", Static)
        outcome.set_classes(f"outcome {state}".rstrip())
        outcome.update(text)


class MomentForm(TimeForm):
    """Asks for a time of the recording that is played."""

    HEADING: ClassVar[str] = "Go to a time"
    EXAMPLES: ClassVar[str] = "00:10:30, +5m, -90s, start, end"
    KEYS: ClassVar[str] = "enter goes there · esc leaves"

    def __init__(self, header: Callable[[], HeaderView]) -> None:
        """`header` is what the engine said last."""
        super().__init__()
        self._header = header

    def opening(self) -> str:
        header = self._header()
        replay = header.replay
        assert replay is not None
        end = f" to {shown(replay.end_ns)}" if replay.end_ns else ""
        return f"The recording goes from {shown(replay.begin_ns)}{end}; it is {shown(header.now_ns)}."

    def meant(self, text: str) -> int:
        return moment_of(text, self._header())

    def intent(self, to_ns: int) -> str:
        if to_ns >= self._header().now_ns:
            return f"Enter plays every print up to {shown(to_ns)} as fast as it goes: strategies see them all."
        return f"Enter goes back to {shown(to_ns)}: the replay begins anew, with fresh books (asks first)."
