"""The phases a strategy of conditions goes through, from waiting for a signal to flat again: a kernel, the same for every file."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.kernels.records import OWN

INACTIVE = 0
MONITORING = 1
DETECTED = 2
ENTERING = 3
ACTIVE = 4
CLOSING = 5
COOLDOWN = 6

PHASES = ("inactive", "monitoring", "signal detected", "entering", "position active", "closing", "cooldown")

WARMING = 0
WATCHING = 1
SIGNAL = 2
CANCELLED = 3
TIMED_OUT = 4
CALLED_OFF = 5
ENTER = 6
NOT_TAKEN = 7
OPENED = 8
TAKEN_OVER = 9
WRONG_SIDE = 10
CLOSED = 11
EMERGENCY = 12
ENDED = 13
FLAT = 14

#: Why the newest phase was entered, by number.
REASONS = (
    "indicators are not all known yet", "looking for a signal", "signal detected", "signal cancelled", "signal timed out before an entry",
    "emergency before an entry", "signal and entry conditions hold", "the order was not taken", "position open", "position taken over",
    "position of the other side taken over", "close conditions hold", "emergency conditions hold",
    "position ended by a stop, a limit or a person", "flat, waiting out the cooldown",
)  # fmt: skip

#: What the machine keeps. Times in ns; `since` when the phase was entered; `held` the side that is held, `opened` since when; `until`
#: where a cooldown ends; `wait` how long it will be; `spent` 1: the signal that holds must end before it counts again.
MACHINE = np.dtype(
    [
        ("phase", "i8"),
        ("held", "i8"),
        ("opened", "i8"),
        ("detected", "i8"),
        ("until", "i8"),
        ("wait", "i8"),
        ("spent", "i8"),
        ("since", "i8"),
    ]
)

#: The fields of a state that the machine looks at.
FIELDS = [("own", OWN), ("confidence", "f8"), ("reason", "i8"), ("machine", MACHINE)]


def track(s: Any, ts: int) -> None:
    """Note since when the position is held."""
    position = s.own.position
    held = 1 if position > 0.0 else -1 if position < 0.0 else 0
    if held != s.machine.held:
        s.machine.held = held
        s.machine.opened = ts


def pnl_pct(own: Any, price: float) -> float:
    """What the open position has gained at this price, in percent of its entry, before fees; NaN where none is open."""
    if own.position == 0.0 or own.entry == 0.0:
        return math.nan
    moved: float = 100.0 * (price - own.entry) / own.entry
    return moved if own.position > 0.0 else -moved


def held_seconds(s: Any, ts: int) -> float:
    """Since when the open position is held, in seconds; NaN where none is open."""
    if s.machine.held == 0:
        return math.nan
    seconds: float = (ts - s.machine.opened) / 1e9
    return seconds


def move(s: Any, ts: int, phase: int, reason: int) -> None:
    """Enter a phase."""
    s.machine.phase = phase
    s.machine.since = ts
    s.reason = reason
    s.confidence = 1.0


def rest(s: Any, ts: int, wait: int, reason: int) -> None:
    """Wait out a cooldown."""
    s.machine.until = ts + wait
    move(s, ts, COOLDOWN, reason)


def nanoseconds(seconds: float) -> int:
    """Seconds in ns."""
    return int(seconds * 1e9)


def catch_up(s: Any, ts: int, side: int, cooldown: int) -> None:
    """Bring the phase in line with the book: what was filled, refused, stopped, flattened or taken over."""
    phase = s.machine.phase
    if s.own.position * side > 0.0:
        if phase == ENTERING:
            move(s, ts, ACTIVE, OPENED)
        elif phase != ACTIVE and phase != CLOSING:
            move(s, ts, ACTIVE, TAKEN_OVER)
    elif s.own.position * side < 0.0:
        if phase != CLOSING:
            s.machine.wait = cooldown
            move(s, ts, CLOSING, WRONG_SIDE)
    elif phase == ACTIVE:
        s.machine.spent = 1
        rest(s, ts, cooldown, ENDED)
    elif phase == CLOSING:
        rest(s, ts, s.machine.wait, FLAT)
    elif phase == ENTERING and s.own.aim == 0.0:
        move(s, ts, MONITORING, NOT_TAKEN)


def before_entry(s: Any, ts: int, cancel: bool, entry: bool, emergency: bool, timeout: int, emergency_cooldown: int, sure: float) -> None:
    """What becomes of a signal that is detected: called off, cancelled, too old, or entered."""
    if emergency:
        s.machine.spent = 1
        rest(s, ts, emergency_cooldown, CALLED_OFF)
    elif cancel:
        s.machine.spent = 1
        move(s, ts, MONITORING, CANCELLED)
    elif timeout > 0 and ts - s.machine.detected >= timeout:
        s.machine.spent = 1
        move(s, ts, MONITORING, TIMED_OUT)
    elif entry and s.machine.phase == DETECTED:
        move(s, ts, ENTERING, ENTER)
        s.confidence = sure


def decide(
    s: Any,
    ts: int,
    side: int,
    known: bool,
    signal: bool,
    cancel: bool,
    entry: bool,
    close: bool,
    emergency: bool,
    cooldown: int,
    timeout: int,
    emergency_cooldown: int,
    sure: float,
) -> float:
    """Take a tick; the target in units, NaN before every indicator is known.

    Args:
        s: a record with FIELDS; `own` as the loop fills it.
        ts: ns of the tick; cooldowns and the timeout are in ns too.
        side: 1 long, -1 short.
        known: no quantity waits to be known for the first time.
        sure: the confidence of an entry, 0 to 1.
    """
    catch_up(s, ts, side, cooldown)
    m = s.machine
    if m.phase == COOLDOWN and ts >= m.until:
        move(s, ts, MONITORING, WATCHING)
    if m.phase == INACTIVE and known:
        move(s, ts, MONITORING, WATCHING)
    if m.phase == MONITORING and signal and m.spent == 0:
        m.detected = ts
        move(s, ts, DETECTED, SIGNAL)
    if m.phase == DETECTED or m.phase == ENTERING:
        before_entry(s, ts, cancel, entry, emergency, timeout, emergency_cooldown, sure)
    elif m.phase == ACTIVE and (emergency or close):
        m.wait = emergency_cooldown if emergency else cooldown
        move(s, ts, CLOSING, EMERGENCY if emergency else CLOSED)
    if not signal:
        m.spent = 0
    if m.phase == INACTIVE:
        return math.nan
    if m.phase == ENTERING or m.phase == ACTIVE:
        return float(side)
    return 0.0
