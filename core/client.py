"""The way into a running engine: one connection on its Unix socket, one typed reply per request, in order.

A lost connection is `NotRunning`; a refusal is raised as the error it was, with its exit code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from core.commands import Command
from core.errors import CockpitError, NotAnswering, NotRunning, UsageError
from core.home import running, socket_path
from core.view import PROTOCOL, Ask, Done, Hello, Painted, Pull, Refused, Reply, Request, Submit, View

#: Seconds a request may take before the engine counts as not answering.
TIMEOUT = 30.0

#: What starts an engine in the home that is meant unless another is named.
START = "cockpit start"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Reply).decode


class Client:
    """One connection to a home's engine.

    Requests of several tasks queue up here and are answered in order, so a slow command belongs on
    another connection than the screen's pulls.
    """

    def __init__(self, connection: ClientConnection, name: str, patience: float) -> None:
        self._connection = connection
        self._name = name
        self._patience = patience
        self._turn = asyncio.Lock()
        self._owed = 0
        self._revisions: dict[str, int] = {}

    @classmethod
    async def connect(cls, home: Path, *, name: str = "tui", patience: float = TIMEOUT, start: str = START) -> Client:
        """Reach the engine of a home and agree on the protocol; `name` is who we are (cli, tui, api).

        `patience` is the seconds every request of this client may take; `start` is what starts an engine there, for people.

        Raises:
            NotRunning: nobody listens there.
            CockpitError: the engine speaks another protocol, or refuses this user.
        """
        path = socket_path(home)
        try:
            connection = await unix_connect(
                str(path),
                "ws://localhost/",
                compression=None,
                max_size=None,
                ping_interval=None,
                close_timeout=1,
                open_timeout=patience,
                proxy=None,
            )
        except InvalidStatus as error:
            raise CockpitError(f"the engine refuses this connection: HTTP {error.response.status_code}") from error
        except (OSError, EOFError, TimeoutError, InvalidHandshake, InvalidMessage, ConnectionClosed) as error:
            raise _unreachable(home, start) from error
        client = cls(connection, name, patience)
        try:
            await client.request(Hello(PROTOCOL, name))
        except BaseException:
            await client.close()
            raise
        return client

    async def pull(self, panes: Iterable[str]) -> View:
        """These panes, where they moved on from what this client was given last; the others are None."""
        view: View = await self.request(Pull({pane: self._revisions.get(pane, -1) for pane in panes}))
        self._revisions.update(view.revisions)
        return view

    async def submit(self, command: Command, actor: str | None = None) -> Any:
        """Have the engine do this; what it answers (`{"id": …}` for a registration).

        Raises:
            CockpitError: it was refused; the message says why.
        """
        return await self.request(Submit(command, actor or self._name))

    async def ask(self, what: str, **args: Any) -> Any:
        """The answer to a question such as `status`, `catalogue` or `fills`."""
        return await self.request(Ask(what, args))

    async def request(self, request: Request) -> Any:
        """Send one request and wait for its reply: the data of a Done, the view of a Painted.

        Raises:
            NotRunning: the connection ended before the reply.
            NotAnswering: not in time.
            CockpitError: refused.
        """
        try:
            async with self._turn, asyncio.timeout(self._patience):
                await self._connection.send(_encode(request))
                self._owed += 1
                # A caller that gave up left its reply in the pipe; ours is the last one owed.
                while self._owed:
                    frame = await self._connection.recv(decode=False)
                    self._owed -= 1
        except TimeoutError as error:
            raise NotAnswering(f"the engine did not answer within {self._patience:g} s") from error
        except ConnectionClosed as error:
            raise NotRunning("the engine closed the connection") from error
        return _unwrap(frame)

    async def close(self) -> None:
        """Say goodbye."""
        await self._connection.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


def _unwrap(frame: bytes) -> Any:
    try:
        reply = _decode(frame)
    except msgspec.DecodeError as error:
        raise CockpitError("the engine is of another version: restart it with `cockpit stop` and `cockpit start`") from error
    match reply:
        case Done(data):
            return data
        case Painted(view):
            return view
        case Refused(message, exit_code):
            raise _refusal(message, exit_code)


def _unreachable(home: Path, start: str) -> NotRunning:
    pid = running(home)
    if pid is None:
        return not_running(home, start)
    return NotRunning(f"the engine (pid {pid}) runs but cannot be reached: `cockpit logs` says more")


def _refusal(message: str, exit_code: int) -> CockpitError:
    kind = {UsageError.exit_code: UsageError, NotRunning.exit_code: NotRunning}.get(exit_code, CockpitError)
    error = kind(message)
    error.exit_code = exit_code
    return error


def not_running(home: Path, start: str = START) -> NotRunning:
    """The one line for it."""
    return NotRunning(f"no engine runs in {home}: start one with `{start}`")


def call(home: Path, request: Request, timeout: float = TIMEOUT, *, name: str = "cli", start: str = START) -> Any:
    """One request on a connection of its own, for programs without an event loop; answers like `Client.request`."""

    async def once() -> Any:
        async with await Client.connect(home, name=name, patience=timeout, start=start) as client:
            return await client.request(request)

    return asyncio.run(once())
