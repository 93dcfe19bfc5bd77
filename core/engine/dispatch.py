"""Alerts on their way out: what a channel is to be told is on the ledger with the alert itself, and stays there until it is told.

Each channel works through its own part of the outbox. After `kill -9` what was not told, or may not have been, is told; the key of a
message is the same then. A try takes a bounded time and the engine waits for none. In a replay nothing goes out.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog

from core.channels.channel import open_channels
from core.channels.message import LONGEST, Message, is_at_least
from core.channels.quiet import Quiet
from core.engine.alarms import AGAIN_NS
from core.engine.courier import Courier
from core.errors import ConfigError, one_line
from core.store.outbox import Post
from core.system_view import ChannelRow
from core.types import DAY, SECOND
from core.view import AlertRow

if TYPE_CHECKING:
    from core.engine.engine import Engine

log = structlog.get_logger("alerts")

KEPT_NS = 30 * DAY
PRUNE_S = 3600.0

#: What the engine says by itself may come again, as the same alert, for so long (and is written up to ten seconds later): it is not over.
SETTLE_NS = AGAIN_NS + 15 * SECOND


class Dispatch:
    """The channels of one engine.

    Attributes:
        couriers: by channel, who brings messages there.
        broken: channels that cannot be used, and why.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.couriers: dict[str, Courier] = {}
        self.broken: dict[str, str] = {}
        self._quiet = Quiet()
        self._host = one_line(socket.gethostname(), 200)
        self._silent = ""

    async def open(self) -> None:
        """Read the configuration, and how far each channel was told; call it once the ledger is open."""
        engine, config = self.engine, self.engine.config.alerts
        if engine.mode == "replay":
            return
        self._quiet = Quiet.of(config)
        found = dict(await asyncio.to_thread(lambda: list(open_channels(config, engine.home, os.environ))))
        counts = await engine.ledger.outbox.counts()
        for name, channel in found.items():
            if isinstance(channel, ConfigError):
                self.broken[name] = str(channel)
                log.error("an alert channel cannot be used", channel=name, reason=str(channel))
            else:
                self.couriers[name] = Courier(engine, channel, counts.get(name, {}))
        for name in counts.keys() - found.keys():
            await engine.ledger.outbox.give_up(name, "it is not configured any more")

    async def run(self) -> None:
        """Work for ever; what ends one channel's work does not end the others'."""
        for name, why in self.broken.items():
            self.engine.alarms.raise_(f"channel {name}", "critical", f"alerts do not go to {name}: {why}")
        for name, courier in self.couriers.items():
            self.engine.spawn(courier.run(), f"alert channel {name}")
        while self.couriers:
            await self.engine.ledger.outbox.prune(self.engine.clock.now_ns() - KEPT_NS)
            await asyncio.sleep(PRUNE_S)

    def put(self, rows: Sequence[AlertRow], marks: Sequence[tuple[str, str]]) -> asyncio.Future[None]:
        """Write alerts, with how far rules have looked and with what is to be told of them; all or nothing, done when it is on disk."""
        posts = [post for row in rows for post in self._posts(row)]
        done = self.engine.ledger.alerts.put_all([alert_values(row) for row in rows], marks, posts)
        if posts:
            done.add_done_callback(self._wake)
        return done

    def rows(self) -> list[ChannelRow]:
        """Every channel, in the order of the configuration."""
        quiet = self._quiet.until(self.engine.clock.now_ns())
        broken = [ChannelRow(name, "", "", "off", 0, 0, 0, why, 0) for name, why in self.broken.items()]
        return [*(courier.row(quiet=bool(quiet)) for courier in self.couriers.values()), *broken]

    def complain(self, name: str, text: str) -> None:
        """Say that a channel does not work, everywhere but there; '' it works again."""
        self._silent = name
        if text:
            self.engine.alarms.raise_(f"channel {name}", "warning", text)
        else:
            self.engine.alarms.resolve(f"channel {name}")
        self._silent = ""

    def _wake(self, _done: asyncio.Future[None]) -> None:
        for courier in self.couriers.values():
            courier.wake.set()

    def _posts(self, row: AlertRow) -> list[Post]:
        """What there may be to tell of an alert as it is now; the ledger knows what was told before."""
        now = self.engine.clock.now_ns()
        return [
            self._post(row, courier, event, now)
            for name, courier in self.couriers.items()
            if name != self._silent and is_at_least(row.level, courier.terms.level)
            for event in (("raised", "resolved") if courier.terms.resolved and not row.open else ("raised",))
        ]

    def _post(self, row: AlertRow, courier: Courier, event: str, now: int) -> Post:
        over = event == "resolved"
        message = Message(
            id=row.id, rule=row.rule, level=row.level, text=one_line(row.text, LONGEST), state=event, ts_ns=now if over else row.ts_ns,
            home=str(self.engine.home), host=self._host, count=row.times,
        )  # fmt: skip
        due = now + SETTLE_NS if over and not row.rule else now
        quiet = self._quiet.silences(row.level, due) if courier.terms.quiet else 0
        return Post(courier.channel.name, row.id, event, row.level, message.ts_ns, message.body(), quiet or due, held=bool(quiet))


def alert_values(row: AlertRow) -> tuple[Any, ...]:
    """An alert as the columns of the ledger's `alerts`."""
    return row.id, row.ts_ns, row.level, row.text, "open" if row.open else "closed", row.rule, row.acked_ns, row.snoozed_ns
