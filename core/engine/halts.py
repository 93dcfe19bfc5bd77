"""What a venue's state of a symbol means to the strategies on it: where it may not be traded they are halted, and say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.engine.roster import Entry

if TYPE_CHECKING:
    from core.engine.engine import Engine


class Halts:
    """Has each strategy halted while the venue halts a symbol of it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def reason(self, entry: Entry) -> str:
        """Why a strategy cannot trade, or empty."""
        halted = self.engine.market.halted
        return ", ".join(f"{symbol.rpartition(':')[2]} is {halted[symbol]}" for symbol in entry.order.symbols if symbol in halted)

    def look(self, *entries: Entry) -> None:
        """The venue's list is new, or these strategies are."""
        engine = self.engine
        for entry in entries:
            why = self.reason(entry)
            if why == entry.halted or entry.state == "failed":
                continue
            entry.halted = why
            cause = f"halt {entry.id}"
            if why:
                engine.alarms.raise_(cause, "critical", f"{entry.id} is halted: {why}")
            else:
                engine.alarms.resolve(cause)
                engine.alarms.note("info", f"{entry.id} may trade again")
            engine.limiting.look([entry])
            engine.panes.touch("strategies")
