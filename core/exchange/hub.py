"""From events of the market to bytes on every client's socket: each event is encoded once for all who hear it alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.exchange.market import Listing
from core.exchange.rows import Kind, Segment
from core.exchange.sessions import Session
from core.exchange.wire import PAYLOADS, envelope, quoted, stream_name, websocket_frame

#: A client of a live market this far behind is cut off rather than kept in memory.
MAX_BACKLOG = 64 << 20

#: A recording waits while a client has this much to read.
FULL = 1 << 20

Event = tuple[Kind, int, int]


class Hub:
    """The connected sessions, and what tests do to their streams."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self.sessions: set[Session] = set()
        self._names = [quoted(item.symbol) for item in listings]
        self._streams = {(kind, number): stream_name(item.symbol, kind) for number, item in enumerate(listings) for kind in Kind}
        self._withheld: Counter[tuple[Kind, int]] = Counter()
        self._repeated: Counter[tuple[Kind, int]] = Counter()

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
        kinds = map(Kind, segment.kind[start:end].tolist())
        events = list(zip(kinds, segment.symbol[start:end].tolist(), segment.row[start:end].tolist(), strict=True))
        if self._withheld or self._repeated:
            events = self._disturbed(events)
        groups: dict[tuple[bool, int, frozenset[tuple[Kind, int]]], list[Session]] = {}
        for session in self.sessions:
            if session.sources:
                groups.setdefault((session.combined, session.unit, session.sources), []).append(session)
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
