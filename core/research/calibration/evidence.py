"""The fills that show what a venue does: those of a home's ledger, or of a file of one's own, put together by order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from core.codes import Mode
from core.errors import UsageError
from core.store.venue_fills import VenueFill, fills_by_mode, venue_fills
from core.types import Records

#: One order, or that part of it which rested or did not: its first fill's time, its quantity and average price. `decided` and `maker` are
#: -1 where not known; `fills` counts its executions.
ORDER = np.dtype([("ts", "i8"), ("decided", "i8"), ("side", "f8"), ("qty", "f8"), ("price", "f8"), ("maker", "i1"), ("fills", "i8")])


class _Line(msgspec.Struct, frozen=True):
    """A line of a file, as `cockpit fills --json` has it: what it needs not is left aside."""

    symbol: Annotated[str, Meta(min_length=1)]
    side: Annotated[str, Meta(pattern="^(buy|sell)$")]
    qty: Annotated[float, Meta(gt=0)]
    price: Annotated[float, Meta(gt=0)]
    ts_ns: Annotated[int, Meta(gt=0, lt=1 << 62)]
    fee: float | None = None
    order_id: str = ""
    decided_ns: Annotated[int, Meta(gt=0, lt=1 << 62)] | None = None
    maker: bool | None = None
    mode: Mode = Mode.LIVE


@dataclass(frozen=True)
class Evidence:
    """What there is to learn from.

    Attributes:
        fills: made by a venue.
        modelled: how many more there were that show nothing of a venue, by their mode.
    """

    fills: list[VenueFill]
    modelled: dict[str, int] = field(default_factory=dict)


def of_ledger(path: Path, from_ns: int | None = None, to_ns: int | None = None) -> Evidence:
    """The fills of a ledger; without the file there are none.

    Raises:
        StoreError: it cannot be read.
    """
    if not path.exists():
        return Evidence([])
    modes = fills_by_mode(path)
    modes.pop(Mode.LIVE.value, None)
    return Evidence(venue_fills(path, None, from_ns, to_ns), modes)


def of_file(path: Path, from_ns: int | None = None, to_ns: int | None = None) -> Evidence:
    """The fills of a file: a JSON object a line with `symbol`, `side`, `qty`, `price`, `ts_ns`, and where known `fee` (quote currency),
    `order_id`, `decided_ns`, `maker` and `mode` (live, where it is not said).

    Raises:
        UsageError: it cannot be read; the line is named.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    decode = msgspec.json.Decoder(_Line).decode
    fills, modelled = [], dict[str, int]()
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}, line {number}: {error}") from None
        if line.mode is not Mode.LIVE:
            modelled[line.mode.value] = modelled.get(line.mode.value, 0) + 1
        elif (from_ns is None or line.ts_ns >= from_ns) and (to_ns is None or line.ts_ns < to_ns):
            order = line.order_id or f"line {number}"
            fills.append(VenueFill(line.symbol, line.side, line.qty, line.price, line.fee, line.ts_ns, order, line.decided_ns, line.maker))
    return Evidence(sorted(fills, key=lambda fill: fill.ts_ns), modelled)


def orders_of(fills: Sequence[VenueFill]) -> Records:
    """Fills of one symbol as ORDER records, by time: an order that took several prices is one purchase at their average."""
    parts: dict[tuple[str, str, bool | None], list[VenueFill]] = {}
    for fill in fills:
        parts.setdefault((fill.order_id, fill.side, fill.maker), []).append(fill)
    rows = np.zeros(len(parts), ORDER)
    for k, ((_, side, maker), part) in enumerate(parts.items()):
        qty = sum(fill.qty for fill in part)
        first = min(part, key=lambda fill: fill.ts_ns)
        decided = -1 if first.decided_ns is None else first.decided_ns
        price = sum(fill.qty * fill.price for fill in part) / qty
        rows[k] = (first.ts_ns, decided, 1.0 if side == "buy" else -1.0, qty, price, -1 if maker is None else maker, len(part))
    return rows.take(np.argsort(rows["ts"], kind="stable"))
