"""`cockpit logs`: which lines of the engine's log are wanted, and how a person or a program gets them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, seconds
from core.errors import UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from cockpit.cli.logfile import Choose

LEVELS = ("debug", "info", "warning", "error", "critical")

#: How many lines without `-n`; with --since all there are.
LINES = 50


def add(commands: Commands) -> None:
    """logs."""
    parser = commands.add("logs", logs, "the engine's log")
    parser.add_argument("-n", "--lines", type=int, metavar="N", help=f"how many of the newest lines ({LINES}; all with --since)")
    parser.add_argument("--follow", "-f", action="store_true", help="go on with new lines as they come")
    parser.add_argument("--level", choices=LEVELS[:4], metavar="L", help=f"only these and worse: {', '.join(LEVELS[:4])}")
    parser.add_argument("--since", metavar="WHEN", help="how long ago, such as 10m or 2h, or a time such as 2026-11-21T04:00Z")
    parser.add_argument("--grep", metavar="TEXT", help="only lines that say this, in whatever case")


def logs(call: Call) -> int:
    """Print the newest lines, oldest first."""
    from cockpit.cli.logfile import follow, tail
    from core.log import log_path

    options = call.options
    count: int | None = options.lines
    if count is None and options.since is None:
        count = LINES
    if count is not None and count < 0:
        raise UsageError(f"-n {count}: must be 0 or more")
    path = log_path(call.home)
    if not path.exists() and not options.follow:
        call.say(f"no log in {path.parent}: no engine has run in this home yet")
        return 0
    choose = choice(options)
    lines: Iterator[str] = follow(path, count, choose) if options.follow else iter(tail(path, count, choose))
    for line in lines:
        _print(call, line)
        if options.follow:
            call.flush()
    return 0


def choice(options: argparse.Namespace) -> Choose:
    """What the options say of a line: wanted, not wanted, or older than anything wanted (None)."""
    since = _since(options.since) if options.since is not None else ""
    least = LEVELS.index(options.level) if options.level is not None else -1
    text = (options.grep or "").lower()

    def choose(line: str) -> bool | None:
        event = parsed(line)
        if event is None:
            return not since and least < 0 and text in line.lower()
        if str(event.get("ts", "")) < since:
            return None
        level = event.get("level")
        if least >= 0 and (LEVELS.index(level) if level in LEVELS else len(LEVELS)) < least:
            return False
        return not text or any(text in words.lower() for words in in_words(line))

    return choose


def _since(text: str) -> str:
    """The time meant, as the log writes it.

    Raises:
        UsageError: it is neither a duration nor a time.
    """
    from core.clock import iso, parse_time

    try:
        return iso(time.time_ns() - int(seconds(text) * 1e9))
    except argparse.ArgumentTypeError:
        pass
    try:
        return iso(parse_time(text))
    except (UsageError, ValueError, OverflowError):
        raise UsageError(f"--since {text}: a duration such as 10m or 2h, or a time such as 2026-11-21T04:00Z") from None


def _print(call: Call, line: str) -> None:
    if not call.json:
        for words in in_words(line):
            call.line(words)
    elif line.isascii() and line.isprintable() and parsed(line) is not None:
        sys.stdout.write(line + "\n")
    else:
        call.document({"event": line})


def parsed(line: str) -> dict[str, Any] | None:
    """The event a line holds; None of a line that is something else."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def in_words(line: str) -> Iterator[str]:
    """`2026-11-20T14:02:11Z  warning  connection lost  venue=binance` of an event, a traceback below it; any other line as it is."""
    event = parsed(line)
    if event is None or not {"ts", "level", "event"} <= event.keys():
        yield line
        return
    when, level, said = (str(event.pop(key)) for key in ("ts", "level", "event"))
    below = [str(event.pop(key)) for key in ("exception", "stack") if key in event]
    rest = "  ".join(f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in event.items())
    yield f"{when}  {level:<7}  {said}{'  ' + rest if rest else ''}"
    for text in below:
        yield from (f"    {row}" for row in text.splitlines())
