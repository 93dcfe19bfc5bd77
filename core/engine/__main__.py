"""The engine process: `python -m core.engine --home DIR --mode paper|live|demo …`; with `--record` in the foreground, telling what it
does."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from core.clock import SystemClock
from core.config import Config, EngineConfig, load
from core.engine.brokers import open_broker
from core.engine.closed_hours import closed_hours, closing_words
from core.engine.demo import register_demo
from core.engine.engine import Engine
from core.engine.exchange import ExchangeProcess, start_exchange
from core.engine.heartbeat import Heartbeat, notify
from core.engine.requests import Requests
from core.engine.server import Door
from core.engine.teller import Teller
from core.errors import CockpitError
from core.home import lock_home, make_home, socket_path, stamp
from core.log import logging_to
from core.replay.plan import Plan, read_plan
from core.turns import ask_short_turns
from core.types import Symbols
from core.venues.binance import Binance

if TYPE_CHECKING:
    from core.engine.replay_run import Opening

log = structlog.get_logger("engine")


def parser() -> argparse.ArgumentParser:
    """The engine's own words; people use `cockpit`."""
    p = argparse.ArgumentParser(prog="python -m core.engine")
    p.add_argument("--home", type=Path, required=True)
    p.add_argument("--mode", choices=("paper", "live", "demo", "replay"), default="paper")
    p.add_argument("--venue")
    p.add_argument("--symbols", help="comma-separated")
    p.add_argument("--recording", type=Path, action="append", default=[], help="demo: play this recording")
    p.add_argument("--speed", help="demo, replay: times real time, or max")
    p.add_argument("--paused", action="store_true", help="replay: stand still before the first print")
    p.add_argument("--scenario", help="demo: the generated market's scenario")
    p.add_argument("--no-strategies", action="store_true", help="record only")
    p.add_argument("--record", action="store_true", help="tell progress on stdout")
    p.add_argument("--duration", type=float, help="seconds to run for")
    p.add_argument("--json", action="store_true")
    return p


def flags(words: argparse.Namespace) -> dict[str, object]:
    """The configuration keys these words set."""
    symbols = [s.strip().upper() for s in words.symbols.split(",") if s.strip()] if words.symbols else None
    return {"venue": words.venue, "symbols": symbols}


async def run(words: argparse.Namespace, config: Config) -> int:
    """Run one engine until a signal, a `stop`, or the end of the duration; returns the exit code."""
    home: Path = words.home
    exchange: ExchangeProcess | None = None
    section = config.of_venue(config.venue)
    ws_url, rest_url = section.ws_url, section.rest_url
    clock, closure = SystemClock(), None
    try:
        if words.mode == "demo":
            closed, closure = ([], None) if words.recording else await asyncio.to_thread(closed_hours, home, clock.now_ns())
            exchange = await start_exchange(words.recording, words.speed, words.scenario, closed)
            ws_url, rest_url = exchange.ws_url, exchange.rest_url
        broker = await open_broker(config, words.mode)
        symbols = Symbols()
        places = {key: value for key, value in (("ws_url", ws_url), ("rest_url", rest_url)) if value}
        venue = Binance(symbols, stream=section.stream, **places)
        engine = Engine(home, words.mode, config, venue, symbols, clock, trade=not words.no_strategies, broker=broker)
        if closure is not None:
            engine.alarms.note("info", closing_words(closure))
        return await serve(engine, words, config, [engine.bare(name) for name in config.symbols])
    finally:
        if exchange is not None:
            await exchange.stop()


async def replay(words: argparse.Namespace, plan: Plan, config: Config) -> int:
    """Run engines that play a recording, until a signal or a `stop`; returns the exit code."""
    from core.engine import replay_run  # with what reads recordings; no other mode needs it

    return await replay_run.run(words, plan, config, lambda engine, opening: serve(engine, words, config, [], opening))


async def serve(engine: Engine, words: argparse.Namespace, config: Config, names: list[str], opening: Opening | None = None) -> int:
    """Open the door, tell, wait, close.

    Args:
        names: bare symbols to stream besides those the home streams.
        opening: what is to be done once the door is open.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, engine.stopping.set)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    requests = Requests(engine)
    door = Door(socket_path(engine.home), requests.answer)
    requests.door = engine.system.door = door
    teller = Teller(engine, json_lines=words.json or not sys.stdout.isatty()) if words.record else None
    heartbeat = Heartbeat(engine)
    try:
        replayed = bool(words.recording) and words.symbols is None
        if not await _started(engine, [] if replayed else names):
            return 0
        if replayed:
            await engine.add_symbols(await engine.feed.symbols())
        await door.open()
        engine.spawn(door.keep(), "door")
        engine.spawn(requests.presence.run(door), "presence")
        engine.spawn(heartbeat.run(), "heartbeat")
        if words.mode == "demo" and not words.recording:
            engine.spawn(register_demo(engine), "demo strategies")
        if opening is not None:
            engine.spawn(opening(engine), "opening")
        if words.mode in ("demo", "replay"):
            engine.spawn(requests.stop_when_left(config.engine.linger_s), "linger")
        if teller is not None:
            engine.spawn(teller.run(), "teller")
        if words.duration is not None:
            loop.call_later(words.duration, engine.stopping.set)
        await engine.stopping.wait()
    finally:
        notify("STOPPING=1")
        await door.close()
        await engine.stop()
    await heartbeat.beat("failed" if engine.failure else "stopped")
    if teller is not None:
        teller.tell_end()
    if engine.failure is not None:
        raise CockpitError(f"the engine stopped: {engine.failure}")
    return 0


async def _started(engine: Engine, names: list[str]) -> bool:
    """Start the engine; False where it was told to stop before it was up."""
    starting = asyncio.create_task(engine.start(names))
    stopped = asyncio.create_task(engine.stopping.wait())
    try:
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
        await starting
    except asyncio.CancelledError:
        if not engine.stopping.is_set():
            raise
        return False
    finally:
        stopped.cancel()
    return True


def main(argv: list[str] | None = None) -> int:
    """Run the engine; one line on stderr and an exit code when it cannot."""
    words = parser().parse_args(argv)
    try:
        home = make_home(words.home)
        plan = read_plan(home) if words.mode == "replay" else None
        config = load(home if plan is None else Path(plan.home), flags=flags(words)).config
        with lock_home(home, words.mode), _logging(home, config.engine):
            if plan is not None:
                return _with_fast_loop(replay(words, plan, config))
            stamp(home, words.mode, [config.venue])
            return _with_fast_loop(run(words, config))
    except CockpitError as error:
        sys.stderr.write(f"cockpit: {error}\n")
        return error.exit_code


def _logging(home: Path, section: EngineConfig) -> AbstractContextManager[None]:
    return logging_to(home, level=section.log_level, megabytes=section.log_mb, files=section.log_files)


def _with_fast_loop(work: object) -> int:
    ask_short_turns()
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)  # type: ignore[arg-type]
    return uvloop.run(work)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
