"""The engine is killed with no warning, again and again, while prices cross the levels of rules: every crossing is told once."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from store_rig import Recorder, exchange, recorder, rows, scenario, until

from core.alert_rules import AnyRule

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


def set_conditions(running: Recorder, tape: Path) -> None:
    """Rules that more than a crossing is asked of: a band, so far back, two symbols at once."""
    one, two = (prices(tape, name, 0)[-1][1] for name in NAMES)
    words = [
        ["--between", NAMES[0], "inside", f"{one * 0.9999:.2f}", f"{one * 1.0001:.2f}"],
        ["--price", NAMES[0], "above", f"{one:.2f}", "--hysteresis", "0.01%"],
        ["--all", f"price {NAMES[0]} above {one:.2f}", f"price {NAMES[1]} below {two:.2f}"],
        ["--any", f"price {NAMES[0]} above {one:.2f}", f"price {NAMES[1]} above {two:.2f}"],
    ]
    for rule in words:
        running.command("alert", "add", *rule, "--cooldown", "0")


def told_by(rule: dict[str, Any], tape: Path, after: int) -> int:
    """How often a rule fires on what is on the tape, read print by print in the order they were delivered."""
    known = msgspec.convert(rule, AnyRule)
    regions = [region for leaf in known.leaves for region in leaf.regions]
    symbols = {region.series.split(" ")[1] for region in regions}
    path = sorted((seq, symbol, price) for symbol in symbols for seq, price in prices(tape, symbol.partition(":")[2], after))
    last: dict[str, float] = {}
    count, before, armed = 0, False, True
    for seq, symbol, value in path:
        last[symbol] = value
        if len(last) < len(symbols):
            continue
        figures = [last[region.series.split(" ")[1]] for region in regions]
        each = [region.holds(figure) for region, figure in zip(regions, figures, strict=True)]
        near = [region.near(figure) for region, figure in zip(regions, figures, strict=True)]
        whole = any(each) if getattr(known, "of", "all") == "any" else all(each)
        if whole and not before and armed and seq > after:
            count, armed = count + 1, False
        gone = not (any(near) if getattr(known, "of", "all") == "any" else all(near))
        armed = armed or gone
        before = whole
    return count


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
                    set_conditions(running, tape)
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
    plain = [(rule, after) for rule, after in rules if rule["type"] == "price" and not rule["hysteresis"]]
    expected = {
        rule["id"]: crossings(prices(tape, rule["symbol"].partition(":")[2], after), rule["side"], rule["level"]) for rule, after in plain
    }
    assert len(expected) == len(NAMES) * len(SHARES)
    others = [(rule, after) for rule, after in rules if rule["id"] not in expected]
    assert len(others) == 4
    expected |= {rule["id"]: told_by(rule, tape, after) for rule, after in others}
    assert sum(expected.values()) > times, "nothing happened"
    assert told == Counter(expected)


@pytest.mark.slow
def test_three_kills_lose_no_alert_and_double_none(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thirty_kills_lose_no_alert_and_double_none(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, times=30)
