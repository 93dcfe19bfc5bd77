"""An export: a sheet written to a file that is whole or not there, in the form its name or a flag says."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import UsageError
from core.transfer.csv_file import Tell, pour_csv, write_csv
from core.transfer.draft import Draft
from core.transfer.sheet import Sheet

FORMS = ("csv", "parquet")

#: The form that the end of a file's name says.
ENDINGS = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to."""

    what: str
    file: str
    form: str
    symbol: str | None
    rows: int
    bytes: int
    elapsed_s: float


def form_of(path: Path, said: str | None) -> str:
    """csv or parquet: what was said, else what the name ends with.

    Raises:
        UsageError: nothing was said and the name says nothing, or another thing.
    """
    ending = next((form for end, form in ENDINGS.items() if path.name.lower().endswith(end)), None)
    if said is None and ending is None:
        raise UsageError(f"{path}: end the name with .csv, .csv.gz or .parquet, or say --format csv or parquet")
    if said is not None and ending is not None and said != ending:
        raise UsageError(f"{path}: the name says {ending} and --format says {said}")
    return said or ending or "csv"


def pour(sheet: Sheet, file: IO[bytes], tell: Tell) -> int:
    """Write it as CSV to what is open already, such as stdout, whose errors pass through; how many rows they were."""
    count = pour_csv(sheet, file, tell)
    file.flush()
    return count


def export(sheet: Sheet, path: Path, form: str, tell: Tell) -> Exported:
    """Write it.

    Raises:
        UsageError: what is there is no file to be replaced, such as a database; or Parquet cannot be written here.
        CockpitError: the file cannot be written there, or the disk is full.
    """
    began = time.monotonic()
    with Draft(path) as draft:
        if form == "csv":
            rows = write_csv(sheet, draft.part, path.name.lower().endswith(".gz"), tell)
        else:
            from core.transfer.parquet_file import write_parquet

            rows = write_parquet(sheet, draft.part, tell)
        size = draft.keep()
    return Exported(sheet.what, str(path), form, sheet.symbol or None, rows, size, round(time.monotonic() - began, 3))
