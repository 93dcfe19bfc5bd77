"""The names in a home's `indicators.toml`, and what each follows: without loading an indicator, for who only asks whether one is there."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

FILE = "indicators.toml"


class VariantNames:
    """The variants of a home, read again when the file has changed."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._stamp: tuple[int, int] | None = None
        self._found: dict[str, list[str] | None] = {}

    def read(self) -> dict[str, list[str] | None]:
        """The symbols each follows, None all; nothing where there is no file. Of a file that is no TOML, what was known before."""
        try:
            stat = self._path.stat()
            if self._stamp != (stat.st_mtime_ns, stat.st_size):
                self._stamp = stat.st_mtime_ns, stat.st_size
                tables = tomllib.loads(self._path.read_text("utf-8-sig"))
                self._found = {name: _symbols(table) for name, table in tables.items() if isinstance(table, dict)}
        except FileNotFoundError:
            self._found, self._stamp = {}, None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            pass  # who loads the variants says what is wrong with the file
        return self._found


def _symbols(table: dict[str, Any]) -> list[str] | None:
    symbols = table.get("symbols")
    return [str(symbol).upper() for symbol in symbols] if isinstance(symbols, list) else None
