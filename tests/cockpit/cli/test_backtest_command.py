"""`cockpit backtest`: figures as one document or a report, and one line for whatever cannot be."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cli_doubles import FakeEngine, Run

from core.commands import NoteRun
from core.engine.run import run_of
from core.home import data_folder, lock_home
from core.research.service import Detail
from core.store.ledger import Ledger

SAMPLE = str(data_folder() / "samples" / "BTCUSDT-1m.csv")

KEYS = [
    *("ticks", "trades", "fills", "win_rate", "gross_profit", "gross_loss", "fees", "net_pnl", "profit_factor"),
    *("max_drawdown", "max_drawdown_pct", "sharpe", "elapsed_s"),
]

NOISY = '''"""Bets on every other bar."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    depth: int = 1
class Strategy:
    def __init__(self, params):
        self.n = 0
    def on_tick(self, tick):
        print("tick")
        self.n += 1
        return float(self.n // 10 % 2)
'''


@pytest.fixture
def noisy(home: Path) -> None:
    """A strategy that prints and trades, in the home."""
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "noisy.py").write_text(NOISY)


def test_the_figures_are_one_document_whatever_a_strategy_prints(run: Run, noisy: None, tmp_path: Path) -> None:
    fills = tmp_path / "fills.jsonl"
    outcome = run("backtest", SAMPLE, "--strategy", "noisy", "--qty", "0.01", "--fills", str(fills), "--json")
    assert outcome.code == 0, outcome.err
    assert list(outcome.document)[: len(KEYS)] == KEYS
    assert {"expectancy", "cagr", "sortino", "calmar", "exposure", "turnover", "underwater"} < outcome.document.keys()
    assert set(outcome.document["tables"]) == {"by_hour", "by_weekday", "by_month", "by_side", "by_exit", "by_volatility", "by_trend"}
    assert outcome.document["ticks"] == 360
    written = [json.loads(line) for line in fills.read_text().splitlines()]
    assert len(written) == outcome.document["fills"] > 0
    assert {"fill_id", "side", "price", "realised", "reason"} <= written[0].keys()


def test_every_round_trip_can_be_written_to_a_file(run: Run, noisy: None, tmp_path: Path) -> None:
    trades, fills = tmp_path / "trades.jsonl", tmp_path / "fills.jsonl"
    words = ("backtest", SAMPLE, "--strategy", "noisy", "--qty", "0.01")
    outcome = run(*words, "--trades", str(trades), "--fills", str(fills), "--json")
    assert outcome.code == 0, outcome.err
    written = [json.loads(line) for line in trades.read_text().splitlines()]
    made = {fill["fill_id"]: fill for fill in map(json.loads, fills.read_text().splitlines())}
    assert len(written) == outcome.document["trades"] > 0
    for trip in written:
        begun, ended = made[trip["first_fill"]], made[trip["last_fill"]]
        assert (trip["entry"], trip["exit"]) == (begun["price"], ended["price"])
        assert trip["net"] == pytest.approx(ended["realised"] - begun["fee"] - ended["fee"])
        assert trip["mae"] <= 0 <= trip["mfe"]
    assert sum(trip["net"] for trip in written) == pytest.approx(outcome.document["gross_profit"] - outcome.document["gross_loss"])


def test_every_decision_can_be_written_to_a_file_and_names_its_order(run: Run, tmp_path: Path) -> None:
    signals, fills = tmp_path / "signals.csv", tmp_path / "fills.jsonl"
    words = ("backtest", SAMPLE, "--strategy", "sma_crossover", "--param", "fast=3")
    outcome = run(*words, "--signals", str(signals), "--fills", str(fills), "--json")
    assert outcome.code == 0, outcome.err
    rows = list(csv.DictReader(signals.read_text().splitlines()))
    assert list(rows[0]) == ["signal", "time", "ts_ns", "symbol", "price", "old", "new", "order_id", "close", "fast", "slow"]
    assert all((float(row["fast"]) > float(row["slow"])) == (row["new"] == "1.0") for row in rows)
    assert {fill["order_id"] for fill in map(json.loads, fills.read_text().splitlines())} <= {row["order_id"] for row in rows}
    assert len(rows) >= outcome.document["fills"] > 0


def test_people_read_a_report_that_names_its_assumptions(run: Run, noisy: None) -> None:
    outcome = run("backtest", SAMPLE, "--strategy", "noisy", "--fee-bps", "10", "--from", "2026-11-20T20:00:00Z")
    assert outcome.code == 0, outcome.err
    assert "net P&L" in outcome.out
    assert "10 bps" in outcome.out


def test_a_strategy_that_raises_is_one_line_with_its_place(run: Run, home: Path) -> None:
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "raises.py").write_text(NOISY.replace("float(self.n // 10 % 2)", "1 / (5 - self.n)"))
    outcome = run("backtest", SAMPLE, "--strategy", "raises", "--json")
    assert outcome.code == 1
    assert outcome.document["error"] == "raises failed: ZeroDivisionError: division by zero, raises.py:11"


WORDS = ("backtest", SAMPLE, "--strategy", "noisy", "--qty", "0.01", "--param", "depth=2", "--json")


def test_a_run_is_noted_on_the_ledger_of_a_home_that_has_one(run: Run, noisy: None, home: Path) -> None:
    assert run(*WORDS).code == 0
    assert not (home / "ledger.db").exists(), "nothing is made only to note a run"
    asyncio.run(begin(home))
    first, second = run(*WORDS), run(*WORDS)
    assert "note" not in first.err + second.err
    rows = asyncio.run(noted(home))
    assert [row["run_id"] for row in rows] == ["run-1", "run-2"]
    found = run_of(rows[-1])
    assert found is not None
    assert found.outcome is not None
    assert (found.state, found.order.strategy, found.order.params, found.order.source) == ("done", "noisy", {"depth": "2"}, SAMPLE)
    assert found.outcome.figures["net_pnl"] == first.document["net_pnl"] == second.document["net_pnl"]
    detail = msgspec.msgpack.decode((home / "runs" / "run-2.msgpack").read_bytes(), type=Detail)
    assert detail.fills_total == first.document["fills"]
    with lock_home(home, "care"):
        busy = run(*WORDS)
    assert busy.code == 0
    assert f"note: this run is not listed with those of {home}: another command of cockpit holds" in busy.err


@pytest.mark.slow
def test_a_run_of_two_legs_is_noted_with_a_source_of_each(run: Run, home: Path, tmp_path: Path) -> None:
    asyncio.run(begin(home))
    legs = [tmp_path / f"{name}-1m.csv" for name in ("BTCUSDT", "ETHUSDT")]
    for leg in legs:
        leg.write_text(Path(SAMPLE).read_text())
    assert run("backtest", *map(str, legs), "--strategy", "pairs", "--side", "long_short", "--json").code == 0
    (row,) = asyncio.run(noted(home))
    found = run_of(row)
    assert found is not None
    assert found.order.sources == [str(leg) for leg in legs]
    assert row["source"] == f"{legs[0]}, {legs[1]}"


def test_a_source_with_holes_is_refused_and_nothing_of_it_is_kept(run: Run, noisy: None, home: Path, tmp_path: Path) -> None:
    asyncio.run(begin(home))
    lines = Path(SAMPLE).read_text().splitlines()
    path = tmp_path / "BTCUSDT-1m.csv"
    path.write_text("\n".join(lines[:50] + lines[53:]) + "\n")
    words = ("backtest", str(path), "--strategy", "noisy", "--qty", "0.01", "--json")
    refused = run(*words)
    assert refused.code == 2
    assert "3 bars are missing in 1 place" in refused.document["error"]
    assert "--allow-gaps" in refused.document["error"]
    assert asyncio.run(noted(home)) == []
    allowed = run(*words, "--allow-gaps")
    assert list(allowed.document)[: len(KEYS)] == KEYS
    assert allowed.document["gaps"]["missing"] == 3
    assert "note: gaps were allowed: 3 bars are missing" in allowed.err
    (row,) = asyncio.run(noted(home))
    found = run_of(row)
    assert found is not None
    assert found.order.allow_gaps


async def begin(home: Path) -> None:
    async with await Ledger.open(home / "ledger.db"):
        pass


async def noted(home: Path) -> list[dict[str, Any]]:
    async with await Ledger.open(home / "ledger.db") as ledger:
        return await ledger.runs(10)


def test_a_running_engine_notes_it_itself(run: Run, noisy: None, engine: FakeEngine, home: Path) -> None:
    asyncio.run(begin(home))
    engine.reply = lambda command: {"id": "run-7"}
    outcome = run(*WORDS)
    assert outcome.code == 0
    assert "note" not in outcome.err
    (command,) = engine.commands
    assert isinstance(command, NoteRun)
    assert (command.order.strategy, command.outcome["figures"]["fills"]) == ("noisy", outcome.document["fills"])
    assert command.started_ns < command.ended_ns
    assert (home / "runs" / "run-7.msgpack").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["/no/such.csv", "--strategy", "rsi"], "/no/such.csv"),
        ([SAMPLE, "--strategy", "rsy"], "no strategy 'rsy'"),
        ([SAMPLE, "--strategy", "rsi", "--param", "perod=3"], "rsi has no parameter 'perod'"),
        ([SAMPLE, "--strategy", "rsi", "--param", "period=0"], "period"),
        ([SAMPLE, "--strategy", "sma_crossover", "--param", "fast=9", "slow=9"], "fast (9) must be less than slow (9)"),
        ([SAMPLE, "--strategy", "rsi", "--from", "yesterday"], "'yesterday' is not a time"),
        ([SAMPLE, "--strategy", "rsi", "--from", "2024-01-02", "--to", "2024-01-01"], "--from must be before --to"),
        ([SAMPLE, "--strategy", "rsi", "--as-delivered"], "--as-delivered is for tape:SYMBOL"),
        (["tape:BTCUSDT", "--strategy", "rsi"], "tape"),
        ([SAMPLE], "required: --strategy"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_2(run: Run, words: list[str], said: str) -> None:
    outcome = run("backtest", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
