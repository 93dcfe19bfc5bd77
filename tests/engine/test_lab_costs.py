"""Runs and studies asked of an engine that pay what one's own fills cost: as the command does, measured in their own process, and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_lab import PARAMS, TERMS, klines, lab, over, read, row, start
from test_lab_studies import FIXED, RANGES, ask, ended, study

from core.commands import Backtest, Optimize, Terms
from core.errors import UsageError
from core.research.backtest import run_backtest
from core.research.calibration.asked import costs_of
from core.research.calibration.costs import Costs
from core.research.calibration.measure import Calibration, Measured
from core.research.order import Order
from core.strategy_files import builtin_folder

BTC, ETH = "binance:BTCUSDT", "binance:ETHUSDT"


def measured(symbol: str, **terms: float) -> Measured:
    """What so many fills of a symbol showed."""
    return Measured(
        symbol=symbol, fills=99, orders=99, first_ns=1, last_ns=2, fee={}, slippage=None, from_decision=None, buckets=[], impact=None,
        latency=None, missing={}, terms=terms, plain={},
    )  # fmt: skip


def calibration(folder: Path, *symbols: Measured) -> tuple[Path, Costs]:
    """A file as `cockpit calibrate --json` writes it, and what it says where no term was given."""
    found = Calibration("/home/x", 30, {}, list(symbols))
    path = folder / "costs.json"
    path.write_bytes(msgspec.json.encode(found))
    return path, Costs(found)


@pytest.mark.slow
async def test_a_run_pays_what_was_measured_and_says_so_also_after_a_restart(tmp_path: Path) -> None:
    source = klines(tmp_path)
    file, costs = calibration(tmp_path, measured(BTC, fee_bps=7.5, slippage_bps=3.0))
    async with lab(tmp_path) as rig:
        all_of_it = await over(rig, await start(rig, source, params=PARAMS, terms=TERMS, costs=str(file)))
        but_the_fee = await over(rig, await start(rig, source, params=PARAMS, terms=TERMS, costs=str(file), given=["fee_bps"]))
        plain = await over(rig, await start(rig, source, params=PARAMS, terms=TERMS))
        told = await read(rig, all_of_it.id)
    for found, given in ((all_of_it, frozenset[str]()), (but_the_fee, frozenset({"fee_bps"}))):
        asked = costs.giving(given)
        order = Order([str(source)], "sma_crossover", [builtin_folder()], dict(PARAMS), TERMS, watched=True, costs=asked)
        expected = run_backtest(order)
        assert found.figures is not None
        assert found.figures["net_pnl"] == expected.figures["net_pnl"]
        assert found.costs == asked.paid(BTC, TERMS)
        assert found.order.terms == TERMS, "what was asked for stays what was asked for"
    assert but_the_fee.costs is not None
    assert but_the_fee.costs.over(TERMS) == msgspec.structs.replace(TERMS, slippage_bps=3.0)
    assert plain.costs is None
    assert told["costs"] == msgspec.to_builtins(all_of_it.costs)
    async with lab(tmp_path) as rig:
        assert (row(rig, all_of_it.id).costs, row(rig, all_of_it.id).order.costs) == (all_of_it.costs, str(file))


@pytest.mark.slow
async def test_costs_that_are_not_to_be_had_are_a_failed_run_with_one_line(tmp_path: Path) -> None:
    source = klines(tmp_path, 100)
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    few, _ = calibration(tmp_path, measured(BTC))
    async with lab(tmp_path) as rig:
        for costs, words in (
            ("measured", f"costs measured: {rig.home} holds no fills by a venue"),
            (str(tmp_path / "none.json"), "none.json: measured, or a file that `cockpit calibrate --json` wrote"),
            (str(bad), "bad.json is nothing that cockpit calibrate --json wrote"),
            (str(few), "too few fills by a venue in /home/x, a figure needs 30: 99 of binance:BTCUSDT"),
        ):
            run = await over(rig, await start(rig, source, params=PARAMS, costs=costs), "failed")
            tried = await ended(rig, await ask(rig, source, params=FIXED, ranges=RANGES, costs=costs), "failed")
            for line in (run.line, tried.line):
                assert words in line
                assert "\n" not in line
            assert (tried.done, tried.rows) == (0, 0), "it is refused before a row is read"


async def test_words_that_name_no_costs_are_refused_at_once(tmp_path: Path) -> None:
    async with lab(tmp_path) as rig:
        for costs, given, words in (
            ("costs.json", [], "costs costs.json: measured, or the whole path"),
            ("measured", ["speed"], "given speed: no term; there are: qty, side"),
        ):
            more: dict[str, Any] = {"costs": costs, "given": given}
            for order in (
                Backtest(source="tape:BTCUSDT", strategy="rsi", **more),
                Optimize(sources=["tape:BTCUSDT"], strategies=["rsi"], **more),
            ):
                with pytest.raises(UsageError, match=words):
                    await rig.engine.commands.submit(order, "test")


@pytest.mark.slow
async def test_a_study_pays_of_each_symbol_what_was_measured_of_it_and_tells_it_also_after_a_restart(tmp_path: Path) -> None:
    coins = tmp_path / "coins"
    coins.mkdir()
    paths = [klines(coins, 600), klines(coins, 600, "ETHUSDT-1m-2023-11.csv"), klines(coins, 600, "SOLUSDT-1m-2023-11.csv")]
    file, costs = calibration(tmp_path, measured(BTC, fee_bps=9.0), measured(ETH, fee_bps=1.0))
    words: dict[str, Any] = {"params": {"interval": "1m"}, "ranges": ["fast=3", "slow=9"], "terms": TERMS, "rank_by": "net_pnl"}
    async with lab(tmp_path) as rig:
        done = await ended(rig, await ask(rig, coins, costs=str(file), **words))
        told = await read(rig, done.id)
    document = told["detail"]["document"]
    assert [(one["symbol"], one["state"], one["terms"]) for one in document["costs"]] == [
        (BTC, "measured", {"fee_bps": 9.0}), (ETH, "measured", {"fee_bps": 1.0}), ("binance:SOLUSDT", "as given", {}),
    ]  # fmt: skip
    made = {one["symbol"]: one["net_pnl"] for one in document["ranking"]}
    for path, symbol in zip(paths, (BTC, ETH, "binance:SOLUSDT"), strict=True):
        order = Order([str(path)], "sma_crossover", [builtin_folder()], dict(PARAMS), costs.terms(symbol, TERMS))
        assert made[symbol] == run_backtest(order).figures["net_pnl"]
    assert made[ETH] > made["binance:SOLUSDT"] > made[BTC]
    async with lab(tmp_path) as rig:
        assert study(rig, done.id).order.costs == str(file)
        assert (await read(rig, done.id))["found"]["costs"] == document["costs"]


def test_the_command_and_the_lab_ask_in_the_same_place(tmp_path: Path) -> None:
    file, costs = calibration(tmp_path, measured(BTC, fee_bps=7.5))
    assert costs_of(str(file), tmp_path, ["qty"]) == costs.giving(frozenset({"qty"}))
    with pytest.raises(UsageError, match=r"^--costs measured: .* holds no fills by a venue$"):
        costs_of("measured", tmp_path, [], "--costs")
    assert costs.terms(BTC, Terms()) == Terms(fee_bps=7.5)
