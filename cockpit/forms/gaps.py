"""What a form says of the gaps of a tape, before the engine would refuse it: how many, and what one key does about them."""

from __future__ import annotations

from cockpit import figures
from cockpit.forms.entry import Entry
from cockpit.forms.fields import Field, Value
from core.codes import SECOND
from core.source_view import Lacking

REFUSE, ALLOW = "refuse", "allow"

#: A stretch that is shorter is none, in seconds.
SHORTEST_S = 2

KEY = "ctrl+g"


class GapsEntry(Entry):
    """Whether a source may lack rows.

    Attributes:
        lacking: what the source is known to lack; None nothing, or nobody knows.
    """

    def __init__(self, text: str | None) -> None:
        field = Field(name="gaps", type="choice", choices=[REFUSE, ALLOW], default=REFUSE, description="what to do if rows are missing")
        super().__init__(field, text)
        self.lacking: Lacking | None = None

    def lack(self, lacking: Lacking | None) -> None:
        """So much is missing in the source."""
        self.lacking = lacking
        self.judge()

    @property
    def stretch(self) -> tuple[int | None, int | None] | None:
        """The longest span without a gap, in whole seconds (ns); None where there is none worth a run."""
        found = self.lacking
        if found is None or found.length_ns < SHORTEST_S * SECOND:
            return None
        begin = None if found.from_ns is None else -(-found.from_ns // SECOND) * SECOND
        end = None if found.to_ns is None else found.to_ns // SECOND * SECOND
        return begin, end

    def read(self) -> Value | list[str]:
        if self.text == REFUSE and self.lacking is not None:
            raise ValueError(f"{'is' if self.lacking.places == 1 else 'are'} {self._words(self.lacking)}")
        return super().read()

    def hint(self) -> str:
        return super().hint() if self.lacking is None else f"{self._count(self.lacking)}; {KEY}: refuse"

    def _words(self, found: Lacking) -> str:
        """`2 on the tape, 1,204 prints missing: ctrl+g takes the longest stretch without (3h 07m), ctrl+g again all with its gaps`."""
        coming = f" ({found.open:,} may still come)" if found.open else ""
        if self.stretch is None:
            return f"{self._count(found)}{coming}: {KEY} allows that"
        longest = figures.uptime(found.length_ns / 1e9)
        return f"{self._count(found)}{coming}: {KEY} takes the longest stretch without ({longest}), {KEY} again all with its gaps"

    @staticmethod
    def _count(found: Lacking) -> str:
        return f"{found.places:,} on the tape, {figures.many(found.missing, 'print')} missing"
