"""`cockpit advice`: what the copilot of the running engine says, and how often it was right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands

if TYPE_CHECKING:
    from cockpit.cli.call import Call


def add(commands: Commands) -> None:
    """advice."""
    parser = commands.add("advice", advice, "what the copilot says: what changed, why it matters, what could be done")
    parser.add_argument("--past", action="store_true", help="what it said before too, and what came of it")
    parser.add_argument("--rules", action="store_true", help="what it watches, when it speaks, how often it was right")


def advice(call: Call) -> int:
    """Print what there is."""
    answer: dict[str, Any] = call.ask("advice")
    return call.answer(answer, lines(answer, past=call.options.past, rules=call.options.rules))


def lines(answer: dict[str, Any], *, past: bool = False, rules: bool = False) -> Iterator[str]:
    """For people: a line and its reason, what could be done about it, then what was asked for besides."""
    if not answer["rows"]:
        yield "nothing to advise" if answer["state"] == "ready" else "the copilot has just begun to look"
    for row in answer["rows"]:
        yield f"{row['urgency']:<5} {row['id']}  {row['text']}"
        yield f"      {row['why']}"
        yield f"      {numbers(row['evidence'])} · {hits(row)}"
        for action in row["actions"]:
            yield f"      $ {action['command'] or action['does']}"
    if past:
        yield from _past(answer["past"])
    if rules:
        yield from _rules(answer["rules"])
    if answer["note"]:
        yield f"note: {answer['note']}"


def numbers(evidence: list[list[Any]]) -> str:
    """`correlation 0.93, over 120 min`."""
    return ", ".join(f"{label} {_figure(value)}{f' {unit}' if unit else ''}" for label, value, unit in evidence if value is not None)


def _figure(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def hits(row: dict[str, Any]) -> str:
    """How often its rule was right."""
    if not row["judged"]:
        return "its rule was not judged yet"
    return f"its rule was right {round(row['hit_rate'] * row['judged'])} of {row['judged']} times"


def _past(rows: list[dict[str, Any]]) -> Iterator[str]:
    from cockpit.cli.call import table
    from core.clock import iso

    yield ""
    heads = ("since", "advice", "done", "outcome", "what came of it", "said")
    yield from table(
        heads,
        [
            [iso(row["since_ns"]), row["id"], row["acted"] or None, row["outcome"] or "not judged yet", row["told"] or None, row["text"]]
            for row in rows
        ],
    )


def _rules(rows: list[dict[str, Any]]) -> Iterator[str]:
    from cockpit.cli.call import table

    yield ""
    yield from table(
        ("rule", "right", "of", "speaks", "judged"),
        [
            [row["rule"], round(row["hit_rate"] * row["judged"]) if row["judged"] else None, row["judged"], row["line"], row["judged_by"]]
            for row in rows
        ],
    )
