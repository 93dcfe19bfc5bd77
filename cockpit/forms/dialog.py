"""What lies over a screen until it is answered, once: a key pressed twice in a hurry is one answer, and closes nothing else."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen
from textual.widgets._static import Static

from cockpit.text import clean
from core.errors import CockpitError

Result = TypeVar("Result")


async def _nothing() -> None:
    """What is done the second time."""


class Dialog(ModalScreen[Result]):
    """A modal screen that can be left only once.

    Attributes:
        left: whether it was.
    """

    left = False
    _told = ("", "")

    @property
    def settled(self) -> bool:
        """Whether keys go where they will be seen; until then they wait."""
        return self.focused is not None

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave it with an answer; None is no answer. The second time nothing happens."""
        if self.left:
            return AwaitComplete(_nothing())
        self.left = True
        return super().dismiss(result)

    def action_leave(self) -> None:
        """Leave it without an answer."""
        self.dismiss(None)

    def tell(self, text: str, state: str) -> None:
        """Say in the line below what enter does, what is wrong, or what came of it; `state` is its colour's class."""
        if not self.left and (text, state) != self._told:
            self._told = (text, state)
            outcome = self.query_one(".outcome", Static)
            outcome.set_classes(f"outcome {state}")
            outcome.update(text)

    async def attempt(self, sending: Awaitable[Any], done: str) -> bool:
        """Wait for what the engine makes of a command, and say it: `done` and what it has to add, or why it was refused.

        Whether it was done.
        """
        try:
            answer = await sending
        except CockpitError as error:
            self.tell(f"Refused: {clean(str(error))}", "-refused")
            return False
        note = answer.get("note") if isinstance(answer, dict) else None
        self.tell(f"{done} {clean(note)}." if note else done, "-ready")
        return True
