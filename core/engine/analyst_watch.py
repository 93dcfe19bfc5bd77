"""Alert rules on pairs: their z-scores are told to the sentinel whenever a bar closes that both legs have. And bars that were asked for
stay at hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.engine.analyst_bars import Look
from core.engine.analyst_findings import Finding, Findings
from core.engine.analyst_words import pair_of
from core.errors import UsageError

if TYPE_CHECKING:
    from core.engine.engine import Engine

#: Seconds between two looks whether a bar has closed.
LOOK_S = 0.25


async def watch_pairs(engine: Engine) -> None:
    """Look for ever, at what rules watch and at what was asked for."""
    told: dict[str, int] = {}
    while True:
        await asyncio.sleep(LOOK_S)
        series = engine.sentinel.book.series("pair")
        told = {what: ts_ns for what, ts_ns in told.items() if what in series}
        if series:
            await _look(engine, series, told)
        await engine.analyst.bars.keep()
        engine.analyst.look()


async def _look(engine: Engine, series: list[str], told: dict[str, int]) -> None:
    """Tell the newest figure of each where it is new; `told`: when the bar ended that was told last."""
    engine.analyst.need()
    found = {what: finding for what in series if (finding := await _sought(engine, what)) is not None}
    await Findings.ready(list(found.values()))
    for what, finding in found.items():
        figure = finding.found
        if figure is not None and figure["value"] is not None and figure["ts_ns"] > told.get(what, 0):
            told[what] = figure["ts_ns"]
            engine.sentinel.figure_arrived(f"pair {what}", figure["value"], figure["ts_ns"])


async def _sought(engine: Engine, what: str) -> Finding | None:
    """What is found of `A B INTERVAL WINDOW METHOD`; None where that cannot be asked, or while its bars are still read."""
    words = what.split(" ")
    if len(words) != 5 or not words[3].isdecimal():
        return None
    on_bars = engine.analyst.on_bars
    args = {"a": words[0], "b": words[1], "interval": words[2], "window": int(words[3]), "method": words[4]}
    try:
        wanted, how = pair_of(on_bars, args)
    except UsageError:  # a leg may be streamed later
        return None
    looks: list[Look] = await on_bars.bars.gather(wanted)
    return None if any(look.loading for look in looks) else on_bars.about("zscore", tuple(looks), how)
