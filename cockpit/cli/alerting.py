"""Alert rules on the running engine: set, list, remove, test; and the alerts they raise: acknowledge, snooze."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli import alert_testing
from cockpit.cli.parser import Commands, Parser, seconds
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.alert_rules import AnyRule


def add(commands: Commands) -> None:
    """alert add, list, test, remove, ack, snooze."""
    deed = commands.group("alert", _nothing, "rules that raise alerts, and acknowledging those (`cockpit alerts` lists them)").add
    add_words(deed("add", add_rule, "watch for something"))
    alert_testing.add_words(deed("test", alert_testing.test, alert_testing.SUMMARY))
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


def add_words(parser: Parser) -> Any:
    """What a rule is said in; returns the group of which one is needed."""
    from cockpit.rule_kinds import WORDS

    what = parser.add_mutually_exclusive_group(required=True)
    for kind, known in WORDS.items():
        meaning = known.meaning.replace("%", "%%")
        if known.spare:
            what.add_argument(f"--{kind}", nargs="+", metavar="WORD", help=meaning)
        else:
            what.add_argument(f"--{kind}", nargs=len(known.words), metavar=known.words, help=meaning)
    words = "of these conditions, each in the words above without dashes: 'price BTCUSDT above 61650' 'stale all 30s'"
    what.add_argument("--all", nargs="+", metavar="CONDITION", help=f"all {words}")
    what.add_argument("--any", nargs="+", metavar="CONDITION", help=f"any {words}")
    words = "it must be so for so long, such as 5m (at once)"
    parser.add_argument("--for", dest="for_", type=_while, metavar="DURATION", default=0.0, help=words)
    parser.add_argument(
        "--hysteresis", metavar="H", help="how far it must go back to fire again: 1%% of the level; of pnl, zscore, indicator in its unit"
    )
    parser.add_argument("--once", action="store_true", help="only the first time")
    parser.add_argument("--cooldown", type=_while, metavar="DURATION", default=60.0, help="at most once in so long, such as 5m (60s)")
    parser.add_argument("--until", metavar="TIME", help="then it is removed: a time, or how long from now, such as 8h")
    parser.add_argument("--severity", metavar="S", default="warning", help="info, warning or critical (warning)")
    parser.add_argument("--name", metavar="TEXT", default="", help="said in front of the alert")
    parser.add_argument("--id", metavar="ID", default="", help="what to call the rule; an id that there is: the rule is changed")
    return what


def _while(text: str) -> float:
    return 0.0 if text in ("0", "0s") else seconds(text)


def _nothing(call: Call) -> int:
    raise UsageError("say what to do: cockpit alert add, list, test, remove, ack or snooze (see cockpit alert --help)")


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

    from cockpit.rule_kinds import WORDS
    from cockpit.rule_words import read_conditions, read_hysteresis, read_value, read_words
    from core.alert_rules import KINDS, GroupRule

    options = call.options
    kind = next((kind for kind in WORDS if getattr(options, kind) is not None), "group")
    types = {field.name: field.type for field in msgspec.structs.fields(KINDS[kind])}
    if kind != "group":
        values = read_words(kind, getattr(options, kind), f"--{kind}")
    else:
        of = "all" if options.all is not None else "any"
        values = {"of": of, "conditions": read_conditions(getattr(options, of))}
    common = {"severity": options.severity, "name": options.name, "id": options.id, "cooldown_s": options.cooldown, "for_s": options.for_}
    flags = {"cooldown_s": "--cooldown", "for_s": "--for"}
    for field, value in common.items():
        values[field] = read_value(types[field], value, f"{flags.get(field, f'--{field}')} {value}")
    if options.hysteresis is not None:
        if kind == "group":
            raise UsageError("--hysteresis: a group has none; write it behind a condition: 'price BTCUSDT above 61650 hysteresis 1%'")
        values["hysteresis"] = read_hysteresis(kind, options.hysteresis)
    until = 0 if options.until is None else _until(options.until)
    rule: AnyRule = KINDS[kind](**values, once=options.once, until_ns=until)
    if isinstance(rule, GroupRule) and rule.problem:
        raise UsageError(rule.problem)
    return rule


def _until(text: str) -> int:
    import time

    from cockpit.cli.research import moment

    try:
        return time.time_ns() + int(seconds(text) * 1e9)
    except argparse.ArgumentTypeError:
        pass
    try:
        return moment(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"--until: {error}, or how long from now, such as 8h") from None


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
