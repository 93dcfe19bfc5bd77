"""What the doctor says of one thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is in words, and after a colon what to do where it is not well."""

    check: str
    verdict: Verdict
    text: str


def judged(check: str, text: str, *, warn: str = "", fail: str = "") -> Finding:
    """A finding that is as bad as the advice that goes with it: `fail`, else `warn`, else none."""
    verdict: Verdict = "fail" if fail else "warn" if warn else "ok"
    advice = fail or warn
    return Finding(check, verdict, f"{text}: {advice}" if advice else text)
