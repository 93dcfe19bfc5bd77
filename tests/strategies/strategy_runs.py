"""Runs a built-in strategy's `step` over ticks or bars, compiled and plain, and collects what it wants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

import strategies
from core.compile.bundle import Bundle
from core.kernels.bars import close_bar, close_bar_from_bar
from core.strategy import Definition, params_record
from core.strategy_files import load
from core.types import BAR

FOLDER = Path(strategies.__file__).parent

DRIVE = """
def drive(ticks, s, mem, p, out, wanted, counts, told):
    for i in range(ticks.shape[0]):
        out[0] = np.nan
        STEP(s, mem, p, ticks[i], out)
        wanted[i] = out[0]
        counts[i] = s.bar.count
        TOLD
"""

#: What a strategy that forms opinions says of its target.
TOLD = "told[i, 0], told[i, 1] = s.confidence, s.reason"

#: Plain Python is slow: it checks this many ticks.
PLAIN = 1_500

_texts: dict[str, Any] = {}


def definition(name: str) -> Definition:
    """A built-in strategy."""
    return load(FOLDER / f"{name}.py")


def targets(name: str, ticks: Any, **params: Any) -> Any:
    """The target `step` gave at each bar close, NaN for no opinion: shape (closed bars,).

    Ticks between closes must bring no opinion, and plain Python must give what the compiled code gives.
    """
    return opinions(name, ticks, **params)[0]


def opinions(name: str, ticks: Any, **params: Any) -> tuple[Any, Any, Any]:
    """The same, and the confidence and the reason that were told with it, 0 of a strategy that tells none: three times (closed bars,)."""
    strategy = definition(name)
    p = strategy.params(params)
    replace: Any = {close_bar: close_bar_from_bar} if ticks.dtype == BAR else {}
    bundle = Bundle(replace, {})
    step = bundle.add(strategy.module.step)
    tells = "confidence" in (strategy.module.STATE.names or ())
    drive = DRIVE.replace("STEP", step).replace("TOLD", TOLD if tells else "pass")
    text = "import math\nimport numpy as np\n" + "\n\n".join([*bundle.definitions(), drive])
    if text not in _texts:
        space: dict[str, Any] = {}
        exec(compile(text, "<strategy>", "exec"), space)
        for function in (*bundle.functions, "drive"):
            space[function] = njit(error_model="numpy")(space[function])
        _texts[text] = space["drive"]
    plain: dict[str, Any] = {}
    exec(compile(text, "<strategy>", "exec"), plain)
    wanted, counts, told = _run(_texts[text], ticks, strategy, p)
    plain_wanted, _, plain_told = _run(plain["drive"], ticks[:PLAIN].view(np.recarray), strategy, p)
    np.testing.assert_array_equal(plain_wanted, wanted[:PLAIN])
    np.testing.assert_array_equal(plain_told, told[:PLAIN])
    closes = np.diff(counts, prepend=0) > 0
    assert np.isnan(wanted[~closes]).all()
    return wanted[closes], told[closes, 0], told[closes, 1].astype(int)


def _run(drive: Any, ticks: Any, strategy: Definition, p: Any) -> tuple[Any, Any]:
    state = np.zeros(1, strategy.module.STATE).view(np.recarray)
    wanted, counts, told = np.zeros(len(ticks)), np.zeros(len(ticks), np.int64), np.zeros((len(ticks), 2))
    mem = np.zeros(max(strategy.work(p), 1))
    drive(ticks, state[0], mem, params_record(p).view(np.recarray)[0], np.zeros(1), wanted, counts, told)
    return wanted, counts, told
