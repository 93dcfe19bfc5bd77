"""`cockpit indicators`: the catalogue, variants, and values as a table, a document and a file."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import duckdb
import numpy as np
import pytest
import talib
from cli_doubles import Run

from cockpit.cli.call import Call
from core.commands import Command, SetVariant
from core.errors import UsageError
from core.home import data_folder, make_home
from core.store.tape import Tape
from core.types import SECOND, TICK, Symbols
from core.variant import Variant

SAMPLES = data_folder() / "samples"
BARS, PRINTS = str(SAMPLES / "BTCUSDT-1m.csv"), str(SAMPLES / "BTCUSDT-aggTrades-sample.csv")

MINE = '''"""Twice the price."""
import numpy as np
from msgspec import Struct

LINES = (("double", "price", "main"),)
STATE = np.dtype([("n", "i8")])

print("loaded")


class Params(Struct, frozen=True, kw_only=True):
    times: float = 2.0


def step(s, mem, p, tick, out):
    out[0] = p.times * tick.price
'''


@pytest.fixture
def mine(home: Path) -> Path:
    """An indicator of one's own."""
    path = home / "indicators" / "double.py"
    path.parent.mkdir(parents=True)
    path.write_text(MINE)
    return path


def test_the_catalogue_names_each_with_its_parameters_bounds_and_units(run: Run) -> None:
    document = run("indicators", "--json").document
    assert len(document) >= 25
    (rsi,) = (row for row in document if row["name"] == "rsi")
    assert rsi["lines"] == [{"name": "rsi", "unit": "0-100", "panel": "lower"}]
    assert rsi["params"][0] == {
        "name": "period", "type": "int", "default": 14, "ge": 1, "le": 10000, "description": "moves that are averaged, about",
    }  # fmt: skip
    assert rsi["more"].startswith("Source: J. W. Wilder")
    said = run("indicators").out
    assert "magnitude = 100 (price / lowest - 1)" in said
    assert "macd: Moving average convergence/divergence" in said
    assert "    gives line (price), signal (price), histogram (price)\n" in said
    assert "    period=14  int, >= 1, <= 10000  moves that are averaged, about\n" in said


def test_a_file_in_the_home_is_listed_and_a_broken_one_is_named(run: Run, mine: Path) -> None:
    mine.with_name("broken.py").write_text("1 / 0\n")
    outcome = run("indicators", "--json")
    assert "double" in {row["name"] for row in outcome.document}
    assert f"indicator broken does not load: {mine.with_name('broken.py')}:1: ZeroDivisionError: division by zero" in outcome.err


def test_a_folder_of_the_configuration_takes_the_place_of_the_homes(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "double.py").write_text(MINE)
    home.mkdir()
    (home / "cockpit.toml").write_text(f"[indicators]\nfolder = '{tmp_path / 'mine'}'\n")
    assert "double: Twice the price." in run("indicators").out


def test_a_variant_is_added_listed_and_removed(run: Run, home: Path) -> None:
    added = run(
        "indicators", "add", "fast", "rsi", "--param", "period=7", "interval=5m", "--type", "risk", "--symbols", "BTCUSDT", "--json"
    )
    assert added.document == {
        "name": "fast", "indicator": "rsi", "type": "risk", "params": {"period": 7, "interval": "5m"}, "line": "rsi",
        "symbols": ["BTCUSDT"],
    }  # fmt: skip
    (row,) = run("indicators", "variants", "--json").document
    assert (row["name"], row["line"], row["params"]) == ("fast", "rsi", {"period": 7, "interval": "5m"})
    assert "period=7 interval=5m" in run("indicators", "variants").out
    assert run("indicators", "remove", "fast").code == 0
    assert run("indicators", "variants", "--json").document == []
    refused = run("indicators", "remove", "fast")
    assert (refused.code, refused.err) == (2, "cockpit: no variant 'fast'; there are: none\n")


def test_a_running_engine_is_told_and_says_what_it_refuses(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted: list[Command] = []

    def submit(call: Call, command: Command, timeout: float = 30.0) -> None:
        if submitted:
            raise UsageError("fast is gone already")
        submitted.append(command)

    monkeypatch.setattr(Call, "submit", submit)
    assert run("indicators", "add", "fast", "rsi", "--param", "period=7").code == 0
    assert submitted == [SetVariant(variant=Variant(name="fast", indicator="rsi", params={"period": 7}, line="rsi"), anew=True)]
    assert not (home / "indicators.toml").exists()
    refused = run("indicators", "remove", "fast")
    assert (refused.code, refused.err) == (2, "cockpit: fast is gone already\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x", "rzi"), "x: no indicator 'rzi'; did you mean rsi?"),
        (("x", "rsi", "--param", "period=0"), "rsi: period='0' is not allowed: expected `int` >= 1"),
        (("x", "rsi", "--param", "k=1"), "rsi has no parameter 'k'; it has: period, interval"),
        (("x", "rsi", "--line", "d"), "x: rsi has no line 'd'; it has: rsi"),
        (("x", "rsi", "--type", "d"), "x: 'd' is no type of a variant"),
        (("rsi", "rsi"), "rsi is an indicator"),
    ],
)
def test_a_variant_that_cannot_be_is_one_line(run: Run, home: Path, words: tuple[str, ...], said: str) -> None:
    outcome = run("indicators", "add", *words)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert said in outcome.err
    assert not (home / "indicators.toml").exists()


