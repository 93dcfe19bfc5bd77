"""Tables of a run or a study as files: CSV and Parquet as every export is, or one JSON object a line, as the name ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.errors import UsageError
from core.transfer.draft import Draft
from core.transfer.export import ENDINGS, export
from core.transfer.sheet import Sheet

#: The form that the end of a file's name says.
FORMS = {**ENDINGS, ".jsonl": "jsonl"}


@dataclass(frozen=True, slots=True)
class Table:
    """The same rows twice; each can be read once.

    Attributes:
        sheet: as columns.
        rows: JSON-ready, an object each.
    """

    sheet: Sheet
    rows: Iterable[Mapping[str, Any]]


def check_place(path: Path) -> None:
    """Refuse a file that could not be written, before the work is done that it is to hold; nothing is left there.

    Raises:
        UsageError: its name ends in nothing that is written, it is no file to be replaced, or Parquet cannot be written here.
        CockpitError: it cannot be written there.
    """
    with Draft(path):
        form = _form(path)
    if form == "parquet":
        from core.transfer.parquet_file import duckdb_here

        duckdb_here()


def write_table(table: Table, path: Path) -> int:
    """Write all rows to a file that is whole or not there; how many they were.

    Raises:
        UsageError: as `check_place`.
        CockpitError: it cannot be written there, or the disk is full.
    """
    form = _form(path)
    if form != "jsonl":
        return export(table.sheet, path, form, lambda done, rows: None).rows
    count = 0
    with Draft(path) as draft:
        with draft.part.open("wb") as file:
            for row in table.rows:
                file.write(msgspec.json.encode(row) + b"\n")
                count += 1
        draft.keep()
    return count


def _form(path: Path) -> str:
    form = next((form for end, form in FORMS.items() if path.name.lower().endswith(end)), None)
    if form is None:
        *most, last = FORMS
        raise UsageError(f"{path}: end the name with {', '.join(most)} or {last}")
    return form
