"""The words between the engine and a worker: length-prefixed frames over one socket, ticks as raw bytes.

Everything travels in one stream, so a command takes effect after exactly the ticks sent before it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from core.commands import Said, Terms
from core.compile.blueprint import Blueprint

# engine -> worker
TICKS = 1  # TICK records
ASSIGN = 2  # Assignment
WARM = 3  # Warm, then TICK records
LEVER = 4  # Lever
SNAP = 5  # snapshot every strategy, or the one of a `Start`
STATUS = 6  # tell every strategy's figures; the answer bears the same seq
QUIT = 7
STANDS = 9  # strategy id: say how its conditions stand
PAST = 8  # TICK records that are not of this moment: sent again, or late

# worker -> engine
READY = 20  # the interpreter is up
SEEN = 21  # all ticks through `seq` are done
REPORTS = 22  # u16 length, strategy id, REPORT records
FIGURES = 23  # list[Figures]
SNAPSHOT = 24  # Snapshot
FAILED = 25  # Failure
GONE = 26  # strategy id: closed and dropped
RUNNING = 27  # strategy id: assigned (and warmed)
TIMES = 28  # how old live ticks were when strategies had seen them: a histogram's bytes
STANDING = 29  # core.conditions.standing.Standing

HEAD = struct.Struct("<IIq")  # payload length, kind, seq


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Run this strategy.

    Attributes:
        told: the number of the last command that is in its state.
        slot: its number on this worker, from 1: names it in the cell of progress.
        legs: leg number by symbol index.
        snapshot: where to take up, or None to start anew.
        book_only: take only books and account from the snapshot: the strategy was edited since. Without a snapshot, from the fills.
        fills: those that came with that snapshot's tick or later, or all, each with its number.
        orders: the number of the last order it ever gave, where it takes over books.
    """

    id: str
    plan: Blueprint
    terms: Terms
    legs: dict[int, int]
    snapshot: bytes | None = None
    layout: str = ""
    book_only: bool = False
    fills: list[tuple[int, float, float, float, int, float, int]] = []
    orders: int = 0
    seq: int = 0
    slot: int = 0
    told: int = 0


class Start(msgspec.Struct, frozen=True, array_like=True):
    """Snapshot one strategy, and say of the snapshot what it is: the state an incarnation starts from."""

    id: str
    payload: str


class Lever(msgspec.Struct, frozen=True, kw_only=True):
    """A command on one strategy: pause | resume | flatten | reduce | stops | limits | hear | close | drop, or closing: it was told
    to close before; or what a venue did with its orders: executed | unplaced.

    Attributes:
        said: what goes with it.
        number: counts the commands a strategy was ever given, from 1; 0 is one that is said again to a strategy that begins anew.
        heard: counts what it heard in this life of the engine, from 1; 0 is any other lever.
        after: the seq after which it takes effect.
    """

    id: str
    lever: str
    said: Said = None
    number: int = 0
    heard: int = 0
    after: int = 0


class Leg(msgspec.Struct, frozen=True, array_like=True):
    """One leg that holds something, or on which an order works."""

    leg: int
    position: float
    aim: float  # where the working order leads; the position where none works
    entry: float
    mark: float  # the last print
    unrealised: float
    best: float  # best print since entry
    realised: float  # of the open round trip
    fees: float  # of the same, funding included
    order: int  # the number of the working, or last, order
    why: int  # its reason
    latched: int  # what holds the leg, 0 nothing
    limit: float = 0.0  # what the working order waits for; 0: it is a market order
    after: int = 0


class Figures(msgspec.Struct, frozen=True, array_like=True):
    """One strategy's figures of the moment."""

    id: str
    seq: int
    seen: int
    warmup: int
    paused: bool
    closing: bool
    blocked: int
    position: float
    entry: float
    unrealised: float
    realised: float
    fees: float
    trades: int
    wins: int
    equity: float
    drawdown_ratio: float  # the deepest fall so far
    peak: float = 0.0  # highest equity so far
    quiet: bool = False  # it never gave a target, on any leg
    legs: list[Leg] = []  # those that hold something or are about to, at most as many as it has
    told: int = 0  # the number of the last command in its state
    working: list[int] = []  # the number of the order that works, by leg; 0 none


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """All that changes while a strategy runs, after the tick `seq` and the command number `told`; `payload` is JSON that says what else
    it is."""

    id: str
    seq: int
    layout: str
    source_hash: str
    data: bytes
    payload: str = "{}"
    told: int = 0
    heard: int = 0  # the number of what it heard last


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """A strategy that cannot go on: one line, and the traceback."""

    id: str
    seq: int
    line: str
    traceback: str


def frame(kind: int, payload: bytes | memoryview = b"", seq: int = 0) -> bytes:
    """One frame."""
    return HEAD.pack(len(payload), kind, seq) + payload


def message(kind: int, value: Any, seq: int = 0) -> bytes:
    """One frame with a msgpack payload."""
    return frame(kind, msgspec.msgpack.encode(value), seq)


class Splitter:
    """Cuts a byte stream into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def split(self, data: bytes | bytearray | memoryview) -> Iterator[tuple[int, int, bytearray]]:
        """(kind, seq, payload) of every frame that is complete; the payload is the caller's to write to."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= HEAD.size:
            length, kind, seq = HEAD.unpack_from(buffer, at)
            end = at + HEAD.size + length
            if len(buffer) < end:
                break
            yield kind, seq, buffer[at + HEAD.size : end]
            at = end
        del buffer[:at]


def together(found: Iterable[tuple[int, int, bytearray]]) -> Iterator[tuple[int, int, bytearray]]:
    """The same frames; live ticks that follow each other with nothing between them as one, with the seq of the last: who is behind
    takes all that waits in one go."""
    ticks, last = bytearray(), 0
    for kind, seq, payload in found:
        if kind == TICKS:
            ticks, last = (ticks + payload if ticks else payload), seq
            continue
        if ticks:
            yield TICKS, last, ticks
            ticks = bytearray()
        yield kind, seq, payload
    if ticks:
        yield TICKS, last, ticks
