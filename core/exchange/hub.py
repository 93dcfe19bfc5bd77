"""From events of the market to bytes on every client's socket: each event is encoded once for all who hear it alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.exchange.market import Listing
from core.exchange.rows import Kind, Segment, Source
from core.exchange.sessions import Session
from core.exchange.wire import PAYLOADS, envelope, quoted, stream_name, websocket_frame

#: A client of a live market this far behind is cut off rather than kept in memory.
MAX_BACKLOG = 64 << 20

#: A recording waits while a client has this much to read.
FULL = 1 << 20

Event = tuple[int, int, int]


class Hub:
    """The connected sessions, and what tests do to their streams."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self.sessions: set[Session] = set()
        self._names = [quoted(item.symbol) for item in listings]
        self._streams: dict[Source, str] = {
            (kind, number): stream_name(item.symbol, kind) for number, item in enumerate(listings) for kind in Kind
        }
        self._withheld: Counter[Source] = Counter()
        self._repeated: Counter[Source] = Counter()

    @property
    def full(self) -> bool:
        """Someone cannot read as fast as this."""
        return any(session.backlog > FULL for session in self.sessions)

    @property
    def listening(self) -> bool:
        """Someone is subscribed to something that flows."""
        return any(session.sources for session in self.sessions)

    def withhold(self, symbol: int, count: int) -> None:
        """Leave the next prints of a symbol out, on each print stream."""
        self._withheld.update({(Kind.TRADE, symbol): count, (Kind.AGG, symbol): count})

    def repeat(self, symbol: int, count: int) -> None:
        """Send the next prints of a symbol twice, on each print stream."""
        self._repeated.update({(Kind.TRADE, symbol): count, (Kind.AGG, symbol): count})

    def publish(self, segment: Segment, start: int, end: int) -> None:
        """Send the events from one position of a segment up to another."""
        groups: dict[tuple[bool, int, frozenset[Source]], list[Session]] = {}
        for session in self.sessions:
            if session.sources:
                groups.setdefault((session.combined, session.unit, session.sources), []).append(session)
        if not groups:
            return
        events = self._wanted(segment, start, end, frozenset().union(*(sources for _, _, sources in groups)))
        if self._withheld or self._repeated:
            events = self._disturbed(events)
        encoded: dict[tuple[bool, int], dict[Event, bytes]] = {}
        for (combined, unit, sources), members in groups.items():
            frames = self._frames(segment, [event for event in events if event[:2] in sources], combined, unit, encoded)
            for session in members if frames else ():
                session.write(frames)

    def cut_off_laggards(self) -> None:
        """Drop those who stopped reading."""
        for session in self.sessions:
            if session.backlog > MAX_BACKLOG:
                session.drop()

    def _wanted(self, segment: Segment, start: int, end: int, sources: frozenset[Source]) -> list[Event]:
        """The events that anyone listens to."""
        heard = np.zeros((len(Kind), len(self._names)), np.bool_)
        heard[tuple(zip(*sources, strict=True))] = True
        kind, symbol, row = segment.kind[start:end], segment.symbol[start:end], segment.row[start:end]
        chosen = heard[kind, symbol]
        return list(zip(kind[chosen].tolist(), symbol[chosen].tolist(), row[chosen].tolist(), strict=True))

    def _frames(
        self, segment: Segment, events: list[Event], combined: bool, unit: int, encoded: dict[tuple[bool, int], dict[Event, bytes]]
    ) -> bytes:
        """The events as WebSocket frames, back to back."""
        done = encoded.setdefault((combined, unit), {})
        for event in events:
            if event in done:
                continue
            kind, symbol, row = event
            text = PAYLOADS[kind](self._names[symbol], segment.rows[kind, symbol][row].item(), unit)
            done[event] = websocket_frame(envelope(self._streams[kind, symbol], text) if combined else text)
        return b"".join([done[event] for event in events])

    def _disturbed(self, events: list[Event]) -> list[Event]:
        out: list[Event] = []
        for event in events:
            source = event[:2]
            if self._withheld[source] > 0:
                self._withheld[source] -= 1
                continue
            out.append(event)
            if self._repeated[source] > 0:
                self._repeated[source] -= 1
                out.append(event)
        self._withheld, self._repeated = +self._withheld, +self._repeated
        return out
