"""Alert rules on the running engine: set, list, remove; and the alerts they raise: acknowledge, snooze."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, Parser, seconds
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.alert_rules import AnyRule

#: Flag of each kind of rule: its words, the fields they fill, and what it is for.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "price": (("SYMBOL", "above|below", "LEVEL"), ("symbol", "side", "level"), "the price crosses a level"),
    "move": (("SYMBOL", "PERCENT", "WITHIN"), ("symbol", "percent", "window_s"), "the price moves so far within a while: ETHUSDT 2%% 5m"),
    "pnl": (("ID", "above|below", "LEVEL"), ("strategy", "side", "level"), "a strategy's P&L after fees goes beyond a level"),
    "drawdown": (("ID|all", "PERCENT"), ("strategy", "percent"), "a strategy's drawdown, or the account's, goes beyond a share"),
    "stale": (("SYMBOL|all", "AFTER"), ("symbol", "after_s"), "a symbol, or the whole feed, is silent for so long: BTCUSDT 30s"),
    "health": (("warning|critical",), ("level",), "the engine has a trouble of this level or worse"),
}
_TIMES = frozenset({"window_s", "after_s"})


def add(commands: Commands) -> None:
    """alert add, list, remove, ack, snooze."""
    parser = commands.add("alert", _nothing, "rules that raise alerts, and acknowledging those (`cockpit alerts` lists them)")
    places = parser.add_subparsers(dest="deed", metavar="deed", parser_class=Parser)
    shared = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("--json", action="store_true", help="machine-readable output")
    shared.add_argument("--demo", action="store_true", help="the demo's home, with its generated market")
    shared.add_argument("--home", metavar="DIR", help="the home to work in")

    def deed(name: str, run: Any, summary: str) -> Parser:
        made: Parser = places.add_parser(name, help=summary, description=summary, parents=[shared])
        made.set_defaults(run=run)
        return made

    _add_words(deed("add", add_rule, "watch for something"))
    deed("list", list_rules, "the rules, and what each has done")
    deed("remove", remove, "take a rule away").add_argument("id", metavar="RULE")
    made = deed("ack", acknowledge, "say that an alert was seen")
    made.add_argument("id", metavar="ALERT", nargs="?")
    made.add_argument("--all", action="store_true", help="every open alert")
    made = deed("snooze", snooze, "hear nothing of an alert or a rule for a while: cockpit alert snooze price-1 1h")
    made.add_argument("id", metavar="ALERT|RULE")
    made.add_argument(
        "while_", type=_while, metavar="DURATION", nargs="?", default=900.0, help="how long, such as 90s, 15m or 2h (15m); 0 wakes it"
    )


def _add_words(parser: Parser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    for kind, (words, _, meaning) in KINDS.items():
        what.add_argument(f"--{kind}", nargs=len(words), metavar=words, help=meaning)
    parser.add_argument("--once", action="store_true", help="only the first time")
    parser.add_argument("--cooldown", type=_while, metavar="DURATION", default=60.0, help="at most once in so long, such as 5m (60s)")
    parser.add_argument("--severity", metavar="S", default="warning", help="info, warning or critical (warning)")
    parser.add_argument("--name", metavar="TEXT", default="", help="said in front of the alert")
    parser.add_argument("--id", metavar="ID", default="", help="what to call the rule; an id that there is: the rule is changed")


def _while(text: str) -> float:
    return 0.0 if text in ("0", "0s") else seconds(text)


def _nothing(call: Call) -> int:
    raise UsageError("say what to do: cockpit alert add, list, remove, ack or snooze (see cockpit alert --help)")


def add_rule(call: Call) -> int:
    """Set a rule; the answer is its id."""
    from core.commands import SetAlert

    answer = call.submit(SetAlert(rule=rule_of(call)))
    return call.answer(answer, [f"{answer['id']}: {answer['sentence']}"])


def rule_of(call: Call) -> AnyRule:
    """The rule that the words ask for.

    Raises:
        UsageError: a value that is not allowed; the message names the flag and what is.
    """
    import msgspec

    from core.alert_rules import KINDS as TYPES
    from core.config_keys import describe

    options = call.options
    kind = next(kind for kind in KINDS if getattr(options, kind) is not None)
    words, types = getattr(options, kind), {field.name: field.type for field in msgspec.structs.fields(TYPES[kind])}
    common = {"severity": options.severity, "once": options.once, "cooldown_s": options.cooldown, "name": options.name, "id": options.id}
    flags = {"severity": "--severity", "cooldown_s": "--cooldown", "name": "--name", "id": "--id"}
    values: dict[str, Any] = {}
    for field, value in [*zip(KINDS[kind][1], words, strict=True), *common.items()]:
        said = f"{flags.get(field) or f'--{kind}'} {value}"
        try:
            if field in _TIMES:
                value = seconds(value)
            elif field == "percent":
                value = value.removesuffix("%")
            values[field] = msgspec.convert(value, types[field], strict=False)
        except argparse.ArgumentTypeError as error:
            raise UsageError(f"--{kind}: {error}") from None
        except msgspec.ValidationError:
            raise UsageError(f"{said}: must be {describe(msgspec.inspect.type_info(types[field]))}") from None
        if isinstance(values[field], float) and not abs(values[field]) < float("inf"):
            raise UsageError(f"{said}: must be {describe(msgspec.inspect.type_info(types[field]))}")
    rule: AnyRule = TYPES[kind](**values)
    return rule


def list_rules(call: Call) -> int:
    """All rules."""
    rows = call.ask("alert_rules")
    return call.answer(rows, _lines(rows))


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    from cockpit.cli.call import table
    from core.clock import iso

    if not rows:
        yield "no rule is set: cockpit alert add --price BTCUSDT above 61650"
        return
    heads = ("rule", "state", "severity", "fired", "last", "asks")
    yield from table(
        heads,
        [
            [row["id"], _state(row), row["severity"], row["fired"], iso(row["fired_ns"]) if row["fired_ns"] else None, _asks(row)]
            for row in rows
        ],
    )


def _state(row: dict[str, Any]) -> str:
    """`on`, or `idle: no such strategy now`."""
    return f"{row['state']}: {row['why']}" if row.get("why") else str(row["state"])


def _asks(row: dict[str, Any]) -> str:
    return f"{row['name']}: {row['sentence']}" if row["name"] else str(row["sentence"])


def remove(call: Call) -> int:
    """Take a rule away."""
    from core.commands import RemoveAlert

    return call.answer(call.submit(RemoveAlert(id=call.options.id)), [f"removed {call.options.id}"])


def acknowledge(call: Call) -> int:
    """Say that an alert, or every open one, was seen."""
    from core.commands import AckAlert

    options = call.options
    if (options.id is None) == (not options.all):
        raise UsageError("name one alert by its ID (cockpit alerts shows them), or all of them with --all")
    answer = call.submit(AckAlert(id=options.id))
    count = len(answer["ids"])
    return call.answer(answer, [f"{count} alert{'' if count == 1 else 's'} acknowledged"])


def snooze(call: Call) -> int:
    """Hear nothing of an alert or a rule for a while."""
    from core.commands import SnoozeAlert

    options = call.options
    answer = call.submit(SnoozeAlert(id=options.id, seconds=options.while_))
    return call.answer(answer, [f"{options.id} {f'is snoozed for {options.while_:g} s' if options.while_ else 'is awake'}"])
