"""What a rule of the copilot is: how it looks, how its advice is judged, and what it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from core.copilot.advice import Advice
from core.copilot.facts import Facts
from core.copilot.laws import Figures, Outcome

Look: TypeAlias = Callable[[Facts], Iterable[Advice]]
Measure: TypeAlias = Callable[[Facts, str], Figures]
Law: TypeAlias = Callable[[Figures, Figures, str], Outcome]


def nothing(facts: Facts, subject: str) -> Figures:
    """No figures."""
    return {}


def always(facts: Facts, subject: str) -> bool:
    """What it needs is known."""
    return True


def for_an_hour(facts: Facts, subject: str) -> bool:
    """What is counted by the hour was looked at for so long."""
    return facts.looked_s >= 3600.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: as it is muted by.
        about: what it watches for, in a few words.
        line: when it speaks.
        judged: how it is told afterwards whether it was right, in words.
        look: what it says of the facts.
        law: tells it from figures, `measure`d when it was raised and `after_s` seconds later.
        known: whether the facts can tell now of a subject; what cannot be told does not end.
    """

    name: str
    about: str
    line: str
    judged: str
    look: Look
    law: Law
    measure: Measure = nothing
    after_s: float = 3600.0
    known: Callable[[Facts, str], bool] = always
