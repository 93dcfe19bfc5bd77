"""What is kept of an order that goes to a venue: its intent, what happened to it, and what the account holds by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class OrderIntent(NamedTuple):
    """A row of `order_intents`; `payload` is JSON."""

    client_id: str
    strategy_id: str
    number: int
    symbol: str
    ts_ns: int
    payload: str


class OrderNote(NamedTuple):
    """A row of `order_events`, and how the order stands after it.

    Attributes:
        n: the event's number within its order, from 1 on.
        payload: JSON.
        settled: nothing more is expected.
    """

    client_id: str
    n: int
    ts_ns: int
    kind: str
    payload: str
    state: str
    settled: bool


class KeptOrder(NamedTuple):
    """An order as it stands on the ledger: its intent, and its events in their order, as JSON."""

    client_id: str
    intent: str
    events: tuple[str, ...]


class Page(NamedTuple):
    """What is written together or not at all.

    Attributes:
        holdings: what the account holds after it, by asset; amounts as texts.
        findings: (ts_ns, asset, what was found, in words): holdings that our orders do not explain.
        marks: what is remembered by name.
    """

    notes: Sequence[OrderNote] = ()
    holdings: Mapping[str, str] = {}
    findings: Sequence[tuple[int, str, str]] = ()
    marks: Mapping[str, str] = {}
