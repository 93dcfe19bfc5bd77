"""A rule over the tape: as often as the market live would have made it fire, and what has no past says so."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from core.alert_rules import AnyRule, BetweenRule, GroupRule, IndicatorRule, MoveRule, PnlRule, PriceRule
from core.alerts.trial import Outcome, Trial, try_rule
from core.errors import CockpitError, SourceError, UsageError
from core.home import make_home
from core.store.tape import Tape
from core.types import MINUTE, SECOND, TICK, Origin, Records, Symbols

BTC, ETH = "binance:BTCUSDT", "binance:ETHUSDT"
START = 1_700_000_000 * SECOND // (60 * MINUTE) * (60 * MINUTE)


def ticks(symbols: Symbols, symbol: str, prices: list[float], every_s: float, first: int = 1) -> Records:
    made = np.zeros(len(prices), TICK)
    made["id"] = made["seq"] = np.arange(first, first + len(prices))
    made["ts"] = made["recv"] = START + (np.arange(len(prices)) * every_s * SECOND).astype(np.int64)
    made["price"], made["qty"], made["symbol"], made["origin"] = prices, 1.0, symbols.add(symbol), Origin.LIVE
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Six hours of BTCUSDT, a print every 10 s: a wave of an hour between 95 and 105; ETHUSDT a step up in the middle."""
    home, symbols = make_home(tmp_path / "home"), Symbols()
    wave = [100 + 5 * float(np.sin(number / 360 * 2 * np.pi)) for number in range(6 * 360)]
    step = [10.0] * 1080 + [11.0] * 1080

    async def record() -> None:
        async with await Tape.open(home / "tape.db", symbols) as tape:
            tape.append(ticks(symbols, BTC, wave, 10.0), "aggTrade")
            tape.append(ticks(symbols, ETH, step, 10.0, 10_000), "aggTrade")
            await tape.flush()

    asyncio.run(record())
    return home


def tried(home: Path, rule: AnyRule, **more: Any) -> Outcome:
    return try_rule(Trial(home=str(home), rule=rule, stream="aggTrade", indicators=str(home / "indicators"), **more))


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        (PriceRule(symbol=BTC, level=103), 6),
        (PriceRule(symbol=BTC, level=103, once=True), 1),
        (PriceRule(symbol=BTC, level=103, cooldown_s=5400), 3),
        (PriceRule(symbol=BTC, level=103, for_s=1500), 0),
        (PriceRule(symbol=BTC, level=103, for_s=600), 6),
        (PriceRule(symbol=BTC, level=106), 0),
        (MoveRule(symbol=BTC, percent=4, window_s=1200, direction="up", cooldown_s=1800), 7),
        (BetweenRule(symbol=BTC, low=104, high=106), 6),
        (GroupRule(conditions=[PriceRule(symbol=BTC, level=103), PriceRule(symbol=ETH, level=10.5)]), 3),
        (GroupRule(of="any", conditions=[PriceRule(symbol=BTC, level=106), PriceRule(symbol=ETH, level=10.5)]), 1),
    ],
)
def test_a_rule_fires_on_the_tape_as_often_as_the_market_did_what_it_asks(home: Path, rule: AnyRule, count: int) -> None:
    found = tried(home, rule)
    assert found.fired == len(found.times) == count
    assert (found.first_ns, found.last_ns) == ((found.times[0], found.times[-1]) if count else (None, None))


def test_the_first_and_the_last_time_and_the_longest_while_without_are_told(home: Path) -> None:
    found = tried(home, PriceRule(symbol=BTC, level=103))
    assert found.first_ns is not None
    assert 6 * MINUTE < found.first_ns - START < 7 * MINUTE
    assert found.prints == 2160
    assert found.longest_ns == 60 * MINUTE
    assert found.text.startswith("BTCUSDT crossed above 103, at 103.0")


def test_a_stretch_begins_where_it_is_asked_to_with_everything_known_by_then(home: Path) -> None:
    begin = START + 60 * MINUTE + 15 * MINUTE  # above already, since before
    found = tried(home, PriceRule(symbol=BTC, level=103), from_ns=begin, to_ns=begin + 60 * MINUTE)
    assert found.fired == 1
    assert (found.from_ns, found.to_ns) == (begin, begin + 60 * MINUTE)
    warm = MoveRule(symbol=BTC, percent=4, window_s=1200, direction="up")
    assert tried(home, warm, from_ns=START + 56 * MINUTE, to_ns=START + 75 * MINUTE).fired == 1


def test_an_indicator_has_its_values_after_every_print_of_the_tape(home: Path) -> None:
    (home / "indicators.toml").write_text('[slow]\nindicator = "sma"\nparams = {period = 6, interval = "1m"}\n')
    found = tried(home, IndicatorRule(variant="slow", symbol=BTC, level=103))
    assert found.fired == 6
    both = GroupRule(conditions=[IndicatorRule(variant="slow", symbol=BTC, level=103), PriceRule(symbol=ETH, level=10.5)])
    assert tried(home, both).fired == 3
    with pytest.raises(UsageError, match=r"no variant 'fast': slow"):
        tried(home, IndicatorRule(variant="fast", symbol=BTC, level=103))


@pytest.mark.parametrize(
    ("rule", "more", "error", "why"),
    [
        (PnlRule(strategy="s", level=1), {}, UsageError, "pnl has no past on the tape; price, move"),
        (GroupRule(conditions=[PriceRule(symbol=BTC, level=1), PnlRule(strategy="s", level=1)]), {}, UsageError, "pnl has no past"),
        (PriceRule(symbol="binance:XRPUSDT", level=1), {}, SourceError, "the tape holds nothing of binance:XRPUSDT"),
        (PriceRule(symbol=BTC, level=1), {"from_ns": START + 10**15}, UsageError, "nothing of binance:BTCUSDT in that stretch"),
    ],
)
def test_what_cannot_be_tested_says_why_in_a_line(
    home: Path, rule: AnyRule, more: dict[str, Any], error: type[CockpitError], why: str
) -> None:
    with pytest.raises(error, match=why):
        tried(home, rule, **more)


def test_the_process_that_tests_says_what_came_out_or_what_is_wrong_as_json(home: Path) -> None:
    def asked(rule: AnyRule) -> dict[str, Any]:
        trial = Trial(home=str(home), rule=rule, stream="aggTrade", indicators=str(home / "indicators"))
        done = subprocess.run(
            [sys.executable, "-P", "-m", "core.alerts"], input=msgspec.json.encode(trial), capture_output=True, check=True
        )
        last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return last

    assert asked(PriceRule(symbol=BTC, level=103))["found"]["fired"] == 6
    assert "has no past" in asked(PnlRule(strategy="s", level=1))["wrong"]
