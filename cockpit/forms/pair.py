"""The form that chooses a pair: two of the symbols there are, the bars, the window, the method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual.widgets._static import Static

from cockpit.forms.described import Listed
from cockpit.forms.entry import Entry, SymbolSuggester
from cockpit.forms.fields import Field, Value
from cockpit.forms.form import Form
from cockpit.forms.recents import Recents
from cockpit.panes.pair import INTERVALS, Spec
from cockpit.panes.pair_text import METHODS
from cockpit.panes.prices import bare

#: Bars of a window at the least and at the most.
LEAST, MOST = 3, 400

_LACKING = "is not streamed; there are"


class Leg(Entry):
    """A symbol, and not the one that is the other leg."""

    other: Leg | None = None

    def read(self) -> Value | list[str]:
        symbol = super().read()
        if self.other is not None and str(symbol).casefold() == self.other.text.strip().casefold():
            raise ValueError("is the other leg: a pair needs two")
        return symbol


class PairForm(Form):
    """Asks for a pair; answers its name."""

    KEYS: ClassVar[str] = "enter shows it · ↑ ↓ move · ← → choose · ctrl+r as last time · esc leaves"

    def __init__(self, take: Callable[[dict[str, Any]], Awaitable[Any]], spec: Spec, symbols: list[str], recents: Recents) -> None:
        """`spec` is what it begins with, `symbols` are the bare names there are."""
        super().__init__(take, recents)
        self._spec = spec
        self._symbols = symbols

    @property
    def heading(self) -> str:
        return "Two markets beside each other"

    @property
    def complete(self) -> bool:
        return not self.left

    @property
    def about(self) -> str:
        return "a pair"

    def groups(self) -> dict[str, list[Static | Entry]]:
        spec, known = self._spec, tuple(self._symbols)
        meanings = {"a": "the leg that is measured", "b": "the leg it is measured against"}
        legs = [
            Leg(
                Listed(name=name, description=words, known=known, lacking=_LACKING),
                bare(getattr(spec, name)),
                suggester=SymbolSuggester(lambda: self._symbols),
            )
            for name, words in meanings.items()
        ]
        legs[1].other = legs[0]
        window = Field(name="window", type="int", default=60, ge=LEAST, le=MOST, description="bars of the z-score")
        return {
            "what": [
                *legs,
                Entry(Field(name="interval", type="choice", choices=list(INTERVALS), default=spec.interval, description="of a bar")),
                Entry(window, str(spec.window)),
                Entry(Field(name="method", type="choice", choices=list(METHODS), default=spec.method, description="of the hedge ratio")),
            ]
        }

    def on_mount(self) -> None:
        self.entries[0].control.focus()
        self.judge()

    def made(self) -> Any:
        return {entry.field.name: entry.read() for entry in self.entries}

    def intent(self, command: Any) -> str:
        how = METHODS[command["method"]]
        return f"Enter shows {command['a']} against {command['b']} on bars of {command['interval']}, window {command['window']}, {how}."

    def changed(self, entry: Entry) -> None:
        if entry.field.name == "a":
            self.entries[1].judge()  # it must be another one

    def busy(self, command: Any) -> str:
        return "showing it …"

    def answer(self, command: Any, reply: dict[str, Any]) -> str:
        return f"{command['a']} / {command['b']}"
