"""What becomes of listed gaps when ids of them come after all: from an import, long after anybody waited."""

from __future__ import annotations

from collections.abc import Sequence

from core.store.gaps import Gap

#: The cause of a hole that an import left: nobody recorded there, so its ids leave no trace once they are imported too.
NOT_IMPORTED = "never recorded, not imported"


def arrive(rows: Sequence[Gap], from_id: int, to_id: int) -> list[Gap]:
    """The rows after these ids came: what of them was open or lost is filled, what only an import had left out is not listed any more."""
    after: list[Gap] = []
    for row in rows:
        first, last = max(row.from_id, from_id), min(row.to_id, to_id)
        if first > last or row.state == "filled":
            after.append(row)
            continue
        if row.from_id < first:
            after.append(row._replace(to_id=first - 1))
        if row.cause != NOT_IMPORTED:
            after.append(row._replace(from_id=first, to_id=last, state="filled"))
        if last < row.to_id:
            after.append(row._replace(from_id=last + 1))
    return after
