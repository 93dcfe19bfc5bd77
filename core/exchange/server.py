"""The local exchange: one port on loopback that serves a market's streams and REST as Binance does, and can misbehave on request."""

from __future__ import annotations

import asyncio
import ipaddress
from types import TracebackType

from aiohttp import web

from core.ending import end
from core.errors import UsageError
from core.exchange.hub import Hub
from core.exchange.limits import Policy
from core.exchange.market import Market
from core.exchange.misbehave import Misbehaving
from core.exchange.player import Player
from core.exchange.rest import Rest
from core.exchange.streams import Streams


class LocalExchange(Misbehaving):
    """Serves a market; an async context manager.

    A recording starts to play with the first subscription (or at once with `autostart`), at `speed` times its own pace; speed 0 is as
    fast as clients read. `ws_url` and `rest_url` are bases without a path, as the venue documents its own.

    Attributes:
        ws_url, rest_url: where it listens.
    """

    def __init__(
        self,
        market: Market,
        *,
        speed: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
        autostart: bool = False,
        start_delay: float = 0.0,
        policy: Policy | None = None,
    ) -> None:
        """
        Raises:
            UsageError: `host` is not a loopback address, or `speed` is negative.
        """
        if not _is_loopback(host):
            raise UsageError(f"the local exchange serves loopback only, not {host}")
        if not 0 <= speed < float("inf"):
            raise UsageError(f"speed is a factor of 0 (as fast as it is read) or more, not {speed}")
        policy = policy or Policy()
        hub = Hub(market.listings)
        player = Player(market, hub, speed=speed, start_delay=start_delay)
        streams = Streams(market, hub, player, policy)
        super().__init__(market, hub, player, streams, Rest(market, policy.weight_per_min))
        self._address = (host, port)
        self._autostart = autostart
        self._task: asyncio.Task[None] | None = None
        app = web.Application()
        app.router.add_get("/ws", streams.raw)
        app.router.add_get("/ws/{streams:.*}", streams.raw)
        app.router.add_get("/stream", streams.combined)
        app.router.add_route("*", "/{path:.*}", self.rest.handle)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)

    async def __aenter__(self) -> LocalExchange:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        host, port = self._address
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound_host, bound_port = self._runner.addresses[0][:2]
        authority = f"[{bound_host}]:{bound_port}" if ":" in bound_host else f"{bound_host}:{bound_port}"
        self.ws_url, self.rest_url = f"ws://{authority}", f"http://{authority}"
        self._task = asyncio.create_task(self._player.run())
        if self._autostart:
            self._player.start()

    async def stop(self) -> None:
        """Cut every connection and close the port."""
        await self.end_faults()
        await end(self._task)
        await self.drop_connections()
        await self._runner.cleanup()

    async def wait(self) -> None:
        """Until playing fails; a recording that has ended is still served.

        Raises:
            Exception: what playing failed with.
        """
        assert self._task is not None
        await self._task
        await asyncio.Event().wait()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
