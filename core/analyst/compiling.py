"""Machine code of indicators made in a process beside: numba would hold up the ticks for a second each.

What is wanted at once comes first; the rest of the catalogue follows when nobody needs the processor, so that a new variant only loads.
"""

from __future__ import annotations

import os
import subprocess
import threading

from core.child import command
from core.compile.machine_code import ready
from core.errors import StrategyError
from core.indicators import module
from core.indicators.catalogue import Catalogue
from core.indicators.definition import Indicator

#: Seconds the process may take for one indicator.
PATIENCE_S = 60.0

#: Seconds after the first look at which the rest of the catalogue's turn comes: what is wanted now goes first.
LATER_S = 30.0


class Compiling:
    """Has machine code made, by processes that end with the thread that asks for it."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._turn = threading.Lock()
        self._closed = threading.Event()
        self._later: threading.Thread | None = None

    def ready(self, indicator: Indicator, *, bars: bool = False) -> str:
        """Wait until the machine code of an indicator is in the cache; why it will not be, '' where it is."""
        try:
            if ready(module.generate(indicator, bars=bars)):
                return ""
        except StrategyError as error:
            return str(error)
        process = self._begin([str(indicator.path)], subprocess.PIPE)
        if process is None:
            return "the analyst ends"
        try:
            _, said = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"{indicator.name}: compiling it took over {PATIENCE_S:.0f} s and was ended"
        finally:
            self._over(process)
        lines = said.decode(errors="replace").strip().splitlines() or [f"{indicator.name}: its compiler ended with {process.returncode}"]
        return lines[-1] if process.returncode else ""

    def warm(self, catalogue: Catalogue) -> None:
        """Have all that is not in the cache compiled some time, for ticks and for bars; nothing while that goes on already."""
        if self._later is None or not self._later.is_alive():
            self._later = threading.Thread(target=self._warm, args=(catalogue,), daemon=True)
            self._later.start()

    def _warm(self, catalogue: Catalogue) -> None:
        if self._closed.wait(LATER_S):
            return
        missing = [str(one.path) for one in catalogue.indicators.values() if not _kept(one)]
        process = self._begin(["--idle", *missing], subprocess.DEVNULL) if missing else None
        if process is not None:
            process.wait()
            self._over(process)

    def close(self) -> None:
        """End what is under way; nothing is begun any more."""
        with self._turn:
            self._closed.set()
            for process in self._processes:
                process.kill()

    def _begin(self, words: list[str], errors: int) -> subprocess.Popen[bytes] | None:
        words = command("core.analyst.compiler", str(os.getpid()), *words)
        with self._turn:
            if self._closed.is_set():
                return None
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
            self._processes.add(process)
        return process

    def _over(self, process: subprocess.Popen[bytes]) -> None:
        with self._turn:
            self._processes.discard(process)


def _kept(indicator: Indicator) -> bool:
    """Whether its machine code is in the cache, for ticks and for bars; one that cannot be compiled has none to wait for."""
    try:
        return ready(module.generate(indicator)) and ready(module.generate(indicator, bars=True))
    except StrategyError:
        return True
