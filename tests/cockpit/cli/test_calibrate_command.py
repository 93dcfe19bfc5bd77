"""`cockpit calibrate`, and runs that pay what was measured."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from pathlib import Path

import pytest
from cli_doubles import Run

from core.store.ledger_reader import read_runs
from tests.research.calibration.calibration_rig import BTC, Venue, keep, market, record, traded

WORDS = ("--strategy", "sma_crossover", "--param", "interval=1m", "fast=2", "slow=5", "--qty", "0.5")
BACKTEST = ("backtest", "tape:BTCUSDT", *WORDS)


def make(home: Path, venue: Venue | None = None, count: int = 300, mode: str = "live") -> None:
    """A home with a tape and fills on its ledger."""

    async def both() -> None:
        ticks = market(step_bps=2.0)
        await record(home, ticks)
        await keep(home, traded(ticks, venue or Venue(fee=7.5, base=2.0, impact=10.0), count), mode)

    asyncio.run(both())


def test_people_read_what_their_fills_cost_and_what_to_type(run: Run, home: Path) -> None:
    make(home)
    outcome = run("calibrate")
    assert (outcome.code, outcome.err) == (0, "")
    text = outcome.out
    assert text.startswith(f"{BTC}: 300 fills of 300 orders, 2024-08-08T")
    assert "fee          7.5 bps of value, median (95 %: 7.5 to 7.5); 300 fills, whether they rested is not known" in text
    assert re.search(r"impact +\d+\.\d\d ± \d\.\d\d bps times √\(quantity / the minute's volume\)$", text, re.MULTILINE)
    assert re.search(r"latency +\d+\.\d+ ms median", text)
    assert re.search(r"\[paper\]\n +fee_bps = 7.5\n +slippage_bps = \d", text)
    assert all(len(line) <= 120 for line in text.splitlines())


def test_the_document_holds_every_figure_with_its_count(run: Run, home: Path) -> None:
    make(home)
    found = run("calibrate", "--json").document
    assert (found["source"], found["least"], found["modelled"]) == (str(home), 30, {})
    (one,) = found["symbols"]
    assert one["symbol"] == BTC
    assert one["slippage"]["count"] == one["impact"]["count"] + one["impact"]["wild"] == 300
    assert set(one["terms"]) == {"fee_bps", "slippage_bps", "impact_bps", "impact_volume", "latency_ms"}
    part = run("calibrate", "--symbol", "BTCUSDT", "--to", "2024-08-08T00:30:00Z", "--json").document
    assert 100 < part["symbols"][0]["fills"] < 200


@pytest.mark.slow
def test_a_backtest_that_pays_what_was_measured_is_the_one_with_the_flags_that_are_recommended(run: Run, home: Path) -> None:
    make(home)
    (line,) = [line for line in run("calibrate").out.splitlines() if line.startswith("  use ")]
    flags = shlex.split(line.removeprefix("  use"))
    wanted = run(*BACKTEST, *flags, "--json").document
    found = run(*BACKTEST, "--costs", "measured", "--json").document
    costs = found.pop("costs")
    assert costs["state"] == "measured"
    assert costs["words"].startswith("fee, slippage, impact and latency: 300 fills of one's own, 2024-08-08T00:")
    del wanted["elapsed_s"], found["elapsed_s"]
    assert found == wanted
    assert found["fees"] > 0
    plain = run(*BACKTEST, "--json").document
    assert plain["net_pnl"] != found["net_pnl"]


def test_the_report_says_what_was_measured_of_how_much_and_when(run: Run, home: Path) -> None:
    make(home)
    text = " ".join(run(*BACKTEST, "--costs", "measured").out.split())
    assert re.search(r"costs measured fee, slippage, impact and latency: 300 fills of one's own, 2024-08-08T00:0\d:\d\dZ to 2024", text)
    assert "fee 7.5 bps" in text
    noted = read_runs(home / "ledger.db")[-1]
    asked, outcome = json.loads(noted["params"]), json.loads(noted["result"])["outcome"]
    assert (asked["costs"], asked["given"], asked["terms"]["fee_bps"]) == ("measured", ["qty"], 4.0), "as it was asked for"
    assert outcome["costs"]["terms"]["fee_bps"] == 7.5, "as it was paid"


def test_what_is_said_in_words_stays(run: Run, home: Path) -> None:
    make(home)
    costs = run(*BACKTEST, "--costs", "measured", "--fee-bps", "1", "--spread-bps", "4", "--json").document["costs"]
    assert set(costs["terms"]) == {"latency_ms"}
    every = ("--fee-bps", "1", "--slippage-bps", "0", "--latency-ms", "0")
    costs = run(*BACKTEST, "--costs", "measured", *every, "--json").document["costs"]
    assert (costs["state"], costs["words"], costs["terms"]) == ("as given", "all that was measured was given in words", {})


def test_a_calibration_that_was_written_down_counts_later_and_elsewhere(run: Run, home: Path, tmp_path: Path) -> None:
    make(home)
    file = tmp_path / "costs.json"
    file.write_text(run("calibrate", "--json").out)
    now = run(*BACKTEST, "--costs", "measured", "--json").document
    (home / "ledger.db").unlink()
    later = run(*BACKTEST, "--costs", str(file), "--json").document
    del now["elapsed_s"], later["elapsed_s"]
    assert later == now


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "is nothing that cockpit calibrate --json wrote"),
        ("\xff", "is nothing that cockpit calibrate --json wrote"),
        ("wrong", "qty is not measured; what is: fee_bps"),
        ("beyond", "is nothing that cockpit calibrate --json wrote"),
    ],
)
def test_a_file_that_is_no_calibration_is_one_line(run: Run, home: Path, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "costs.json"
    file.write_text(text, encoding="latin-1")
    if text in ("wrong", "beyond"):
        make(home)
        found = run("calibrate", "--json").document
        found["symbols"][0]["terms"] = {"qty": 5.0} if text == "wrong" else {"fee_bps": -3.0}
        file.write_text(json.dumps(found))
    outcome = run(*BACKTEST, "--costs", str(file), "--json")
    assert outcome.code == 2
    assert said in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_a_home_without_fills_says_so_in_one_line(run: Run, home: Path) -> None:
    outcome = run("calibrate")
    assert (outcome.code, outcome.out) == (0, f"no fills by a venue in {home}: terms stay as they are\n")
    assert run("calibrate", "--json").document["symbols"] == []
    refused = run(*BACKTEST, "--costs", "measured")
    assert (refused.code, refused.err) == (2, f"cockpit: --costs measured: {home} holds no fills by a venue\n")


def test_paper_fills_are_no_measurement_of_anything(run: Run, home: Path) -> None:
    make(home, mode="paper")
    text = run("calibrate").out
    assert "left aside: 300 of paper: their prices were made by this program's own rules" in text
    refused = run(*BACKTEST, "--costs", "measured")
    assert refused.code == 2
    assert refused.err.endswith("holds no fills by a venue, only 300 of paper, made by this program's own rules\n")


def test_too_few_fills_are_refused_with_their_number(run: Run, home: Path) -> None:
    make(home, count=12)
    assert "terms as they are: a figure needs 30 of its kind" in run("calibrate").out
    refused = run(*BACKTEST, "--costs", "measured")
    assert refused.code == 2
    assert refused.err.endswith(f"too few fills by a venue in {home}, a figure needs 30: 12 of {BTC}\n")


def test_words_that_name_nothing_are_refused_with_what_there_is(run: Run, home: Path) -> None:
    make(home, count=40)
    wrong = run("calibrate", "--symbol", "ETHUSDT")
    assert (wrong.code, wrong.err) == (2, f"cockpit: no fills of ETHUSDT by a venue in {home}; there are some of: {BTC}\n")
    wrong = run(*BACKTEST, "--costs", "measurd")
    assert wrong.err == "cockpit: --costs measurd: measured, or a file that `cockpit calibrate --json` wrote\n"


@pytest.mark.slow
def test_a_study_pays_what_was_measured_of_each_symbol_and_the_terms_elsewhere(run: Run, home: Path, tmp_path: Path) -> None:
    make(home)
    other = tmp_path / "ETHUSDT.csv"
    other.write_text("timestamp,price\n" + "".join(f"{1_723_075_200 + 10 * k},{50 + k % 7}\n" for k in range(400)))
    words = ("optimize", "tape:BTCUSDT", *WORDS, "--jobs", "1", "--json")
    found = run(*words, "--costs", "measured").document
    (single,) = found["ranking"]
    alone = run(*BACKTEST, "--costs", "measured", "--json").document
    assert single["net_pnl"] == pytest.approx(alone["net_pnl"])
    assert [one["state"] for one in found["costs"]] == ["measured"]
    assert run(*words).document["study"] != found["study"]
    both = run("optimize", "tape:BTCUSDT", str(other), *WORDS, "--jobs", "1", "--costs", "measured", "--json").document
    assert [(one["state"], bool(one["terms"])) for one in both["costs"]] == [("measured", True), ("as given", False)]
    bare = run("optimize", str(other), *WORDS, "--jobs", "1", "--json").document
    made = {row["symbol"]: row["net_pnl"] for row in both["ranking"]}
    assert made == {BTC: single["net_pnl"], "binance:ETHUSDT": bare["ranking"][0]["net_pnl"]}
    text = " ".join(run(*words[:-1], "--costs", "measured").out.split())
    assert f"Costs of {BTC} measured: fee, slippage, impact and latency: 300 fills of one's own" in text


def test_every_leg_of_a_portfolio_pays_what_its_symbol_cost_but_what_it_says_itself(run: Run, home: Path) -> None:
    make(home)
    leg = "sma_crossover BTCUSDT interval=1m fast=2 slow=5 qty=0.5"
    legs = ("--leg", leg, "--leg", f"{leg} name=own fee_bps=1")
    found = run("portfolio", *legs, "--costs", "measured", "--json").document
    fees = [row["terms"]["fee_bps"] for row in found["legs"]]
    assert fees == [7.5, 1.0]
    alone = run(*BACKTEST, "--costs", "measured", "--json").document
    assert found["legs"][0]["figures"]["net_pnl"] == pytest.approx(alone["net_pnl"])
    assert [row["costs"]["state"] for row in found["legs"]] == ["measured"] * 2
    text = " ".join(run("portfolio", *legs, "--costs", "measured").out.split())
    assert "costs of own measured: slippage, impact and latency: 300 fills of one's own" in text
