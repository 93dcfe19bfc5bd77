"""The rows of the table of gaps of one symbol and stream: disjoint ranges of ids, each in the state last said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

GapState: TypeAlias = Literal["open", "filled", "lost"]

#: What a state may be said over: an id that is lost stays so, and one that is open stays under its first cause.
_YIELDS: dict[str, tuple[str, ...]] = {"open": ("filled",), "filled": ("open",), "lost": ("open", "filled")}


class Gap(NamedTuple):
    """Ids of one series that did not come in time, first and last included.

    Attributes:
        from_ns: venue time of the last print before it, None unknown.
        to_ns: venue time of the first print after it, None unknown.
        state: open: still looked for; filled: they came late; lost: they will not come.
        cause: why, in words.
    """

    symbol: str
    stream: str
    from_id: int
    to_id: int
    from_ns: int | None
    to_ns: int | None
    state: GapState
    cause: str


def record(rows: Sequence[Gap], new: Gap) -> list[Gap]:
    """The rows after `new` is said: what is listed as lost, or as open already, keeps its state and cause."""
    paint = [(new.from_id, new.to_id)]
    for row in rows:
        if row.state not in _YIELDS[new.state]:
            paint = [part for span in paint for part in _without(span, (row.from_id, row.to_id))]
    kept = list(rows)
    for span in paint:
        kept = [row._replace(from_id=a, to_id=b) for row in kept for a, b in _without((row.from_id, row.to_id), span)]
    return _joined([*kept, *(new._replace(from_id=a, to_id=b) for a, b in paint)])


def fill(rows: Sequence[Gap], from_id: int, to_id: int) -> list[Gap]:
    """The rows after these ids came: what of them was open is filled; nothing is added."""
    settled: list[Gap] = []
    for row in rows:
        span = (max(row.from_id, from_id), min(row.to_id, to_id))
        if row.state != "open" or span[0] > span[1]:
            settled.append(row)
            continue
        settled += [row._replace(from_id=a, to_id=b) for a, b in _without((row.from_id, row.to_id), span)]
        settled.append(row._replace(from_id=span[0], to_id=span[1], state="filled"))
    return _joined(settled)


def _without(span: tuple[int, int], hole: tuple[int, int]) -> list[tuple[int, int]]:
    """What is left of a range of ids when another is taken out of it."""
    if hole[1] < span[0] or span[1] < hole[0]:
        return [span]
    parts = ((span[0], hole[0] - 1), (hole[1] + 1, span[1]))
    return [part for part in parts if part[0] <= part[1]]


def _joined(rows: Sequence[Gap]) -> list[Gap]:
    """Ascending, neighbours of one state and cause made one."""
    done: list[Gap] = []
    for row in sorted(rows, key=lambda gap: gap.from_id):
        last = done[-1] if done else None
        if last and last.to_id + 1 == row.from_id and (last.state, last.cause) == (row.state, row.cause):
            done[-1] = last._replace(to_id=row.to_id, to_ns=row.to_ns)
        else:
            done.append(row)
    return done
