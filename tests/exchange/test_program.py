"""`python -m core.exchange` as a process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from exchange_support import small_market, write
from websockets import ConnectionClosedError
from websockets.asyncio.client import connect

from core.exchange.faults import Script

REPO = Path(__file__).resolve().parents[2]
FIVE = ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT"]


@asynccontextmanager
async def running(*flags: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """The exchange in a process of its own, and the line it printed."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "core.exchange", *flags, stdin=pipe, stdout=pipe, stderr=pipe, cwd=REPO
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        yield process, json.loads(line)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def failing(*flags: str) -> tuple[int, str, str]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "core.exchange", *flags, stdout=pipe, stderr=pipe, cwd=REPO)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_is_serves_and_stops_when_told(tmp_path: Path, number: signal.Signals) -> None:
    path = write(tmp_path / "market.gz", small_market())
    async with running("--recording", str(path), "--speed", "max") as (process, said):
        assert said == {"ws_url": said["ws_url"], "rest_url": said["ws_url"].replace("ws:", "http:"), "pid": process.pid}
        assert said["ws_url"].startswith("ws://127.0.0.1:")
        async with connect(said["ws_url"] + "/ws/btcusdt@trade") as socket:
            assert [json.loads(await asyncio.wait_for(socket.recv(), 10))["t"] for _ in range(7)] == list(range(501, 508))
            process.send_signal(number)
            assert await asyncio.wait_for(process.wait(), 10) == 0
        assert process.stderr is not None
        assert await process.stderr.read() == b""


async def test_the_default_market_trades_by_itself() -> None:
    async with running() as (_, said), aiohttp.ClientSession(said["rest_url"]) as client:
        async with client.get("/api/v3/exchangeInfo") as answer:
            assert [row["symbol"] for row in (await answer.json())["symbols"]] == FIVE
        async with client.get("/api/v3/klines", params={"symbol": "BTCUSDT", "interval": "1m", "limit": 120}) as answer:
            assert len(await answer.json()) >= 119
        streams = "/".join(f"{name.lower()}@aggTrade" for name in FIVE)
        async with connect(f"{said['ws_url']}/stream?streams={streams}") as socket:
            frames = [json.loads(await asyncio.wait_for(socket.recv(), 20))["data"] for _ in range(20)]
        assert {frame["e"] for frame in frames} == {"aggTrade"}
        last = frames[-1]
        async with client.get("/api/v3/aggTrades", params={"symbol": last["s"], "fromId": last["a"], "limit": 1}) as answer:
            row = (await answer.json())[0]
        assert row == {key: value for key, value in last.items() if key in row}


async def test_it_ends_when_its_stdin_does() -> None:
    async with running("--die-with-parent") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells children of their parent's death on Linux only")
async def test_it_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    # The grandchild's stdin stays open, so that only the kernel can tell it.
    reader, writer = os.pipe()
    starter = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'core.exchange', '--die-with-parent'], stdin=int(sys.argv[1]), stdout=1)\n"
        "time.sleep(600)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", starter, str(reader), stdout=asyncio.subprocess.PIPE, pass_fds=(reader,), cwd=REPO
    )
    try:
        assert process.stdout is not None
        said = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
        process.kill()
        # The grandchild holds the other end of this pipe.
        assert await asyncio.wait_for(process.stdout.read(), 10) == b""
        with pytest.raises(aiohttp.ClientConnectionError):
            async with aiohttp.ClientSession() as client, client.get(said["rest_url"] + "/api/v3/ping"):
                pass
    finally:
        os.close(reader)
        os.close(writer)
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_faults_are_played_and_told_as_json_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "market.gz", small_market())
    faults = tmp_path / "faults.toml"
    faults.write_text('[[fault]]\nat_s = 0\nkind = "duplicate"\nsymbol = "BTCUSDT"\n[[fault]]\nat_s = 0.5\nkind = "cut"\n')
    async with running("--recording", str(path), "--speed", "max", "--faults", str(faults), "--json") as (process, said):
        async with connect(said["ws_url"] + "/ws/btcusdt@trade") as socket:
            ids = [json.loads(await asyncio.wait_for(socket.recv(), 10))["t"] for _ in range(10)]
            assert ids == [501, 501, 502, 502, 503, 503, 504, 505, 506, 507]
            with pytest.raises(ConnectionClosedError):
                await asyncio.wait_for(socket.recv(), 10)
        assert process.stdout is not None
        told = [json.loads(await asyncio.wait_for(process.stdout.readline(), 10)) for _ in range(2)]
        assert [line["fault"] for line in told] == [
            {"at_s": 0.0, "kind": "duplicate", "symbol": "BTCUSDT", "count": 3},
            {"at_s": 0.5, "kind": "cut"},
        ]
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_drawn_script_is_told_in_words_and_can_be_printed(tmp_path: Path) -> None:
    flags = ("--recording", str(write(tmp_path / "market.gz", small_market())), "--faults-seed", "3", "--faults-kinds", "mute,skip")
    code, out, err = await failing(*flags, "--faults-every", "50ms", "--faults-for", "2s", "--faults-show")
    assert (code, err) == (0, "")
    faults = tmp_path / "faults.toml"
    faults.write_text(out)
    assert {fault.kind for fault in Script.read(faults).faults} == {"mute", "skip"}
    async with running(*flags, "--faults-every", "50ms", "--faults-for", "2s") as (process, said):
        async with connect(said["ws_url"] + "/ws/btcusdt@trade"):
            assert process.stderr is not None
            line = await asyncio.wait_for(process.stderr.readline(), 10)
        assert f" s: {Script.read(faults).faults[0].kind} (" in line.decode()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--recording", "/nowhere/x.gz"], "/nowhere/x.gz: No such file"),
        (["--recording", str(REPO / "pyproject.toml")], "no Binance trade"),
        (["--scenario", "nosuch"], "no scenario 'nosuch'"),
        (["--host", "0.0.0.0"], "loopback"),
        (["--speed", "fast"], "'fast' is not a factor"),
        (["--speed", "-1"], "speed"),
        (["--port", "70000"], "not a port"),
        (["--seed", "-1"], "seed"),
        (["--recording", "x", "--scenario", "fast"], "no --scenario"),
        (["--colour"], "unrecognized"),
    ],
)
async def test_flags_that_cannot_work_end_in_one_line_and_exit_2(flags: list[str], says: str) -> None:
    code, out, err = await failing(*flags)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


async def test_a_taken_port_is_a_failure_in_one_line() -> None:
    async with running() as (_, said):
        port = said["ws_url"].rsplit(":", 1)[1]
        code, out, err = await failing("--port", port)
    assert (code, out) == (1, "")
    assert f"cannot listen on 127.0.0.1:{port}" in err
    assert err.count("\n") == 1
