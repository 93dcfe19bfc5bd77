"""What lies over a screen until it is answered, once: a key pressed twice in a hurry is one answer, and closes nothing else."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


async def _nothing() -> None:
    """What is done the second time."""


class Dialog(ModalScreen[Result]):
    """A modal screen that can be left only once."""

    _left = False

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave it with an answer; None is no answer. The second time nothing happens."""
        if self._left:
            return AwaitComplete(_nothing())
        self._left = True
        return super().dismiss(result)
