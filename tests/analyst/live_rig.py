"""A home with a tape and variants, and live indicators on it that do nothing until they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from indicator_rig import walk

from core.analyst.compiling import Compiling
from core.analyst.live import LiveIndicators
from core.analyst.live_values import Figure
from core.analyst.words import Reach
from core.errors import StrategyError
from core.indicators import module
from core.indicators.catalogue import Catalogue
from core.indicators.definition import Indicator
from core.store.tape import Tape
from core.types import Records, Symbols

NAMES = ["binance:BTCUSDT", "binance:ETHUSDT"]
STREAM = "trade"


def walk_of(count: int, seed: int = 1) -> Records:
    """Prints of two random walks, of symbols that are told apart by their index, with ids and seqs as a tape has them."""
    ticks = walk(count, seed=seed, symbols=2, every_s=1.0)
    ticks = ticks.take(np.argsort(ticks["ts"], kind="stable"))
    ticks["seq"] = np.arange(1, count + 1)
    ticks["qty"] = np.maximum(ticks["qty"], 0.001)  # a tape holds no prints of nothing
    for symbol in (0, 1):
        ours = np.flatnonzero(ticks["symbol"] == symbol)
        ticks["id"][ours] = np.arange(1, len(ours) + 1)
    return ticks


def record(home: Path, ticks: Records) -> None:
    """Put them on the home's tape."""

    async def write() -> None:
        async with await Tape.open(home / "tape.db", Symbols(list(NAMES))) as tape:
            tape.append(ticks, STREAM)

    asyncio.run(write())


class CompilesHere(Compiling):
    """Machine code made by the test itself, where it is needed."""

    def ready(self, indicator: Indicator, *, bars: bool = False) -> str:
        try:
            module.compiled(module.generate(indicator, bars=bars), indicator.name)
        except StrategyError as error:
            return str(error)
        return ""

    def warm(self, catalogue: Catalogue) -> None:
        """No more than that."""


class Live:
    """Live indicators, and what they asked for.

    Attributes:
        wanted: (symbols, seq) as they were asked for.
        told: figures.
        reaches: what the venue was to be asked for, whenever that was something else.
    """

    def __init__(self, home: Path, watched: Sequence[str] = NAMES) -> None:
        self.home = home
        self.wanted: list[tuple[list[str], int]] = []
        self.told: list[Figure] = []
        self.reaches: list[list[Reach]] = []
        self.of = LiveIndicators(home, home / "indicators", STREAM, self._want, CompilesHere(), self._hear, self.reaches.append)
        self.of.values.learn(NAMES)
        self.of.watch(watched)

    def _want(self, symbols: list[str], after: int) -> None:
        self.wanted.append((symbols, after))

    def _hear(self, figures: list[Figure]) -> None:
        self.told += figures

    def variants(self, text: str) -> None:
        """The home's file."""
        path = self.home / "indicators.toml"
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)

    def begin(self, seq: int) -> None:
        """Look, and let the stream begin after a seq."""
        self.of.turn()
        self.of.begin(seq)

    def take(self, ticks: Records, size: int = 37) -> None:
        """Live ticks in batches."""
        for at in range(0, len(ticks), size):
            self.of.values.take(ticks[at : at + size].copy())

    def lines(self, variant: str, symbol: str = NAMES[0]) -> np.ndarray | None:  # type: ignore[type-arg]
        """What a variant is now."""
        (one,) = [one for one in self.of.values.following(symbol) if one.name == variant]
        return self.of.values.state(one, symbol).lines

    def problem(self, variant: str, symbol: str = NAMES[0]) -> str:
        """Why it is not known."""
        (one,) = [one for one in self.of.values.following(symbol) if one.name == variant]
        return self.of.values.state(one, symbol).problem
