"""Taking up alerts and rules where an earlier engine left them: from the journal, the ledger and the tape."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import structlog

from core.alert_rules import AnyRule
from core.alerts.firing import Done, Mark
from core.engine.alarms import LINES
from core.errors import SourceError
from core.store.reader import read_ticks, ticks_since
from core.types import MINUTE, TICK, Records
from core.view import AlertRow

if TYPE_CHECKING:
    from core.engine.engine import Engine
    from core.engine.sentinel import Sentinel

log = structlog.get_logger("alerts")

#: The tape is read for a window in pieces of so much time.
PIECE_NS = 10 * MINUTE


async def recall_alerts(engine: Engine) -> None:
    """Alerts of an earlier engine: open still where a rule said it and nobody has seen it, as somebody left it."""
    rows = {row["alert_id"]: row for row in reversed(await engine.ledger.alerts.newest(LINES))}
    rows |= {row["alert_id"]: row for row in await engine.ledger.alerts.open()}
    for command in await engine.ledger.alerts.commands():  # one that was journalled just before a kill is done now
        if command["kind"] in ("ack_alert", "snooze_alert"):
            _do_again(rows, command)
    times = await engine.ledger.alerts.unseen_firings()
    known = [
        AlertRow(
            row["ts_ns"], row["level"], row["text"], row["state"] == "open", row["alert_id"], row["rule_id"], row["acked_ns"],
            row["snoozed_ns"], max(1, times.get(row["rule_id"], 1)) if row["state"] == "open" else 1,
        )
        for row in rows.values()
    ]  # fmt: skip
    engine.alarms.recall(sorted(known, key=lambda row: -row.ts_ns))


def _do_again(rows: dict[str, dict[str, Any]], command: dict[str, Any]) -> None:
    payload = json.loads(command["payload"])
    found = rows.values() if payload["id"] is None else [rows[payload["id"]]] if payload["id"] in rows else []
    for row in found:
        if row["state"] != "open" or row["ts_ns"] > command["ts_ns"]:
            continue
        if command["kind"] == "snooze_alert":
            row["snoozed_ns"] = payload.get("until_ns", 0)
        elif not row["acked_ns"]:
            row["acked_ns"], row["snoozed_ns"] = command["ts_ns"], 0


async def recall_rules(sentinel: Sentinel) -> dict[str, str]:
    """The rules of the journal, each as far as it had looked; returns what the ledger holds of that."""
    engine, book, orders = sentinel.engine, sentinel.book, sentinel.orders
    rules, since = _fold(await engine.ledger.alerts.commands(), orders.times, engine.last_seq)
    saved = await engine.ledger.alerts.marks()
    for name, text in saved.items():
        kind, _, id_ = name.partition(" ")
        if kind == "rule" and id_ in rules:
            book.done[id_] = msgspec.json.decode(text, type=Done)
    for rule in rules.values():
        book.put(rule, times=orders.times[rule.id])
        for symbol in book.symbols(rule.id):
            book.begin(symbol, Mark(seq=since[rule.id]))
    marks = {name: msgspec.json.decode(text, type=Mark) for name, text in saved.items() if not name.startswith("rule ")}
    book.resume(marks)
    if rules:
        log.info("alert rules", rules=len(rules))
    return saved


def _fold(rows: list[dict[str, Any]], times: dict[str, int], last_seq: int) -> tuple[dict[str, AnyRule], dict[str, int]]:
    """The rules that were set and not removed, and the seq after which each was set; counts in `times` how often each id was."""
    rules: dict[str, AnyRule] = {}
    since: dict[str, int] = {}
    for row in rows:
        kind, payload = row["kind"], json.loads(row["payload"])
        if kind == "set_alert":
            rule: AnyRule = msgspec.convert(payload["rule"], AnyRule)
            rules[rule.id] = rule
            since[rule.id] = last_seq if row["after_seq"] is None else row["after_seq"]
            times[rule.id] = times.get(rule.id, 0) + 1
        elif kind == "remove_alert":
            rules.pop(payload["id"], None)
        elif kind == "snooze_alert":
            id_ = payload["id"] if payload["id"] in rules else payload["id"].rpartition(":")[0]
            if id_ in rules:
                rules[id_] = msgspec.structs.replace(rules[id_], snoozed_until_ns=payload.get("until_ns", 0))
    return rules, since


async def unseen(sentinel: Sentinel) -> AsyncIterator[Records]:
    """What is on the tape of the symbols of rules and was not looked at, in its order; windows are filled before."""
    engine, marks = sentinel.engine, sentinel.book.marks
    if not marks:
        return
    await fill_windows(sentinel, marks)
    path, since = engine.home / "tape.db", min(mark.seq for mark in marks.values())
    batches = ticks_since(path, since, sorted(marks), symbols=engine.symbols)
    try:
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            yield batch
    finally:
        await asyncio.to_thread(batches.close)


async def fill_windows(sentinel: Sentinel, symbols: Iterable[str]) -> None:
    """Let windows of time know the prints before those that are looked at next."""
    engine, book = sentinel.engine, sentinel.book
    for symbol in list(symbols):
        windows, mark = list(book.windows(symbol)), book.marks[symbol]
        if windows and mark.ts:
            engine.incoming.absorb()
            await engine.tape.flush()
            start, until = mark.ts - max(window.window_ns for window in windows), mark.ts + 1
            for at in range(start, until, PIECE_NS):
                ticks = await asyncio.to_thread(_read, engine, symbol, at, min(at + PIECE_NS, until))
                for window in windows:
                    recent = ticks.compress(ticks["ts"] >= until - window.window_ns)
                    if len(recent):
                        window.add(np.ascontiguousarray(recent["ts"]), np.ascontiguousarray(recent["price"]))


def _read(engine: Engine, symbol: str, from_ns: int, to_ns: int) -> Records:
    try:
        return read_ticks(
            engine.home / "tape.db", symbol, engine.venue.stream, from_ns=from_ns, to_ns=to_ns, as_delivered=True, symbols=engine.symbols
        )
    except SourceError:  # nothing of it yet
        return np.empty(0, TICK)
