"""Pane 2 of the copilot screen: the advice under the cursor in full: why it matters, the numbers, what can be done, how it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cockpit import figures
from cockpit.panes.advice import URGENCIES, right
from cockpit.panes.facts import Facts, fact
from cockpit.panes.line import Part
from cockpit.study import wrapped
from cockpit.text import clean, fit

#: Cells of what a number is.
LABEL = 26

#: Cells of a rule's name.
RULE = 16


class EvidencePane(Facts, can_focus=True):
    """One piece of advice."""

    NUMBER = 2
    TITLE = "Evidence"

    def paint(self, row: dict[str, Any] | None, answer: dict[str, Any], now_ns: int) -> None:
        """Show advice, now or past; without any, when each rule speaks. What is not looked at is said below."""
        cells = self.room[0]
        lines = evidence_lines(row, now_ns, cells) if row is not None else rule_lines(answer["rules"], cells)
        if answer["note"]:
            lines += [[], *wrapped(answer["note"], cells, "muted")]
        self.show_lines(f"{self.NUMBER} {self.TITLE}", lines, (clean(row["rule"]) if row is not None else "", "muted"))


def rule_lines(rules: list[dict[str, Any]], cells: int) -> list[list[Part]]:
    """When each rule speaks, and how often it was right."""
    lines = [*wrapped("The numbers behind the advice under the cursor stand here. It is given on:", cells, "muted"), []]
    for rule in rules:
        words = rule["line"] + (f" (right {right(rule)})" if rule["judged"] else "")
        for at, line in enumerate(wrapped(words, cells - RULE, "plain")):
            lines.append([Part(fit(clean(rule["rule"]) if not at else "", RULE), "muted"), *line])
    return lines


def evidence_lines(row: dict[str, Any], now_ns: int, cells: int) -> list[list[Part]]:
    """All there is to say of it."""
    _, tone, _ = URGENCIES.get(row["urgency"], ("", "plain", "plain"))
    lines = [*wrapped(row["text"], cells, "strong" if tone == "muted" else tone), *wrapped(row["why"], cells), []]
    lines += [_number(label, value, unit) for label, value, unit in row["evidence"]]
    lines += [*_doable(row, cells), [], *_judgement(row, now_ns, cells)]
    return lines


def _number(label: str, value: Any, unit: str) -> list[Part]:
    return [
        Part(fit(clean(label), LABEL) + " ", "muted"),
        Part(figure(value)),
        Part(f" {clean(unit)}" if unit and value is not None else "", "muted"),
    ]


def figure(value: Any) -> str:
    """A number with the digits that count, a word as it is, a dash where it is not known."""
    if value is None:
        return figures.NONE
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) or abs(value) >= 1e4:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 or value == 0 else f"{value:.4g}"


def _doable(row: dict[str, Any], cells: int) -> Iterator[list[Part]]:
    for action in row.get("actions", ()):
        yield []
        yield [Part(f"{action['key']}  ", "key"), Part(clean(action["name"]), "strong")]
        for line in wrapped(action["does"], cells - 3):
            yield [Part("   "), *line]
        if action["command"]:
            for at, line in enumerate(wrapped(action["command"], cells - 5, "muted")):
                yield [Part("   $ " if not at else "     ", "faint"), *line]


def _judgement(row: dict[str, Any], now_ns: int, cells: int) -> Iterator[list[Part]]:
    yield fact("since", Part(f"{figures.moment(row['since_ns'], now_ns)}Z"), Part(f"   {clean(row['id'])}", "faint"))
    if row["acted"]:
        yield fact("done", Part(clean(row["acted"].replace("_", " "))))
    if row["outcome"]:
        yield from wrapped(f"{OUTCOMES[row['outcome']][0]}: {row['told']}", cells, "plain", "outcome")
    elif row.get("judged_by"):
        yield from wrapped(f"after {figures.age(row['after_s'])}: {row['judged_by']}", cells, "muted", "judged")
    words = f"right {right(row)} times" if row["judged"] else "not judged yet"
    yield fact("this rule", Part(words, "plain" if row["judged"] else "muted"))


#: Outcome -> its word and tone.
OUTCOMES = {"hit": ("✓ right", "up"), "miss": ("✗ wrong", "down"), "unknown": ("? cannot be told", "muted")}
