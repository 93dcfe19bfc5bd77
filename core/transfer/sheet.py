"""What an export is before it is a file: named columns of one type each, a stretch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: time: ns UTC (i8); whole: i8; number: f8, NaN not known; text: a list of str.
Kind = Literal["time", "whole", "number", "text"]

#: The values of one column: an array, or a list of texts.
Values = NDArray[Any] | list[str]


class Column(NamedTuple):
    """One column."""

    name: str
    kind: Kind


class Stretch(NamedTuple):
    """Some rows of a sheet.

    Attributes:
        values: by column.
        done: ticks, or rows of the ledger, that were read to make these rows and those before.
    """

    values: Sequence[Values]
    done: int

    @property
    def size(self) -> int:
        """How many rows."""
        return len(self.values[0])


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows to be written, in order.

    Attributes:
        what: ticks, bars, fills or indicators.
        symbol: `venue:SYMBOL`; empty where it is more than one.
        rows: each stretch as the values of its columns, all of one length; reading it once uses it up.
        total: how much there is to read, about, in what `Stretch.done` counts; None unknown.
    """

    what: str
    symbol: str
    columns: Sequence[Column]
    rows: Iterator[Stretch]
    total: int | None = None


def values_of(kind: Kind, cells: Sequence[Any]) -> Values:
    """Values one by one as a column; None is not known."""
    if kind == "text":
        return ["" if cell is None else str(cell) for cell in cells]
    if kind == "number":
        return np.array(cells, np.float64)
    missing = [cell is None for cell in cells]
    return np.ma.MaskedArray([cell or 0 for cell in cells], missing, np.int64) if any(missing) else np.array(cells, np.int64)


def free_name(name: str, others: Iterable[str]) -> str:
    """A name that none of these columns has: with underscores behind it where one is called so. To Parquet's readers `RSI` is `rsi`."""
    taken = {other.lower() for other in others}
    while name.lower() in taken:
        name += "_"
    return name


def repeated(text: str, count: int) -> list[str]:
    """A column that says the same in every row."""
    return [text] * count


def words(codes: NDArray[Any], names: Sequence[str], first: int = 0) -> list[str]:
    """A column of codes as their names; `names[0]` is that of the code `first`."""
    return np.array(names, object).take(codes.astype(np.int64) - first).tolist()  # type: ignore[no-any-return]
