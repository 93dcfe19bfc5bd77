"""A contestant's side of a contest: a process that does the work once for every line on its stdin. Standard library only.

It does it once unasked, which compiles what there is to compile, and tells of that and its version; then one line for each turn.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, TypeAlias

#: Does the work once; returns what came out, `pnl` and `fills` among it, and `cpu_s` where processes of its own worked. What it must not
#: count, it does in `prepare`.
Work: TypeAlias = Callable[[Any], dict[str, Any]]


def serve(version: str, work: Work, prepare: Callable[[], Any] = lambda: None, least_s: float = 0.25) -> None:
    """Answer turns until stdin ends. A turn repeats the work until `least_s` has passed and tells the median.

    Args:
        work: gets what `prepare` returned; only `work` is timed.
    """
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to stderr
    _answer(out, {"version": version} | _timed(work, prepare()))
    gc.collect()
    gc.freeze()  # the libraries' own objects would otherwise be walked before every run
    for _line in sys.stdin:
        runs = [_timed(work, prepare())]
        while sum(run["wall_s"] for run in runs) < least_s:
            runs.append(_timed(work, prepare()))
        turn = runs[-1] | {key: statistics.median(run[key] for run in runs) for key in ("wall_s", "cpu_s")}
        _answer(out, turn | {"runs": len(runs)})


def _timed(work: Work, prepared: Any) -> dict[str, Any]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    result = work(prepared)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall_s": wall, "cpu_s": cpu} | result


def _answer(out: Any, row: dict[str, Any]) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out.write(json.dumps(row | {"peak_mb": round(peak, 1)}) + "\n")
    out.flush()
