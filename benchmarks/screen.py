"""What the price pane costs: the real screen in a real terminal, on an engine that changes a set share of its cells ten times a second.

    python benchmarks/screen.py [--seconds 20] [--columns 120] [--lines 40] [--rows 30] [--changing 30] [--chart bars|lines]

Prints one JSON document: CPU of the screen's process (percent of one core), bytes to the terminal per frame (frames are views that
were pulled), time from a key to its paint (ms), and time from start to the first paint and to the first price (s). The share is out of
8 figures a row, so 30 rows are 240 cells; `--changing 0` is a still market, and more than all cells change every figure every time.
`--chart` looks at the chart instead, over the whole screen: of bars, or with five lines, the trend and a panel of an indicator on them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import multiprocessing
import os
import pty
import random
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cockpit.settings import Drawn, Left, LeftChart, leave_in
from core.view import Painted, PriceRow, Pull, Reply, Request
from tests.cockpit.ui.fake_engine import FakeEngine, header_view
from tests.cockpit.ui.fake_indicators import Lines

SECOND = 1_000_000_000


class Ticker(FakeEngine):
    """Changes so many figures on every pull, spread at random over its rows."""

    def __init__(self, home: Path, rows: int, changing: int, pulls: Synchronized[int]) -> None:
        super().__init__(home)
        self.random = random.Random(1)
        self.figures = [[20_000 + 10.0 * row, 0.4, 20_000.0, 20_000.1, 5e4, 100.0, 1.0, 0.0] for row in range(rows)]
        self.spark = [[float(self.random.random()) for _ in range(60)] for _ in range(rows)]
        self.changing = min(changing, 8 * rows)
        self.counted = pulls

    async def answer(self, request: Request) -> Reply:
        if isinstance(request, Pull):
            self.turn()
        reply = await super().answer(request)
        if isinstance(reply, Painted):
            self.counted.value += 1
        return reply

    def turn(self) -> None:
        """The next frame's figures: last, 24 h, bid, ask, volume, ticks a second, direction and sparkline."""
        now = time.time_ns()
        for index in self.random.sample(range(8 * len(self.figures)), self.changing):
            row, column = divmod(index, 8)
            if column == 7:
                self.spark[row] = [*self.spark[row][1:], self.random.random()]
            elif column == 6:
                self.figures[row][6] = -self.figures[row][6]
            else:
                self.figures[row][column] *= 1 + self.random.choice((-1, 1)) * self.random.uniform(0.001, 0.01)
        self.prices = [
            PriceRow(f"bench:SYM{row:02d}USDT", last, int(way), change, bid, ask, volume, rate, now, 2, "live", self.spark[row])
            for row, (last, change, bid, ask, volume, rate, way, _) in enumerate(self.figures)
        ]
        self.header = msgspec.structs.replace(self.header, now_ns=now, started_ns=now - 90_000 * SECOND)
        if self.changing:
            self.moved("prices")
        self.moved("header")


def serve(home: Path, rows: int, changing: int, pulls: Synchronized[int]) -> None:
    """The engine's process."""

    async def forever() -> None:
        async with Ticker(home, rows, changing, pulls) as engine:
            Lines(engine)
            engine.header = header_view(capital=0.0)
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(forever())


class Terminal:
    """A pty with the cockpit on it."""

    def __init__(self, home: Path, columns: int, lines: int) -> None:
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            # An installed package is compiled; a checkout under PYTHONDONTWRITEBYTECODE would be compiled at every start.
            for name in ("NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"):
                os.environ.pop(name, None)
            code = "import sys; from pathlib import Path; from cockpit.sitting import run; sys.exit(run(Path(sys.argv[1])).code)"
            os.execv(sys.executable, [sys.executable, "-c", code, str(home)])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.total = 0

    def read(self, until: float, wanted: bytes = b"") -> float | None:
        """Read on until a moment; the moment the wanted bytes came, else None."""
        tail = b""
        while (left := until - time.perf_counter()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            data = os.read(self.fd, 1 << 16)
            self.total += len(data)
            tail = tail[-4096:] + data
            if wanted and wanted in tail:
                return time.perf_counter()
        return None

    def cpu(self) -> float:
        """Seconds of CPU used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def key_to_paint(terminal: Terminal, presses: int) -> list[float]:
    """Milliseconds from a cursor key to the cursor's new place."""
    found = []
    for press in range(presses):
        terminal.read(time.perf_counter() + 0.05 + 0.037 * (press % 3))
        pressed = time.perf_counter()
        os.write(terminal.fd, b"\x1b[B" if press % 2 == 0 else b"\x1b[A")
        painted = terminal.read(pressed + 2.0, "▶".encode())
        if painted is not None:
            found.append((painted - pressed) * 1e3)
    return sorted(found)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """One run."""
    with tempfile.TemporaryDirectory() as folder:
        pulls: Synchronized[int] = multiprocessing.Value("q", 0)
        engine = multiprocessing.Process(target=serve, args=(Path(folder), options.rows, options.changing, pulls), daemon=True)
        engine.start()
        if options.chart == "lines":
            drawn = [Drawn("sma"), Drawn("bollinger"), Drawn("slow", True), Drawn("fast_rsi", True)]
            leave_in(Path(folder), Left(chart=LeftChart(drawn=drawn, trend=True)))
        while not (Path(folder) / "run" / "engine.sock").exists():
            time.sleep(0.01)
        terminal = Terminal(Path(folder), options.columns, options.lines)
        try:
            first = terminal.read(terminal.began + 10, b"cockpit")
            price = terminal.read(terminal.began + 10, b"SYM00USDT")
            os.write(terminal.fd, b"5+" if options.chart else b"+")
            terminal.read(time.perf_counter() + 3)
            cpu, total, frames, since = terminal.cpu(), terminal.total, pulls.value, time.perf_counter()
            terminal.read(since + options.seconds)
            took = time.perf_counter() - since
            cpu, total, frames = terminal.cpu() - cpu, terminal.total - total, pulls.value - frames
            keys = [] if options.chart else key_to_paint(terminal, options.keys)
        finally:
            terminal.close()
            engine.terminate()
            engine.join()
    return {
        "size": f"{options.columns}x{options.lines}",
        "rows": options.rows,
        "changing": min(options.changing, 8 * options.rows),
        "frames_per_s": round(frames / took, 2),
        "cpu_pct": round(100 * cpu / took, 2),
        "cpu_pct_at_10_hz": round(100 * cpu / took * 10 / (frames / took), 2),
        "bytes_per_frame": round(total / max(1, frames)),
        "key_to_paint_ms": {"p50": round(statistics.median(keys), 1), "p99": round(keys[int(0.99 * (len(keys) - 1))], 1)} if keys else None,
        "first_paint_s": round(first - terminal.began, 3) if first else None,
        "first_price_s": round(price - terminal.began, 3) if price else None,
    }


def asked(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for, or these words of one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--changing", type=int, default=30)
    parser.add_argument("--chart", choices=["bars", "lines"])
    parser.add_argument("--keys", type=int, default=60)
    return parser.parse_args(words)


def main() -> None:
    sys.stdout.write(json.dumps(measure(asked())) + "\n")


if __name__ == "__main__":
    main()
