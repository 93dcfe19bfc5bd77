"""Commands on strategies: the catalogue, and the same doors the screen's keys use on the running engine."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.param_lines import param_lines
from cockpit.cli.parser import Commands, Parser, comma_list, pairs
from cockpit.cli.terms import add_params, add_terms, folders, term, terms
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.commands import Command
    from core.strategy import Definition

_STOPS = {
    "stop_loss_pct": "exit this far below (above) the entry, in percent",
    "take_profit_pct": "exit this far above (below) the entry, in percent",
    "trailing_pct": "exit this far off the best price since entry, in percent",
}

#: Seconds a registration may take: it may compile, and fetch history to warm up on.
REGISTER_PATIENCE = 180.0


def add(commands: Commands) -> None:
    """strategies, register, unregister, pause, resume, flatten, reduce, stops."""
    commands.add("strategies", strategies, "the catalogue: what each bets on, and its parameters")

    parser = commands.add("register", register, "start a strategy")
    parser.add_argument("name", metavar="NAME", help="a strategy of the catalogue")
    parser.add_argument("--symbols", type=comma_list, required=True, metavar="A[,B]", help="what it trades")
    add_params(parser)
    add_terms(parser)
    parser.add_argument("--id", help="what to call it (else its name and a number)")

    parser = commands.add("unregister", unregister, "take a strategy out, flattened first")
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--keep", action="store_true", help="keep its position as it is")

    _levers(commands.add("pause", pause, "cancel its working orders and place no new ones; position and stops stay"))
    _levers(commands.add("resume", resume, "undo a pause, and lift what protections locked"))
    _levers(commands.add("flatten", flatten, "close its position and stay flat until it changes its mind"))

    parser = commands.add("reduce", reduce, "close a part of its position and keep the rest until it changes its mind")
    _levers(parser)
    parser.add_argument("--pct", default="50", metavar="P", help="how much of it, percent, below 100 (default 50)")

    parser = commands.add("stops", stops, "what its stops are, or other ones from the next print on; those not named stay")
    parser.add_argument("id", metavar="ID")
    for name, meaning in _STOPS.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, metavar="P", help=f"{meaning}; off: none")


def _levers(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", nargs="?")
    parser.add_argument("--all", action="store_true", help="every strategy")


def strategies(call: Call) -> int:
    """The catalogue. A file that does not load is narrated and stops nothing."""
    from core.strategy import describe_fields
    from core.strategy_files import discover

    # A file may print when it loads; stdout is ours.
    with contextlib.redirect_stdout(sys.stderr):
        catalogue = discover(folders(call))
    for name, problem in sorted(catalogue.broken.items()):
        call.say(f"strategy {name} does not load: {problem}")
    document = [
        {
            "name": name,
            "sentence": found.sentence,
            "params": [_without_missing(row) for row in describe_fields(found.params_type)],
            "legs": found.legs,
            "path": str(found.path),
            "checks": _checks(found),
        }
        for name, found in sorted(catalogue.strategies.items())
    ]
    return call.answer(document, _catalogue(document))


def _checks(found: Definition) -> dict[str, Any] | None:
    """What `cockpit check` found out about this very file; None where it did not look."""
    import msgspec

    from core.research.checks.badges import badge_key, find_badge

    try:
        badge = find_badge(badge_key(found))
    except OSError:  # it went away since it was loaded
        return None
    return None if badge is None else {**msgspec.structs.asdict(badge), "words": badge.words}


def _without_missing(row: dict[str, Any]) -> dict[str, Any]:
    import msgspec

    return {name: None if value is msgspec.NODEFAULT else value for name, value in row.items()}


def _catalogue(document: list[dict[str, Any]]) -> Iterator[str]:
    for found in document:
        yield f"{found['name']}: {found['sentence']}"
        yield f"    {found['checks']['words'] if found['checks'] else 'not checked'}"
        yield from param_lines(found["params"])


def register(call: Call) -> int:
    """Start one; the answer is its id."""
    from core.commands import Register

    options = call.options
    command = Register(name=options.name, symbols=options.symbols, params=dict(pairs(options.params)), terms=terms(call), id=options.id)
    answer = call.submit(command, REGISTER_PATIENCE)
    return call.answer(answer, [f"registered {answer['id']}", *([f"    {answer['note']}"] if "note" in answer else [])])


def unregister(call: Call) -> int:
    """Take one out."""
    from core.commands import Unregister

    options = call.options
    return _done(call, Unregister(id=options.id, keep=options.keep), f"unregistered {options.id}")


def pause(call: Call) -> int:
    """Hold one, or all."""
    from core.commands import Pause

    return _done(call, Pause(id=_target(call)), f"paused {_target(call) or 'all'}")


def resume(call: Call) -> int:
    """Let one, or all, go on."""
    from core.commands import Resume

    return _done(call, Resume(id=_target(call)), f"resumed {_target(call) or 'all'}")


def flatten(call: Call) -> int:
    """Close the position of one, or of all."""
    from core.commands import Flatten

    return _done(call, Flatten(id=_target(call)), f"flattening {_target(call) or 'all'}")


def reduce(call: Call) -> int:
    """Close a part of the position of one, or of all."""
    import msgspec

    from core.commands import Reduce

    target, text = _target(call), call.options.pct
    try:
        command = msgspec.convert({"id": target, "pct": text}, Reduce, strict=False)
    except msgspec.ValidationError:
        raise UsageError(f"--pct {text}: must be a number above 0 and below 100; `cockpit flatten` closes all of it") from None
    return _done(call, command, f"reducing {target or 'all'} by {command.pct:g} %")


def stops(call: Call) -> int:
    """The stops of one, set anew where any is named."""
    from core.commands import SetStops

    texts = {name: text for name in _STOPS if (text := getattr(call.options, name)) is not None}
    given = {name: None if text == "off" else term(name, text, f"--{name.replace('_', '-')} {text}") for name, text in texts.items()}
    row = next((row for row in call.ask("status")["strategies"] if row["id"] == call.options.id), None)
    if row is None:
        raise UsageError(f"there is no strategy {call.options.id}")
    found = dict(zip(_STOPS, row["stops"], strict=True)) | given
    if given:
        call.submit(SetStops(id=call.options.id, **found))
    words = [f"{name.removesuffix('_pct').replace('_', ' ')} {value:g} %" for name, value in found.items() if value is not None]
    return call.answer({"id": call.options.id, **found}, [", ".join(words) or "no stops"])


def _target(call: Call) -> str | None:
    named: str | None = call.options.id
    if (named is None) == (not call.options.all):
        raise UsageError("name one strategy by its ID, or all of them with --all")
    return named


def _done(call: Call, command: Command, words: str) -> int:
    answer = call.submit(command)
    return call.answer({"id": getattr(command, "id", None)} if answer is None else answer, [words])
