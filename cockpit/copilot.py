"""The copilot screen: what changed, why it matters, what could be done about it, and whether earlier advice was right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from cockpit.actions import bindings_of
from cockpit.deck import ALWAYS, Deck, Pane
from cockpit.panes.advice import AdvicePane
from cockpit.panes.evidence import EvidencePane
from cockpit.panes.line import Part
from cockpit.panes.past import PastPane
from cockpit.text import clean
from core.errors import CockpitError, NotRunning

#: The engine is asked this often while the screen is shown, in seconds.
ASK_S = 1.0

_WAITING = "Waiting for the engine …"

#: What the line of keys calls those that only some advice has.
_LEVERS = {"pause": "p", "flatten": "f", "part": "c", "stops": "v", "backtest": "b", "alert": "a", "seen": "k"}


class CopilotScreen(Deck):
    """Advice, its evidence, and the past."""

    NAME = "copilot"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("copilot")]

    def __init__(self) -> None:
        self.advice = AdvicePane(id="advice")
        self.evidence = EvidencePane(id="evidence")
        self.past = PastPane(id="past")
        self.answer: dict[str, Any] | None = None
        self._word = _WAITING
        self._asked = float("-inf")
        self._asking = False
        super().__init__((self.advice, self.evidence, self.past))

    def compose_panes(self) -> Iterable[Widget]:
        yield Container(self.advice, self.evidence, self.past, id="cabin")

    def wanted(self) -> list[str]:
        return [*ALWAYS]

    def paint(self, now: float, now_ns: int, trouble: str = "") -> None:
        if not self._asking and not trouble and now - self._asked >= ASK_S and self.is_current:
            self._asking, self._asked = True, now
            self.run_worker(self._ask(), group="advice")
        super().paint(now, now_ns, trouble)

    async def _ask(self) -> None:
        try:
            self.take_answer(await self.app.link.look("advice"))  # type: ignore[attr-defined]  # there is one app
        except NotRunning:
            pass  # whoever pulls the views says so
        except CockpitError as error:
            self._word = f"{clean(str(error))}: restart the engine with `cockpit stop` and `cockpit start`"
        finally:
            self._asking = False

    def ask_soon(self) -> None:
        """Something was done: the next paint asks again."""
        self._asked = float("-inf")

    def take_answer(self, answer: dict[str, Any]) -> None:
        """Keep what the engine said."""
        self.answer = answer
        self.advice.take(answer["rows"])
        self.past.take(answer["past"])

    @property
    def told(self) -> bool:
        return self.answer is not None or self._word is not _WAITING

    def paint_pane(self, pane: Pane, now: float, now_ns: int) -> None:
        if self.answer is None or self.header is None:
            if pane is self.evidence:
                self.evidence.show_lines(f"{pane.NUMBER} {pane.TITLE}", [[Part(self._word, "muted")]])
            elif pane is self.advice or pane is self.past:
                pane.show([], now, empty=(self._word,))
        elif pane is self.advice:
            self.advice.paint(self.answer, now, now_ns)
        elif pane is self.past:
            self.past.paint(self.answer["rules"], now, now_ns)
        else:
            self.evidence.paint(self.read, self.answer, now_ns)

    def reshape(self) -> None:
        self.set_class(self.pane is self.past or (self.pane is self.evidence and self.has_class("-past")), "-past")
        super().reshape()

    @property
    def chosen(self) -> dict[str, Any] | None:
        """The advice that keys are about."""
        return None if self.has_class("-past") else self.advice.chosen

    @property
    def read(self) -> dict[str, Any] | None:
        """The advice whose evidence is shown: that under the cursor of the list somebody was in last."""
        return self.past.chosen if self.has_class("-past") else self.advice.chosen

    def keys(self) -> list[tuple[str, str]]:
        """Of what advice may offer, only what the one under the cursor does."""
        row = self.chosen
        offered = {action["key"] for action in row["actions"]} if row is not None else set()
        held, shown = row is not None, super().keys()
        return [
            (key, word)
            for key, word in shown
            if (word not in _LEVERS or _LEVERS[word] in offered) and (word not in ("dismiss", "mute") or held)
        ]

    def tab_of(self, pane: Pane) -> str:
        count = len(self.answer["rows"]) if self.answer is not None else 0
        return f"{pane.TITLE}({count})" if pane is self.advice and count else pane.TITLE
