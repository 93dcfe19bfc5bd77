"""Telling strategies what a venue did with their orders: journalled like a command, then a lever at its place among the ticks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from core.commands import Terms
from core.engine.roster import Entry
from core.lever_orders import Executed, VenueWord
from core.trading.events import Fill
from core.trading.order import Intent
from core.workers.frames import Lever

if TYPE_CHECKING:
    from core.engine.engine import Engine


def can_hear(entry: Entry) -> bool:
    """Whether what is told now is not forgotten: not while it failed, or begins anew and has no state to be told to."""
    return entry.state not in ("failed", "starting") and (entry.snapshot is not None or entry.opening is not None)


async def tell(engine: Engine, entry: Entry | None, words: Sequence[VenueWord], *, again: bool = False) -> None:
    """Say these to a strategy, in their order; to nobody where it is gone: an execution then counts as told all the same.

    The row of an execution is named by order and trade id: the ledger takes no second one, so none is told twice.

    Args:
        again: to a strategy that begins anew and has lost them.
    """
    async with engine.supply.telling:
        ids = [] if entry is None else [entry.id]
        now = engine.clock.now_ns()
        rows = [(f"{_name(word, now)}:again:{now}" if again else _name(word, now), word) for word in words]
        kept = [engine.ledger.journal(name, now, "venue", *_payload(word, ids)) for name, word in rows]
        await asyncio.gather(*kept)
        for name, word in rows:
            after = engine.last_seq
            if entry is not None and entry.id in engine.roster:
                lever = "executed" if isinstance(word, Executed) else "unplaced"
                after = engine.supply.pull(entry, Lever(id=entry.id, lever=lever, said=word, number=entry.told + 1))
            engine.ledger.took_effect(name, after)


def _name(word: VenueWord, now: int) -> str:
    if isinstance(word, Executed):
        return f"{word.client_id}:{word.trade_id}"
    return f"unplaced:{word.id}:{word.leg}:{word.order}:{now}"


def _payload(word: VenueWord, ids: list[str]) -> tuple[str, str]:
    payload = msgspec.to_builtins(word) | {"ids": ids}
    return payload.pop("type"), json.dumps(payload)


def executed(leg: int, intent: Intent, fill: Fill, position: Decimal, fee: float) -> Executed:
    """An execution as it is told.

    Args:
        position: after it; fee: quote currency.
    """
    signed = fill.qty if intent.side == "buy" else -fill.qty
    return Executed(
        id=intent.strategy_id, leg=leg, order=intent.order, qty=signed, position=position, price=fill.price, fee=fee,
        client_id=intent.client_id, trade_id=fill.trade_id, ts_ns=fill.ts_ns,
    )  # fmt: skip


def fee_in_quote(fill: Fill, intent: Intent, terms: Terms, price: float | None) -> float:
    """The fee of an execution in quote currency.

    One in base currency at its own price, one in a third asset at that asset's last price; where that is not streamed, what the terms say.

    Args:
        price: of the fee's asset, None: not known.
    """
    if fill.fee_asset == intent.quote:
        return float(fill.fee)
    if fill.fee_asset == intent.base:
        return float(fill.fee) * float(fill.price)
    if price is not None:
        return float(fill.fee) * price
    return float(fill.qty) * float(fill.price) * terms.fee_bps / 1e4
