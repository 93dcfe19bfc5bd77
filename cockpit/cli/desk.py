"""Commands of the desk: the session, the account's lever, its limits and what was not ordered."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, pairs
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from core.commands import Command
    from core.desk_orders import Settings

#: Seconds a session may take to begin: each strategy may compile, and fetch history to warm up on.
START_PATIENCE = 600.0

_MODES = ("normal", "stop_new", "reduce_only", "halt")


def add(commands: Commands) -> None:
    """session, mode, risk."""
    parser = commands.add("session", session, "the desk's session: what it trades, made, and may lose; start, pause, resume, stop it")
    parser.add_argument(
        "action", nargs="?", default="show", metavar="ACTION", help="show (default), start, change, pause, resume, stop, or settings"
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE.toml", help="start, change: settings, as `cockpit session settings` lists them"
    )
    parser.add_argument(
        "--set", dest="settings", nargs="+", action="extend", default=[], metavar="K=V", help="a setting; lists with commas"
    )
    parser.add_argument("--name", default="", help="start: what to call it")
    parser.add_argument("--keep", action="store_true", help="stop: keep positions as they are")

    parser = commands.add("mode", mode, "the account's lever: what all strategies may do")
    parser.add_argument("mode", nargs="?", metavar="MODE", help=f"{', '.join(_MODES)}; left out: what it is")
    parser.add_argument("--flatten", action="store_true", help="close every position too")

    commands.add("risk", risk, "the account's limits, how much of each is used, and what was not ordered")


def session(call: Call) -> int:
    """Show it, or do one of its actions."""
    from core.desk_orders import PauseSession, ResumeSession, StartSession, StopSession

    action, options = call.options.action, call.options
    if action == "show":
        found = call.ask("session")
        return call.answer(found, _session(found))
    if action == "settings":
        return call.answer(_described(), _settings_lines())
    if action == "start":
        answer = call.submit(StartSession(settings=_settings(call, {}), name=options.name), START_PATIENCE)
        return call.answer(answer, [f"{answer['name']}: {', '.join(answer['strategies'])}"])
    if action == "change":
        return _change(call)
    plain: dict[str, Command] = {"pause": PauseSession(), "resume": ResumeSession(), "stop": StopSession(keep=options.keep)}
    if action not in plain:
        raise UsageError(f"session {action}: it takes show, start, change, pause, resume, stop or settings")
    answer = call.submit(plain[action])
    return call.answer(answer, [f"the session is {answer['state']}"])


def _change(call: Call) -> int:
    import msgspec

    from core.desk_orders import ChangeSession

    course = call.ask("session")["course"]
    if course is None:
        raise UsageError("no session runs: `cockpit session start` begins one")
    settings = _settings(call, course["settings"])
    call.submit(ChangeSession(settings=settings))
    return call.answer(msgspec.to_builtins(settings), ["changed"])


def _settings(call: Call, known: dict[str, Any]) -> Settings:
    """What is known, with a file's and the command line's words above it.

    Raises:
        UsageError: one names a setting that is not there, or a value it does not take.
    """
    import msgspec

    from core.desk_orders import Settings

    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    given: dict[str, Any] = {}
    if call.options.file is not None:
        try:
            given = tomllib.loads(call.options.file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{call.options.file}: {error}") from None
    given |= {name: _typed(name, text, fields) for name, text in dict(pairs(call.options.settings)).items()}
    for name in given:
        if name not in fields:
            raise UsageError(f"no setting {name!r}: `cockpit session settings` lists them")
    try:
        return msgspec.convert(known | given, Settings, strict=False)
    except msgspec.ValidationError as error:
        where = re.search(r"`\$\.(\w+)", str(error))
        raise UsageError(f"{where[1] if where else 'settings'}: {str(error).partition(' - at')[0].lower()}") from None


def _typed(name: str, text: str, fields: dict[str, Any]) -> Any:
    """A word of the command line as its setting takes it: `off` is none, commas make lists, `a:2,b:1` weights."""
    if name not in fields:
        return text
    default = fields[name].default_factory() if callable(fields[name].default_factory) else fields[name].default
    if isinstance(default, list):
        return [word.strip() for word in text.split(",") if word.strip()]
    if isinstance(default, dict):
        return {name: number or "1" for name, _, number in (pair.partition(":") for pair in text.split(",") if pair)}
    return None if text == "off" else text


def _described() -> list[dict[str, Any]]:
    from core.desk_orders import Settings
    from core.strategy import describe_fields

    return [
        {name: value for name, value in row.items() if isinstance(value, (str, int, float, list, type(None)))}
        for row in describe_fields(Settings)
    ]


def _settings_lines() -> Iterator[str]:
    from cockpit.cli.param_lines import param_lines

    yield from param_lines(_described())


def _session(found: dict[str, Any]) -> Iterator[str]:
    row = found["row"]
    if row["state"] == "none":
        yield "no session was ever started"
        return
    yield f"{row['name']}: {row['state']}, {', '.join(found['strategies']) or 'no strategies'}"
    for name, key in (("session", "pnl"), ("today", "pnl_day"), ("week", "pnl_week"), ("month", "pnl_month")):
        if row[key] is not None:
            yield f"    {name:<8} {row[key]:+,.2f}"
    if row["target_week"] is not None:
        yield f"    target   {row['target_week']:,.2f} a week"
    if row["detail"]:
        yield f"    {row['detail']}"


def mode(call: Call) -> int:
    """Say what the lever is, or pull it."""
    import msgspec

    from core.desk_orders import SetMode

    wanted = call.options.mode
    if wanted is None and not call.options.flatten:
        found = call.ask("risk")
        return call.answer({"mode": found["mode"], "by": found["by"], "since_ns": found["since_ns"]}, [found["mode"]])
    wanted = (wanted or "stop_new").replace("-", "_")
    if wanted not in _MODES:
        raise UsageError(f"no mode {wanted!r}: {', '.join(_MODES)}")
    answer = call.submit(msgspec.convert({"mode": wanted, "flatten": call.options.flatten}, SetMode))
    more = ", closing every position" if call.options.flatten else ""
    return call.answer(answer, [f"{wanted}: {len(answer['ids'])} strategies{more}"])


def risk(call: Call) -> int:
    """Limits and blocks."""
    found = call.ask("risk")
    return call.answer(found, _risk(found))


def _risk(found: dict[str, Any]) -> Iterator[str]:
    from core.clock import iso

    yield f"mode {found['mode']}{' by ' + found['by'] if found['by'] else ''}"
    for row in found["limits"]:
        used = "-" if row["used"] is None else f"{row['used']:,.2f}"
        limit = "off" if row["limit"] is None else f"{row['limit']:,g}"
        unit = "" if row["unit"] == "money" else row["unit"]
        state = "" if row["state"] == "off" else row["state"]
        yield f"    {row['name']:<18} {used:>12} of {limit:>10} {unit:<2} {state:<8} {row['detail']}".rstrip()
    for block in found["blocks"][:20]:
        yield f"    {iso(block['ts_ns'])[:19]}Z  {block['strategy_id']}  {block['symbol']}  {block['reason']}"
