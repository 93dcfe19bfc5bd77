"""`cockpit portfolio`: one document or a report, a trial a leg, and one line for whatever cannot be."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Run

from core.commands import NoteStudy
from core.home import data_folder, make_home
from core.store.ledger_reader import read_runs
from core.store.tape import Tape
from tests.store.store_ticks import STREAM, symbols, ticks_of

BTC = str(data_folder() / "samples" / "BTCUSDT-1m.csv")
ETH = str(data_folder() / "samples" / "ETHUSDT-1m-sample.csv")
LEGS = ("--leg", f"sma_crossover {BTC} fast=3 slow=9", "--leg", f"momentum {BTC} name=mom qty=0.01 side=long_short", "--leg", f"rsi {ETH}")

BREAKS = '''"""Bets until it cannot."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    k: int = 1
class Strategy:
    def __init__(self, params):
        self.n = 0
    def on_tick(self, tick):
        self.n += 1
        print("tick")
        return 1.0 / (5 - self.n)
'''


def test_one_document_with_all_there_is(run: Run, home: Path) -> None:
    found = run("portfolio", *LEGS, "--json").document
    assert list(found)[:4] == ["figures", "legs", "correlation", "contributions"]
    names = ["sma_crossover-BTCUSDT", "mom", "rsi-ETHUSDT"]
    assert [row["name"] for row in found["legs"]] == found["correlation"]["names"] == names
    assert [len(row) for row in found["correlation"]["matrix"]] == [3, 3, 3]
    assert found["legs"][0]["params"]["fast"] == 3
    assert (found["legs"][1]["qty"], found["legs"][1]["weight"], found["legs"][1]["terms"]["side"]) == (0.01, None, "long_short")
    assert found["legs"][0]["weight"] == pytest.approx(1 / 3)
    assert found["equity"][-1][1] - 10_000 == pytest.approx(found["figures"]["net_pnl"])
    assert len(found["equity"]) <= 1000
    assert isinstance(found["warnings"], list)


def test_a_leg_has_the_figures_of_its_backtest(run: Run, home: Path) -> None:
    leg = run("portfolio", *LEGS, "--fee-bps", "2", "--json").document["legs"][1]
    alone = run("backtest", BTC, "--strategy", "momentum", "--qty", "0.01", "--side", "long_short", "--fee-bps", "2", "--json").document
    for name in ("fills", "trades", "fees", "net_pnl", "max_drawdown", "win_rate"):
        assert leg["figures"][name] == alone[name], name


def test_a_bare_symbol_is_its_tape(run: Run, home: Path) -> None:
    async def record() -> None:
        async with await Tape.open(home / "tape.db", symbols()) as tape:
            tape.append(ticks_of(9000), STREAM)

    make_home(home)
    asyncio.run(record())
    found = run("portfolio", "--leg", "sma_crossover BTCUSDT interval=tick qty=1", "--json").document
    alone = run("backtest", "tape:BTCUSDT", "--strategy", "sma_crossover", "--param", "interval=tick", "--json").document
    assert found["legs"][0]["name"] == "sma_crossover-BTCUSDT"
    assert found["figures"]["ticks"] == alone["ticks"] > 1000
    assert found["figures"]["net_pnl"] == alone["net_pnl"]
    assert found["figures"]["fills"] == alone["fills"] > 0


def test_people_get_a_report_of_80_columns(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    outcome = run("portfolio", *LEGS)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 80
    for title in ("Portfolio", "Legs", "Correlation of what they make in a period", "Exposure, quote currency", "Sizes", "Assumptions"):
        assert title in lines
    assert "\x1b" not in outcome.out


@pytest.mark.slow
def test_every_leg_is_a_trial(run: Run, home: Path) -> None:
    run("portfolio", *LEGS, "--json")
    (row,) = read_runs(home / "ledger.db")
    assert (row["kind"], row["strategy"]) == ("portfolio", "sma_crossover, momentum, rsi")
    study = run("optimize", BTC, "--strategy", "macd", "--range", "fast=3,5", "--jobs", "1", "--json").document
    assert study["trials_counted"] == 2 + 2, "two of the legs were on that market"


def test_a_running_engine_counts_the_legs(run: Run, engine: FakeEngine) -> None:
    engine.reply = lambda command: {"id": "run-1"}
    assert run("portfolio", *LEGS, "--json").code == 0
    (command,) = [one for one in engine.commands if isinstance(one, NoteStudy)]
    assert (command.kind, [(count.symbol, count.trials) for count in command.counts]) == (
        "portfolio", [("binance:BTCUSDT", 2), ("binance:ETHUSDT", 1)],
    )  # fmt: skip


def test_a_leg_that_fails_is_named_the_others_are_told_and_the_exit_code_is_1(run: Run, home: Path) -> None:
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "breaks.py").write_text(BREAKS)
    words = ("portfolio", "--leg", f"breaks {BTC} name=bad", "--leg", f"rsi {BTC} name=good")
    outcome = run(*words, "--json")
    assert outcome.code == 1
    found = outcome.document
    assert "breaks failed: ZeroDivisionError" in found["legs"][0]["error"]
    assert found["legs"][1]["figures"]["ticks"] == 360
    assert "leg bad failed: breaks failed" in outcome.err
    text = run(*words)
    assert text.code == 1
    assert "failed" in text.out
    alone = run("portfolio", "--leg", f"breaks {BTC} name=bad")
    assert (alone.code, alone.out) == (1, "")
    assert "cockpit: leg bad: breaks failed: ZeroDivisionError" in alone.err


def test_a_file_says_the_same_as_words(run: Run, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "legs.toml"
    path.write_text(
        f"""
fee_bps = 2
capital = 5000
weights = "a=0.5, b=0.2"

[[leg]]
name = "a"
strategy = "sma_crossover"
source = "{BTC}"
params = {{ fast = 3, slow = 9 }}

[[leg]]
name = "b"
strategy = "momentum"
source = ["{os.path.relpath(ETH, tmp_path)}"]
side = "long_short"
fee_bps = 5
"""
    )
    found = run("portfolio", str(path), "--json").document
    words = ("--leg", f"sma_crossover {BTC} name=a fast=3 slow=9", "--leg", f"momentum {ETH} name=b side=long_short fee_bps=5")
    same = run("portfolio", *words, "--weights", "a=0.5,b=0.2", "--fee-bps", "2", "--capital", "5000", "--json").document
    for one in (found, same):
        one["figures"].pop("elapsed_s")
        for leg in one["legs"]:
            leg.pop("source")
            leg["figures"].pop("elapsed_s")
    assert found == same
    assert found["figures"]["capital"] == 5000
    flagged = run("portfolio", str(path), "--weights", "equal", "--capital", "100", "--from", "2024-08-08T01:00Z", "--json").document
    assert (flagged["figures"]["capital"], flagged["legs"][0]["weight"]) == (100, 0.5)


def test_more_legs_than_columns_are_several_tables(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = [word for k in range(9) for word in ("--leg", f"rsi {BTC} name=a-leg-with-a-long-long-name-{k} period={k + 5}")]
    out = run("portfolio", *words).out
    assert out.count("Correlation of what they make in a period") == 2
    assert max(map(len, out.splitlines())) <= 80
    assert out.count("1.00") >= 9, "every leg is one with itself"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give legs with --leg, or one FILE that holds them"),
        (("x.toml", "--leg", "rsi X"), "not both"),
        (("x.toml",), "cannot read x.toml: No such file"),
        (("--leg", "rsi"), "write STRATEGY SOURCE, then name=value"),
        (("--leg", "rsi 'X"), "no closing quotation"),
        (("--leg", f"rsi {BTC} qty=0"), "qty=0: must be "),
        (("--leg", f"rsi {BTC} weight=-1"), "a weight is a number above 0"),
        (("--leg", f"rsi {BTC} capital=5"), "the capital is the account's"),
        (("--leg", f"rsi {BTC} name=a,b"), "a name is letters, digits"),
        (("--leg", f"rsi {BTC} qty=1 qty=2"), "qty is given twice"),
        (("--leg", f"rsi {BTC} speed=2"), "leg rsi-BTCUSDT: rsi has no parameter 'speed'; it has: "),
        (("--leg", f"rsi {BTC} limit_offset_bps=2"), "leg rsi-BTCUSDT: limit_offset_bps does nothing without entry=limit"),
        (("--leg", f"rsi {BTC} entry=stop limit_then=market"), "leg rsi-BTCUSDT: limit_then does nothing without entry=limit"),
        (("--leg", f"rsi {BTC} size=vol_pct"), "leg rsi-BTCUSDT: size=vol_pct is a size by risk of its own and takes no weight"),
        (("--leg", f"nope {BTC}"), "leg nope-BTCUSDT: no strategy 'nope'; there are: "),
        (("--leg", f"rsi {BTC}", "--weights", "luck"), "write equal, risk, or NAME=SHARE"),
        (("--leg", f"rsi {BTC}", "--weights", "x=1"), "no leg x; there are: rsi-BTCUSDT"),
        (("--leg", f"rsi {BTC} name=a", "--leg", f"rsi {BTC} name=b", "--weights", "a=1"), "no share for b"),
        (("--leg", f"rsi {BTC} qty=2", "--weights", "equal"), "leg rsi-BTCUSDT has a qty of its own"),
        (("--leg", f"rsi {BTC} name=a", "--leg", f"rsi {BTC} name=a"), "two legs are called a"),
        (("--leg", "rsi BTCUSDT"), "leg rsi-BTCUSDT: "),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(run: Run, home: Path, words: tuple[str, ...], said: str) -> None:
    outcome = run("portfolio", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[leg]]\nstrategy = 'rsi'\nsuorce = 'x'\n", "line 3: no key 'suorce' in a leg: did you mean source?"),
        ("[[leg]]\nstrategy = 'rsi'\nsource = 'x'\n\n[[leg]]\nstrategy = 'rsi'\n", "line 5: leg 2 has no source"),
        ("fee_bsp = 3\n[[leg]]\n", "line 1: no key 'fee_bsp' outside of legs: did you mean fee_bps?"),
        ("# x\nfee_bps = -3\n[[leg]]\nstrategy = 'rsi'\nsource = 'x'\n", "line 2: fee_bps = -3: must be "),
        ("[[leg]]\nstrategy = 'rsi'\nsource = 'x'\nqty = true\n", "line 4: qty = True: must be "),
        ("[[leg]]\nstrategy = 'rsi'\nsource = 'x'\nparams = [1]\n", "line 4: params are names and values"),
        ("from = 'noon'\n[[leg]]\nstrategy = 'rsi'\nsource = 'x'\n", "line 1: from: 'noon' is not a time"),
        ("limit_fill = 'touch'\n[[leg]]\nstrategy = 'rsi'\nsource = 'x'\n", "limit_fill does nothing without entry=limit"),
        ("fee_bps = \n", "(at line 1, column 11)"),
        ("fee_bps = 1\n", "no legs; write each as [[leg]]"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(run: Run, home: Path, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "legs.toml"
    path.write_text(text)
    outcome = run("portfolio", str(path))
    assert (outcome.code, outcome.out) == (2, "")
    assert f"{path}" in outcome.err
    assert said in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_a_terminal_gets_colour_for_what_goes_together_unless_it_wants_none(tmp_path: Path) -> None:
    """Alike and opposite legs are told apart by colour, and by their signs where there is none."""
    import io

    from core.commands import Terms
    from core.research.portfolio.legs import Ask, Leg
    from core.research.portfolio.run import run_portfolio
    from core.research.portfolio.text import print_portfolio
    from core.strategy_files import builtin_folder

    legs = [Leg(name, "momentum", (BTC,), terms=Terms(side="long_short")) for name in ("a", "b")]
    done = run_portfolio(Ask(legs, [builtin_folder()]))
    shown, plain = io.StringIO(), io.StringIO()
    print_portfolio(done, shown, width=80, color=True)
    print_portfolio(done, plain, width=80, color=False)
    assert re.search(r"\x1b\[1;[0-9;]+m1\.00", shown.getvalue()), "what counts twice is bold and of a colour"
    assert "\x1b" not in plain.getvalue()
    assert "a and b are 1.00 correlated: exposure counts twice" in plain.getvalue()


@pytest.mark.slow
def test_what_all_legs_share_of_limit_orders_is_for_those_that_have_them(run: Run, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "legs.toml"
    both = "".join(f"[[leg]]\nname = '{name}'\nstrategy = 'rsi'\nsource = '{BTC}'\nentry = '{name}'\n" for name in ("limit", "market"))
    path.write_text(f"limit_offset_bps = 2\n{both}")
    outcome = run("portfolio", str(path), "--json")
    assert outcome.code == 0, outcome.err
    alone = run("portfolio", "--leg", f"rsi {BTC} name=market", "--json").document["legs"][0]["figures"]
    shared = next(leg["figures"] for leg in outcome.document["legs"] if leg["name"] == "market")
    assert shared["fills"] == alone["fills"] > 0
