"""Would the rule in a form have fired? Asked of the engine again and again until it knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec

from cockpit.text import clean
from core.alert_rules import AnyRule, span
from core.clock import iso
from core.errors import CockpitError

#: Seconds between two questions.
EVERY = 0.3

#: Asks the engine `alert_test`.
Ask = Callable[[dict[str, Any]], Awaitable[Any]]


async def tried(ask: Ask, rule: AnyRule) -> AsyncIterator[str]:
    """How far the test is, then what came out, a line each; a refusal is a line too."""
    words: dict[str, Any] = {"rule": msgspec.to_builtins(rule), "from_ns": None, "to_ns": None}
    try:
        while True:
            answer = await ask(words)
            if answer.get("state") != "running":
                break
            yield f"Testing on the tape: {float(answer.get('share') or 0.0):.0%} …"
            await asyncio.sleep(EVERY)
    except CockpitError as error:
        yield f"Not tested: {clean(str(error))}"
        return
    found = answer.get("found")
    yield said(found) if isinstance(found, dict) else f"Not tested: {clean(str(answer.get('note', '')))}"


def said(found: dict[str, Any]) -> str:
    """`Would have fired 14 times since 2026-01-01: first …, last …; the longest without: 3 h.`"""
    count = int(found["fired"])
    times = {0: "never have fired", 1: "have fired once"}.get(count, f"have fired {count:,} times")
    text = f"Would {times} from {_minute(found['from_ns'])} to {_minute(found['to_ns'])}"
    if count:
        text += f": first {_minute(found['first_ns'])}, last {_minute(found['last_ns'])}"
        text += f"; the longest without: {span(max(60, round(found['longest_ns'] / 60e9) * 60))}"
    return f"{text}. ctrl+t tests again."


def _minute(ns: int) -> str:
    return iso(ns)[:16].replace("T", " ")
