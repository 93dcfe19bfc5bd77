"""Who told the engine what, lately: every command with its answer, the refused ones too, and what the engine did by itself."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from core.clock import iso
from core.system_view import CommandRow

LINES = 200

#: What a payload is told by, in this order.
_SUBJECTS = ("ids", "id", "symbols", "strategy", "strategies", "text")


class Trail:
    """The newest commands, newest first.

    Args:
        changed: called after every change.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.rows: deque[CommandRow] = deque(maxlen=LINES)
        self._changed = changed

    def note(self, ts_ns: int, actor: str, kind: str, payload: dict[str, Any], refused: str = "") -> None:
        """One more; `refused` says why it was not done."""
        self.rows.appendleft(CommandRow(ts_ns, actor, kind, subject_of(kind, payload), refused))
        self._changed()

    def load(self, rows: Iterable[dict[str, Any]]) -> None:
        """What the journal holds, oldest first."""
        for row in rows:
            try:
                payload = json.loads(row["payload"])
            except ValueError:
                payload = {}
            self.note(row["ts_ns"], row["actor"], row["kind"], payload if isinstance(payload, dict) else {})


def subject_of(kind: str, payload: dict[str, Any]) -> str:
    """What a command is about, in a few words."""
    if kind == "register":
        order = payload.get("order", payload)
        name = order.get("name", "") if isinstance(order, dict) else ""
        where = ", ".join(order.get("symbols", [])) if isinstance(order, dict) else ""
        return " ".join(part for part in (str(payload.get("id") or ""), name, f"on {where}" if where else "") if part)
    if kind in ("pace", "step", "seek"):
        return _of_replay(kind, payload)
    if isinstance(variant := payload.get("variant"), dict):
        return f"{variant.get('name', '')}: {variant.get('indicator', '')}"
    if kind == "remove_variant":
        return str(payload.get("name") or "")
    if isinstance(payload.get("rule"), dict):
        return str(payload["rule"].get("id") or payload["rule"].get("symbol") or "")
    told = next((payload[key] for key in _SUBJECTS if payload.get(key)), None)
    words = ", ".join(map(str, told)) if isinstance(told, list) else "all" if told is None and "id" in payload else str(told or "")
    if kind == "limits" and payload.get("mode", "normal") != "normal":
        words = f"{words} {payload['mode'].replace('_', ' ')}".strip()
    if kind == "reduce":
        words = f"{words} by {payload['pct']:g} %"
    if kind == "stops":
        words = f"{words} {_stops(payload)}"
    if kind == "failed" and payload.get("line"):
        words = f"{words}: {payload['line']}"
    return words


def _stops(payload: dict[str, Any]) -> str:
    """The stops that were set: `stop loss 2 %, trailing 1 %`, or none."""
    names = ("stop_loss", "take_profit", "trailing")
    given = [f"{name.replace('_', ' ')} {payload[f'{name}_pct']:g} %" for name in names if payload.get(f"{name}_pct") is not None]
    return ", ".join(given) or "no stops"


def _of_replay(kind: str, payload: dict[str, Any]) -> str:
    """What is done to a replay: `10 times`, `paused`, `1m BTCUSDT`, the time gone to."""
    if kind == "step":
        return " ".join(str(payload[key]) for key in ("interval", "symbol") if payload.get(key))
    if kind == "seek":
        to_ns = payload.get("to_ns")
        return iso(to_ns) if isinstance(to_ns, int) else "the beginning"
    speed = payload.get("speed")
    pace = f"{speed:g} times real time" if isinstance(speed, float) else "as fast as it goes" if speed else ""
    return ", ".join(filter(None, (pace, "paused" if payload.get("paused") else "")))