def test_a_wrong_entry_is_narrated_and_stops_no_other(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "indicators.toml").write_text('[a]\nindicator = "none"\n[b]\nindicator = "sma"\n')
    outcome = run("indicators", "variants", "--json")
    assert [row["name"] for row in outcome.document] == ["b"]
    assert f"skipped: {home / 'indicators.toml'}: line 1: a: no indicator 'none'" in outcome.err


def test_values_over_a_file_are_those_of_talib_in_a_table_and_in_a_csv(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "rsi.csv"
    outcome = run("indicators", "values", "rsi", BARS, "--param", "period=7", "-o", str(path), "--json")
    document = outcome.document
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert list(rows[0]) == ["time", "start_ns", "end_ns", "symbol", "interval", "rsi"]
    assert document["rows"] == len(rows) > 100
    assert document["columns"] == [{"column": "rsi", "name": "rsi", "unit": "0-100", "panel": "lower"}]
    assert document["last"][-1]["rsi"] == float(rows[-1]["rsi"])
    with open(BARS) as file:
        heads = file.readline().lower().strip().split(",")
        close = np.array([float(line.split(",")[heads.index("close")]) for line in file])
    theirs = talib.RSI(close, 7)
    np.testing.assert_allclose([float(row["rsi"] or "nan") for row in rows], theirs[: len(rows)], rtol=1e-9)
    said = run("indicators", "values", "rsi", BARS, "--param", "period=7").out
    assert said.splitlines()[0].split() == ["time", "rsi", "(0-100)"]
    assert len(said.splitlines()) == 11


def test_values_at_every_print_go_to_parquet(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "w.parquet"
    document = run("indicators", "values", "price", PRINTS, "--every", "tick", "-o", str(path), "--json").document
    ((count, last),) = duckdb.sql(f"SELECT count(*), arg_max(price, ts_ns) FROM '{path}'").fetchall()
    assert count == document["rows"]
    assert document["last"][-1]["ts_ns"] > 0
    assert last > 0


def test_a_variant_gives_its_line_and_a_risk_that_is_none_is_flagged(run: Run) -> None:
    run("indicators", "add", "level", "bollinger", "--param", "period=5", "--line", "upper", "--type", "risk")
    outcome = run("indicators", "values", "level", BARS, "--json")
    assert [column["name"] for column in outcome.document["columns"]] == ["upper"]
    assert outcome.document["type"] == "risk"
    assert outcome.document["flagged"] == outcome.document["rows"] - 4
    assert "level is a risk, 0 to 100" in outcome.err


def test_from_leaves_out_rows_and_still_knows_what_lies_before(run: Run) -> None:
    whole = run("indicators", "values", "sma", BARS, "--json").document["last"]
    begun = whole[-3]["time"]
    part = run("indicators", "values", "sma", BARS, "--from", begun, "--json").document
    assert [row["time"] for row in part["last"]] == [row["time"] for row in whole[-3:]]
    assert [row["sma"] for row in part["last"]] == pytest.approx([row["sma"] for row in whole[-3:]])
    assert part["rows"] == 3


def test_an_indicator_of_ones_own_prints_nothing_among_the_data(run: Run, mine: Path) -> None:
    outcome = run("indicators", "values", "double", PRINTS, "--every", "1s", "--param", "times=3", "--json")
    assert outcome.document["params"] == {"times": 3.0}
    assert outcome.document["last"][-1]["double"] > 0
    assert "loaded" in outcome.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rzi", BARS), "no indicator 'rzi'; did you mean rsi?"),
        (("rsi", "nothing.csv"), "nothing.csv"),
        (("rsi", BARS, "--every", "soon"), "'soon' is not an interval"),
        (("rsi", BARS, "--line", "d"), "rsi has no line 'd'; it has: rsi"),
        (("rsi", BARS, "-o", "x.txt"), "end the name with .csv, .csv.gz or .parquet"),
        (("rsi", BARS, "--every", "9w"), "no bar of 9w closes in the span asked for"),
        (("rsi", BARS, "--from", "2024-01-02", "--to", "2024-01-01"), "--from must be before --to"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    outcome = run("indicators", "values", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err.splitlines()[-1]


async def test_values_over_a_tape_are_those_of_its_prints(run: Run, home: Path) -> None:
    ticks = np.zeros(600, TICK)
    ticks["id"] = ticks["seq"] = np.arange(1, 601)
    ticks["ts"] = ticks["recv"] = 1_722_470_400_000_000_000 + np.arange(600) * SECOND
    ticks["price"] = 60_000 + ticks["id"] % 700 / 100
    ticks["qty"], ticks["bid"], ticks["ask"], ticks["side"] = 0.5, ticks["price"] - 1, ticks["price"] + 1, 1
    make_home(home)
    async with await Tape.open(home / "tape.db", Symbols(["binance:BTCUSDT"])) as tape:
        tape.append(ticks, "aggTrade")
    document = await asyncio.to_thread(lambda: run("indicators", "values", "price", "tape:BTCUSDT", "--every", "tick", "--json").document)
    assert document["rows"] == 600
    assert [row["price"] for row in document["last"]] == ticks["price"][-10:].tolist()
    flow = await asyncio.to_thread(lambda: run("indicators", "values", "flow_imbalance", "tape:BTCUSDT", "--json").document)
    assert flow["rows"] == 9  # of ten minutes the last is not closed
    assert flow["last"][-1]["flow_imbalance_imbalance"] == 1.0
