"""A command that looks for garbage seldom ends without a word too much, whatever library it had loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("end", ["csv", "parquet"])
def test_a_backtest_ends_quietly_also_where_it_wrote_a_table(tmp_path: Path, end: str) -> None:
    source = tmp_path / "BTCUSDT-1m.csv"
    rows = (f"{1_700_000_000 + 60 * k},{100 + k % 7},110,90,{100 + k % 5},1" for k in range(200))
    source.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]))
    table = tmp_path / f"trades.{end}"
    words = ["backtest", str(source), "--strategy", "sma_crossover", "--trades", str(table), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "cockpit", "--home", str(tmp_path / "home"), *words],
        capture_output=True, text=True, timeout=100, check=False, env=os.environ | {"PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert (done.returncode, table.exists()) == (0, True), done.stderr
    assert [line for line in done.stderr.splitlines() if not line.startswith(("note: ", "cockpit: "))] == []
