"""What a command line came to, and an engine that answers as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from core.commands import Command
from core.errors import CockpitError
from core.home import make_home
from core.store.tape import Tape
from core.view import PROTOCOL, Ask, Done, Hello, Refused, Reply, Request, Submit
from tests.store.store_ticks import STREAM, symbols, ticks_of


@dataclass
class Outcome:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        return json.loads(self.out)


Run = Callable[..., Outcome]


@dataclass
class FakeEngine:
    """Holds the home and answers on its socket: questions from `answers`, commands with what `reply` makes of them."""

    home: Path
    answers: dict[str, Any] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    reply: Callable[[Command], Any] = lambda command: None
    on_stop: Callable[[], None] = lambda: None

    def handle(self, connection: ServerConnection) -> None:
        decode, encode = msgspec.msgpack.Decoder(Request).decode, msgspec.msgpack.Encoder().encode
        try:
            for frame in connection:
                assert isinstance(frame, bytes)
                connection.send(encode(self.answer(decode(frame))))
        except ConnectionClosed:
            pass

    def answer(self, request: Request) -> Reply:
        match request:
            case Hello():
                return Done({"protocol": PROTOCOL})
            case Ask(what):
                return Done(self.answers[what]) if what in self.answers else Refused(f"no answer to {what}", 2)
            case Submit(command):
                self.commands.append(command)
                try:
                    return Done(self.reply(command))
                except CockpitError as error:
                    return Refused(str(error), error.exit_code)
        raise AssertionError(request)


def record(home: Path, count: int) -> Path:
    """Make a home with a tape of so many prints, and no ledger."""

    async def recording() -> None:
        async with await Tape.open(home / "tape.db", symbols()) as tape:
            tape.append(ticks_of(count), STREAM)

    make_home(home)
    asyncio.run(recording())
    return home
