"""The engine is killed with no warning, again and again, while prices cross the levels of rules: every crossing is told once."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from store_rig import Recorder, exchange, recorder, rows, scenario, until

NAMES = ["S0USDT", "S1USDT"]
SHARES = (-0.02, -0.01, -0.004, 0.0, 0.004, 0.01, 0.02)  # of the price, in percent


def prices(tape: Path, symbol: str, after: int) -> list[tuple[int, float]]:
    """(seq, price) of what was delivered of a symbol, from the last print at or before a seq on."""
    query = "SELECT seq, price FROM ticks WHERE symbol = ? AND seq > 0 ORDER BY seq"
    found = rows(tape, query, f"binance:{symbol}")
    first = max((at for at, (seq, _) in enumerate(found) if seq <= after), default=0)
    return found[first:]


def crossings(path: list[tuple[int, float]], side: str, level: float) -> int:
    """How often these prices cross a level."""
    values = np.array([price for _, price in path])
    if side == "above":
        return int(((values[:-1] < level) & (values[1:] >= level)).sum())
    return int(((values[:-1] > level) & (values[1:] <= level)).sum())


def set_levels(running: Recorder, tape: Path) -> None:
    """Rules around the price of each symbol, both ways."""
    for name in NAMES:
        until(lambda: prices(tape, name, 0), "it trades")  # noqa: B023 - called at once
        last = prices(tape, name, 0)[-1][1]
        for number, share in enumerate(SHARES):
            side = ("above", "below")[number % 2]
            running.command(
                "alert", "add", "--price", name, side, f"{last * (1 + share / 100):.2f}", "--cooldown", "0", "--name", f"n{number}"
            )


def kill_again_and_again(folder: Path, times: int) -> None:
    dice = random.Random(times)
    home = folder / "home"
    tape, ledger = home / "tape.db", home / "ledger.db"
    with exchange("--scenario", str(scenario(folder / "market.toml", 400, symbols=2)), "--autostart") as place:
        for life in range(times):
            with recorder(home, place, "--no-strategies", names=NAMES) as running:
                until(lambda: running.said("ticks_total"), "ticks come")
                if life == 0:
                    set_levels(running, tape)
                time.sleep(dice.uniform(0.5, 3.0))
                running.kill()
        with recorder(home, place, "--no-strategies", names=NAMES) as running:
            until(lambda: running.said("ticks_total"), "ticks come")
            assert running.stop() == 0
    rules = [
        (json.loads(payload)["rule"], after)
        for payload, after in rows(ledger, "SELECT payload, after_seq FROM commands WHERE kind = 'set_alert'")
    ]
    told = Counter(rule for (rule,) in rows(ledger, "SELECT rule_id FROM alerts WHERE rule_id <> ''"))
    expected = {
        rule["id"]: crossings(prices(tape, rule["symbol"].partition(":")[2], after), rule["side"], rule["level"]) for rule, after in rules
    }
    assert len(expected) == len(NAMES) * len(SHARES)
    assert sum(expected.values()) > times, "nothing happened"
    assert told == Counter(expected)


def test_three_kills_lose_no_alert_and_double_none(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thirty_kills_lose_no_alert_and_double_none(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=30)
