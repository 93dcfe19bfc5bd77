"""One scan of all pairs at a time, in processes of its own, on a thread that tells how far it is."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from core.analyst import words
from core.analyst.series import closes_of
from core.analyst.words import Scan, Scanned
from core.analytics.pairs.closes import Closes
from core.analytics.pairs.figures import How
from core.analytics.pairs.scan import Row
from core.analytics.pairs.scan_pool import scan
from core.errors import CockpitError, one_line
from core.research.metrics import finite
from core.workers import frames

#: Rows told of a scan: the likeliest ones.
ROWS = 500

#: Seconds between two words on how far it is.
TELL_S = 0.25


class Cancelled(Exception):
    """Somebody does not want to know any more."""


class Scanning:
    """The scan of the moment.

    Args:
        send: takes frames for the engine, from any thread.

    Attributes:
        idle: its processes take only what nobody else wants of the processor.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.idle = True
        self._send = send
        self._enough = threading.Event()
        self._thread: threading.Thread | None = None
        self._number = 0
        self._began = self._told = 0.0

    def start(self, order: Scan, number: int) -> None:
        """Scan, in the place of what is under way; what is told of it bears its number."""
        self.cancel()
        self.wait()
        self._enough.clear()
        self._number = number
        self._thread = threading.Thread(target=self._run, args=(order,), name="scan", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Let it end soon."""
        self._enough.set()

    def wait(self) -> None:
        """Until its processes are gone."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self, order: Scan) -> None:
        self._began, self._told = time.monotonic(), -math.inf
        legs = [closes_of(series) for series in order.series]
        try:
            rows = scan(legs, How(window=order.window), jobs=max(1, (os.cpu_count() or 1) - 1), told=self._tell, idle=self.idle)
        except Cancelled:
            self._say(Scanned(stage="cancelled"))
        except CockpitError as error:
            self._say(Scanned(stage="failed", note=one_line(str(error))))
        except Exception as error:  # the thread's outer edge: told to who asked
            self._say(Scanned(stage="failed", note=one_line(f"it could not be made: {error!r}")))
        else:
            tested = sum(row.q is not None for row in rows)
            told = [row_of(legs, row) for row in [*rows[: min(tested, ROWS)], *rows[tested:][:ROWS]]]
            self._say(Scanned(stage="done", done=len(rows), total=len(rows), rows=told, tested=tested, untested=len(rows) - tested))

    def _tell(self, done: int, total: int) -> None:
        if self._enough.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._told >= TELL_S:
            self._told = now
            eta = (now - self._began) * (total - done) / done if done else None
            self._say(Scanned(stage="running", done=done, total=total, eta_s=eta))

    def _say(self, how: Scanned) -> None:
        self._send(frames.message(words.SCANNED, how, self._number))


def row_of(legs: list[Closes], row: Row) -> dict[str, Any]:
    """A pair as the answer to `scan_state` has it; half-life in bars."""
    figures = {name: getattr(row, name) for name in ("pvalue", "q", "hedge_ratio", "zscore", "half_life", "correlation")}
    told = {name: None if value is None else finite(value) for name, value in figures.items()}
    return {"a": legs[row.a].symbol, "b": legs[row.b].symbol, **told, "n": row.n, "why": row.why}
