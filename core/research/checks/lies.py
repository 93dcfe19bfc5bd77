"""Rows and files that say something else than what was: what a strategy that looks ahead finds there shows in what it wants."""

from __future__ import annotations

import gzip
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from core.research.source_layout import Layout, read_layout
from core.types import Records

#: What prices to come are multiplied with: whether a strategy asks for higher or for lower ones, one of them is the other answer.
FACTORS = (4.0, 0.25)

#: The factor of a file that ends where it would begin to lie.
CUT_OFF = 0.0

#: How far the times of rows to come are off.
LATER_NS = 7 * 86_400_000_000_000

#: Bytes of a file that may be altered.
MOST_BYTES = 1 << 28

_PRICES = ("price", "open", "high", "low", "bid", "ask")


class Hidden:
    """True rows that nobody finds in memory: every bit of them is mixed with noise until a row is asked for."""

    def __init__(self, rows: Records) -> None:
        self._bytes = _bytes_of(rows)
        self._noise = np.frombuffer(secrets.token_bytes(self._bytes.size), np.uint8).reshape(self._bytes.shape)
        self._mixed = self._bytes ^ self._noise

    def reveal(self, i: int, stop: int | None = None) -> None:
        """Put row i (up to before `stop`) back where it was."""
        span = slice(i, i + 1 if stop is None else stop)
        self._bytes[span] = self._mixed[span] ^ self._noise[span]


def _bytes_of(rows: Records) -> NDArray[np.uint8]:
    return rows.view(np.uint8).reshape(len(rows), rows.dtype.itemsize)


def alter(rows: Records, factor: float) -> None:
    """Make rows lie, in place: prices and quantities times `factor`, times later, sides swapped."""
    for name in (*_PRICES, "qty"):
        if name in (rows.dtype.names or ()):
            rows[name] *= factor
    for name in ("ts", "start"):
        if name in (rows.dtype.names or ()):
            rows[name] += LATER_NS
    rows["id"] += 1_000_003
    rows["side"] = -rows["side"] if factor > 1 else 0


@dataclass(frozen=True)
class Table:
    """A file of market data that can be written anew with other prices.

    Attributes:
        lines: of the whole file, without their ends.
    """

    path: Path
    layout: Layout
    lines: list[str]

    def write(self, folder: Path, factor: float, true: int) -> Path:
        """Its first `true` rows as they are, prices of the others times `factor`, or none of them; where it was written."""
        layout = self.layout
        columns = [layout.roles[role] for role in (*_PRICES, "close") if role in layout.roles]
        out = self.lines[: layout.skip + true]
        for line in self.lines[layout.skip + true :] if factor != CUT_OFF else ():
            cells = line.split(layout.delimiter)
            for column in columns:
                if column < len(cells) and (altered := _times(cells[column], factor)):
                    cells[column] = altered
            out.append(layout.delimiter.join(cells))
        text = ("\n".join(out) + "\n").encode()
        path = folder.resolve() / f"{len(list(folder.iterdir()))}-{self.path.name}"
        path.write_bytes(gzip.compress(text, 1) if self.path.suffix == ".gz" else text)
        return path


def _times(cell: str, factor: float) -> str:
    try:
        return f"{float(cell.strip().strip(chr(34))) * factor:.8f}"
    except ValueError:
        return ""


def read_table(path: Path) -> Table | None:
    """A file of market data as text, plain or gzipped; None where it is something else."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
        lines = text.splitlines()
        return Table(path, read_layout("\n".join(lines[:200]).encode(), path.name), lines)
    except (OSError, EOFError, UnicodeDecodeError, SourceError):
        return None
