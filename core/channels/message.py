"""What a channel is told of an alert: one JSON document, and several of them folded into one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from core.errors import one_line

LEVELS = ("info", "warning", "critical")

#: Longer texts are cut; folded alerts are named up to so many.
LONGEST, MOST_NAMED = 1000, 100


class Message(Struct, frozen=True, omit_defaults=True):
    """One alert, or several in one.

    Attributes:
        id: of the alert; with `state` and `ts_ns` it names this message.
        rule: whose firing it is; '' where the engine says it by itself.
        level: info | warning | critical; the worst of those folded.
        state: raised | resolved.
        ts_ns: when that happened, ns UTC.
        count: how often the alert came; of a folded one, how many alerts it stands for.
        folded: of a folded one, the ids and states of those it stands for, the first hundred.
    """

    id: str
    rule: str
    level: str
    text: str
    state: str
    ts_ns: int
    home: str
    host: str
    count: int
    folded: list[str] = []

    def body(self) -> str:
        """As it is sent and kept."""
        return msgspec.json.encode(self).decode()

    @property
    def title(self) -> str:
        """A few words in front of the text."""
        return f"cockpit on {self.host}: {'over' if self.state == 'resolved' else self.level}"

    @property
    def key(self) -> str:
        """What names it for good: a receiver that has seen it may pass over the same one again."""
        return f"{self.id}:{self.state}:{self.ts_ns}"


def read_message(body: str) -> Message:
    """The message of a body."""
    return msgspec.json.decode(body, type=Message)


def is_at_least(level: str, least: str) -> bool:
    """Whether a severity is as high as another one; nothing is as high as `off`."""
    return least != "off" and _rank(level) >= _rank(least)


def fold(messages: Sequence[Message]) -> Message:
    """Several messages as one: the first of the worst, and how many more there are."""
    raised = [message for message in messages if message.state == "raised"] or list(messages)
    worst = max(raised, key=lambda message: _rank(message.level))  # the first of them
    more = len(messages) - 1
    return Message(
        id=f"{messages[0].id}+{more}",
        rule=worst.rule,
        level=worst.level,
        text=f"{one_line(worst.text, LONGEST)} and {more:,} more",
        state=worst.state,
        ts_ns=worst.ts_ns,
        home=worst.home,
        host=worst.host,
        count=len(messages),
        folded=[f"{message.id} {message.state}" for message in messages[:MOST_NAMED]],
    )


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)
