"""The names in a home's `indicators.toml`, and what each follows, kept until the file changes: for who asks often whether one is there."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from core.indicators.variant_text import FILE, blocks_of, lines_of, plain, table_of


class VariantNames:
    """The variants of a home, read again when the file has changed."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._stamp: tuple[int, int] | None = None
        self._found: dict[str, list[str] | None] = {}

    def read(self) -> dict[str, list[str] | None]:
        """The symbols each follows, None all; nothing where there is no file. Of a table that is no TOML, what was known before."""
        try:
            stat = self._path.stat()
            if self._stamp != (stat.st_mtime_ns, stat.st_size):
                self._stamp = stat.st_mtime_ns, stat.st_size
                self._found = self._read(lines_of(self._path))
        except FileNotFoundError:
            self._found, self._stamp = {}, None
        except (OSError, ConfigError):
            pass  # who loads the variants says what is wrong with the file
        return self._found

    def _read(self, lines: list[str]) -> dict[str, list[str] | None]:
        found: dict[str, list[str] | None] = {}
        for block in blocks_of(lines):
            name = plain(block.name)
            try:
                found.setdefault(name, _symbols(table_of(lines, block)))
            except tomllib.TOMLDecodeError:
                if name in self._found:
                    found.setdefault(name, self._found[name])
        return found


def _symbols(table: Any) -> list[str] | None:
    symbols = table.get("symbols") if isinstance(table, dict) else None
    return [str(symbol).upper() for symbol in symbols] if isinstance(symbols, list) else None
