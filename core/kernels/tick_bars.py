"""`close_bar` for the interval `tick`, where every print is a closed bar of its own."""

from __future__ import annotations

from typing import Any


def close_tick(bar: Any, tick: Any, interval: int) -> bool:
    """What `close_bar` does at interval 0. The bundler leaves out the fields that nothing reads."""
    bar.count += 1
    bar.start = tick.ts
    bar.end = tick.ts
    bar.open = tick.price
    bar.high = tick.price
    bar.low = tick.price
    bar.close = tick.price
    bar.volume = tick.qty
    bar.buy_volume = tick.qty if tick.side > 0 else 0.0
    bar.notional = tick.price * tick.qty
    bar.trades = 1
    return True
