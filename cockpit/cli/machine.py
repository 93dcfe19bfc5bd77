"""Commands around the engine: its log, the effective configuration, a check of the machine, the local exchange."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, pace
from core.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call


def add(commands: Commands) -> None:
    """logs, doctor, config, exchange."""
    parser = commands.add("logs", logs, "the engine's log")
    parser.add_argument("-n", "--lines", type=int, default=50, metavar="N", help="how many of the newest lines (50)")
    parser.add_argument("--follow", "-f", action="store_true", help="go on with new lines as they come")

    commands.add("doctor", doctor, "check machine, clock, venue, disk and home")

    parser = commands.add("config", config, "the effective configuration, and where each value came from")
    parser.add_argument("--init", action="store_true", help="write a commented cockpit.toml into the home")

    parser = commands.add("exchange", exchange, "run the local exchange alone; prints its ws_url and rest_url as JSON")
    parser.add_argument("--recording", nargs="+", default=[], metavar="FILE", help="play recordings")
    parser.add_argument("--scenario", metavar="NAME", help="generate a market: a scenario by name, or a .toml file (default)")
    parser.add_argument("--seed", type=int, metavar="N", help="draw another market of the same scenario")
    parser.add_argument("--port", type=int, metavar="N", help="0: any free one (0)")
    parser.add_argument("--speed", type=pace, metavar="X", help="times real time, or max (1)")


def logs(call: Call) -> int:
    """Print the newest lines, oldest first."""
    from cockpit.cli.logfile import follow, readable, tail
    from core.log import log_path

    if call.options.lines < 0:
        raise UsageError(f"-n {call.options.lines}: must be 0 or more")
    path = log_path(call.home)
    if not path.exists() and not call.options.follow:
        raise CockpitError(f"no log in {path.parent}: no engine has run in this home yet")
    lines: Iterator[str] = follow(path, call.options.lines) if call.options.follow else iter(tail(path, call.options.lines))
    for line in lines:
        if call.json:
            call.document(_parsed(line))
        else:
            call.line(readable(line))
        if call.options.follow:
            call.flush()
    return 0


def _parsed(line: str) -> Any:
    import json

    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"event": line}


def doctor(call: Call) -> int:
    """Look at everything the engine depends on; exit 1 where something is broken."""
    from cockpit.cli.doctor import examine

    findings = list(examine(call))
    counts = {verdict: sum(f.verdict == verdict for f in findings) for verdict in ("ok", "warn", "fail")}
    worst = "fail" if counts["fail"] else "warn" if counts["warn"] else "ok"
    document = {"verdict": worst, "findings": [{"check": f.check, "verdict": f.verdict, "text": f.text} for f in findings]}
    lines = [f"{f.verdict:<4}  {f.check:<11}  {f.text}" for f in findings]
    lines.append(f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} broken")
    call.answer(document, lines)
    return 1 if worst == "fail" else 0


def config(call: Call) -> int:
    """Show what is in force, or write a first file."""
    if call.options.init:
        return _init(call)
    from cockpit.cli.call import table

    path = call.home / "cockpit.toml"
    rows = list(call.configuration().rows())
    document = {
        "home": str(call.home),
        "file": str(path) if path.exists() else None,
        "values": {key: {"value": value, "origin": origin} for key, value, origin in rows},
    }
    shown = [(key, "(unset)" if value is None else _text(value), origin) for key, value, origin in rows]
    head = f"home {call.home}, {'with' if path.exists() else 'without'} a cockpit.toml"
    return call.answer(document, [head, *table(("key", "value", "from"), shown)])


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _init(call: Call) -> int:
    from core.config_template import template
    from core.home import make_home

    path = make_home(call.home) / "cockpit.toml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise CockpitError(f"{path} is there already: not overwriting it") from None
    except OSError as error:
        raise CockpitError(f"cannot write {path}: {error.strerror}") from error
    return call.answer({"file": str(path)}, [f"wrote {path}"])


def exchange(call: Call) -> int:
    """Run the local exchange until a signal."""
    from core.exchange.cli import main

    options = call.options
    words: list[str] = ["--recording", *options.recording] if options.recording else []
    for name in ("scenario", "seed", "port", "speed"):
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name}", str(value)]
    return int(main(words) or 0)
