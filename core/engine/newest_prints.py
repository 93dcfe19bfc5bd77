"""The newest prints of a symbol, as the ring of recent ticks has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.engine.charts import watched, whole

if TYPE_CHECKING:
    from core.engine.engine import Engine


def prints(engine: Engine, args: dict[str, Any]) -> dict[str, Any]:
    """The newest prints of a symbol, newest first: `[ts_ns, price, qty, side, id, origin]`, side and origin as in `core.types`.

    Args:
        args: `symbol`, `count`.

    Raises:
        UsageError: the symbol is not watched.
    """
    symbol = watched(engine, args.get("symbol"))
    engine.incoming.absorb()
    ticks = engine.recent.newest(engine.symbols[symbol], whole(args, "count", 100, 1, 2000))[::-1]
    columns = [ticks[name].tolist() for name in ("ts", "price", "qty", "side", "id", "origin")]
    return {"symbol": symbol, "prints": [list(row) for row in zip(*columns, strict=True)]}
