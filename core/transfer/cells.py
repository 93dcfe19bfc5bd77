"""Values as cells of a CSV file: exact, and inert in a spreadsheet.

A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula. A text that begins so gets
an apostrophe in front; so does one that begins with apostrophes and then so, which makes it possible to tell what the text was.
Numbers are not touched: a negative one begins with a minus and is no text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from core.transfer.sheet import Kind, Values

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_QUOTED = re.compile(r'[",\r\n]')


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unsafe(cell: str) -> str:
    """The text that `safe` made this cell of."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def texts(kind: Kind, values: Values) -> list[str]:
    """A column as cells. Numbers are the shortest digits that read back as the same bits; one that is not known is empty."""
    if isinstance(values, list):
        known = {text: _quoted(safe(text)) for text in set(values)}
        return [known[text] for text in values]
    if kind == "time":
        return [f"{text}Z" for text in np.datetime_as_string(values.astype("M8[ns]"), unit="ns").tolist()]
    if kind == "number":
        return [repr(value) if value == value else "" for value in values.tolist()]
    return ["" if value is None else str(value) for value in values.tolist()]


def lines(columns: Sequence[list[str]]) -> str:
    """Rows of cells as lines, the last one ended too."""
    return "\n".join(map(",".join, zip(*columns, strict=True))) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
