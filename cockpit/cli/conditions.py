"""`cockpit conditions`: strategies that are files of rules, what is wrong with one, and why one did what it did. It needs no engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands
from cockpit.cli.research import SOURCES
from cockpit.cli.written import add_replay, listing, position_at, replay

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.strategy import Definition

_EPILOG = """\
cockpit conditions check surge.toml
cockpit conditions explain surge.toml data/samples/BTCUSDT-1m.csv --at 2026-03-01T10:00:00Z
"""


def add(commands: Commands) -> None:
    """conditions."""
    group = commands.group("conditions", listed, "strategies written as rules: check a file, explain what it did", epilog=_EPILOG)
    group.add("check", check, "read a file of rules: its conditions and warm-up, or the line that is wrong").add_argument(
        "file", type=Path, metavar="FILE", help="a file of rules, as docs/conditions.md describes it"
    )
    add_replay(
        group.add("explain", explain, "replay up to a moment: each condition with its value and verdict", epilog=SOURCES), "a file of rules"
    )


def listed(call: Call) -> int:
    """Those of the catalogue."""
    return listing(call, "CONDITIONS", "no strategies of rules; docs/conditions.md describes their files")


def check(call: Call) -> int:
    """Read a file: its tree and its warm-up."""
    import msgspec

    from core.conditions.explain import described
    from core.conditions.loading import load

    definition = load(call.options.file)
    params = definition.params({})
    values = msgspec.to_builtins(params)
    rows = [{"group": group, "condition": words} for group, words in described(definition, params)]
    bars = definition.warmup(params)
    document = {
        "name": definition.name,
        "sentence": definition.sentence,
        "side": _side(definition),
        "params": values,
        "warmup": bars,
        "conditions": rows,
    }
    return call.answer(document, _checked(definition, values, bars, rows))


def _checked(definition: Definition, values: dict[str, Any], bars: int, rows: list[dict[str, Any]]) -> Iterator[str]:
    yield f"{definition.name}: {definition.sentence}"
    short = "; it trades with --side long_short alone" if definition.module.SIDE < 0 else ""
    yield f"{_side(definition)}{short}"
    yield f"warm-up: {bars:,} {'prints' if values['interval'] == 'tick' else 'bars of ' + values['interval']}"
    yield ""
    yield from _tree(definition, [(row["condition"], "") for row in rows])
    yield ""
    yield "parameters: " + " ".join(f"{name}={value}" for name, value in values.items())


def explain(call: Call) -> int:
    """Replay a backtest up to a moment and say how each condition stands."""
    from core.clock import iso
    from core.conditions.explain import explain as explained
    from core.conditions.explain import phase_of
    from core.conditions.loading import load

    definition = load(call.options.file)
    result = replay(call, definition)
    rows = explained(definition, result.state)
    phase = phase_of(definition, result.state)
    at, position = iso(result.equity[-1][0]), position_at(result)
    document = {"name": definition.name, "at": at, **phase, "position": position, "conditions": rows}
    head = [f"{definition.name} at {at}, {result.source.symbol}", f"{phase['phase']}: {phase['reason']}; position {position:g}", ""]
    cells = [(row["condition"], f"{_value(row['value']):>14}  {row['verdict']}") for row in rows]
    return call.answer(document, [*head, *_tree(definition, cells)])


def _side(definition: Definition) -> str:
    return "long" if definition.module.SIDE > 0 else "short"


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:,.8g}"


def _tree(definition: Definition, cells: list[tuple[str, str]]) -> Iterator[str]:
    """The groups with their conditions, a line each, what is nested set in; beside each what there is to say of it."""
    from core.conditions.explain import trees_of

    width = max(len(words) for words, _ in cells)
    for group, tree in trees_of(definition).items():
        yield f"{group}: {tree[0]} of"
        yield from _parts(tree, cells, width, 1)


def _parts(tree: Any, cells: list[tuple[str, str]], width: int, depth: int) -> Iterator[str]:
    for part in tree[1]:
        if isinstance(part, tuple):
            yield f"{'    ' * depth}{part[0]} of"
            yield from _parts(part, cells, width, depth + 1)
        else:
            words, beside = cells[part]
            yield f"{'    ' * depth}{words.ljust(width + 8 - 4 * depth)}  {beside}".rstrip()
