"""How long a tick takes from the socket through the engine: parsed, sequenced, target, fill, on disk, and to an alert it set off.

Each from the moment its bytes were read (`recv`). `target`, when every strategy of a worker has seen it, is measured over there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from core.clock import Clock
from core.latency import Figures, Histogram, Stage, Stages
from core.types import Origin, Records

T = TypeVar("T")

LIVE = int(Origin.LIVE)

#: How many released ticks back a fill's own tick is looked for.
REMEMBERED = 1 << 16


class Passage:
    """The stages of one engine.

    Attributes:
        stages: their histograms, in the order of the way.
        orders: those of orders for a venue, where there are any.
    """

    def __init__(self, clock: Clock) -> None:
        self.stages = Stages((name, Stage()) for name in ("parsed", "sequenced", "target", "fill", "on_disk", "alert"))
        self.orders = Stages()
        self._clock = clock
        self._recv = np.zeros(REMEMBERED, np.int64)
        self._first = self._next = 0  # seqs remembered: from first (or what is left of it) up to next

    def parsed(self, ticks: Records) -> None:
        """A connection's frames became these."""
        self.stages["parsed"].note(self._clock.now_ns(), ticks["recv"])

    def released(self, ticks: Records) -> None:
        """They were given their seqs, one after the other, and go on to tape and strategies."""
        recv = ticks["recv"]
        self.stages["sequenced"].note(self._clock.now_ns(), recv)
        first = int(ticks["seq"][0])
        if first != self._next:
            self._first = first
        self._next = first + len(recv)
        at = first % REMEMBERED
        if at + len(recv) <= REMEMBERED:
            self._recv[at : at + len(recv)] = recv
        else:
            newest = recv[-REMEMBERED:]
            self._recv[np.arange(self._next - len(newest), self._next) % REMEMBERED] = newest

    def committed(self, parts: Sequence[Records]) -> None:
        """They are on the tape."""
        now, stage = self._clock.now_ns(), self.stages["on_disk"]
        for ticks in parts:
            stage.note(now, ticks["recv"])

    def filled(self, seqs: Sequence[int]) -> None:
        """Fills on ticks with these seqs were reported; those of another session, replayed, are passed over."""
        now, oldest = self._clock.now_ns(), max(self._first, self._next - REMEMBERED)
        for seq in seqs:
            if oldest <= seq < self._next:
                self.stages["fill"].record(now, now - int(self._recv[seq % REMEMBERED]))

    def received(self, seq: int) -> int:
        """When the bytes of a tick were read, ns; 0 where that is not known."""
        known = max(self._first, self._next - REMEMBERED) <= seq < self._next
        return int(self._recv[seq % REMEMBERED]) if known else 0

    def alerted(self, ticks: Records) -> None:
        """Among these were prints that set alerts off, which are raised: counted from the oldest that came from a socket."""
        recv = ticks["recv"][ticks["origin"] == LIVE]
        if len(recv):
            now = self._clock.now_ns()
            self.stages["alert"].record(now, now - int(recv.min()))

    def heard(self, data: bytes | bytearray) -> None:
        """A worker's times of ticks its strategies have seen, since it told the last time.

        Raises:
            ValueError: no such bytes.
        """
        self.stages["target"].add(self._clock.now_ns(), Histogram.from_bytes(data))

    def figures(self) -> dict[str, Figures]:
        """{stage: {p50_us, p99_us, max_us, count}} of the last minute."""
        now = self._clock.now_ns()
        return self.stages.recent(now) | self._named(self.orders.recent(now))

    def totals(self) -> dict[str, Figures]:
        """The same since the engine started."""
        return self.stages.summary() | self._named(self.orders.summary())

    def histograms(self) -> dict[str, bytes]:
        """The same as whole histograms (`Histogram.from_bytes`): two of them tell what was between."""
        return {name: stage.total().to_bytes() for name, stage in (self.stages | self._named(self.orders)).items()}

    def _named(self, found: Mapping[str, T]) -> dict[str, T]:
        return {f"order_{name}": value for name, value in found.items()}
