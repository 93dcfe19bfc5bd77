"""Scripts of faults: read, drawn, printed, and played on a running exchange."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import websockets
from exchange_support import Frame, get, messages, recorded, streaming, texts, trade, until
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.cli import main as cockpit
from core.errors import UsageError
from core.exchange.cli import main
from core.exchange.fault_kinds import KINDS, VARIANTS
from core.exchange.fault_player import FaultPlayer, Played, perform
from core.exchange.faults import Fault, Script
from core.exchange.generated import GeneratedMarket
from core.exchange.scenario import Instrument, Scenario
from core.exchange.server import LocalExchange

BOTH = ["BTCUSDT", "ETHUSDT"]
EVERYTHING = "/stream?streams=btcusdt@trade/ethusdt@trade"


def script(folder: Path, text: str) -> Path:
    path = folder / "faults.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_is_read_in_the_order_of_time_with_defaults(tmp_path: Path) -> None:
    text = '[[fault]]\nat_s = 9\nkind = "poison"\n[[fault]]\nat_s = 2.5\nkind = "mute"\nfor_s = 4\n'
    assert Script.read(script(tmp_path, text)).faults == (
        Fault(at_s=2.5, kind="mute", for_s=4.0, acknowledge=True),
        Fault(at_s=9.0, kind="poison", symbol="", how="nan", count=1),
    )
    assert Script.read(script(tmp_path, "")).faults == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("at_s = ", "Invalid value"),
        ("[faults]", "[[fault]] tables, not 'faults'"),
        ("fault = 5", "[[fault]] tables"),
        ("fault = [5]", "fault 1: "),
        ('[[fault]]\nkind = "cut"', "fault 1: Object missing required field `at_s`"),
        ("[[fault]]\nat_s = 1", "fault 1: kind is one of cut, half_open"),
        ('[[fault]]\nat_s = 1\nkind = "cut"\n[[fault]]\nat_s = 1\nkind = "cot"', "fault 2: kind is one of cut, half_open"),
        ('[[fault]]\nat_s = 1\nkind = "cot\\u001b]0;x"', "not 'cot\\x1b]0;x'"),
        ('[[fault]]\nat_s = 1\nkind = "cut"\nfor_s = 3', "fault 1: cut has no 'for_s': at_s, kind"),
        ('[[fault]]\nat_s = 1\nkind = "mute"\ncolour = 3', "mute has no 'colour': at_s, kind, for_s, acknowledge"),
        ('[[fault]]\nat_s = -1\nkind = "cut"', "Expected `float` >= 0.0 - at `$.at_s`"),
        ('[[fault]]\nat_s = nan\nkind = "cut"', "at_s"),
        ('[[fault]]\nat_s = 1\nkind = "mute"\nfor_s = inf', "for_s"),
        ('[[fault]]\nat_s = 1\nkind = "mute"\nfor_s = "long"', "Expected `float | null`, got `str` - at `$.for_s`"),
        ('[[fault]]\nat_s = 1\nkind = "poison"\nhow = "arsenic"', "poison has no 'arsenic': nan, infinity, zero, negative, spike"),
        ('[[fault]]\nat_s = 1\nkind = "skip"\ncount = 0', "Expected `int` >= 1 - at `$.count`"),
    ],
)
def test_a_bad_script_is_one_line_that_says_what_is_allowed(tmp_path: Path, text: str, says: str) -> None:
    path = script(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        Script.read(path)
    line = str(refused.value)
    assert line.startswith(f"faults {path}: ")
    assert says in line
    assert "\n" not in line
    assert "\x1b" not in line


def test_a_script_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        Script.read(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--faults", "/nowhere/x.toml"], "/nowhere/x.toml: No such file"),
        (["--faults", str(Path(__file__).parents[2] / "pyproject.toml")], "a script is [[fault]] tables"),
        (["--faults", "x", "--faults-seed", "1"], "not both"),
        (["--faults-every", "5s"], "go with --faults-seed"),
        (["--faults-seed", "1", "--faults-every", "often"], "'often' is not an interval"),
        (["--faults-seed", "1", "--faults-every", "-5"], "more than 0"),
        (["--faults-seed", "1", "--faults-kinds", "cut,cot"], "no kind of fault 'cot': cut, half_open"),
        (["--faults-show"], "--faults-show prints"),
    ],
)
def test_flags_that_cannot_work_are_one_line_and_exit_2(capsys: pytest.CaptureFixture[str], flags: list[str], says: str) -> None:
    assert main(flags) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


def test_the_command_line_takes_the_same_flags_and_names_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cockpit(["exchange", "--faults-seed", "7", "--faults-for", "10m", "--faults-every", "1m", "--faults-kinds", "cut", "--faults-show"])
        == 0
    )
    assert capsys.readouterr().out == Script.random(7, 600.0, ["BTCUSDT"], ["cut"], 60.0).toml()
    with pytest.raises(SystemExit):
        cockpit(["exchange", "--help"])
    said = capsys.readouterr().out
    assert all(kind in said for kind in KINDS)


seeds = st.integers(0, 2**40)


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(1, 600), st.floats(1, 120))
def test_a_seed_gives_one_script_and_its_toml_gives_it_back(seed: int, duration_s: float, every_s: float) -> None:
    drawn = Script.random(seed, duration_s, BOTH, every_s=every_s)
    assert drawn == Script.random(seed, duration_s, BOTH, every_s=every_s)
    assert drawn.toml() == Script.random(seed, duration_s, BOTH, every_s=every_s).toml()
    with TemporaryDirectory() as folder:
        assert Script.read(script(Path(folder), drawn.toml())) == drawn
    for fault in drawn.faults:
        assert fault.at_s + (fault.for_s or fault.grace_s or 0.0) <= duration_s + 0.2
        assert fault.symbol in (None, *BOTH)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_a_longer_script_begins_like_a_shorter_one_and_has_each_kind_before_any_twice(seed: int) -> None:
    short, long = Script.random(seed, 300.0, BOTH), Script.random(seed, 3000.0, BOTH)
    # What is left of the time cuts the last ones short.
    kept = [fault for fault in short.faults if fault.at_s < 250]
    assert list(long.faults[: len(kept)]) == kept
    assert {fault.kind for fault in long.faults[: len(KINDS)]} == set(KINDS)


def test_the_script_of_a_seed_is_the_same_on_every_machine() -> None:
    expected = [(22.458, "halt"), (40.073, "silence"), (52.113, "skip"), (67.099, "reorder"), (91.723, "half_open")]
    for symbols in (BOTH, ["BNBUSDT"]):
        assert [(fault.at_s, fault.kind) for fault in Script.random(5, 100.0, symbols).faults] == expected
    assert {fault.kind for fault in Script.random(1, 100.0, BOTH, ["cut", "skip"], 5).faults} == {"cut", "skip"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"kinds": ["cot"]}, "no kind of fault 'cot': cut, half_open"),
        ({"kinds": []}, "at least one kind"),
        ({"symbols": []}, "one symbol"),
        ({"every_s": 0}, "more than 0"),
        ({"duration_s": float("nan")}, "more than 0"),
    ],
)
def test_a_script_that_cannot_be_drawn_is_said(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Script.random(**{"seed": 1, "duration_s": 10.0, "symbols": BOTH, **arguments})


@asynccontextmanager
async def performing(exchange: LocalExchange, faults: Script) -> AsyncIterator[FaultPlayer]:
    player = FaultPlayer(exchange, faults)
    task = asyncio.create_task(player.run())
    try:
        yield player
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def at_once(*faults: dict[str, Any]) -> Script:
    return Script(Fault(at_s=0.0, **fault) for fault in faults)


DISTURBED = at_once(
    {"kind": "skip", "symbol": "BTCUSDT", "count": 1},
    {"kind": "duplicate", "symbol": "ETHUSDT", "count": 1},
    {"kind": "reorder", "symbol": "BTCUSDT", "count": 3},
    {"kind": "poison", "symbol": "BTCUSDT", "how": "spike", "count": 2},
    {"kind": "rename", "symbol": "ETHUSDT", "field": "q", "for_s": 60.0},
)


async def test_a_script_begins_with_the_first_subscription_and_has_the_same_effect_each_time(tmp_path: Path) -> None:
    effects = []
    for _ in range(2):
        async with LocalExchange(recorded(tmp_path), speed=0, start_delay=0.1) as exchange, performing(exchange, DISTURBED) as player:
            async with streaming(exchange, "/ws"):
                await until(lambda exchange=exchange: len(exchange.connects) == 1)  # type: ignore[misc]
                assert player.log == []
            async with streaming(exchange, EVERYTHING) as socket:
                effects.append(await texts(socket, 9))
            assert [played.fault for played in player.log] == list(DISTURBED.faults)
            assert {played.refused for played in player.log} == {""}
    assert effects[0] == effects[1]
    seen = [json.loads(text)["data"] for text in effects[0]]
    assert [data["t"] for data in seen if data["s"] == "BTCUSDT"] == [504, 503, 502, 505, 506, 507]
    assert [data["t"] for data in seen if data["s"] == "ETHUSDT"] == [9, 9, 10]
    assert all("q_" in data for data in seen if data["s"] == "ETHUSDT")


async def effect_of(kind: str, exchange: LocalExchange, socket: websockets.ClientConnection) -> bool:
    """A client sees that a fault of this kind, as long as its default, is going on."""
    if kind in ("cut", "half_open", "silence"):
        try:
            while True:
                await asyncio.wait_for(socket.recv(), 0.3)
        except websockets.ConnectionClosedError:
            return kind == "cut"
        except TimeoutError:
            alive = await asyncio.wait({asyncio.ensure_future(await socket.ping())}, timeout=0.2)
            return bool(alive[0]) == (kind == "silence") != (kind == "half_open")
    if kind == "mute":
        async with streaming(exchange, EVERYTHING) as new:
            with pytest.raises(TimeoutError):
                await texts(new, 1, deadline=0.2)
        return True
    if kind == "refuse":
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(exchange.ws_url + EVERYTHING)
        return True
    if kind == "reject":
        return (await get(exchange, "/api/v3/ping"))[0] == 429
    if kind == "slow_rest":
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(get(exchange, "/api/v3/ping"), 0.2)
        return True
    if kind == "halt":
        return [row["status"] for row in (await get(exchange, "/api/v3/exchangeInfo"))[1]["symbols"]] == ["CANCEL_ONLY"] * 2
    if kind == "garbage":
        frames = [await asyncio.wait_for(socket.recv(), 5) for _ in range(60)]
        return any(isinstance(frame, bytes) for frame in frames) and any(len(frame) > 5_000_000 for frame in frames)
    datas = [message.get("data", message) for message in await messages(socket, 200)]
    ids = [1, *(data["t"] for data in datas if data.get("s") == "BTCUSDT")]
    looks: dict[str, Callable[[], bool]] = {
        "skip": lambda: ids[-1] > len(ids) and sorted(set(ids)) == ids,
        "duplicate": lambda: len(set(ids)) < len(ids),
        "reorder": lambda: sorted(ids) != ids and len(set(ids)) == len(ids),
        "poison": lambda: any(data.get("p") == "NaN" for data in datas),
        "rename": lambda: any("p_" in data for data in datas),
        "shutdown": lambda: any(data["e"] == "serverShutdown" for data in datas),
    }
    return looks[kind]()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "burst"])
async def test_each_kind_is_seen_by_a_client(tmp_path: Path, kind: str) -> None:
    frames: list[Frame] = [
        (5 * n, f"{name.lower()}@trade", trade(n // 2 + 1, ms=5 * n, symbol=name)) for n in range(2000) for name in [BOTH[n % 2]]
    ]
    async with (
        LocalExchange(recorded(tmp_path, frames), speed=4) as exchange,
        # Takes what a lax client takes, so that it lives through the garbage.
        websockets.connect(exchange.ws_url + EVERYTHING, max_size=None, compression=None, close_timeout=0.2) as socket,
    ):
        await texts(socket, 2)
        faults = [Fault(at_s=0, kind=kind)]
        if kind == "garbage":
            faults = [Fault(at_s=0, kind=kind, how=how) for how in VARIANTS[kind] if how not in ("all", "not-utf8")]
        for fault in faults:
            await perform(exchange, fault)
        assert await effect_of(kind, exchange, socket)


async def test_a_burst_is_as_much_faster_as_it_says_and_ends(tmp_path: Path) -> None:
    hour = recorded(tmp_path, [(3600 * n, "btcusdt@trade", trade(n + 1, ms=3600 * n)) for n in range(1000)])
    async with LocalExchange(hour) as exchange, streaming(exchange, "/ws/btcusdt@trade") as socket:
        await messages(socket, 1)
        await perform(exchange, Fault(at_s=0, kind="burst", for_s=0.3, times=1000.0))
        assert exchange.speed == 1000
        assert [message["t"] for message in await messages(socket, 40)] == list(range(2, 42))
        await until(lambda: exchange.speed == 1)


async def test_what_cannot_be_done_is_noted_and_the_script_goes_on(tmp_path: Path) -> None:
    told: list[Played] = []
    async with LocalExchange(recorded(tmp_path), speed=0) as exchange:
        player = FaultPlayer(exchange, at_once({"kind": "burst"}, {"kind": "cut"}), told.append)
        async with streaming(exchange, EVERYTHING):
            async with asyncio.timeout(5):
                await player.run()
    assert told == player.log
    assert [(played.fault.kind, bool(played.refused)) for played in told] == [("burst", True), ("cut", False)]
    assert told[0].words()["fault"] == {"at_s": 0.0, "kind": "burst", "for_s": 5.0, "times": 10.0}
    assert "burst (for_s 5.0, times 10.0): not done: a burst is" in told[0].text()


async def test_a_script_names_only_symbols_there_are(tmp_path: Path) -> None:
    exchange = LocalExchange(recorded(tmp_path))
    with pytest.raises(UsageError, match="names 'DOGEUSDT': BTCUSDT, ETHUSDT"):
        FaultPlayer(exchange, at_once({"kind": "skip", "symbol": "DOGEUSDT"}))


async def test_a_burst_of_a_generated_market_is_as_dense_and_rest_agrees_with_it() -> None:
    market = GeneratedMarket(Scenario(instruments=[Instrument(base="BTC", price=100.0, trades_per_s=40.0)]))
    async with LocalExchange(market) as exchange, streaming(exchange, "/ws/btcusdt@trade") as socket:
        before = (await messages(socket, 1))[0]["t"]
        exchange.burst(0.3, 200.0)
        seen = await messages(socket, 400)
        assert [message["t"] for message in seen] == list(range(before + 1, before + 401))
        times = [message["T"] for message in seen]
        assert times == sorted(times)
        assert times[-1] - times[0] < 5_000
        _, rows, _ = await get(exchange, "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=before + 1, limit=400)
        assert [(row["id"], row["price"], row["time"]) for row in rows] == [(data["t"], data["p"], data["T"]) for data in seen]
        async with asyncio.timeout(10):
            while (await messages(socket, 1))[0]["T"] < times[0] + 500:
                pass
        last = (await messages(socket, 1))[0]
        _, now, _ = await get(exchange, "/api/v3/time")
        assert last["T"] <= now["serverTime"]
