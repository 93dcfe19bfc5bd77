"""`cockpit backtest`: figures as one document or a report, and one line for whatever cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_doubles import Run

from core.home import data_folder

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
    assert list(outcome.document) == KEYS
    assert outcome.document["ticks"] == 360
    written = [json.loads(line) for line in fills.read_text().splitlines()]
    assert len(written) == outcome.document["fills"] > 0
    assert {"fill_id", "side", "price", "realised", "reason"} <= written[0].keys()


def test_people_read_a_report_that_names_its_assumptions(run: Run, noisy: None) -> None:
    outcome = run("backtest", SAMPLE, "--strategy", "noisy", "--fee-bps", "10", "--from", "2026-11-20T20:00:00Z")
    assert outcome.code == 0, outcome.err
    assert "net P&L" in outcome.out
    assert "10 bps" in outcome.out


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
