"""The stops of a strategy that runs: what they are, and others from the next print on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from textual.widgets._static import Static

from cockpit import figures
from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field
from cockpit.forms.form import Form
from cockpit.forms.recents import Recents
from cockpit.text import clean
from core.commands import SetStops
from core.view import StrategyRow

#: Of `SetStops`: a word for each, and what it counts from.
_STOPS = (
    ("stop_loss_pct", "stop loss", "% below (above) the entry; empty: none", 100.0),
    ("take_profit_pct", "take profit", "% above (below) the entry; empty: none", None),
    ("trailing_pct", "trailing", "% off the best price since the entry; empty: none", 100.0),
)


class StopsForm(Form):
    """Asks for the stops of one strategy; answers a sentence on them."""

    KEYS: ClassVar[str] = "enter sets them · ↑ ↓ move · ctrl+r as last time · esc leaves"
    GROUPS: ClassVar[tuple[str, ...]] = ("what",)

    def __init__(self, submit: Callable[[SetStops], Awaitable[Any]], recents: Recents, row: StrategyRow) -> None:
        super().__init__(submit, recents)
        self._row = row

    @property
    def heading(self) -> str:
        return f"Stops of {clean(self._row.id)}"

    @property
    def complete(self) -> bool:
        return len(self.entries) == len(_STOPS)

    @property
    def about(self) -> str:
        return self._row.id

    def groups(self) -> dict[str, list[Static | Entry]]:
        rows: list[Static | Entry] = []
        for (name, _, meaning, below), now in zip(_STOPS, self._row.stops, strict=True):
            field = Field(name=name, type="float", gt=0.0, lt=below, description=meaning)
            rows.append(Entry(field, field.shown(now)))
        return {"what": rows}

    def on_mount(self) -> None:
        self.entries[0].control.focus()
        self.judge()

    def made(self) -> SetStops:
        values = {entry.field.name: entry.read() for entry in self.entries}
        return SetStops(id=self._row.id, **values)  # type: ignore[arg-type]

    def intent(self, command: SetStops) -> str:
        given = (command.stop_loss_pct, command.take_profit_pct, command.trailing_pct)
        if not any(given) and not any(self._row.stops):
            return f"{clean(self._row.id)} has no stops: type how far each is to be."
        if not any(given):
            return f"Enter takes every stop of {clean(self._row.id)} away."
        return f"Enter sets {', '.join(self._words(given))}, from the next print on."

    def _words(self, given: Sequence[float | None]) -> list[str]:
        """Each stop that is on, and for a position at which price, but for what follows the best one."""
        side = 0.0 if not self._row.position or self._row.entry is None else 1.0 if self._row.position > 0 else -1.0
        signs = (-side, side, 0.0)
        found = []
        for (_, word, _, _), percent, sign in zip(_STOPS, given, signs, strict=True):
            if percent is not None:
                level = (self._row.entry or 0.0) * (1 + sign * percent / 100)
                found.append(f"{word} {percent:g} %{f' (at {figures.quantity(level)})' if sign and level > 0 else ''}")
        return found

    def busy(self, command: SetStops) -> str:
        return "setting …"

    def answer(self, command: SetStops, reply: dict[str, Any]) -> str:
        given = self._words((command.stop_loss_pct, command.take_profit_pct, command.trailing_pct))
        return f"{clean(self._row.id)}: {', '.join(given) or 'no stops'}"
