"""Fills of the ledger matched with those of a replay, by id, in whatever order they come; what fits is forgotten at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.research.audit_run import Row
from core.store.ledger_rows import FILLS

#: Differences that are told one by one; all are counted.
SHOWN = 100

_MODE = FILLS.columns.index("mode")


class Fills:
    """The match under way.

    Attributes:
        compared: fills that both have.
        identical: of those, how many are the same in every column.
        unlike: the first of the others, (ledger's, replay's).
        ledger: fills of the ledger that the replay has not made yet, by id.
        audit: fills of the replay that the ledger has not shown yet, by id.
    """

    def __init__(self) -> None:
        self.compared = self.identical = 0
        self.unlike: list[tuple[Row, Row]] = []
        self.ledger: dict[str, Row] = {}
        self.audit: dict[str, Row] = {}

    def made(self, rows: Iterable[Row]) -> None:
        """Take fills of the replay."""
        for row in rows:
            there = self.ledger.pop(row[0], None)
            if there is None:
                self.audit[row[0]] = row
            else:
                self._compare(there, row)

    def kept(self, rows: Iterable[Row]) -> None:
        """Take fills of the ledger."""
        for row in rows:
            there = self.audit.pop(row[0], None)
            if there is None:
                self.ledger[row[0]] = row
            else:
                self._compare(row, there)

    def _compare(self, ledger: Row, audit: Row) -> None:
        self.compared += 1
        if audit[_MODE] is None:  # no session says it
            audit = (*audit[:_MODE], ledger[_MODE], *audit[_MODE + 1 :])
        # Python's == is the same bits for finite floats, but for the sign of a zero, which SQLite does not keep.
        if ledger == audit:
            self.identical += 1
        elif len(self.unlike) < SHOWN:
            self.unlike.append((ledger, audit))


def columns_unlike(ledger: Row, audit: Row) -> list[tuple[str, Any, Any]]:
    """(column, ledger's value, replay's value) where two fills differ."""
    return [(name, old, new) for name, old, new in zip(FILLS.columns, ledger, audit, strict=True) if old != new]
