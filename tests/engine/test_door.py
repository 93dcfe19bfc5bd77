"""The engine's socket against callers that flood, send junk, never read or never stop coming: the cost of each is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from core.commands import Pause
from core.engine import door as limits
from core.engine import server
from core.engine.server import Door
from core.errors import UsageError
from core.view import PROTOCOL, Ask, Done, Hello, Refused, Reply, Request, Submit
from tests.engine.engine_rig import until

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Reply).decode


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: a socket's path must fit into 108 bytes."""
    made = Path(tempfile.mkdtemp(prefix="door"))
    yield made
    shutil.rmtree(made)


class Desk:
    """What answers behind the door: `big` with so many rows, `block` when it is let, anything else with itself."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()

    async def answer(self, request: Request) -> Reply:
        self.asked += 1
        assert isinstance(request, Ask)
        if request.what == "big":
            return Done([{"n": n, "text": "x" * 100} for n in range(request.args["rows"])])
        if request.what == "wrong":
            raise UsageError("no such thing")
        if request.what == "block":
            await self.go.wait()
        return Done(request.what[:20])


@pytest.fixture
async def desk() -> Desk:
    return Desk()


@pytest.fixture
async def door(folder: Path, desk: Desk) -> AsyncIterator[Door]:
    made = Door(folder / "s", desk.answer)
    await made.open()
    yield made
    desk.go.set()
    await made.close()


async def connect(door: Door, **more: Any) -> ClientConnection:
    return await unix_connect(
        str(door.path), "ws://localhost/", compression=None, max_size=None, ping_interval=None, close_timeout=1, **more
    )


async def ask(caller: ClientConnection, what: str, **args: Any) -> Any:
    await caller.send(encode(Ask(what, args)))
    return decode(await caller.recv(decode=False))


async def test_requests_are_answered_in_order_and_refusals_told(door: Door) -> None:
    async with await connect(door) as caller:
        for what in ("one", "wrong", "two"):
            await caller.send(encode(Ask(what)))
        replies = [decode(await caller.recv(decode=False)) for _ in range(3)]
    assert replies == [Done("one"), Refused("no such thing", 2), Done("two")]


async def test_a_screen_is_counted_as_a_viewer_while_it_is_there(door: Door) -> None:
    async with await connect(door) as caller:
        await caller.send(encode(Hello(PROTOCOL, "tui")))
        await caller.recv()
        assert (door.viewers, door.figures()["connections"]) == (1, 1)
        async with await connect(door) as more, await connect(door) as other:
            await more.send(encode(Hello(PROTOCOL, "tui")))
            await more.recv()
            assert await ask(other, "fine") == Done("fine")
            assert door.viewers == 2
            assert door.figures() == {"connections": 3, "screens": 1, "refused": {}}, "one program"
    await until(lambda: door.viewers == 0 and door.figures()["connections"] == 0, "gone")


async def test_a_long_answer_is_packed_in_slices_and_reads_the_same(door: Door) -> None:
    async with await connect(door) as caller:
        reply = await ask(caller, "big", rows=3 * server.SLICE + 7)
    assert reply.data == [{"n": n, "text": "x" * 100} for n in range(3 * server.SLICE + 7)]


async def test_junk_is_refused_and_in_the_end_the_caller_too(door: Door, desk: Desk) -> None:
    async with await connect(door) as caller:
        for _ in range(server.MOST_JUNK):
            await caller.send(b"\xc1junk")
            assert "not a request" in decode(await caller.recv(decode=False)).message
        with pytest.raises(ConnectionClosed):
            await caller.recv()
        assert caller.close_code == 1008
    async with await connect(door) as caller:
        assert await ask(caller, "still here") == Done("still here")
    assert desk.asked == 1


async def test_a_megabyte_of_junk_ends_the_connection_unread(door: Door) -> None:
    caller = await connect(door)
    with contextlib.suppress(ConnectionClosed):
        await caller.send(b"\x00" * (1 << 20))
    with pytest.raises(ConnectionClosed):
        await caller.recv()
    assert caller.close_code == 1009
    await caller.wait_closed()
    await until(lambda: door.figures()["refused"] == {"request too long": 1}, "it is counted")
    async with await connect(door) as caller:
        assert await ask(caller, "fine") == Done("fine")


async def test_deeply_nested_junk_is_refused(door: Door) -> None:
    async with await connect(door) as caller:
        await caller.send(b"\x91" * 100_000)
        assert "not a request" in decode(await caller.recv(decode=False)).message


async def test_a_flood_of_requests_waits_in_the_callers_own_buffers(door: Door, desk: Desk) -> None:
    async with await connect(door) as caller, await connect(door) as other:

        async def flood() -> None:
            while True:
                await caller.send(encode(Ask("x" * 50_000)))

        async def read() -> None:
            while True:
                await caller.recv()

        flooding = asyncio.gather(flood(), read())
        begun = time.monotonic()
        for n in range(30):
            assert await ask(other, f"{n}") == Done(f"{n}"), "others are answered meanwhile"
        await until(lambda: desk.asked > limits.BURST + 30, "it is slowed down, not stopped")
        passed = time.monotonic() - begun
        flooding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await flooding
        assert desk.asked <= limits.BURST + limits.RATE * (passed + 1) + 30
        kept = max(caller.transport.get_write_buffer_size() for caller in door._callers)
        assert kept < 1 << 20
        caller.transport.abort()


async def test_a_caller_that_never_reads_is_dropped_and_its_answer_with_it(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SEND_S", 0.3)
    caller = await connect(door, max_queue=1)
    caller.transport.pause_reading()
    await caller.send(encode(Ask("big", {"rows": 50_000})))
    await until(lambda: door.refused["does not read"] == 1, "dropped")
    await until(lambda: not door._callers, "nothing of it is kept")
    caller.transport.abort()
    await caller.wait_closed()


async def test_a_caller_that_pings_and_never_reads_is_dropped(door: Door) -> None:
    caller = await connect(door)
    caller.transport.pause_reading()
    ping = b"\x89\xfd\x00\x00\x00\x00" + b"p" * 125

    async def flood() -> None:
        while not caller.transport.is_closing():
            caller.transport.write(ping * 500)
            await until(lambda: caller.transport.get_write_buffer_size() < 1 << 20 or caller.transport.is_closing(), "it takes them")

    flooding = asyncio.create_task(flood())
    await until(lambda: not door._callers, "dropped")
    assert door.figures()["refused"] == {"does not read": 1}
    caller.transport.abort()
    await asyncio.gather(flooding, return_exceptions=True)
    await caller.wait_closed()


async def test_two_hundred_connections_are_too_many_and_the_first_ones_go_on(door: Door) -> None:
    async with contextlib.AsyncExitStack() as stack:
        inside = [await stack.enter_async_context(await connect(door)) for _ in range(limits.MOST)]
        for _ in range(200 - limits.MOST):
            with pytest.raises(InvalidStatus, match="503"):
                await connect(door)
        assert await ask(inside[0], "a") == Done("a")
        assert door.refused["too many connections"] == 200 - limits.MOST
    async with await connect(door) as caller:
        assert await ask(caller, "room again") == Done("room again")


async def test_connections_that_say_nothing_do_not_keep_others_out(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SILENT_S", 0.0)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(limits.MOST):
            await stack.enter_async_context(await connect(door))
        async with await connect(door) as caller:
            assert await ask(caller, "in") == Done("in")
        assert door.refused["silent while others wait"] == 1


async def test_sockets_that_never_open_are_bounded(door: Door) -> None:
    streams = [await asyncio.open_unix_connection(str(door.path)) for _ in range(150)]
    await until(lambda: door.refused["too many connections"] == 150 - limits.MOST - limits.ARRIVING, "the rest is turned away")
    assert len(door._callers) == limits.MOST + limits.ARRIVING
    for _, writer in streams:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    await until(lambda: not door._callers, "gone")
    async with await connect(door) as caller:
        assert await ask(caller, "in") == Done("in")


async def test_closing_does_not_wait_for_an_answer_that_never_comes(folder: Path, desk: Desk) -> None:
    door = Door(folder / "s", desk.answer)
    await door.open()
    async with await connect(door) as caller:
        await caller.send(encode(Ask("block")))
        await until(lambda: desk.asked == 1, "asked")
        async with asyncio.timeout(10):
            await door.close()
    assert not (folder / "s").exists()


async def test_who_came_to_look_is_counted_as_a_screen_and_may_do_nothing(door: Door, desk: Desk) -> None:
    async with await connect(door) as caller:
        await caller.send(encode(Hello(PROTOCOL, "viewer")))
        assert isinstance(decode(await caller.recv(decode=False)), Done)
        assert door.viewers == 1
        await caller.send(encode(Submit(Pause(id=None), "tui")))
        reply = decode(await caller.recv(decode=False))
        assert isinstance(reply, Refused)
        assert "only looks" in reply.message
        assert desk.asked == 0
        assert await ask(caller, "hello") == Done("hello")


@pytest.mark.parametrize("with_folder", [False, True])
async def test_a_deleted_socket_is_there_again_and_who_was_connected_stays(
    folder: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch, with_folder: bool
) -> None:
    monkeypatch.setattr("core.engine.listening.LOOK_S", 0.02)
    inner = folder / "run"
    inner.mkdir(mode=0o700)
    door = Door(inner / "s", desk.answer)
    await door.open()
    keeping = asyncio.create_task(door.keep())
    try:
        first = await connect(door)
        for turn in range(2):
            door.path.unlink()
            if with_folder:
                inner.rmdir()
            await until(door.path.exists, "the socket is there again")
            async with await connect(door) as second:
                assert await ask(second, f"second {turn}") == Done(f"second {turn}")
            assert door.path.stat().st_mode & 0o777 == 0o600
            assert await ask(first, "first") == Done("first")
        assert door.figures()["connections"] >= 1
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await door.close()
    with pytest.raises(ConnectionClosed):
        await first.recv()
    assert not door.path.exists()
