"""One piece of advice: what changed, why that matters, the numbers it rests on, and what could be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

Urgency: TypeAlias = Literal["now", "soon", "note"]

#: The most urgent first.
URGENCIES: tuple[Urgency, ...] = ("now", "soon", "note")


class Evidence(NamedTuple):
    """A number that was used: what it is, the figure (None not known) or a word, and its unit."""

    label: str
    value: float | int | str | None
    unit: str = ""


class Action(NamedTuple):
    """Something that can be done.

    Attributes:
        key: the letter that does it on the screen.
        words: as a person types it.
        order: the command as plain values, `type` its tag.
        does: what will come of it, in a sentence.
    """

    key: str
    name: str
    words: str
    order: Mapping[str, Any]
    does: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a rule says of a subject.

    Attributes:
        subject: a strategy's id, a symbol, a venue, `A and B`, a rule's id, or what part of the machine.
        weight: how bad it is, above 0: what was dismissed comes back only where this grew by half.
    """

    rule: str
    subject: str
    urgency: Urgency
    text: str
    why: str
    evidence: tuple[Evidence, ...]
    weight: float
    actions: tuple[Action, ...] = ()


def worse(a: Urgency, b: Urgency) -> bool:
    """Whether the first is more urgent."""
    return URGENCIES.index(a) < URGENCIES.index(b)
