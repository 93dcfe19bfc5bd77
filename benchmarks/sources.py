"""How fast market data files become ticks: rows a second from a generated aggTrades dump, plain, zipped and gzipped, and from bars;
parsed, and out of the cache of what was parsed before. Every row is looked at for its quality both times. `reached` says which came out of
the cache at `cached_at_least` rows a second or more.

Run: python benchmarks/sources.py [--rows 5000000]. One JSON document on stdout.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from core.research.source_kept import SETTLED_NS
from core.research.sources import open_source

#: Rows a second that a file must come out of the cache at, prints and bars alike.
CACHED_AT_LEAST = 5_000_000

_DAY_MS = 1_723_075_200_000


def agg_trades(rows: int, seed: int = 7) -> str:
    """A dump as Binance spot writes it: eight columns, eight decimals, no header, ms."""
    rng = np.random.default_rng(seed)
    price = np.round(60_000 + np.cumsum(rng.normal(0, 0.5, rows)), 2)
    qty = np.round(rng.exponential(0.05, rows) + 1e-5, 5)
    times = _DAY_MS + np.cumsum(rng.integers(0, 80, rows))
    maker = np.where(rng.random(rows) < 0.5, "True", "False")
    number = np.arange(3_000_000_000, 3_000_000_000 + rows)
    return "".join(
        f"{n},{p:.8f},{q:.8f},{n + 700},{n + 701},{t},{m},True\n"
        for n, p, q, t, m in zip(number.tolist(), price.tolist(), qty.tolist(), times.tolist(), maker.tolist(), strict=True)
    )


def klines(rows: int, seed: int = 7) -> str:
    """OHLCV with a header, one-minute bars."""
    rng = np.random.default_rng(seed)
    close = np.round(60_000 + np.cumsum(rng.normal(0, 5, rows)), 2)
    first = np.concatenate([[60_000.0], close[:-1]])
    lines = ["open_time,open,high,low,close,volume"]
    lines += [
        f"{_DAY_MS + 60_000 * i},{o:.2f},{max(o, c) + 1:.2f},{min(o, c) - 1:.2f},{c:.2f},12.345"
        for i, (o, c) in enumerate(zip(first.tolist(), close.tolist(), strict=True))
    ]
    return "\n".join(lines) + "\n"


def _write(folder: Path, rows: int) -> dict[str, Path]:
    text = agg_trades(rows).encode()
    plain = folder / "BTCUSDT-aggTrades-2024-08-08.csv"
    plain.write_bytes(text)
    zipped = folder / "BTCUSDT-aggTrades-2024-08-08.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(plain.name, text)
    gzipped = folder / "BTCUSDT-aggTrades-2024-08-08.csv.gz"
    gzipped.write_bytes(gzip.compress(text, 6))
    bars = folder / "BTCUSDT-1m-2024.csv"
    bars.write_text(klines(rows // 4))
    return {"aggTrades_csv": plain, "aggTrades_zip": zipped, "aggTrades_gz": gzipped, "ohlcv_csv": bars}


def measure(path: Path) -> dict[str, float]:
    """Best of three passes over one file, streamed as a backtest would, without the cache and out of it."""
    rows, parsed, parsed_cpu = _passes(path, cache=False)
    _, keeping, _ = _passes(path, cache=True, times=1)
    _, kept, kept_cpu = _passes(path, cache=True)
    return {
        "rows": rows, "bytes": path.stat().st_size, "seconds": round(parsed, 4), "rows_per_s": round(rows / parsed),
        "rows_per_cpu_s": round(rows / parsed_cpu), "first_rows_per_s": round(rows / keeping), "cached_seconds": round(kept, 4),
        "cached_rows_per_s": round(rows / kept), "cached_rows_per_cpu_s": round(rows / kept_cpu),
    }  # fmt: skip


def _passes(path: Path, *, cache: bool, times: int = 3) -> tuple[int, float, float]:
    """(rows, seconds, seconds of CPU), the best of each."""
    seconds = cpu = float("inf")
    rows = 0
    for _ in range(times):
        start, busy = time.perf_counter(), time.process_time()
        rows = sum(len(batch) for batch in open_source(str(path), cache=cache).batches())
        seconds, cpu = min(seconds, time.perf_counter() - start), min(cpu, time.process_time() - busy)
    return rows, seconds, cpu


def _import_seconds() -> float:
    code = "import time; t=time.perf_counter(); import core.research.sources; print(time.perf_counter()-t)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        if (child := os.fork()) == 0:  # the generator's memory is not ours to report
            _write(Path(folder), rows)
            os._exit(0)
        os.waitpid(child, 0)
        os.environ["COCKPIT_CACHE"] = str(Path(folder) / "cache")
        time.sleep(SETTLED_NS / 1e9 + 0.1)  # what changed just now is not kept
        names = {"aggTrades_csv": "BTCUSDT-aggTrades-2024-08-08.csv", "aggTrades_zip": "BTCUSDT-aggTrades-2024-08-08.zip"}
        names |= {"aggTrades_gz": "BTCUSDT-aggTrades-2024-08-08.csv.gz", "ohlcv_csv": "BTCUSDT-1m-2024.csv"}
        results = {name: measure(Path(folder) / file) for name, file in names.items()}
    document = {
        "benchmark": "sources",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cpus": os.cpu_count(),
        "import_s": round(_import_seconds(), 3),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "cached_at_least": CACHED_AT_LEAST,
        "reached": {name: result["cached_rows_per_s"] >= CACHED_AT_LEAST for name, result in results.items()},
        "files": results,
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
