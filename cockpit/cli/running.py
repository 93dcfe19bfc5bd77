"""Commands on the engine as a process: start, stop."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands, Parser, comma_list
from core.errors import CockpitError, NotRunning

if TYPE_CHECKING:
    from cockpit.cli.call import Call

#: Seconds an engine may take to flush and end.
STOP_PATIENCE = 60.0

#: Seconds an engine may take to say hello, and how long a wait is silent.
ANSWER_S = 5.0
SILENT_S = 2.0


def add(commands: Commands) -> None:
    """start, stop."""
    parser = commands.add("start", start, "start the engine in the background")
    add_market(parser)
    parser = commands.add("stop", stop, "stop the engine cleanly")
    parser.add_argument("--flatten", action="store_true", help="close every position first")
    parser.add_argument("--force", action="store_true", help="end it even if it does not answer; it recovers at the next start")


def add_market(parser: Parser) -> None:
    """What to stream, for the commands that start an engine."""
    parser.add_argument("--venue", metavar="V", help="the exchange to stream from")
    parser.add_argument("--symbols", type=comma_list, default=[], metavar="A,B", help="what to stream and record")
    parser.add_argument("--no-strategies", action="store_true", help="stream and record only")


def start(call: Call) -> int:
    """Start it, unless it runs already."""
    from cockpit.cli.engine import Launch, start_engine
    from core.home import check_stamp, running

    options = call.options
    config = call.configuration(venue=options.venue, symbols=options.symbols or None).config
    mode = "demo" if call.demo else config.broker.mode
    check_stamp(call.home, mode, [config.venue])
    pid = running(call.home)
    already = pid is not None
    if pid is not None and not _answers(call.home, ANSWER_S):
        raise CockpitError(f"the engine (pid {pid}) runs but does not answer: `cockpit stop` ends it, `cockpit logs` says more")
    if pid is None:
        call.say(f"starting the engine in {call.home}")
        launch = Launch(mode, options.venue, options.symbols, strategies=not options.no_strategies)
        pid = start_engine(call.home, launch, say=call.say)
    document = {"state": "running", "pid": pid, "mode": mode, "home": str(call.home), "already": already}
    return call.answer(document, [f"the engine {'already ' if already else ''}runs: pid {pid}"])


def stop(call: Call) -> int:
    """Stop it and wait until it is gone; one that cannot be asked is told by a signal."""
    from core.client import not_running
    from core.commands import Stop
    from core.home import running

    pid = running(call.home)
    if pid is None:
        raise not_running(call.home, call.start)
    flatten, force = call.options.flatten, call.options.force
    with _narrating(call, f"waiting for the engine (pid {pid}) …"):
        if not _answers(call.home, ANSWER_S):
            gone = _stop_deaf(call, pid, flatten=flatten, force=force)
        else:
            try:
                call.submit(Stop(flatten=flatten))
                gone = wait_gone(call.home, STOP_PATIENCE)
            except CockpitError as error:
                # It may have closed the connection because it is ending: then this is no failure.
                gone = wait_gone(call.home, 2.0)
                if not gone and not force:
                    raise CockpitError(f"the engine (pid {pid}) did not stop: {error}; --force ends it") from error
            if not gone and force:
                gone = _end(call.home, pid)
    if not gone:
        raise CockpitError(f"the engine (pid {pid}) is still stopping after {STOP_PATIENCE:g} s; --force ends it")
    return call.answer({"state": "stopped", "pid": pid}, [f"stopped the engine (pid {pid})"])


def _stop_deaf(call: Call, pid: int, *, flatten: bool, force: bool) -> bool:
    """Stop one that does not answer; whether it is gone."""
    from core.home import running

    if running(call.home) != pid:
        return True
    if flatten and not force:
        raise CockpitError(f"the engine (pid {pid}) does not answer, so it cannot be asked to flatten: `cockpit stop` ends it as it is")
    call.say(f"the engine (pid {pid}) does not answer: ending it with SIGTERM, on which it saves what it has")
    if force:
        return _end(call.home, pid)
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    except PermissionError:
        raise CockpitError(f"the engine (pid {pid}) does not answer, and it is another user's: it was not stopped") from None
    if not wait_gone(call.home, STOP_PATIENCE):
        raise CockpitError(f"the engine (pid {pid}) does not answer and did not end within {STOP_PATIENCE:g} s of SIGTERM; --force ends it")
    return True


def _answers(home: Path, patience: float) -> bool:
    """Whether the home's engine says hello, at the latest after about so many seconds; it may be just about to open its door."""
    from core.client import call
    from core.errors import NotAnswering
    from core.home import running
    from core.view import PROTOCOL, Hello

    until = time.monotonic() + patience
    while True:
        try:
            call(home, Hello(PROTOCOL, "cli"), patience)
        except NotRunning:
            if time.monotonic() > until or running(home) is None:
                return False
            time.sleep(0.1)
        except NotAnswering:
            return False
        except CockpitError:
            return True  # with a refusal, which whoever asks in earnest is told
        else:
            return True


@contextlib.contextmanager
def _narrating(call: Call, words: str) -> Iterator[None]:
    """Say so where it takes long."""
    timer = threading.Timer(SILENT_S, call.say, [words])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def wait_gone(home: Path, patience: float) -> bool:
    """Whether the home's engine is gone, at the latest after so many seconds."""
    from core.home import running

    until = time.monotonic() + patience
    while running(home) is not None:
        if time.monotonic() > until:
            return False
        time.sleep(0.03)
    return True


def _end(home: Path, pid: int) -> bool:
    """By TERM, which lets it flush, else by KILL, from which it recovers."""
    for signum, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            return True
        if wait_gone(home, patience):
            return True
    return False
