"""Makes the small sample files beside it: a made-up market in the form of Binance dumps. Seeded: each run gives the same bytes.

Run: python data/make_samples.py [FOLDER]. Nothing in them was traded anywhere.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from pathlib import Path

_START_MS = 1_723_075_200_000  # 2024-08-08T00:00:00Z
_TRADES = 4_000
_BARS = 1_440


def agg_trades(seed: int = 20240808) -> str:
    """Two hours of aggTrades of a BTCUSDT that drifts in waves, with the header that Binance's newer dumps have."""
    rng = random.Random(seed)
    lines = ["agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"]
    price, ms, trade = 55_000.0, float(_START_MS), 3_700_000_000
    for i in range(_TRADES):
        ms += rng.expovariate(1 / 1800)
        pull = 55_000 + 260 * math.sin(i / 420) - price
        price = max(round(price + 0.004 * pull + rng.gauss(0, 4.0), 2), 1.0)
        count = 1 + int(rng.expovariate(1.2))
        qty = max(round(rng.lognormvariate(-4.5, 1.4), 5), 0.00001)
        lines.append(
            f"{3_100_000_000 + i},{price:.2f},{qty:.5f},{trade},{trade + count - 1},{int(ms)},{'true' if rng.random() < 0.5 else 'false'}"
        )
        trade += count
    return "\n".join(lines) + "\n"


def one_minute_bars(seed: int = 20240809) -> str:
    """A day of one-minute OHLCV of an ETHUSDT that trends, then ranges."""
    rng = random.Random(seed)
    lines = ["open_time,open,high,low,close,volume"]
    price = 2_400.0
    for i in range(_BARS):
        first = price
        drift = 0.12 if i < _BARS // 2 else 0.02 * (2_480 - price)
        path = [first]
        for _ in range(4):
            path.append(max(round(path[-1] + drift / 4 + rng.gauss(0, 0.8), 2), 1.0))
        price = path[-1]
        volume = rng.lognormvariate(4, 0.6)
        lines.append(f"{_START_MS + 60_000 * i},{first:.2f},{max(path):.2f},{min(path):.2f},{price:.2f},{volume:.3f}")
    return "\n".join(lines) + "\n"


SAMPLES = {"BTCUSDT-aggTrades-sample.csv": agg_trades, "ETHUSDT-1m-sample.csv": one_minute_bars}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "samples")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        (folder / name).write_text(make(), encoding="ascii", newline="\n")
        sys.stderr.write(f"{folder / name}\n")


if __name__ == "__main__":
    main()
