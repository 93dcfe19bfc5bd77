"""What the tape holds over time: strips of stretches that say live, fetched later, imported, missing, nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import StoreError
from core.store.coverage import STEPS, coverage
from core.store.tape import Tape
from core.types import TICK, Origin, Records, Symbols

STEP = STEPS[0]
START = 5_000 * STEP


def prints(symbol: int, first: int, count: int, from_ns: int, seq: int) -> Records:
    """Prints a second apart."""
    ticks = np.zeros(count, TICK)
    ticks["id"] = np.arange(first, first + count)
    ticks["ts"] = ticks["recv"] = from_ns + np.arange(count) * 10**9
    ticks["seq"] = np.arange(seq, seq + count)
    ticks["price"] = ticks["qty"] = 1.0
    ticks["bid"] = ticks["ask"] = np.nan
    ticks["symbol"] = symbol
    return ticks


async def test_each_stretch_tells_the_worst_that_is_in_it(tmp_path: Path) -> None:
    symbols = Symbols(["binance:A", "binance:B"])
    path = tmp_path / "tape.db"
    async with await Tape.open(path, symbols) as tape:
        tape.append(prints(0, 1, 900, START, 1), "aggTrade")  # three stretches of 300 s
        tape.append(prints(1, 50, 10, START + 2 * STEP, 901), "aggTrade")
        tape.record_gap("binance:A", "aggTrade", 100, 109, from_ns=START, to_ns=START + 1, state="open", cause="cut")
        tape.fill_gap("binance:A", "aggTrade", 100, 109)
        tape.record_gap(
            "binance:A", "aggTrade", 400, 402, from_ns=START + STEP, to_ns=START + STEP + 5, state="lost", cause="not to be had"
        )
        await tape.flush()
        a, b = coverage(path, START + 3 * STEP, cells=6)
    assert (a.symbol, a.step_ns, a.from_ns) == ("binance:A", STEP, START - 2 * STEP)
    assert a.cells == "  +!= "
    assert (a.ids, a.missing) == (897, 3)
    assert b.cells == "    = "
    assert (b.ids, b.missing) == (10, 0)


async def test_imported_stretches_are_told_from_live_ones_also_where_a_recording_lies_around_them(tmp_path: Path) -> None:
    path = tmp_path / "tape.db"
    async with await Tape.open(path, Symbols(["binance:A"])) as tape:
        tape.append(prints(0, 1, 150, START, 1), "aggTrade")  # recorded, then not for a while, then again
        tape.append(prints(0, 601, 300, START + 2 * STEP, 151), "aggTrade")
        tape.record_gap("binance:A", "aggTrade", 151, 600, from_ns=START + 150 * 10**9, to_ns=START + 2 * STEP, state="open", cause="off")
        imported = prints(0, 151, 450, START + 150 * 10**9, 0)
        imported["seq"], imported["origin"] = 0, Origin.IMPORT
        tape.append(imported, "aggTrade")
        tape.fill_gap("binance:A", "aggTrade", 151, 600)
        await tape.flush()
        (strip,) = coverage(path, START + 3 * STEP, cells=6)
    assert strip.cells == "  ii+ "  # the third stretch: where the gap ends, fetched as far as anybody knows
    assert (strip.ids, strip.missing) == (900, 0)


@pytest.mark.parametrize(("age", "step"), [(0, STEP), (4 * STEP, STEP), (6 * STEP, 2 * STEP), (100 * STEP, 24 * STEP)])
async def test_stretches_are_as_long_as_it_takes_to_reach_back_to_the_first_print(tmp_path: Path, age: int, step: int) -> None:
    path = tmp_path / "tape.db"
    async with await Tape.open(path, Symbols(["binance:A"])) as tape:
        tape.append(prints(0, 1, 2, START, 1), "aggTrade")
        await tape.flush()
        (strip,) = coverage(path, START + age, cells=6)
    assert strip.step_ns == step
    assert strip.cells.count("=") == 1


async def test_a_tape_of_another_day_ends_with_its_newest_print(tmp_path: Path) -> None:
    path = tmp_path / "tape.db"
    async with await Tape.open(path, Symbols(["binance:A"])) as tape:
        tape.append(prints(0, 1, 2, START, 1), "aggTrade")
        await tape.flush()
        (strip,) = coverage(path, START + 400 * 86_400 * 10**9, cells=6)
    assert strip.cells == "     ="


async def test_an_empty_tape_has_no_strips_and_a_missing_one_says_so(tmp_path: Path) -> None:
    async with await Tape.open(tmp_path / "tape.db", Symbols()):
        assert coverage(tmp_path / "tape.db", START) == []
    with pytest.raises(StoreError):
        coverage(tmp_path / "none.db", START)
