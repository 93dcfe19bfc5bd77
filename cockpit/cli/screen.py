"""`cockpit` without a command: open the cockpit on a home's engine, on the demo's, or record in the foreground."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.parser import Parser, pace, seconds
from cockpit.cli.running import add_market
from core.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.cli.call import Call
    from cockpit.cli.engine import Launch, Starting


def add_to(parser: Parser) -> None:
    """The options of the bare command."""
    add_market(parser)
    parser.add_argument("--recording", nargs="+", default=[], metavar="FILE", help="with --demo: play this instead of a generated market")
    parser.add_argument("--speed", type=pace, metavar="X", help="with --demo: times real time, or max")
    parser.add_argument("--fresh", action="store_true", help="with --demo: forget the last demo; one that runs is ended, after asking")
    parser.add_argument("--read-only", action="store_true", help="look, and be unable to do anything")
    parser.add_argument("--record", action="store_true", help="headless: run the engine in the foreground until a signal or the duration")
    parser.add_argument("--duration", type=seconds, metavar="DURATION", help="with --record: stop after this long, such as 60s")
    parser.set_defaults(run=bare)


def bare(call: Call) -> int:
    """Record, or open the cockpit."""
    options = call.options
    for name, given in (("--recording", options.recording), ("--speed", options.speed), ("--fresh", options.fresh)):
        if given and not call.demo:
            raise UsageError(f"{name} goes with --demo")
    if options.duration and not options.record:
        raise UsageError("--duration goes with --record")
    return record(call) if options.record else show(call)


def record(call: Call) -> int:
    """Become an engine that records in the foreground."""
    from cockpit.cli.engine import become_engine
    from core.errors import HomeLocked
    from core.home import running

    launch = _launch(call)
    if call.options.fresh:
        start_afresh(call)
    pid = running(call.home)
    if pid is not None:
        raise HomeLocked(
            f"an engine (pid {pid}) already records in {call.home}: stop it with `cockpit stop`, or use another home with --home"
        )
    return become_engine(call.home, launch, duration=call.options.duration, as_json=call.json)


def show(call: Call) -> int:
    """Open the cockpit, after starting the engine where none runs; leaving it leaves the engine alone."""
    from cockpit.settings import settings_of

    if call.json:
        raise UsageError("the cockpit is a screen: --json goes with a command, such as `cockpit status --json`")
    launch = _launch(call)
    settings = settings_of(call.configuration(), read_only=call.options.read_only)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the cockpit needs a terminal: `cockpit --record` runs without one, `cockpit start` in the background")
    starting = _attach(call, launch)
    # The screen's modules load while the engine starts, and it waits for the engine itself.
    from cockpit.sitting import run

    ended = run(call.home, settings) if starting is None else run(call.home, settings, failed=starting.failed)
    return show(_demo(call)) if ended.demo else ended.code


def _demo(call: Call) -> Call:
    """The same words for the demo, in its own home whatever home this was."""
    from core.home import demo_home

    options = call.options
    options.demo, options.home, options.venue, options.symbols = True, str(demo_home({})), None, []
    return call


def _launch(call: Call) -> Launch:
    """What to start, checked as far as can be before anything is."""
    from cockpit.cli.engine import Launch
    from core.home import check_stamp

    options = call.options
    for recording in options.recording:
        if not Path(recording).exists():
            raise UsageError(f"no recording {recording}")
    config = call.configuration(venue=options.venue, symbols=options.symbols or None).config
    mode = "demo" if call.demo else config.broker.mode
    if not options.fresh:
        check_stamp(call.home, mode, [config.venue])
    return Launch(mode, options.venue, options.symbols, options.recording, options.speed, strategies=not options.no_strategies)


def _attach(call: Call, launch: Launch) -> Starting | None:
    """Reach the engine that runs (None), or start one."""
    from cockpit.cli.engine import Starting, launched_with
    from core.home import running

    if call.options.fresh:
        start_afresh(call)
    if running(call.home) is None:
        return Starting(call.home, launch)
    if (launch.recordings or launch.speed is not None) and launch.source() != launched_with(call.home):
        raise UsageError("a demo of something else already runs: add --fresh to end it and start this one")
    if launch.symbols:
        from core.commands import Watch

        call.submit(Watch(symbols=list(launch.symbols)))
    return None


def start_afresh(call: Call) -> None:
    """Empty the demo's home. A demo that runs there is ended first: after asking, where somebody can answer, else with a line that says so.

    Raises:
        UsageError: what runs there is no demo.
        CockpitError: it is to go on, or does not end.
    """
    from core.home import reset_home, running

    pid = running(call.home)
    if pid is not None:
        _stop_demo(call, pid)
    reset_home(call.home, "demo")


def _stop_demo(call: Call, pid: int) -> None:
    from cockpit.cli.running import STOP_PATIENCE, wait_gone
    from core.commands import Stop
    from core.home import read_stamp

    found = read_stamp(call.home)
    if found is None or found.mode != "demo":
        raise UsageError(f"an engine (pid {pid}) runs in {call.home}, and not as a demo: not starting it afresh")
    if sys.stdin.isatty() and sys.stderr.isatty():
        sys.stderr.write(f"A demo runs (pid {pid}). End it, and forget all it recorded and traded? (y/N) ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise CockpitError(f"the demo (pid {pid}) goes on: `cockpit --demo` without --fresh opens it")
    else:
        call.say(f"ending the demo that runs (pid {pid}), and forgetting all it recorded and traded")
    call.submit(Stop())
    if not wait_gone(call.home, STOP_PATIENCE):
        raise CockpitError(f"the demo's engine (pid {pid}) does not stop: `cockpit stop --demo --force` ends it")
