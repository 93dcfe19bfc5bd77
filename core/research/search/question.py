"""A study as it is asked for: what to try, and the rows of every symbol to try it on. The command line and the lab open it here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SourceError, UsageError
from core.research.search.journal import FOLDER, SUFFIX
from core.research.search.rows import Progress, keep_rows
from core.research.search.study import Ask, Study, definitions_of, one_number_of_legs
from core.research.source import Source
from core.research.source_legs import open_leg_sources
from core.research.sources import Many, open_many


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows.

    Attributes:
        sources, symbols, home, from_ns, to_ns, cache: as of `core.research.sources.open_many`.
        allow_gaps: also of sources that lack data.
    """

    sources: Sequence[str]
    symbols: Sequence[str] = ()
    home: Path | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    allow_gaps: bool = False
    cache: bool = True


@dataclass(frozen=True)
class Origin:
    """Where the rows of a series came from.

    Attributes:
        source: as typed.
        form: aggTrades, klines, tape, …
        notes: what was set right in the source, or is missing in it.
    """

    source: str
    form: str
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Question:
    """A study that can be run.

    Attributes:
        origins: in the order of the study's series.
        left_out: symbols that cannot be opened, and why, a line each.
    """

    study: Study
    origins: list[Origin]
    left_out: dict[str, str]

    def journal(self, home: Path) -> Path:
        """The file of a home that keeps what was tried: the same question goes on from there."""
        return home / FOLDER / f"{self.study.key}{SUFFIX}"


def open_question(
    ask: Ask,
    wanted: Wanted,
    place: Path,
    progress: Progress | None = None,
    say: Callable[[str], object] = lambda _: None,
    opened: Callable[[Sequence[Source]], object] = lambda _: None,
) -> Question:
    """Read the rows, each symbol's once, into files of a folder.

    Args:
        place: the folder; it must outlive the study.
        progress: as of `keep_rows`.
        say: told at once what is left out, a line each.
        opened: told what will be read, in this order.

    Raises:
        UsageError: a word is refused.
        SourceError: there is nothing to read, or what there is cannot be read.
        GapsError: a source has holes, and they are not allowed.
    """
    legs = one_number_of_legs(definitions_of(ask))
    many = (
        _legs(ask, wanted, legs)
        if legs > 1
        else open_many(
            wanted.sources, symbols=wanted.symbols, home=wanted.home, from_ns=wanted.from_ns, to_ns=wanted.to_ns, cache=wanted.cache
        )
    )
    if not many.sources:
        raise SourceError("; ".join(dict.fromkeys(many.refused.values())))
    for symbol, why in many.refused.items():
        say(f"left out: {symbol}: {why}")
    sources = list(many.sources.values())
    opened(sources)
    series = [keep_rows(source, place, progress, allow_gaps=wanted.allow_gaps) for source in sources]
    origins = [Origin(source.text, source.form, list(source.notes)) for source in sources]
    return Question(Study(ask, series), origins, many.refused)


def _legs(ask: Ask, wanted: Wanted, count: int) -> Many:
    """The sources of all legs, as one series."""
    if ask.costs is not None:
        raise UsageError(f"{ask.strategies[0]} trades {count} symbols: measured costs are for one")
    source = open_leg_sources(
        wanted.sources, count, symbol=",".join(wanted.symbols) or None, home=wanted.home, from_ns=wanted.from_ns, to_ns=wanted.to_ns,
        cache=wanted.cache,
    )  # fmt: skip
    return Many({source.symbol: source})
