"""The screen's ways to the engine: connections for views, for commands, for charts, and for what takes long: a slow one freezes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.commands import Command
from core.errors import CockpitError, NotRunning
from core.view import View

#: Seconds the engine may take for a command; registering may wait for a compiler.
PATIENCE = 150.0


class Link:
    """Connects when needed, and again after the engine was gone.

    Attributes:
        up: whether the last pull was answered.
        ever: whether any was.
    """

    def __init__(self, home: Path, *, read_only: bool = False) -> None:
        self.read_only = read_only
        self.up = False
        self.ever = False
        self._home = home
        self._views: Any = None
        self._doors: Any = None
        self._looks: Any = None
        self._studies: dict[str, Any] = {}

    async def pull(self, panes: Iterable[str]) -> View:
        """What changed in these panes.

        Raises:
            CockpitError: there is no engine, or it does not answer.
        """
        try:
            if self._views is None:
                self._views = await self._connect()
            view: View = await self._views.pull(panes)
        except CockpitError:
            self.up = False
            await self.close()
            raise
        self.up = self.ever = True
        return view

    async def submit(self, command: Command) -> Any:
        """Have the engine do this.

        Raises:
            CockpitError: it was refused, or there is no engine.
        """
        if self.read_only:
            raise CockpitError("this screen only looks: open the cockpit without --read-only to do that")
        return await (await self._door()).submit(command, "tui")

    async def ask(self, what: str, **args: Any) -> Any:
        """The engine's answer to a question.

        Raises:
            CockpitError: it has none, or there is no engine.
        """
        return await (await self._door()).ask(what, **args)

    async def look(self, what: str, **args: Any) -> Any:
        """The engine's answer to what a pane in sight asks again and again: a slow command holds up none of it.

        Raises:
            CockpitError: it has none, or there is no engine.
        """
        if self._looks is None:
            self._looks = await self._connect()
        return await self._looks.ask(what, **args)

    async def study(self, what: str, **args: Any) -> Any:
        """The engine's answer to what a pane in sight asks every second and may take seconds for: each question has a connection that is
        kept, so that none waits for another.

        Raises:
            CockpitError: it has none, or there is no engine.
        """
        if what not in self._studies:
            self._studies[what] = await self._connect("form")
        try:
            return await self._studies[what].ask(what, **args)
        except NotRunning:
            self._studies.pop(what, None)
            raise

    async def aside(self, what: str, **args: Any) -> Any:
        """The engine's answer to a question it may take seconds for: on a connection of its own, so that nothing waits behind it.

        Raises:
            CockpitError: it has none, or there is no engine.
        """
        client = await self._connect("form")
        try:
            return await client.ask(what, **args)
        finally:
            await client.close()

    async def close(self) -> None:
        """Drop all connections."""
        clients = (self._views, self._doors, self._looks, *self._studies.values())
        self._views = self._doors = self._looks = None
        self._studies = {}
        for client in clients:
            if client is not None:
                await client.close()

    async def _door(self) -> Any:
        if self._doors is None:
            self._doors = await self._connect()
        return self._doors

    async def _connect(self, name: str = "") -> Any:
        # Imported here because it takes longer than the first paint may wait.
        from core.client import Client

        return await Client.connect(self._home, name=name or ("viewer" if self.read_only else "tui"), patience=PATIENCE)
