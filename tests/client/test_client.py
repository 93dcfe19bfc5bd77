"""The way into a running engine: replies in order, refusals as the errors they were, a lost engine as NotRunning."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, unix_serve

from core.client import Client, call
from core.commands import Pause, Stop
from core.errors import CockpitError, NotRunning, UsageError
from core.home import socket_path
from core.view import PROTOCOL, AlertRow, Ask, Done, Hello, Painted, Pull, Refused, Reply, Request, Submit, View

Answer = Callable[[Request], Awaitable[Reply]]


@asynccontextmanager
async def answering(home: Path, answer: Answer) -> Any:
    """A server on the home's socket; yields what it was sent."""
    seen: list[Request] = []

    async def serve(connection: ServerConnection) -> None:
        async for frame in connection:
            request: Request = msgspec.msgpack.decode(frame, type=Request)  # type: ignore[arg-type]
            seen.append(request)
            await connection.send(msgspec.msgpack.encode(Done() if isinstance(request, Hello) else await answer(request)))

    async with unix_serve(serve, str(socket_path(home)), close_timeout=0.1):
        yield seen


async def echo(request: Request) -> Reply:
    match request:
        case Ask(what, args):
            return Done([what, args])
        case Pull(panes):
            return Painted(View({name: held + 5 for name, held in panes.items()}, alerts=[AlertRow(1, "info", "x", False)]))
        case _:
            return Done({"id": "sma-1"})


async def test_it_says_hello_with_the_protocol_and_who_it_is(tmp_path: Path) -> None:
    async with answering(tmp_path, echo) as seen, await Client.connect(tmp_path, name="api"):
        assert seen == [Hello(PROTOCOL, "api")]


async def test_questions_and_commands_are_answered(tmp_path: Path) -> None:
    async with answering(tmp_path, echo) as seen, await Client.connect(tmp_path, name="tui") as client:
        assert await client.ask("fills", strategy="a") == ["fills", {"strategy": "a"}]
        assert await client.submit(Pause(id="a")) == {"id": "sma-1"}
        assert await client.submit(Stop(), "cli") == {"id": "sma-1"}
        assert seen[2:] == [Submit(Pause(id="a"), "tui"), Submit(Stop(), "cli")]


async def test_a_pull_names_the_revisions_it_holds_and_at_first_none(tmp_path: Path) -> None:
    async with answering(tmp_path, echo) as seen, await Client.connect(tmp_path) as client:
        view = await client.pull(["header", "alerts"])
        assert view.alerts == [AlertRow(1, "info", "x", False)]
        await client.pull(["alerts"])
        assert seen[1:] == [Pull({"header": -1, "alerts": -1}), Pull({"alerts": 4})]


async def test_requests_of_several_tasks_get_their_own_replies(tmp_path: Path) -> None:
    async with answering(tmp_path, echo), await Client.connect(tmp_path) as client:
        answers = await asyncio.gather(*(client.ask(str(number)) for number in range(50)))
        assert [answer[0] for answer in answers] == [str(number) for number in range(50)]


async def test_a_reply_nobody_waits_for_any_more_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Reply:
        if isinstance(request, Ask) and request.what == "slow":
            asked.set()
            await go.wait()
        return await echo(request)

    async with answering(tmp_path, slow), await Client.connect(tmp_path) as client:
        abandoned = asyncio.ensure_future(client.ask("slow"))
        await asked.wait()
        abandoned.cancel()
        go.set()
        assert await client.ask("next") == ["next", {}]


@pytest.mark.parametrize(("code", "kind"), [(1, CockpitError), (2, UsageError), (3, NotRunning), (7, CockpitError)])
async def test_a_refusal_is_raised_as_the_error_it_was(tmp_path: Path, code: int, kind: type[CockpitError]) -> None:
    async def refuse(request: Request) -> Reply:
        return Refused("no such strategy", code)

    async with answering(tmp_path, refuse), await Client.connect(tmp_path) as client:
        with pytest.raises(CockpitError, match="no such strategy") as caught:
            await client.ask("x")
        assert (type(caught.value), caught.value.exit_code) == (kind, code)


async def test_without_an_engine_it_is_not_running(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="cockpit start"):
        await Client.connect(tmp_path)


async def test_a_socket_left_behind_by_a_killed_engine_is_not_running(tmp_path: Path) -> None:
    async with answering(tmp_path, echo):
        left = socket_path(tmp_path)
        left.rename(left.with_name("moved"))
    left.with_name("moved").rename(left)
    with pytest.raises(NotRunning):
        await Client.connect(tmp_path)


async def test_an_engine_that_goes_away_is_not_running(tmp_path: Path) -> None:
    async with answering(tmp_path, echo), await Client.connect(tmp_path) as client:
        await client._connection.close()
        with pytest.raises(NotRunning, match="closed the connection"):
            await client.ask("x")


async def test_an_engine_that_does_not_answer_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    over = asyncio.Event()

    async def silent(request: Request) -> Reply:
        await over.wait()
        return Done()

    async with answering(tmp_path, silent), await Client.connect(tmp_path, patience=0.3) as client:
        with pytest.raises(CockpitError, match=r"did not answer within 0.3 s"):
            await client.ask("x")
        over.set()


async def test_another_version_of_the_protocol_is_an_error_in_words(tmp_path: Path) -> None:
    async def strange(request: Request) -> Reply:
        return msgspec.Raw(msgspec.msgpack.encode({"type": "surprise"}))  # type: ignore[return-value]

    async with answering(tmp_path, strange), await Client.connect(tmp_path) as client:
        with pytest.raises(CockpitError, match="another version"):
            await client.ask("x")


async def test_a_program_without_a_loop_asks_once(tmp_path: Path) -> None:
    async with answering(tmp_path, echo) as seen:
        assert await asyncio.to_thread(call, tmp_path, Ask("status"), 5.0) == ["status", {}]
        assert seen[0] == Hello(PROTOCOL, "cli")
    with pytest.raises(NotRunning):
        await asyncio.to_thread(call, tmp_path, Ask("status"), 5.0)


def test_the_screen_and_its_client_load_no_heavy_library() -> None:
    heavy = {"numpy", "pandas", "numba", "aiohttp", "statsmodels"}
    code = f"import sys, cockpit.app, core.client; sys.exit(sorted({heavy!r} & set(sys.modules)) or 0)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True).stderr == ""
