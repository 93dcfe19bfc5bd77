"""The board as it is told to who asks: plain values, times int64 ns UTC."""

from __future__ import annotations

from typing import Any

from core.copilot.board import SECOND, Board
from core.copilot.entry import Entry

#: Lines that are over and told.
TOLD = 50


def told(board: Board, now_ns: int, looked_ns: int, note: str) -> dict[str, Any]:
    """`rows` that last, `past`, `mutes`, and what is watched (`rules`).

    `hit_rate` is a share of `judged`, None while nothing of a rule was judged. `note` says what cannot be looked at.
    """
    past = list(reversed(board.past))[:TOLD]
    mutes = [(key, until) for key, until in board.mutes.items() if until > now_ns]
    return {
        "rows": [_row(board, entry) for entry in board.shown(now_ns)],
        "past": [_past(board, entry) for entry in past],
        "dismissed": sum(bool(entry.dismissed_ns) for entry in board.lines.values()),
        "mutes": [{"rule": rule or None, "subject": subject or None, "until_ns": until} for (rule, subject), until in mutes],
        "rules": [
            {
                "rule": rule.name, "about": rule.about, "line": rule.line, "judged_by": rule.judged, "after_s": rule.after_s,
                **_score(board, rule.name),
            }
            for rule in board.rules.values()
        ],
        "looked_ns": looked_ns,
        "state": "ready" if looked_ns else "starting",
        "note": note,
        "asof_ns": now_ns,
    }  # fmt: skip


def _score(board: Board, rule: str) -> dict[str, Any]:
    hits, judged = board.scores.get(rule, (0, 0))
    return {"hit_rate": hits / judged if judged else None, "judged": judged}


def _common(board: Board, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id, "rule": entry.rule, "urgency": entry.urgency, "subject": entry.subject, "text": entry.text, "why": entry.why,
        "evidence": [list(one) for one in entry.evidence], "since_ns": entry.raised_ns, "acted": entry.acted, "outcome": entry.outcome,
        "told": entry.told, **_score(board, entry.rule),
    }  # fmt: skip


def _row(board: Board, entry: Entry) -> dict[str, Any]:
    rule = board.rules[entry.rule]
    actions = [
        {"key": one.key, "name": one.name, "command": one.words, "does": one.does, "order": dict(one.order)} for one in entry.actions
    ]
    more = {"actions": actions, "seen_ns": entry.seen_ns, "judged_by": rule.judged, "after_s": rule.after_s}
    return _common(board, entry) | more


def _past(board: Board, entry: Entry) -> dict[str, Any]:
    rule = board.rules.get(entry.rule)
    due = 0 if rule is None or entry.outcome else max(entry.raised_ns, entry.acted_ns) + int(rule.after_s * SECOND)
    more = {"ended_ns": entry.ended_ns, "dismissed": bool(entry.dismissed_ns), "due_ns": due}
    return _common(board, entry) | more | {"figures": {"before": entry.before, "after": entry.after}}
