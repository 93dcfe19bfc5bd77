"""A day of recorded market, twelve strategies and a desk that limits them, three kill -9s: whatever was traded is proved afterwards.

Six minutes of BTCUSDT and ETHUSDT as Binance sent them, played over and over as one market at 240 times their pace. `RECORDED_TURNS` is
how often: 240 are a day.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.client import Client
from core.commands import Register, Terms
from core.desk_orders import SetMode, Settings, StartSession
from core.errors import CockpitError
from core.exchange.looped import LoopedMarket
from core.exchange.server import LocalExchange
from core.research.audit import run_audit

TURNS = int(os.environ.get("RECORDED_TURNS", "240"))
SPEED = 240.0
RECORDED = ("btcusdt_20240808.gz", "ethusdt_20240808.gz")

RULES = """
sentence = "Buys when fast is above slow, leaves when it is not."
interval = "10s"

[indicators]
fast = { indicator = "sma", period = 3 }
slow = { indicator = "sma", period = 9 }

[signal]
all = ["fast gt slow"]

[entry]
all = ["price gt slow"]
cooldown = "30s"

[close]
any = ["fast lt slow", "unrealized_pnl_pct lte -0.1"]
"""

VOTE = """
[ensemble]
sentence = "Goes with two of three."
interval = "10s"

[members]
trend = { strategy = "sma_crossover", params = { fast = 3, slow = 9, interval = "10s" } }
swing = { strategy = "rsi", params = { interval = "10s" } }
push = { strategy = "momentum", params = { interval = "10s" } }

[vote]
threshold = 0.5

[validators]
spread_pct = 0.05
"""

#: What trades beside the session: name, symbols, parameters, terms.
BESIDE: tuple[tuple[str, tuple[str, ...], dict[str, Any], Terms], ...] = (
    ("rules", ("BTCUSDT",), {}, Terms(qty=0.02, stop_loss_pct=0.2, cooldown_s=60)),
    ("vote", ("ETHUSDT",), {}, Terms(qty=0.5, side="long_short", loss_streak=3, lock_hours=0.2)),
    ("pairs", ("ETHUSDT", "BTCUSDT"), {"interval": "10s"}, Terms(qty=0.2, side="long_short")),
    ("rsi", ("BTCUSDT",), {"interval": "5s"}, Terms(qty=0.02, side="long_short", max_drawdown_pct=0.05, on_guard="flatten")),
    ("macd", ("ETHUSDT",), {"interval": "5s"}, Terms(qty=0.5, side="long_short", entry="limit", limit_fill="queue")),
    ("bollinger", ("BTCUSDT",), {"interval": "5s"}, Terms(qty=0.02, side="long_short", latency_ms=200, participation=0.3)),
    ("mean_reversion", ("ETHUSDT",), {"interval": "5s"}, Terms(qty=0.5, side="long_short", time_stop_s=120)),
    ("microstructure", ("BTCUSDT",), {}, Terms(qty=0.02, side="long_short")),
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(TURNS * 12 + 900)]


@pytest.fixture
async def exchange(shared_data: Path) -> AsyncIterator[LocalExchange]:
    market = LoopedMarket([shared_data / "raw_ws" / "binance_spot" / name for name in RECORDED], TURNS)
    async with LocalExchange(market, speed=SPEED) as running:
        running.pause()
        yield running


def write_home(exchange: LocalExchange) -> Path:
    home = Path(tempfile.mkdtemp(prefix="day-", dir="/tmp"))  # a socket's path must be short
    venue = f'[venues.binance]\nws_url = "{exchange.ws_url}"\nrest_url = "{exchange.rest_url}"\n'
    (home / "cockpit.toml").write_text(
        f"[engine]\nworkers = 2\nsnapshot_every_s = 10\n[store]\nseal_after_s = 0\nupkeep_every_s = 5\n{venue}"
    )
    (home / "strategies").mkdir(mode=0o700)
    (home / "strategies" / "rules.toml").write_text(RULES)
    (home / "strategies" / "vote.toml").write_text(VOTE)
    return home


def start(home: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-P", "-m", "core.engine", "--home", str(home), "--mode", "paper", "--symbols", "BTCUSDT,ETHUSDT"]
    with (home / "engine.out").open("ab") as output:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


async def connect(home: Path, engine: subprocess.Popen[bytes]) -> Client:
    async with asyncio.timeout(120):
        while engine.poll() is None:
            try:
                return await Client.connect(home)
            except CockpitError:
                await asyncio.sleep(0.1)
    raise AssertionError((home / "engine.out").read_text()[-4000:])


async def enlist(client: Client) -> None:
    """Four of a session that allows five positions on the whole account, and eight beside it."""
    settings = Settings(
        strategies=["sma_crossover", "momentum"], watchlist=["BTCUSDT", "ETHUSDT"], side="long_short", base_pct=5.0, capital=40_000.0,
        max_positions=5, max_symbol_pct=60.0, max_leverage=4.0, max_notional=50_000.0, max_drawdown_pct=2.0,
    )  # fmt: skip
    await client.submit(StartSession(settings=settings, name="recorded day"), "test")
    for name, symbols, params, terms in BESIDE:
        await client.submit(Register(name=name, symbols=list(symbols), params=params, terms=terms), "test")


async def test_a_recorded_day_on_a_limited_desk_is_proved_after_three_kills(exchange: LocalExchange) -> None:
    home, source = write_home(exchange), random.Random(11)
    engine = start(home)
    try:
        client = await connect(home, engine)
        await enlist(client)
        exchange.resume()
        whole = TURNS * 360.0 / SPEED
        for _ in range(3):
            await asyncio.sleep(whole / 4 * source.uniform(0.7, 1.0))
            await client.submit(SetMode(mode=source.choice(("stop_new", "reduce_only"))), "test")
            await client.submit(SetMode(), "test")
            engine.send_signal(signal.SIGKILL)
            engine.wait()
            await client.close()
            engine = start(home)
            client = await connect(home, engine)
        async with asyncio.timeout(whole * 3 + 300):
            await exchange.finished.wait()
        await client.ask("settled")
        risk, positions = await client.ask("risk"), await client.ask("positions")
        status = await client.ask("status")
        assert [row["state"] for row in status["strategies"]].count("failed") == 0
        assert len(status["strategies"]) == 12
        reasons = {block["reason"].partition(":")[0] for block in risk["blocks"]}
        assert "no new positions" in reasons, reasons
        sums = positions["total"]
        assert sums["pnl"] == pytest.approx(positions["account"]["equity"] - positions["account"]["capital"], abs=1e-6)
        await client.close()
        engine.terminate()
        assert engine.wait(60) == 0
    finally:
        if engine.poll() is None:
            engine.kill()
            engine.wait()
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills > 100
    assert found.holes == []
    sys.stderr.write(f"\n{found.fills:,} fills of 12 strategies identical, {found.tape['ticks']:,} ticks, blocks {sorted(reasons)}\n")
    shutil.rmtree(home)
