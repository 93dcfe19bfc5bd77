"""The local exchange as a program: flags in, its addresses as one JSON line out, then it serves until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from core.clock import parse_time
from core.errors import CockpitError, UsageError
from core.exchange.fault_flags import add_fault_flags, kinds_text, script_of
from core.exchange.fault_player import FaultPlayer, Played
from core.exchange.faults import Script
from core.exchange.generated import GeneratedMarket
from core.exchange.hours import Closure
from core.exchange.looped import LoopedMarket
from core.exchange.market import Market
from core.exchange.recording import RecordedMarket
from core.exchange.scenario import load
from core.exchange.server import LocalExchange
from core.parent import die_with
from core.types import MINUTE

_START_DELAY_S = 0.2


class _OneLine(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def arguments() -> argparse.ArgumentParser:
    """The flags of `cockpit exchange`."""
    parser = _OneLine(
        prog="cockpit exchange",
        description="A local exchange that speaks Binance's protocol.",
        epilog=kinds_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--recording", nargs="+", type=Path, metavar="FILE", help="frame logs to play, plain or gzipped")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="play the recording so often, ids and time going on (1)")
    parser.add_argument("--scenario", metavar="NAME", help="a generated market, by name or .toml file (default: default)")
    parser.add_argument("--seed", type=int, help="draws another market of the same scenario")
    parser.add_argument(
        "--closed", type=_closure, action="append", default=[], metavar="FROM..TO", help="whole hours without trading or ids"
    )
    parser.add_argument("--speed", type=_speed, default=1.0, help="of a recording: 1, 10, …; max or 0 for as fast as it is read")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=_port, default=0, help="0 takes a free one")
    parser.add_argument("--autostart", action="store_true", help="play at once, not with the first subscription")
    parser.add_argument("--die-with-parent", action="store_true", help="stop when stdin closes or the parent process ends")
    parser.add_argument("--json", action="store_true", help="tell of each fault as a JSON line on stdout, not in words on stderr")
    add_fault_flags(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; the exit code: 0 after SIGINT or SIGTERM, 1 when it failed, 2 when the flags cannot work."""
    chosen = arguments().parse_args(argv)
    if chosen.die_with_parent:
        die_with(os.getppid(), signal.SIGTERM)
    try:
        market = _market(chosen)
        script = script_of(chosen, [item.symbol for item in market.listings])
        if script is not None and chosen.faults_show:
            sys.stdout.write(script.toml())
            return 0
        exchange = LocalExchange(
            market,
            speed=chosen.speed,
            host=chosen.host,
            port=chosen.port,
            autostart=chosen.autostart,
            start_delay=0.0 if chosen.autostart else _START_DELAY_S,
        )
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(_serve(exchange, script, _json_line if chosen.json else _narration, watch_stdin=chosen.die_with_parent))
    except CockpitError as error:
        sys.stderr.write(f"cockpit exchange: {error}\n")
        return error.exit_code
    except OSError as error:
        sys.stderr.write(f"cockpit exchange: cannot listen on {chosen.host}:{chosen.port}: {error}\n")
        return 1
    return 0


def _market(chosen: argparse.Namespace) -> Market:
    if chosen.recording:
        if chosen.scenario is not None or chosen.seed is not None or chosen.closed:
            raise UsageError("--recording is played as it is: no --scenario, --seed or --closed with it")
        return RecordedMarket(chosen.recording) if chosen.times == 1 else LoopedMarket(chosen.recording, chosen.times)
    return GeneratedMarket(load(chosen.scenario or "default", seed=chosen.seed), closed=chosen.closed)


async def _serve(exchange: LocalExchange, script: Script | None, tell: Callable[[Played], object], *, watch_stdin: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if watch_stdin:
        _watch_stdin(lambda: loop.call_soon_threadsafe(stop.set))
    async with exchange:
        addresses = {"ws_url": exchange.ws_url, "rest_url": exchange.rest_url, "pid": os.getpid()}
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        work = [asyncio.create_task(exchange.wait())]
        if script is not None:
            work.append(asyncio.create_task(_misbehave(FaultPlayer(exchange, script, tell))))
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait((*work, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in (*work, stopping):
            task.cancel()
        await asyncio.gather(*work, stopping, return_exceptions=True)
        for task in done:
            task.result()


async def _misbehave(player: FaultPlayer) -> None:
    """Play the faults; what comes after them is for others to end."""
    await player.run()
    await asyncio.Event().wait()


def _json_line(played: Played) -> None:
    # Who reads no more is told no more; the streams go on.
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(played.words()) + "\n")
        sys.stdout.flush()


def _narration(played: Played) -> None:
    sys.stderr.write(f"cockpit exchange: {played.text()}\n")
    sys.stderr.flush()


def _watch_stdin(stop: Callable[[], object]) -> None:
    """Call `stop` when stdin reaches its end; a thread, since not every kind of stdin can be polled."""

    def read_to_end() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop is gone already
            stop()

    threading.Thread(target=read_to_end, name="stdin", daemon=True).start()


def _loop() -> asyncio.AbstractEventLoop:
    """uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _speed(text: str) -> float:
    try:
        return 0.0 if text == "max" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a factor such as 1, 10 or max") from None


def _closure(text: str) -> Closure:
    begin, _, end = text.partition("..")
    try:
        hours = [parse_time(moment) / (60 * MINUTE) for moment in (begin, end)]
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not all(hour.is_integer() for hour in hours):
        raise argparse.ArgumentTypeError(f"{text!r} is not in whole hours, such as 2024-08-09T10:00Z..2024-08-09T12:00Z")
    return int(hours[0]), int(hours[1])


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)
