"""What a home says is to be followed: the indicators there are and their variants, looked at again where a file has changed."""

from __future__ import annotations

from pathlib import Path

from core.analyst.warming import Follower
from core.errors import UsageError
from core.indicators.catalogue import BUILTIN, Catalogue, discover
from core.indicators.variant_file import FILE, Variants, read_variants

#: When a file was written, its size and its place on the disk.
Stamp = tuple[int, int, int] | None


class Kept:
    """The indicators and variants of a home.

    Args:
        folder: where the user's own indicators lie.

    Attributes:
        catalogue: the indicators. A built-in one is the same object for good, one of the user's as long as no file of the folder changes.
        variants: the variants, and what is wrong with the tables that are none.
    """

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder = home, folder
        self.catalogue = Catalogue({}, {})
        self.variants = Variants()
        self._files: dict[Path, Stamp] | None = None
        self._table: Stamp = None

    def look(self) -> bool:
        """Read again what has changed; whether anything had."""
        files = {path: _stamp(path) for path in sorted(self.folder.glob("*.py"))} if self.folder.is_dir() else {}
        table = _stamp(self.home / FILE)
        if files == self._files and table == self._table:
            return False
        if files != self._files:
            self.catalogue = _discover(self.folder, self.catalogue)
        self._files, self._table = files, table
        try:
            self.variants = read_variants(self.home, self.catalogue)
        except UsageError as error:
            self.variants = Variants(wrong=[str(error)])
        return True

    def followers(self) -> dict[str, Follower]:
        """The variants with their indicators, by name."""
        return {name: Follower(variant, self.catalogue[variant.indicator]) for name, variant in self.variants.found.items()}


def _discover(folder: Path, before: Catalogue) -> Catalogue:
    """What there is now; built-in ones stay the objects they were."""
    found = discover(folder)
    known = {name: one for name, one in before.indicators.items() if one.path.parent == BUILTIN}
    same = {name: known[name] for name, one in found.indicators.items() if name in known and one.path == known[name].path}
    return Catalogue({**found.indicators, **same}, found.broken)


def _stamp(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
