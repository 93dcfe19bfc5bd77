"""What the panes of the analyst ask the engine once a second while they are in sight: each its own question, none ever waited for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from cockpit import figures
from cockpit.analyst_view import Answer
from cockpit.text import clean
from core.errors import CockpitError, NotRunning

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

T = TypeVar("T", bound=Answer)

#: Seconds between two questions of a pane.
EVERY = 1.0

#: Seconds after which an answer is said to be old; one that is older than a day is of another clock, such as a replay's.
OLD, DAY = 30.0, 86_400.0

#: What is said where the engine does not know a question, or answers it otherwise than this screen reads it.
OLDER = "this engine is older: restart it"


class Question(Generic[T]):
    """One question, and its newest answer.

    Attributes:
        what: its word.
        args: what is asked about; None: nothing yet.
        found: the newest answer about that; None there is none.
        trouble: why there is no newer one, in words.
        now_ns: the engine's time, by which an answer is old.
    """

    def __init__(self, what: str, kind: type[T]) -> None:
        self.what = what
        self.args: dict[str, Any] | None = None
        self.found: T | None = None
        self.trouble = ""
        self.now_ns = 0
        self._kind = kind
        self._due = 0.0
        self._asking = False

    def about(self, args: dict[str, Any] | None) -> None:
        """Ask about this from now on; an answer about something else is forgotten."""
        if args != self.args:
            self.args, self.found, self.trouble, self._due = args, None, "", 0.0

    def ask_soon(self) -> None:
        """Much may have changed at once."""
        self._due = 0.0

    def begin(self, now: float) -> bool:
        """Whether to ask now, monotonic seconds; one that is under way is not asked again."""
        if self.args is None or self._asking or now < self._due:
            return False
        self._asking, self._due = True, now + EVERY
        return True

    async def ask(self, app: CockpitApp) -> None:
        """Ask, and keep what comes of it."""
        args = dict(self.args or {})
        try:
            answer, trouble = read(await app.link.study(self.what, **args), self._kind), ""
        except NotRunning:
            return  # whoever pulls the views says so
        except CockpitError as error:
            answer, trouble = None, words_of(error)
        finally:
            self._asking = False
        if args == self.args:
            self.trouble = trouble
            self._keep(answer)

    def _keep(self, answer: T | None) -> None:
        """Keep an answer; one that says the same as the last is the last, so that nothing is drawn again for it."""
        old = self.found
        if old is not None and answer is not None and msgspec.structs.replace(answer, asof_ns=old.asof_ns) == old:
            old.asof_ns = answer.asof_ns
        elif answer is not None:
            self.found = answer

    @property
    def standing(self) -> tuple[str, str]:
        """What is said beside the pane's title where all is not well, and its tone; ('', 'muted') all is."""
        found = self.found
        note = clean((found and found.note) or "")
        if self.trouble:
            return self.trouble, "warn"
        if found is None:
            return "", "muted"
        if found.state == "ready":
            note = note or self._old(found)
            return note, "warn" if note else "muted"
        said, tone = ("the analyst starts", "muted") if found.state == "starting" else ("the analyst failed", "warn")
        return note if note.startswith("the analyst") else f"{said}{': ' + note if note else ''}", tone

    def _old(self, found: T) -> str:
        """Of when an answer is that is not of now; '' where it is, or nobody knows."""
        age = (self.now_ns - (found.asof_ns or self.now_ns)) / 1e9
        return f"as of {figures.clock(found.asof_ns or 0)}Z" if OLD < age < DAY else ""

    @property
    def empty(self) -> tuple[str, ...]:
        """What a pane says that has nothing to show."""
        words, _ = self.standing
        if self.trouble == OLDER:
            return ("This engine is older than the screen: restart it.", "`cockpit stop`, then `cockpit start`: what it holds is kept.")
        if self.trouble:
            return (f"{words[:1].upper()}{words[1:]}.",)
        if self.found is None:
            return ("Asking the analyst …",)
        if self.found.state == "starting":
            return ("The analyst is starting: the first answers come in a few seconds …",)
        if self.found.state == "failed":
            return (f"{words[:1].upper()}{words[1:]}.", "It is started again by itself; F6 shows the engine's log.")
        return (f"{words[:1].upper()}{words[1:]}.",) if words else ()


def read(answer: Any, kind: type[T]) -> T:
    """An answer as what it is.

    Raises:
        CockpitError: it is something else.
    """
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise CockpitError(OLDER) from error


def words_of(error: CockpitError) -> str:
    """Why a question was not answered."""
    text = clean(str(error))
    return OLDER if "is not a question" in text else text


def inquire(app: CockpitApp, questions: Iterable[Question[Any]]) -> None:
    """Ask each of these that is due, all at once."""
    now = time.monotonic()
    for question in questions:
        if question.begin(now):
            app.run_worker(question.ask(app), group="inquiry")
