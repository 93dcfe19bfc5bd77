"""What the ledger holds, read from the file whether an engine runs or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_doubles import Run

from core.store.ledger import Ledger


def fill(n: int, strategy: str) -> dict[str, Any]:
    numbers = {"qty": 0.5, "price": 61_712.25, "fee": 12.5, "realised": -3.0, "position": 0.5, "ts_ns": 1_723_161_253_937_085_000 + n}
    names = {"fill_id": f"{strategy}:{n}", "strategy_id": strategy, "symbol": "binance:BTCUSDT", "side": "buy", "mode": "paper"}
    return numbers | names | {"seq": n, "tick_id": n, "order_id": f"{strategy}:o{n}"}


@pytest.fixture
async def ledger(home: Path) -> list[dict[str, Any]]:
    """A ledger with five fills of two strategies and an alert; the fills."""
    fills = [fill(n, "ab"[n % 2]) for n in range(1, 6)]
    async with await Ledger.open(home / "ledger.db") as ledger:
        await ledger.add_fills(fills)
        await ledger.alerts.put("x", 1_723_161_253_937_085_000, "warning", "\x1b[31mXRPUSDT stale", "open")
    return fills


def objects(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_fills_are_one_object_a_line_oldest_first_with_the_columns_of_the_ledger(run: Run, ledger: list[dict[str, Any]]) -> None:
    outcome = run("fills", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert objects(outcome.out) == ledger
    assert objects(outcome.out)[0].keys() == ledger[0].keys()


def test_fills_of_one_strategy_and_the_newest_only(run: Run, ledger: list[dict[str, Any]]) -> None:
    assert objects(run("fills", "--json", "--strategy", "b").out) == ledger[0::2]
    assert objects(run("fills", "--json", "--strategy", "b", "-n", "2").out) == ledger[2::2]
    assert run("fills", "--json", "--strategy", "none").out == ""


def test_people_read_fills_as_a_table(run: Run, ledger: list[dict[str, Any]]) -> None:
    head, *rows = run("fills").out.splitlines()
    assert head.split() == ["time", "strategy", "symbol", "side", "qty", "price", "fee", "realised", "position", "mode"]
    assert len(rows) == 5
    assert "2024-08-08T23:54:13.937085Z" in rows[0]
    assert "61,712.25" in rows[0]


async def test_signals_are_one_object_a_line_and_a_table_for_people(run: Run, home: Path, ledger: list[dict[str, Any]]) -> None:
    row = {
        "signal_id": "a:s7:0", "strategy_id": "a", "symbol": "binance:BTCUSDT", "side": "buy", "target": 1.0, "before": None,
        "confidence": 0.25, "reason": "large buyers", "price": 61_712.25, "position": 0.0, "ts_ns": 1_723_161_253_937_085_000, "seq": 7,
        "outcome": "blocked: position limit",
        "metadata": {"vote": 0.5},
    }  # fmt: skip
    async with await Ledger.open(home / "ledger.db") as opened:
        kept = row | {"metadata": json.dumps(row["metadata"])}
        await opened.add_signals([kept, kept | {"signal_id": "b:s8:0", "strategy_id": "b", "before": 1.0, "confidence": None}])
        await opened.add_signals([kept | {"target": 2.0}])
    assert objects(run("signals", "--json", "--strategy", "a").out) == [row]
    assert [line["strategy_id"] for line in objects(run("signals", "--json").out)] == ["a", "b"]
    head, *rows = run("signals").out.splitlines()
    assert head.split() == ["time", "strategy", "symbol", "side", "target", "confidence", "price", "position", "reason", "outcome"]
    assert "large buyers" in rows[0]
    assert "blocked: position limit" in rows[0]


async def test_orders_say_what_they_were_for_and_what_was_filled(run: Run, home: Path) -> None:
    at = 1_723_161_253_937_085_000
    row = {
        "order_id": "a:o1", "strategy_id": "a", "symbol": "binance:BTCUSDT", "state": "working", "target": -1.0, "position": 0.5,
        "decided_ns": at, "seq": 1, "reason": "signal", "ts_ns": at, "kind": "market", "qty": None, "limit_price": None,
    }  # fmt: skip
    sold = {"side": "sell", "order_id": "a:o1", "qty": 0.5}
    async with await Ledger.open(home / "ledger.db") as opened:
        await opened.put_orders([row])
        await opened.add_fills([fill(n, "a") | sold | {"price": price, "ts_ns": at + n} for n, price in ((1, 100.0), (2, 104.0))])
        await opened.put_orders([row | {"state": "partly filled", "position": -0.5, "ts_ns": at + 2}])
        await opened.put_orders([row | {"order_id": "b:o1", "strategy_id": "b", "state": "cancelled", "target": 1.0}])
    first, second = objects(run("orders", "--json").out)
    assert {name: first[name] for name in ("side", "qty", "filled", "average", "state", "ts_ns")} == {
        "side": "sell", "qty": 1.5, "filled": 1.0, "average": 102.0, "state": "partly filled", "ts_ns": at + 2,
    }  # fmt: skip
    assert (second["side"], second["qty"], second["filled"], second["average"]) == ("buy", 0.5, 0.0, None)
    assert [line["order_id"] for line in objects(run("orders", "--json", "--strategy", "b").out)] == ["b:o1"]
    head, *rows = run("orders", "-n", "1").out.splitlines()
    assert head.split() == ["decided", "order", "symbol", "side", "qty", "filled", "average", "state", "reason"]
    assert "cancelled" in rows[0]


async def test_what_sources_said_is_among_the_signals_by_time(run: Run, home: Path, ledger: list[dict[str, Any]]) -> None:
    signal = {
        "signal_id": "a:s7:0", "strategy_id": "a", "symbol": "binance:BTCUSDT", "side": "buy", "target": 1.0, "before": None,
        "confidence": 0.25, "reason": "", "price": 61_712.25, "position": 0.0, "ts_ns": 1_723_161_253_937_085_005, "seq": 7,
        "outcome": "ordered", "metadata": "{}",
    }  # fmt: skip
    said = {
        "source": "model", "symbol": "binance:BTCUSDT", "side": "sell", "confidence": 0.5, "reason": "it \x1b[31mfalls", "metadata": "{}",
        "price": 61_712.25, "latency_ns": 5, "ts_ns": 1_723_161_253_937_085_000, "until_ns": 1, "seq": 6, "told": '{"a":6}',
    }  # fmt: skip
    async with await Ledger.open(home / "ledger.db") as opened:
        opened.heard.put(said)
        await opened.add_signals([signal])
        await opened.heard.put(said | {"side": "abstain", "confidence": None, "reason": "no answer in time", "ts_ns": said["ts_ns"] + 9})
    assert [line["strategy_id"] for line in objects(run("signals", "--json").out)] == ["source:model", "a", "source:model"]
    assert [line["side"] for line in objects(run("signals", "--json", "--strategy", "source:model").out)] == ["sell", "abstain"]
    assert [line["side"] for line in objects(run("signals", "--json", "-n", "2").out)] == ["buy", "abstain"]
    assert run("signals", "-n", "0", "--json").out == ""
    text = run("signals").out
    assert "no answer in time" in text
    assert "\x1b" not in text


def test_an_alert_is_data_under_json_and_inert_on_a_terminal(run: Run, ledger: list[dict[str, Any]]) -> None:
    (alert,) = objects(run("alerts", "--json").out)
    assert alert["state"] == "open"
    assert "\x1b" not in run("alerts").out


@pytest.mark.parametrize("command", ["fills", "orders", "signals", "alerts"])
def test_a_home_without_a_ledger_has_none_of_them(run: Run, command: str) -> None:
    outcome = run(command, "--json")
    assert (outcome.code, outcome.out) == (0, "")
    assert "no ledger" in outcome.err


def test_a_file_that_is_no_ledger_is_one_line(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "ledger.db").write_bytes(b"x" * 10_000)
    outcome = run("fills")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "ledger.db" in outcome.err
