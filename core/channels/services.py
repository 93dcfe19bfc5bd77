"""Sends messages to services through apprise, in a child process: it may hang or crash, which costs a message its time and nothing else.

The addresses hold secrets: they go to the child through its stdin, and come back as their places in the list.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util

import msgspec
from msgspec import Struct

from core.channels.message import Message
from core.channels.outcome import DELIVERED, Outcome
from core.child import running

#: A child that takes longer is ended. Services are told at once, but some answer slowly, and it has to load apprise.
TIMEOUT_S = 30.0

#: Messages of which only some services took the first try; of more, all services are told again.
MOST_PARTLY = 1000


class Letter(Struct):
    """What the child is asked to do; `kind` as apprise calls it."""

    urls: list[str]
    title: str
    body: str
    kind: str


class Answer(Struct):
    """What it did not deliver: the places of those addresses, and of those that are none."""

    failed: list[int] = []
    unknown: list[int] = []


KINDS = {"info": "info", "warning": "warning", "critical": "failure"}


def is_installed() -> bool:
    """Whether there is an apprise to be loaded."""
    return importlib.util.find_spec("apprise") is not None


class Services:
    """The services of some addresses; a try after a part of them failed tells only those."""

    def __init__(self, urls: list[str], *, timeout_s: float = TIMEOUT_S) -> None:
        self._urls = urls
        self._timeout_s = timeout_s
        self._left: dict[str, list[int]] = {}

    async def deliver(self, message: Message, body: str) -> Outcome:
        """Tell every service."""
        places = self._left.get(message.key, list(range(len(self._urls))))
        kind = "success" if message.state == "resolved" else KINDS.get(message.level, "warning")
        answer = await self._ask(Letter([self._urls[at] for at in places], message.title, message.text, kind))
        if isinstance(answer, str):
            return Outcome(False, answer)
        failed, unknown = ([places[at] for at in found if at < len(places)] for found in (answer.failed, answer.unknown))
        if not failed and not unknown:
            self._left.pop(message.key, None)
            return DELIVERED
        if len(self._left) < MOST_PARTLY:
            self._left[message.key] = failed + unknown
        said = [f"address {_numbers(unknown)} is none that apprise knows"] * bool(unknown)
        said += [f"the service of address {_numbers(failed)} did not take it"] * bool(failed)
        return Outcome(False, "; ".join(said), again=bool(failed))

    async def _ask(self, letter: Letter) -> Answer | str:
        """The child's answer, or why there is none."""
        async with running("core.channels.apprise_child", str(int(self._timeout_s) + 5)) as process:
            try:
                out, _ = await asyncio.wait_for(process.communicate(msgspec.json.encode(letter)), self._timeout_s)
            except TimeoutError:
                return f"apprise took over {self._timeout_s:.0f} s and was ended"
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.json.decode(out, type=Answer)
        return f"apprise ended with {process.returncode} and said nothing"


def _numbers(places: list[int]) -> str:
    return ", ".join(str(place + 1) for place in places)
