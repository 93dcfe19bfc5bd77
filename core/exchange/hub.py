"""From events of the market to bytes on every client's socket: each event is encoded once for all who hear it alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.exchange.disturbances import Altered, Disturbances, Event
from core.exchange.market import Listing
from core.exchange.rows import Kind, Segment, Source
from core.exchange.sessions import Session
from core.exchange.wire import PAYLOADS, envelope, quoted, stream_name, websocket_frame

#: A client of a live market this far behind is cut off rather than kept in memory.
MAX_BACKLOG = 64 << 20

#: A recording waits while a client has this much to read.
FULL = 1 << 20

_Groups = dict[tuple[bool, int, frozenset[Source]], list[Session]]


class Hub:
    """The connected sessions.

    Attributes:
        disturbances: what happens to prints on their way.
        silent: nothing goes out; what is published meanwhile is lost to the streams.
    """

    def __init__(self, listings: Sequence[Listing]) -> None:
        self.sessions: set[Session] = set()
        self._names = [quoted(item.symbol) for item in listings]
        self._streams: dict[Source, str] = {
            (kind, number): stream_name(item.symbol, kind) for number, item in enumerate(listings) for kind in Kind
        }
        self.disturbances = Disturbances()
        self.silent = False

    @property
    def full(self) -> bool:
        """Someone cannot read as fast as this."""
        return any(session.backlog > FULL for session in self.sessions)

    @property
    def listening(self) -> bool:
        """Someone is subscribed to something that flows."""
        return any(session.sources for session in self.sessions)

    def publish(self, segment: Segment, start: int, end: int) -> None:
        """Send the events from one position of a segment up to another."""
        groups = self._groups()
        if groups and not self.silent:
            events = self._wanted(segment, start, end, frozenset().union(*(sources for _, _, sources in groups)))
            self._send(segment, self.disturbances.apply(segment, events), groups)

    def flush(self, segment: Segment) -> None:
        """Send what was held back to go out in another order."""
        self._send(segment, self.disturbances.held_back(), self._groups())

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

    def _groups(self) -> _Groups:
        """Those who listen to the same streams in the same form."""
        groups: _Groups = {}
        for session in self.sessions:
            if session.sources and session.speaks:
                groups.setdefault((session.combined, session.unit, session.sources), []).append(session)
        return groups

    def _send(self, segment: Segment, events: Sequence[Event | Altered], groups: _Groups) -> None:
        encoded: dict[tuple[bool, int], dict[Event | Altered, bytes]] = {}
        for (combined, unit, sources), members in groups.items():
            done = encoded.setdefault((combined, unit), {})
            chosen = [event for event in events if event[:2] in sources]
            for event in chosen:
                if event in done:
                    continue
                if isinstance(event, Altered):
                    kind, symbol = event.kind, event.symbol
                    text = event.alter(PAYLOADS[kind](self._names[symbol], event.row, unit))
                else:
                    kind, symbol, row = event
                    text = PAYLOADS[kind](self._names[symbol], segment.rows[kind, symbol][row].item(), unit)
                done[event] = websocket_frame(envelope(self._streams[kind, symbol], text) if combined else text)
            frames = b"".join([done[event] for event in chosen])
            for session in members if frames else ():
                session.write(frames)
