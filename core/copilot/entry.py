"""One line of advice as it is kept: from when it was raised to what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.copilot.advice import Action, Advice, Evidence, Urgency


@dataclass(slots=True)
class Entry:
    """Advice while it lasts and afterwards.

    Attributes:
        seen_ns: when its rule last said so; `ended_ns` 0 it lasts.
        before, after: figures of its subject when it was raised (or acted on), and when it was judged.
        acted: what was done about it: pause | flatten | …; '' nothing.
        outcome: hit | miss | unknown; '' not judged yet. `told` says it in words.
        dismissed_ns: when somebody waved it away; 0 nobody did, or it got clearly worse since.
        away: looks in a row in which it was not said.
        turning: looks in a row in which it was more, or less, urgent than it is shown; below 0 less.
        recalled: it is of an earlier engine, and was not seen since.
    """

    id: str
    rule: str
    subject: str
    urgency: Urgency
    text: str
    raised_ns: int
    seen_ns: int
    why: str = ""
    evidence: tuple[Evidence, ...] = ()
    actions: tuple[Action, ...] = ()
    weight: float = 0.0
    ended_ns: int = 0
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    acted: str = ""
    acted_ns: int = 0
    outcome: str = ""
    told: str = ""
    judged_ns: int = 0
    dismissed_ns: int = 0
    dismissed_weight: float = 0.0
    dismissed_urgency: Urgency = "now"
    away: int = 0
    turning: int = 0
    growing: int = 0
    recalled: bool = False
    written_ns: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Rule and subject: there is one line of each."""
        return self.rule, self.subject

    def take(self, advice: Advice, now_ns: int) -> None:
        """What its rule says now; how urgent it is shown changes by itself."""
        self.text, self.why, self.evidence, self.actions = advice.text, advice.why, advice.evidence, advice.actions
        self.weight, self.seen_ns, self.away, self.recalled = advice.weight, now_ns, 0, False

    def columns(self) -> dict[str, Any]:
        """As a row of the ledger's `advice`."""
        more = {"weight": self.weight, "why": self.why, "acted_ns": self.acted_ns, "judged_ns": self.judged_ns, "told": self.told}
        gone = {"dismissed_ns": self.dismissed_ns, "dismissed_weight": self.dismissed_weight, "dismissed_urgency": self.dismissed_urgency}
        return {
            "advice_id": self.id, "rule": self.rule, "subject": self.subject, "raised_ns": self.raised_ns, "seen_ns": self.seen_ns,
            "ended_ns": self.ended_ns, "urgency": self.urgency, "text": self.text, "evidence": json.dumps(self.evidence),
            "action": self.acted, "outcome": self.outcome,
            "figures": json.dumps({"before": self.before, "after": self.after, **more, **gone}),
        }  # fmt: skip

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Entry:
        """From a row of the ledger.

        Raises:
            ValueError: it is none we could have written.
        """
        evidence = tuple(Evidence(*one) for one in json.loads(row["evidence"]))
        figures = json.loads(row["figures"])
        names = (
            "weight",
            "why",
            "acted_ns",
            "judged_ns",
            "told",
            "dismissed_ns",
            "dismissed_weight",
            "dismissed_urgency",
            "before",
            "after",
        )
        try:
            more = {name: figures[name] for name in names}
        except KeyError as error:
            raise ValueError(f"advice {row['advice_id']} lacks {error}") from None
        return cls(
            row["advice_id"], row["rule"], row["subject"], row["urgency"], row["text"], row["raised_ns"], row["seen_ns"],
            evidence=evidence, ended_ns=row["ended_ns"], acted=row["action"], outcome=row["outcome"], recalled=True, **more,
        )  # fmt: skip
