"""The scripted broker in a process of its own: `python -m core.trading.scripted_server --socket PATH …`. It outlives who trades with it.

It listens on a Unix socket, says one line once it does, and keeps its books in memory until it is told to end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from core.clock import SystemClock
from core.errors import VenueError
from core.parent import die_with
from core.trading.broker import Interrupted, Outcome
from core.trading.exact import amount
from core.trading.scripted import FAULTS, ScriptedBroker
from core.trading.scripted_venue import ScriptedVenue
from core.trading.scripted_wire import ASK, LONGEST, Ask, Hello, Line, Truth, written

#: Money enough of every asset: of what is bought and sold, and of what it is paid in.
PLENTY = {"base": Decimal(100_000), "quote": Decimal(10) ** 12}


class Server:
    """Answers on each connection; what happens is said to the one that asked to listen last."""

    def __init__(self, broker: ScriptedBroker, odds: dict[str, float]) -> None:
        self.broker = broker
        self._odds = odds
        self._listening: asyncio.Task[None] | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            while line := await reader.readline():
                task = asyncio.create_task(self._answer(ASK.decode(line), writer))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except (ConnectionError, msgspec.MsgspecError, asyncio.CancelledError):
            pass  # whoever it was is gone, or is none of ours; or we are told to end
        finally:
            writer.close()

    async def _answer(self, ask: Ask, writer: asyncio.StreamWriter) -> None:
        if ask.what == "listen":
            if self._listening is not None:
                self._listening.cancel()
            self._listening = asyncio.create_task(self._say(writer))
        try:
            line = Line(n=ask.n, found=msgspec.to_builtins(await self._found(ask)))
        except VenueError as error:
            line = Line(n=ask.n, error=str(error))
        _write(writer, line)

    async def _found(self, ask: Ask) -> Any:
        broker = self.broker
        match ask.what:
            case "hello":
                return Hello(broker.name, broker.window_s)
            case "submit" if ask.intent is not None:
                late = SystemClock().now_ns() - ask.sent_ns > broker.window_s * 1e9
                return Outcome("uncertain", "it took too long to arrive") if late else await broker.submit(ask.intent)
            case "cancel" if ask.intent is not None:
                return await broker.cancel(ask.intent)
            case "query" if ask.intent is not None:
                return await broker.query(ask.intent)
            case "open_orders":
                return await broker.open_orders()
            case "executions":
                return await broker.executions(ask.since_ns)
            case "balances":
                return await broker.balances()
            case "calm":
                self._odds.clear()
            case "truth":
                return self._truth()
        return None

    def _truth(self) -> Truth:
        venue = self.broker.venue
        reports = [venue.report(id_) for id_ in venue.entries]
        return Truth(
            intents=[entry.intent for entry in venue.entries.values()], orders=[report for report in reports if report is not None],
            executions=venue.executions, balances=venue.balances, twice=venue.twice, blind=self.broker.blind, submits=self.broker.submits,
        )  # fmt: skip

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        async for said in self.broker.heard():
            if isinstance(said, Interrupted):
                _write(writer, Line(missed=said))
            else:
                _write(writer, Line(about=said.client_id, event=said.event))
        _write(writer, Line(ended=True))


def _write(writer: asyncio.StreamWriter, line: Line) -> None:
    if not writer.is_closing():  # whoever listened is gone: what is said now is lost
        writer.write(written(line))


def server_of(prices: dict[str, Decimal], assets: set[str], seed: int, *, pace: float, lot: Decimal, faults: bool) -> Server:
    """A broker whose account holds plenty."""
    rng, odds = Random(seed), dict(FAULTS) if faults else {}
    balances = {"USDT": PLENTY["quote"], "BNB": PLENTY["base"]} | dict.fromkeys(assets, PLENTY["base"])
    venue = ScriptedVenue(prices, balances, rng, odds=odds, lot=lot)
    return Server(ScriptedBroker(venue, rng, SystemClock(), odds, pace=pace), odds)


def parser() -> argparse.ArgumentParser:
    """Its words."""
    p = argparse.ArgumentParser(prog="python -m core.trading.scripted_server")
    p.add_argument("--socket", type=Path, required=True, help="where it listens")
    p.add_argument(
        "--price", action="append", required=True, metavar="VENUE:SYMBOL=PRICE", help="what is traded, and its first price in USDT"
    )
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--pace", type=float, default=1.0, help="how much faster than usual everything happens")
    p.add_argument("--lot", type=amount, default=Decimal("0.00001"), help="executions are whole multiples of it")
    p.add_argument("--no-faults", action="store_true", help="it behaves")
    return p


async def run(words: argparse.Namespace) -> None:
    """Serve until a signal."""
    pairs = [text.rpartition("=") for text in words.price]
    prices = {symbol: amount(price) for symbol, _, price in pairs}
    assets = {symbol.rpartition(":")[2].removesuffix("USDT") for symbol in prices}
    server = server_of(prices, assets, words.seed, pace=words.pace, lot=words.lot, faults=not words.no_faults)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    words.socket.unlink(missing_ok=True)
    listening = await asyncio.start_unix_server(server.serve, words.socket, limit=LONGEST)
    try:
        sys.stdout.write(f"listening on {words.socket}\n")
        sys.stdout.flush()
        await ended.wait()
    finally:
        listening.close()
        with contextlib.suppress(FileNotFoundError):
            words.socket.unlink()


if __name__ == "__main__":
    die_with(os.getppid())
    asyncio.run(run(parser().parse_args()))
