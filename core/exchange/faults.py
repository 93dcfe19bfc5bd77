"""Scripts of faults: what goes wrong when; read from a file or drawn from a seed, and printable so that a run can be repeated."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.errors import UsageError, one_line
from core.exchange.fault_draws import draw
from core.exchange.fault_kinds import KINDS, VARIANTS, Fault

__all__ = ["KINDS", "VARIANTS", "Fault", "Script"]


class Script:
    """Faults in the order of their time.

    Attributes:
        faults: `Fault`s; of those at the same time the one named first is first.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(faults, key=lambda fault: fault.at_s))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Script) and self.faults == other.faults

    def __hash__(self) -> int:
        return hash(self.faults)

    @classmethod
    def read(cls, path: Path) -> Script:
        """A script of a TOML file: one `[[fault]]` table each, with `at_s`, `kind` and what `KINDS` lists for it.

        Raises:
            UsageError: it cannot be read, or a fault in it is none; the line says what is allowed.
        """
        try:
            read = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as exc:
            raise UsageError(one_line(f"faults {path}: {getattr(exc, 'strerror', None) or exc}")) from exc
        tables = read.pop("fault", [])
        if read or not isinstance(tables, list):
            found = f", not {', '.join(map(repr, read))}" if read else ""
            raise UsageError(one_line(f"faults {path}: a script is [[fault]] tables{found}"))
        return cls(_fault(table, f"faults {path}: fault {number}") for number, table in enumerate(tables, 1))

    @classmethod
    def random(
        cls, seed: int, duration_s: float, symbols: Sequence[str], kinds: Iterable[str] | None = None, every_s: float = 20.0
    ) -> Script:
        """A script drawn from a seed: the same arguments give the same script on every machine.

        Faults come every `every_s` seconds on average and are over by `duration_s`; each kind comes once before any comes again.

        Raises:
            UsageError: a kind there is not, no symbol, or a time that is not positive.
        """
        chosen = list(KINDS) if kinds is None else list(kinds)
        for kind in chosen:
            if kind not in KINDS:
                raise UsageError(f"no kind of fault {kind!r}: {', '.join(KINDS)}")
        if not chosen or not symbols:
            raise UsageError("a script is drawn from at least one kind of fault and one symbol")
        if not (0 < every_s <= 1e6 and 0 < duration_s <= 1e6):
            raise UsageError(f"seconds of a script are more than 0 and at most 1000000, not {min(every_s, duration_s)}")
        return cls(draw(seed, duration_s, symbols, chosen, every_s))

    def toml(self) -> str:
        """As `read` takes it."""
        return "\n".join(fault.toml() for fault in self.faults)

    def check(self, symbols: Sequence[str]) -> None:
        """
        Raises:
            UsageError: a fault names a symbol that is not one of these.
        """
        for fault in self.faults:
            if fault.symbol and fault.symbol not in symbols:
                raise UsageError(one_line(f"a fault at {fault.at_s:g} s names {fault.symbol!r}: {', '.join(symbols)}"))


def _fault(table: Any, where: str) -> Fault:
    try:
        if isinstance(table, dict):
            _check_words(table)
        return msgspec.convert(table, Fault)
    except ValueError as exc:
        raise UsageError(one_line(f"{where}: {exc}")) from exc


def _check_words(table: dict[str, Any]) -> None:
    """
    Raises:
        ValueError: a word that no fault, or not this kind, has.
    """
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}" + ("" if kind is None else f", not {kind!r}"))
    known = ("at_s", "kind", *KINDS[kind])
    for name in table:
        if name not in known:
            raise ValueError(f"{kind} has no {name!r}: {', '.join(known)}")
