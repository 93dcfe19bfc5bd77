"""Plays a script of faults on a running exchange, on the monotonic clock from the first subscription, and notes what it did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from core.errors import UsageError, one_line
from core.exchange.alterations import GARBAGE
from core.exchange.faults import Fault, Script
from core.exchange.misbehave import Misbehaving


class Played(Struct, frozen=True, kw_only=True):
    """A fault that was played.

    Attributes:
        fault: as the script has it.
        played_s: seconds after the first subscription.
        ts_ns: wall clock.
        refused: why it could not be done; empty when it was.
    """

    fault: Fault
    played_s: float
    ts_ns: int
    refused: str = ""

    def words(self) -> dict[str, Any]:
        """For a line of JSON."""
        return {"fault": self.fault.words(), "played_s": round(self.played_s, 3), "ts_ns": self.ts_ns, "refused": self.refused}

    def text(self) -> str:
        """For a person."""
        said = [f"{name} {value}" for name, value in self.fault.words().items() if name not in ("at_s", "kind") and value != ""]
        line = f"{self.played_s:.1f} s: {self.fault.kind}" + (f" ({', '.join(said)})" if said else "")
        return one_line(f"{line}: not done: {self.refused}" if self.refused else line)


class FaultPlayer:
    """Plays one script on one exchange.

    Attributes:
        log: what was played so far.
    """

    def __init__(self, exchange: Misbehaving, script: Script, tell: Callable[[Played], object] = lambda played: None) -> None:
        """
        Args:
            tell: called with each fault as it is played.

        Raises:
            UsageError: the script names a symbol that the exchange does not have.
        """
        script.check(exchange.symbols)
        self._exchange = exchange
        self._script = script
        self._tell = tell
        self.log: list[Played] = []

    async def run(self) -> None:
        """Until the last fault was played; some may last longer."""
        await self._exchange.subscribed.wait()
        began = time.monotonic()
        for fault in self._script.faults:
            await asyncio.sleep(max(0.0, began + fault.at_s - time.monotonic()))
            refused = ""
            try:
                await perform(self._exchange, fault)
            except UsageError as exc:
                refused = str(exc)
            played = Played(fault=fault, played_s=time.monotonic() - began, ts_ns=time.time_ns(), refused=refused)
            self.log.append(played)
            self._tell(played)


async def perform(exchange: Misbehaving, fault: Fault) -> None:
    """Do one fault now.

    Raises:
        UsageError: this exchange cannot do it.
    """
    if fault.kind == "cut":
        await exchange.drop_connections()
    elif fault.kind in _OF_A_SYMBOL:
        for symbol in [fault.symbol] if fault.symbol else exchange.symbols:
            _OF_A_SYMBOL[fault.kind](exchange, symbol, fault.words())
    else:
        _OF_ALL[fault.kind](exchange, fault.words())


_Words = dict[str, Any]


def _garbage(exchange: Misbehaving, said: _Words) -> None:
    for kind in GARBAGE if said["how"] == "all" else (said["how"],):
        exchange.garbage(kind, said["symbol"] or None)


def _reject(exchange: Misbehaving, said: _Words) -> None:
    exchange.reject_rest(
        said["status"],
        said.get("retry_after_s"),
        None,
        for_s=said["for_s"],
        date=said["how"] == "date",
        ban_after=said.get("ban_after"),
        ban_s=said["ban_s"],
    )


_OF_A_SYMBOL: dict[str, Callable[[Misbehaving, str, _Words], None]] = {
    "skip": lambda exchange, symbol, said: exchange.skip(symbol, said["count"]),
    "duplicate": lambda exchange, symbol, said: exchange.duplicate(symbol, said["count"]),
    "reorder": lambda exchange, symbol, said: exchange.reorder(symbol, said["count"]),
    "poison": lambda exchange, symbol, said: exchange.poison(symbol, said["how"], said["count"]),
    "rename": lambda exchange, symbol, said: exchange.rename(symbol, said["for_s"], said["field"], retype=said["how"] == "retyped"),
    "halt": lambda exchange, symbol, said: exchange.halt(symbol, said["for_s"], None if said["how"] == "delisted" else said["how"]),
}

_OF_ALL: dict[str, Callable[[Misbehaving, _Words], None]] = {
    "half_open": lambda exchange, said: exchange.half_open(said["for_s"], new_too=said["all"]),
    "silence": lambda exchange, said: exchange.silence(said["for_s"]),
    "mute": lambda exchange, said: exchange.mute(said["for_s"], acknowledge=said["acknowledge"]),
    "garbage": _garbage,
    "reject": _reject,
    "slow_rest": lambda exchange, said: exchange.slow_rest(said["delay_s"], said["for_s"]),
    "refuse": lambda exchange, said: exchange.refuse(said["for_s"], said["how"]),
    "shutdown": lambda exchange, said: exchange.announce_shutdown(said["grace_s"]),
    "burst": lambda exchange, said: exchange.burst(said["for_s"], said["times"]),
}
