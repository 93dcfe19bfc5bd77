"""Nothing is armed by accident: orders go out only where a kind is chosen and armed, and to a made-up broker on this machine only."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from core.config import load
from core.config_broker import refuse_unsafe
from core.engine.brokers import open_broker
from core.errors import ConfigError, UsageError
from core.home import check_stamp, make_home, stamp

HERE = {"venues.binance.ws_url": "ws://127.0.0.1:9", "venues.binance.rest_url": "http://localhost:9"}
ARMED = {"broker.kind": "scripted", "broker.armed": True}


@pytest.mark.parametrize(
    ("given", "mode"),
    [({}, "paper"), ({"broker.armed": True}, "paper"), ({"broker.kind": "scripted"}, "paper"), (ARMED, "live")],
    ids=["nothing", "armed only", "a kind only", "both"],
)
def test_only_a_kind_that_is_armed_makes_a_home_live(tmp_path: Path, given: dict[str, object], mode: str) -> None:
    assert load(tmp_path, env={}, flags=given).config.broker.mode == mode


def test_a_broker_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be none or scripted"):
        load(tmp_path, env={"COCKPIT_BROKER__KIND": "binance"})


@pytest.mark.parametrize("mode", ["paper", "demo", "replay"])
async def test_only_a_live_engine_has_a_broker_whatever_is_configured(tmp_path: Path, mode: str) -> None:
    assert await open_broker(load(tmp_path, env={}, flags=ARMED | HERE).config, mode) is None


async def test_a_live_engine_without_an_armed_broker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"broker\.armed = true"):
        await open_broker(load(tmp_path, env={}).config, "live")


@pytest.mark.parametrize(
    "elsewhere",
    [
        {},
        HERE | {"venues.binance.ws_url": "wss://stream.binance.com:9443"},
        HERE | {"venues.binance.rest_url": "https://127.0.0.1.example.com"},
        {"venues.binance.ws_url": "ws://127.0.0.1:9"},
    ],
)
def test_prices_from_beyond_this_machine_are_refused(tmp_path: Path, elsewhere: dict[str, object]) -> None:
    config = load(tmp_path, env={}, flags=ARMED | elsewhere | {"broker.socket": str(tmp_path / "socket")}).config
    with pytest.raises(UsageError, match="local exchange only"):
        refuse_unsafe(config.broker, config.of_venue("binance"))


def test_a_socket_that_nobody_made_is_refused_and_one_that_is_there_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    config = load(tmp_path, env={}, flags=ARMED | HERE | {"broker.socket": str(path)}).config
    with pytest.raises(UsageError, match=r"needs broker\.socket"):
        refuse_unsafe(config.broker, config.of_venue("binance"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        assert refuse_unsafe(config.broker, config.of_venue("binance")) == path


@pytest.mark.parametrize(("first", "then"), [("paper", "live"), ("live", "paper"), ("live", "demo")])
def test_a_home_of_one_mode_is_refused_in_another(tmp_path: Path, first: str, then: str) -> None:
    home = make_home(tmp_path / "home")
    stamp(home, first, ["binance"])
    with pytest.raises(UsageError, match=f"is a {first} home and cannot run as {then}"):
        check_stamp(home, then, ["binance"])
