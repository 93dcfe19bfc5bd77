"""However the bytes of a stream are split, each message comes out once, whole and in order."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from core.feed.wire import Wire, cut_messages, frame_size


class Pipe(asyncio.Transport):
    """Takes what is written and does nothing with it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.aborted = False

    def write(self, data: Any) -> None:
        self.written += data

    def write_eof(self) -> None: ...

    def can_write_eof(self) -> bool:
        return True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def handshake(protocol: ClientProtocol) -> bytes:
    """The server's answer to the client's opening."""
    server = ServerProtocol()
    protocol.send_request(protocol.connect())
    server.receive_data(b"".join(protocol.data_to_send()))
    request = server.events_received()[0]
    server.send_response(server.accept(request))  # type: ignore[arg-type]
    return b"".join(server.data_to_send())


def read(stream: list[Frame], cuts: list[int], max_size: int = 1 << 20) -> tuple[list[bytes], Wire, Pipe]:
    """The messages a Wire hands over when handshake and frames come in pieces of these sizes."""

    async def run() -> tuple[list[bytes], Wire, Pipe]:
        protocol = ClientProtocol(parse_uri("ws://example.org/"), max_size=max_size)
        wire, pipe = Wire(protocol, ping_interval=None), Pipe()
        wire.connection_made(pipe)
        # As the connection does it: the handshake waiter is there before the first byte.
        wire.response_rcvd = asyncio.get_running_loop().create_future()
        data = handshake(protocol) + b"".join(frame.serialize(mask=False) for frame in stream)
        messages: list[bytes] = []
        wire.attach(messages.extend)
        at = 0
        for size in [*cuts, len(data)]:
            if at < len(data):
                wire.data_received(data[at : at + size])
            at += size
        return messages, wire, pipe

    return asyncio.run(run())


payloads = st.one_of(st.binary(max_size=300), st.sampled_from([0, 125, 126, 127, 65_535, 65_536, 100_000]).map(bytes))


def whole(data: bytes) -> list[Frame]:
    return [Frame(Opcode.TEXT, data)]


def fragmented(data: bytes) -> list[Frame]:
    half = len(data) // 2
    return [
        Frame(Opcode.BINARY, data[:half], fin=False),
        Frame(Opcode.PING, b"are you there"),
        Frame(Opcode.CONT, data[half:], fin=True),
    ]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.booleans(), payloads), max_size=12), st.lists(st.integers(1, 400), max_size=60))
def test_any_split_of_the_bytes_gives_the_same_messages(plan: list[tuple[bool, bytes]], cuts: list[int]) -> None:
    frames = [frame for split, data in plan for frame in (fragmented(data) if split else whole(data))]
    messages, wire, _ = read(frames, cuts)
    assert messages == [data for _, data in plan]
    assert wire.bytes_read == sum(len(frame.serialize(mask=False)) for frame in frames)


def test_pings_are_answered_between_messages() -> None:
    _, _, pipe = read([*whole(b"one"), Frame(Opcode.PING, b"x"), *whole(b"two")], [])
    assert pipe.written.count(b"\x8a\x81") == 1


def test_messages_before_a_sink_is_there_are_kept() -> None:
    async def run() -> None:
        protocol = ClientProtocol(parse_uri("ws://example.org/"))
        wire = Wire(protocol, ping_interval=None)
        wire.connection_made(Pipe())
        wire.response_rcvd = asyncio.get_running_loop().create_future()
        wire.data_received(handshake(protocol) + Frame(Opcode.TEXT, b"early").serialize(mask=False))
        messages: list[bytes] = []
        wire.attach(messages.extend)
        assert messages == [b"early"]

    asyncio.run(run())


def test_a_message_above_the_limit_closes_with_1009_and_is_not_handed_over() -> None:
    messages, wire, _ = read([*whole(b"ok"), *whole(bytes(70_000))], [], max_size=66_000)
    assert messages == [b"ok"]
    assert wire.protocol.close_code == 1009 or wire.protocol.close_sent is not None
    assert wire.protocol.close_sent is not None
    assert wire.protocol.close_sent.code == 1009


def test_a_masked_frame_from_a_server_is_a_protocol_error() -> None:
    async def run() -> None:
        protocol = ClientProtocol(parse_uri("ws://example.org/"))
        wire = Wire(protocol, ping_interval=None)
        wire.connection_made(Pipe())
        wire.response_rcvd = asyncio.get_running_loop().create_future()
        wire.attach(lambda _messages: None)
        wire.data_received(handshake(protocol) + Frame(Opcode.TEXT, b"x").serialize(mask=True))
        assert protocol.close_sent is not None
        assert protocol.close_sent.code == 1002

    asyncio.run(run())


def test_a_frame_is_cut_only_when_it_is_whole() -> None:
    data = Frame(Opcode.TEXT, bytes(200)).serialize(mask=False)
    for end in range(len(data)):
        messages: list[bytes] = []
        assert cut_messages(data[:end], messages) == 0
        assert not messages
    assert frame_size(data, 0) == len(data)
    assert frame_size(data[:3], 0) is None
