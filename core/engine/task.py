"""What is asked of the lab, run or study, as the engine knows it whatever it is: its place in the queue, and its columns of the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from core.commands import Backtest, Optimize

#: States that no longer change.
OVER = ("done", "failed", "cancelled")


@dataclass
class Task:
    """One run or study; times in ns UTC, 0 not yet.

    Attributes:
        state: queued, running, done, failed or cancelled.
        line: why it failed or was cancelled.
        started_ns: its process began.
        eta_ns: when it will be done, as far as it goes now.
    """

    id: str
    order: Backtest | Optimize
    asked_ns: int
    state: str = "queued"
    line: str = ""
    started_ns: int = 0
    ended_ns: int = 0
    eta_ns: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing about it changes any more."""
        return self.state in OVER

    @property
    def name(self) -> str:
        """What is run."""
        raise NotImplementedError

    @property
    def source(self) -> str:
        """What it is run over, as one text."""
        return ", ".join(self.order.sources)

    def close(self, state: str, now_ns: int, line: str) -> None:
        """It is over."""
        self.state, self.ended_ns, self.line, self.eta_ns = state, now_ns, line, 0

    def in_ledger(self, kind: str, found: dict[str, Any]) -> dict[str, str]:
        """As the columns of `runs` besides its id and time; `params` is the whole of what was asked, `found` what came of it."""
        passed = {"state": self.state, "line": self.line, "started_ns": self.started_ns, "ended_ns": self.ended_ns}
        return {
            "kind": kind, "strategy": self.name, "source": self.source, "params": json.dumps(msgspec.to_builtins(self.order)),
            "result": json.dumps(passed | found),
        }  # fmt: skip

    def told(self) -> dict[str, Any]:
        """What was asked and how it went, by name, for who asks."""
        return {
            "id": self.id, "state": self.state, "line": self.line, "asked_ns": self.asked_ns, "started_ns": self.started_ns,
            "ended_ns": self.ended_ns, "order": msgspec.to_builtins(self.order),
        }  # fmt: skip
