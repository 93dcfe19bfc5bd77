"""Payloads as a venue should never send them: a print with an impossible price or a field of another name or type, and plain garbage."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from core.errors import UsageError
from core.exchange import wire
from core.exchange.rows import Kind

#: Turns a print's payload into another.
Alteration: TypeAlias = Callable[[str], str]

#: What a poisoned print's price becomes.
POISONS = ("nan", "infinity", "zero", "negative", "spike")

#: Kinds of garbage, as `garbage` makes them.
GARBAGE = ("malformed", "deep", "binary", "huge", "unknown", "not-utf8")

#: A spike is this much above the true price.
_SPIKE = Decimal("1.5")

_PRICE = re.compile(r'"p":"([^"]*)"')
_DEPTH = 100_000
_HUGE_BYTES = 5 << 20
_JUNK = bytes((37 * n + 11) % 256 for n in range(512))


def unaltered(payload: str) -> str:
    """The payload as it is."""
    return payload


def poison(kind: str) -> Alteration:
    """An impossible price, or one 50 % off.

    Raises:
        UsageError: there is no such poison.
    """
    if kind not in POISONS:
        raise UsageError(f"no poison {kind!r}: {', '.join(POISONS)}")
    return partial(_with_price, kind)


def renamed(field: str) -> Alteration:
    """A field under another name: `p` becomes `p_`."""
    return partial(_with_field, field, False)


def retyped(field: str) -> Alteration:
    """A field of another type: text as a number, anything else as text."""
    return partial(_with_field, field, True)


def garbage(kind: str, symbol: str, combined: bool) -> bytes:
    """A whole WebSocket frame that no parser can use; with the envelope of a combined stream where one fits.

    Raises:
        UsageError: there is no such kind.
    """
    head = f'{{"e":"aggTrade","E":1,"s":{wire.quoted(symbol)}'
    if kind == "binary":
        return wire.frame(_JUNK, wire.BINARY_FRAME)
    if kind == "not-utf8":
        return wire.frame(b'{"e":"aggTrade","s":"\xff\xfe\xc0"}')
    if kind == "malformed":
        return wire.websocket_frame(f'{{"stream":"{symbol.lower()}@aggTrade","data":{head},"p":"1.0' if combined else f'{head},"p":"1.0')
    payloads = {
        "deep": f'{head},"x":{"[" * _DEPTH}{"]" * _DEPTH}}}',
        "huge": f'{head},"x":"{"x" * _HUGE_BYTES}"}}',
        "unknown": f'{{"e":"somethingNew","E":1,"s":{wire.quoted(symbol)},"v":[1,2,3]}}',
    }
    if kind not in payloads:
        raise UsageError(f"no garbage {kind!r}: {', '.join(GARBAGE)}")
    name = wire.stream_name(symbol, Kind.AGG)
    return wire.websocket_frame(wire.envelope(name, payloads[kind]) if combined else payloads[kind])


def _with_price(kind: str, payload: str) -> str:
    match = _PRICE.search(payload)
    if match is None:
        return payload
    true = match[1]
    price = {"nan": "NaN", "infinity": "Infinity", "zero": "0.00000000", "negative": f"-{true}"}.get(kind)
    if price is None:
        price = f"{Decimal(true) * _SPIKE:.8f}"
    return f"{payload[: match.start(1)]}{price}{payload[match.end(1) :]}"


def _with_field(field: str, retype: bool, payload: str) -> str:
    values = json.loads(payload)
    out = {}
    for name, value in values.items():
        if name != field:
            out[name] = value
        elif retype:
            out[name] = float(value) if isinstance(value, str) and _is_number(value) else [value] if isinstance(value, str) else str(value)
        else:
            out[f"{name}_"] = value
    return json.dumps(out, separators=(",", ":"), ensure_ascii=False)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
