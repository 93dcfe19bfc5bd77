"""Machine code of indicators is made in a process beside, for ticks and for bars; what does not compile is one line."""

from __future__ import annotations

from pathlib import Path

from core.analyst.compiling import Compiling
from core.compile.machine_code import ready
from core.indicators import module
from core.indicators.catalogue import Catalogue
from core.indicators.definition import Indicator, load

TEXT = '''"""Times {times} the price."""
import numpy as np
from msgspec import Struct

LINES = (("it", "price", "main"),)
STATE = np.dtype([("n", "i8")])


class Params(Struct, frozen=True, kw_only=True):
    pass


def step(s, mem, p, tick, out):
    out[0] = {times} * tick.price
'''


def written(folder: Path, times: str) -> Indicator:
    path = folder / "mine.py"
    path.write_text(TEXT.format(times=times))
    return load(path)


def test_what_is_asked_for_is_in_the_cache_afterwards_for_ticks_and_for_bars(tmp_path: Path) -> None:
    indicator = written(tmp_path, "3.25")
    assert not ready(module.generate(indicator))
    compiling = Compiling()
    assert compiling.ready(indicator) == ""
    assert ready(module.generate(indicator))
    assert ready(module.generate(indicator, bars=True))


def test_what_numba_refuses_is_one_line(tmp_path: Path) -> None:
    said = Compiling().ready(written(tmp_path, '"three"'))
    assert said.startswith("mine does not compile: ")
    assert "\n" not in said


def test_after_the_end_nothing_is_compiled_any_more(tmp_path: Path) -> None:
    indicator = written(tmp_path, "7.5")
    compiling = Compiling()
    compiling.close()
    compiling.warm(Catalogue({"mine": indicator}, {}))
    assert compiling.ready(indicator) == "the analyst ends"
    assert not ready(module.generate(indicator))
