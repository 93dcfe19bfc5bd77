"""`cockpit replay`: the cockpit on a recording, in a home of its own; and what a script may do to one that plays."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli.parser import Commands, pace
from core.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from cockpit.cli.engine import Starting
    from core.commands import ReplayPace, ReplaySeek, ReplayStep
    from core.replay.plan import Plan

_SOURCES = """\
SOURCE is tape:SYMBOL[@FROM..TO], tape:*[@FROM..TO] for every symbol of the tape, or files of trades as `cockpit backtest`
reads them; several play together. Without one the replay goes on with what it plays.
It has a home of its own, HOME/replay; `cockpit status --home HOME/replay` and all other commands work on it.
"""


def add(commands: Commands) -> None:
    """replay."""
    parser = commands.add("replay", replay, "play a recording through the engine and the screen", epilog=_SOURCES)
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="what to play")
    parser.add_argument("--from", dest="start", type=moment, metavar="TIME", help="where to begin")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="where to end, exclusive")
    parser.add_argument("--speed", type=pace, metavar="X", help="times real time, or max (else 1)")
    parser.add_argument("--paused", action="store_true", help="stand still before the first print, to register strategies")
    parser.add_argument("--fresh", action="store_true", help="forget what was played in this home")
    parser.add_argument("--into", metavar="DIR", help="the replay's own home (else HOME/replay)")
    parser.add_argument("--background", action="store_true", help="start it and open no screen")
    parser.add_argument("--read-only", action="store_true", help="look, and be unable to do anything")
    doing = parser.add_argument_group("on the one that plays, without a screen").add_mutually_exclusive_group()
    doing.add_argument("--play", nargs="?", const="", type=_pace_or_not, metavar="X", help="go on, at this speed")
    doing.add_argument("--pause", action="store_true", help="stand still")
    doing.add_argument(
        "--step", nargs="?", const="tick", metavar="INTERVAL", help="play one print, or one bar such as 1m or tick:500, and stand still"
    )
    doing.add_argument(
        "--seek", type=_place, metavar="TIME", help="go to a time (also 00:10:30, +5m, -90s, start, end); back begins anew with fresh books"
    )


def moment(text: str) -> int:
    """A time as people write it, ns."""
    from core.clock import parse_time

    try:
        return parse_time(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _place(text: str) -> str:
    """A place that may be one; where it is depends on the replay that runs."""
    from cockpit.moments import read

    if text.strip().lower() in ("start", "end"):
        return text
    try:
        read(text.strip(), 0)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: {error}") from None
    return text


def _pace_or_not(text: str) -> str:
    return pace(text) if text else text


def replay(call: Call) -> int:
    """Open the cockpit on a recording, or do something to the one that plays."""
    options = call.options
    home = _home(call)
    if options.pause or options.play is not None or options.step is not None or options.seek is not None:
        if options.sources:
            raise UsageError("--play, --pause, --step and --seek are for the replay that runs: leave the SOURCE out")
        return _answer(call, home, _submit(home, _command(options, _status(home))))
    if options.background:
        return _background(call, home)
    if call.json:
        raise UsageError("the cockpit is a screen: --json goes with --background, --play, --pause, --step or --seek")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the cockpit needs a terminal: --background plays without one")
    from cockpit.settings import settings_of

    settings = settings_of(call.configuration(), read_only=options.read_only)
    starting = _attach(call, home)
    from cockpit.sitting import run

    ended = run(home, settings) if starting is None else run(home, settings, failed=starting.failed)
    return ended.code


def _home(call: Call) -> Path:
    from core.home import default_home, replay_home

    into = call.options.into
    return default_home({"COCKPIT_HOME": into}) if into else replay_home(call.home)


def _status(home: Path) -> dict[str, Any]:
    from core.client import call as ask
    from core.view import Ask

    found: dict[str, Any] | None = ask(home, Ask("status")).get("replay")
    if found is None:
        raise UsageError(f"the engine in {home} plays no recording")
    return found


def _command(options: argparse.Namespace, now: dict[str, Any]) -> ReplayPace | ReplayStep | ReplaySeek:
    """What is to be done to the replay that is so.

    Raises:
        UsageError: there is no such place in the recording.
        CockpitError: there is nothing left to play.
    """
    from core.commands import ReplayPace, ReplaySeek, ReplayStep

    if options.seek is not None:
        return ReplaySeek(to_ns=None if options.seek.strip().lower() == "start" else _to_ns(options.seek, now))
    if now["state"] == "ended":
        raise CockpitError("the recording is at its end: --seek goes back, such as --seek start")
    if options.pause:
        return ReplayPace(paused=True)
    if options.play is not None:
        return ReplayPace(speed=speed_of(options.play))
    return ReplayStep(interval=options.step)


def _to_ns(text: str, now: dict[str, Any]) -> int:
    from cockpit.moments import Bounds, place_of

    at, begin, end = (moment(now[name]) if now[name] else 0 for name in ("now", "begin", "end"))
    try:
        return place_of(text, Bounds(at, begin, end))
    except ValueError as error:
        raise UsageError(f"--seek {text}: {error}") from None


def speed_of(text: str) -> Any:
    """A speed as the command takes it: `max` as it is, nothing as None."""
    return text if text == "max" else float(text) if text else None


def _submit(home: Path, command: ReplayPace | ReplayStep | ReplaySeek) -> dict[str, Any]:
    from core.client import call
    from core.view import Submit

    answer: dict[str, Any] = call(home, Submit(command, actor="cli"), start="cockpit replay SOURCE")
    return answer


def _answer(call: Call, home: Path, said: dict[str, Any]) -> int:
    speed = said["speed"] if said["speed"] == "max" else f"{said['speed']:g} times real time"
    ended = "end of the recording" if said["state"] == "ended" else said["state"]
    if said["state"] == "seeking" and said.get("goal"):
        ended = f"going {'back ' if said['goal'] < said['now'] else ''}to {said['goal']}"
    return call.answer({**said, "home": str(home)}, [f"{said['now']} {ended} {speed}"])


def _background(call: Call, home: Path) -> int:
    from cockpit.cli.call import visible

    starting = _attach(call, home)
    if starting is not None:
        call.say(f"starting the replay in {visible(str(home))}")
        starting.wait(say=call.say)
    return _answer(call, home, _status(home))


def _attach(call: Call, home: Path) -> Starting | None:
    """Reach the replay that runs (None), or start one."""
    from cockpit.cli.engine import Launch, Starting
    from core.home import make_home, read_stamp, reset_home, running
    from core.replay.plan import keep_plan, read_plan

    options = call.options
    plan = _plan(call, home)
    found = read_stamp(home)
    if found is not None and found.mode != "replay":
        raise UsageError(f"{home} is a {found.mode} home and cannot replay: name another one with --into")
    if options.fresh:
        plan = plan or read_plan(home)
        _stop(home)
        reset_home(home, "replay")
    if running(home) is not None:
        if options.speed or options.paused:
            from core.commands import ReplayPace

            _submit(home, ReplayPace(speed=speed_of(options.speed or ""), paused=options.paused))
        return None
    if plan is not None:
        make_home(home)
        keep_plan(home, plan)
    read_plan(home).open()  # what cannot be played is said here and now
    return Starting(home, Launch("replay", speed=options.speed, paused=options.paused))


def _plan(call: Call, home: Path) -> Plan | None:
    """What is to be played; None: what is there.

    Raises:
        UsageError: something else is played here already, or the recording cannot be played.
    """
    from core.replay.plan import FILE, plan_of, read_plan

    options = call.options
    if not options.sources:
        if options.start is not None or options.end is not None:
            raise UsageError("--from and --to go with a SOURCE")
        return None
    plan = plan_of(call.home, options.sources, options.start, options.end)
    plan.open()
    if not options.fresh and (home / FILE).exists() and read_plan(home) != plan:
        raise UsageError(f"{home} replays something else: add --fresh to forget it and play this, or name another home with --into")
    return plan


def _stop(home: Path) -> None:
    from cockpit.cli.running import STOP_PATIENCE, wait_gone
    from core.client import call
    from core.commands import Stop
    from core.home import read_stamp, running
    from core.view import Submit

    pid = running(home)
    if pid is None:
        return
    found = read_stamp(home)
    if found is None or found.mode != "replay":
        raise UsageError(f"an engine (pid {pid}) runs in {home}, and it plays no recording: not starting it afresh")
    call(home, Submit(Stop(), actor="cli"))
    if not wait_gone(home, STOP_PATIENCE):
        raise CockpitError(f"the replay's engine (pid {pid}) does not stop: `cockpit stop --home {home} --force` ends it")
