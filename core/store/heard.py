"""The ledger's record of what sources beyond the tape said: whom it was told, and after which tick; the newest so many are kept."""

from __future__ import annotations

import asyncio
import json
from array import array
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite
import msgspec
import numpy as np

from core.store import ledger_rows as rows_
from core.store.connection import rows_of
from core.store.ledger_rows import HEARD, checked
from core.store.migrations import LEDGER
from core.store.schema import open_to_read
from core.store.writer import Writer
from core.types import Records

#: Rows kept, of all sources together: with one answer a second, eleven days; some 150 bytes each.
HEARD_KEPT = 1_000_000

#: Stands before a source's name where else a strategy's id stands, which has no colon.
SPEAKER = "source:"

#: What a side is to a strategy; None: it abstains.
SIDES = {"buy": 1.0, "sell": -1.0, "hold": 0.0, "abstain": float("nan")}

#: What one strategy heard: after which seq, from which of `Told.sources`, and what, as HEARD of `core.kernels.heard` has it.
HEARING = np.dtype([("after", "i8"), ("source", "i4"), ("side", "f8"), ("confidence", "f8"), ("at", "i8"), ("until", "i8")])

_TOLD = """SELECT source, symbol, side, coalesce(confidence, 0.0), ts_ns, until_ns, told
    FROM heard WHERE seq >= ? AND told <> '{}' ORDER BY seq, heard_id"""
_DROPPED = "SELECT CASE WHEN heard_id > 1 THEN seq ELSE -1 END AS seq FROM heard ORDER BY heard_id LIMIT 1"

_DECODER = msgspec.json.Decoder(dict[str, int])


class Told(NamedTuple):
    """What strategies heard, in the order they heard it.

    Attributes:
        sources: (source, symbol) by number.
        rows: HEARING records by strategy.
    """

    sources: list[tuple[str, str]]
    rows: dict[str, Records]


class HeardTable:
    """Writes what was said and reads it back, through the ledger's own queue of writes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def put(self, row: Mapping[str, Any]) -> asyncio.Future[None]:
        """Note one answer, as a mapping of the columns of `heard`; `told` a JSON object of seqs by strategy. The oldest of many go.

        Raises:
            StoreError: a column is missing or unknown, or a number is not finite.
        """
        return self._writer.put(partial(_keep, row=checked(HEARD, row)), 1).done

    async def told_since(self, seq: int) -> Told:
        """What strategies heard when the engine had given this seq, or later."""
        return gather(await self._writer.put(partial(rows_of, query=_TOLD, values=(seq,)), 0).done)


def gather(rows: Iterable[tuple[Any, ...]], strategy: str | None = None) -> Told:
    """Rows of the query `_TOLD`, by strategy: some 50 bytes each, so that a million of them fit into memory."""
    numbers: dict[tuple[str, str], int] = {}
    found: dict[str, tuple[array[int], array[float]]] = {}
    for source, symbol, side, confidence, at, until, told in rows:
        for id_, after in _DECODER.decode(told).items():
            if strategy in (None, id_):
                whole, real = found.setdefault(id_, (array("q"), array("d")))
                whole.extend((after, numbers.setdefault((source, symbol), len(numbers)), at, until))
                real.extend((SIDES[side], confidence))
    return Told(list(numbers), {id_: _hearings(*parts) for id_, parts in found.items()})


def _hearings(whole: array[int], real: array[float]) -> Records:
    whole_, real_ = np.array(whole).reshape(-1, 4), np.array(real).reshape(-1, 2)
    rows = np.zeros(len(whole_), HEARING)
    for at, name in enumerate(("after", "source", "at", "until")):
        rows[name] = whole_[:, at]
    rows["side"], rows["confidence"] = real_[:, 0], real_[:, 1]
    # In ledgers of earlier versions what was said while a worker was gone may lie before what it was told last.
    return rows.take(np.argsort(rows["after"], kind="stable"))


def read_told(path: Path, strategy: str | None = None) -> Told:
    """What one strategy, or each, ever heard, as far as it is kept.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        return gather(db.execute(_TOLD, (0,)), strategy)


def dropped_through(path: Path) -> int:
    """What was heard before this seq is no longer kept in full; -1 all is.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    with open_to_read(path, LEDGER) as db:
        found = db.execute(_DROPPED).fetchone()
    return -1 if found is None else int(found[0])


def read_heard(path: Path, source: str | None = None, *, newest: int | None = None) -> list[dict[str, Any]]:
    """What one source or all said, oldest first, with the columns that signals of strategies have, and more.

    Args:
        newest: at most so many, the latest ones.

    Raises:
        StoreError: the file is missing or cannot be read.
    """
    where, values = ("WHERE source = ?", (source,)) if source is not None else ("", ())
    query = f"SELECT heard_id, {', '.join(HEARD.columns)} FROM heard {where} ORDER BY heard_id DESC LIMIT ?"
    with open_to_read(path, LEDGER) as db:
        rows = db.execute(query, (*values, -1 if newest is None else newest)).fetchall()
    return [_as_signal(row[0], dict(zip(HEARD.columns, row[1:], strict=True))) for row in reversed(rows)]


def _as_signal(number: int, row: dict[str, Any]) -> dict[str, Any]:
    name = f"{SPEAKER}{row.pop('source')}"
    nothing = {"target": None, "before": None, "position": None}
    read = {"metadata": json.loads(row["metadata"]), "told": json.loads(row["told"])}
    return {"signal_id": f"{name}:{number}", "strategy_id": name, **row, **nothing, **read}


async def _keep(db: aiosqlite.Connection, row: rows_.Row) -> None:
    """Insert one and drop the oldest beyond those kept."""
    await rows_.insert(db, HEARD, [row])
    await db.execute("DELETE FROM heard WHERE heard_id <= (SELECT max(heard_id) FROM heard) - ?", (HEARD_KEPT,))
