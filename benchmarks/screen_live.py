"""The whole screen on a real engine under load: what it costs the processor and the line, and how soon a key is answered.

    python benchmarks/screen_live.py [--seconds 15] [--rates 5000,50000] [--size 160x48]

A venue that costs next to nothing (`live_venue`) prints at each rate; an engine with eight strategies records and trades; the real screen
is on a pty of its own. Measured with all panes of Live in sight, then with the prices and the chart each alone on it: CPU of the screen's
process, bytes a second to the terminal, and from a cursor key to its paint. Prints one JSON document. The last figure says what rate of
frames a line of 100 kbit/s carries.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import threading
import time
from typing import Any

from benchmarks.live import Venue
from benchmarks.live_engine import EngineUnderTest, engine
from benchmarks.screen import Terminal, key_to_paint

#: What is in sight -> the keys that lead there from all panes in sight.
VIEWS = {"all panes": b"1", "prices": b"1+", "chart": b"5+"}

#: Bytes a second that a line of 100 kbit/s carries, of which a tenth is the line's own.
LINE = 100_000 / 8 * 0.9


def watch(terminal: Terminal, seconds: float, presses: int) -> dict[str, Any]:
    """One view under load."""
    terminal.read(time.perf_counter() + 2)
    cpu, total, since = terminal.cpu(), terminal.total, time.perf_counter()
    terminal.read(since + seconds)
    took = time.perf_counter() - since
    cpu, total = terminal.cpu() - cpu, terminal.total - total
    keys = key_to_paint(terminal, presses)
    found: dict[str, Any] = {"cpu_pct": round(100 * cpu / took, 1), "bytes_per_s": round(total / took)}
    if keys:
        found["key_to_paint_ms"] = f"{statistics.median(keys):.1f} / {keys[int(0.99 * (len(keys) - 1))]:.1f}"
    return found


def measure(under: EngineUnderTest, venue: Venue, rate: float, options: argparse.Namespace) -> dict[str, Any]:
    """All views at one rate."""
    columns, lines = map(int, options.size.split("x"))
    terminal = Terminal(under.home, columns, lines)
    duration = len(VIEWS) * (options.seconds + 12) + 6
    pacing = threading.Thread(target=venue.order, args=("pace", rate, duration, False))
    pacing.start()
    found: dict[str, Any] = {"rate": rate}
    try:
        terminal.read(time.perf_counter() + 4, b"BTCUSDT")
        for name, keys in VIEWS.items():
            _press(terminal, keys)
            found[name] = watch(terminal, options.seconds, options.keys if name != "chart" else 0)
            _press(terminal, b"+" if b"+" in keys else b"")
    finally:
        terminal.close()
        pacing.join()
    found["frames_per_s_at_100_kbit"] = round(10 * LINE / max(found["all panes"]["bytes_per_s"], 1), 1)
    return found


def _press(terminal: Terminal, keys: bytes) -> None:
    for key in keys:
        os.write(terminal.fd, bytes([key]))
        terminal.read(time.perf_counter() + 0.5)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15.0, help="of each view")
    parser.add_argument("--rates", default="5000,50000", help="prints a second")
    parser.add_argument("--size", default="160x48", help="of the terminal")
    parser.add_argument("--keys", type=int, default=60, help="cursor keys pressed in each view")
    options = parser.parse_args()
    venue = Venue()
    runs: dict[str, Any] = {}
    try:
        with engine(venue.urls, 2) as under:
            under.register()
            for rate in options.rates.split(","):
                runs[f"at_{int(float(rate))}_a_second"] = measure(under, venue, float(rate), options)
    finally:
        venue.close()
    sys.stdout.write(json.dumps({"bench": "screen_live", "size": options.size, **runs}, indent=2) + "\n")


if __name__ == "__main__":
    main()
