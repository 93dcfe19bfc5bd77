"""Strategies that peek are caught at the very row; honest ones pass; what cannot be vouched for is called that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from checked_strategies import FLOW, bars, flow, looked, prints, run_of, subject, walk, write

from tests.samples import sample

BUILT_IN = ["bollinger", "macd", "mean_reversion", "momentum", "rsi", "sma_crossover", *FLOW]

ON_TICK = """
class Strategy:
    def __init__(self, params):
        self.n = -1

    def on_tick(self, tick):
        self.n += 1
"""

GLOBAL = ON_TICK + "        rows = self.position._settle.__self__._ticks\n"

FILE = """
def read():
    with open({path!r}) as file:
        return [float(line.split(",")[1]) for line in file]

PRICES = read()
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize(("source", "interval"), [("bars", "5m"), ("prints", "30s"), ("bars", "1m"), ("prints", "tick")])
def test_a_built_in_strategy_goes_by_its_rows_alone(tmp_path: Path, name: str, source: str, interval: str) -> None:
    path = bars(tmp_path, 300) if source == "bars" else prints(tmp_path, 600)
    found = looked(subject(tmp_path, name, path, interval=interval))
    assert found.ok, found
    assert found.at is None
    assert found.checked_rows == (300 if source == "bars" else 600)


@pytest.mark.parametrize("name", sample(FLOW, "liquidity"))
@pytest.mark.parametrize("interval", ["3s", pytest.param("tick", marks=pytest.mark.slow)])
def test_so_does_one_on_flow_where_there_are_sizes_sides_and_quotes(tmp_path: Path, name: str, interval: str) -> None:
    checked = subject(tmp_path, name, flow(tmp_path, 600), interval=interval, **FLOW[name])
    assert looked(checked).ok
    assert {-1.0, 1.0} <= set(run_of(checked).targets)


@pytest.mark.parametrize("name", sample(BUILT_IN, "bollinger", "rsi", "smart_money"))
def test_so_it_does_in_plain_python(tmp_path: Path, name: str) -> None:
    assert looked(subject(tmp_path, name, bars(tmp_path, 150), jit=False)).ok


def test_an_honest_strategy_in_ordinary_python_passes(tmp_path: Path) -> None:
    write(tmp_path, "honest", ON_TICK + "        return float(tick.price > 100) if self.n % 3 else None\n")
    assert looked(subject(tmp_path, "honest", prints(tmp_path, 500))).ok


def test_one_that_finds_later_rows_in_memory_is_caught_with_what_it_wanted_and_would_have(tmp_path: Path) -> None:
    body = GLOBAL + "        return float(rows['price'][min(self.n + 1, len(rows) - 1)] > tick.price)\n"
    write(tmp_path, "peeks", body)
    found = looked(subject(tmp_path, "peeks", prints(tmp_path, 300)))
    assert (found.ok, found.kind) == (False, "future")
    assert found.at is not None
    assert found.at.row <= 2
    assert found.at.symbol == "binance:BTCUSDT"


def test_one_that_peeks_only_once_is_caught_at_that_row(tmp_path: Path) -> None:
    where = 7_777
    body = (
        GLOBAL
        + f"        if self.n == {where - 1}:\n            return 2.0 if rows['price'][-1] != tick.price else -2.0\n        return 1.0\n"
    )
    write(tmp_path, "once", body)
    found = looked(subject(tmp_path, "once", prints(tmp_path, 9_000)))
    assert found.kind == "future"
    assert found.at is not None
    assert (found.at.row, found.at.id, found.at.wanted, found.at.otherwise) == (where, where - 1, 2.0, -2.0)
    assert found.at.time.startswith("2023-11-15T00:23:36")
    assert found.at.price == walk(9_000)[where - 1]


def test_one_that_searches_memory_for_the_rows_finds_no_true_ones(tmp_path: Path) -> None:
    body = ON_TICK + (
        "        frame = sys._getframe()\n        found = []\n        while frame is not None:\n"
        "            found += [v for v in frame.f_locals.values() if isinstance(v, np.ndarray) and 'price' in (v.dtype.names or ())]\n"
        "            frame = frame.f_back\n"
        "        longest = max(found, key=len)\n        later = longest['price'][self.n + 1:]\n"
        "        return float(len(later) > 0 and later[0] > tick.price)\n"
    )
    write(tmp_path, "searches", body, imports="import sys\n")
    found = looked(subject(tmp_path, "searches", prints(tmp_path, 200)))
    assert found.kind == "future"


def test_one_that_reads_the_source_itself_is_caught_at_the_row(tmp_path: Path) -> None:
    source = prints(tmp_path, 400)
    where = 123
    body = (
        FILE.format(path=str(source))
        + ON_TICK
        + (f"        if self.n == {where - 1}:\n            return float(PRICES[self.n + 1] > tick.price)\n        return 0.5\n")
    )
    write(tmp_path, "reads", body)
    found = looked(subject(tmp_path, "reads", source))
    assert found.kind == "future"
    assert found.at is not None
    assert found.at.row == where
    assert "reads.py:" in found.words


@pytest.mark.parametrize(
    "reading", ["np.loadtxt(SOURCE, delimiter=',', usecols=1)", "[float(s.split(',')[1]) for s in Path(SOURCE).read_text().split()]"]
)
def test_whatever_it_reads_the_source_with(tmp_path: Path, reading: str) -> None:
    source = prints(tmp_path, 200)
    body = f"\nSOURCE = {str(source)!r}\nPRICES = {reading}\n{ON_TICK}        return float(PRICES[min(self.n + 1, 199)] > tick.price)\n"
    write(tmp_path, "reads", body, imports="from pathlib import Path\n")
    found = looked(subject(tmp_path, "reads", source))
    assert found.kind == "future"
    assert found.at is not None
    assert found.at.row == 1


def test_a_list_that_a_module_elsewhere_filled_at_import_is_filled_anew_in_every_run(tmp_path: Path) -> None:
    source = prints(tmp_path, 200)
    other = tmp_path / "other"
    other.mkdir()
    (other / "prices_known.py").write_text("def fill(read):\n    return read()\n\nLIST = []\n")
    body = FILE.format(path=str(source)) + "prices_known.LIST += [] if prices_known.LIST else PRICES\n"
    body += ON_TICK + "        return float(prices_known.LIST[min(self.n + 1, 199)] > tick.price)\n"
    write(tmp_path, "reads", body, imports=f"import sys\nsys.path.insert(0, {str(other)!r})\nimport prices_known\nsys.path.pop(0)\n")
    assert looked(subject(tmp_path, "reads", source)).kind == "future"


def test_one_that_reads_only_what_is_past_passes_and_it_is_said(tmp_path: Path) -> None:
    source = prints(tmp_path, 200)
    write(tmp_path, "past", FILE.format(path=str(source)) + ON_TICK + "        return float(PRICES[max(self.n - 1, 0)] > tick.price)\n")
    checked = subject(tmp_path, "past", source)
    found = looked(checked)
    assert found.ok, found
    assert any("it reads" in note and "nothing it wanted depended on a later one" in note for note in found.notes)


@pytest.mark.slow
def test_one_that_knows_only_how_many_rows_there_are_looks_ahead(tmp_path: Path) -> None:
    source = prints(tmp_path, 200)
    write(tmp_path, "ends", FILE.format(path=str(source)) + ON_TICK + "        return float(self.n < len(PRICES) - 50)\n")
    found = looked(subject(tmp_path, "ends", source))
    assert found.kind == "future"


def test_another_file_of_market_data_is_not_vouched_for(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    body = FILE.format(path=str(prints(other, 150))) + ON_TICK + "        return float(PRICES[min(self.n + 1, 149)] > tick.price)\n"
    write(tmp_path, "others", body)
    found = looked(subject(tmp_path, "others", prints(tmp_path, 200)))
    assert (found.ok, found.kind) == (False, "files")
    assert "not these rows one by one" in found.words


def test_a_file_of_which_nothing_can_be_known_is_named_with_the_line_that_opens_it(tmp_path: Path) -> None:
    np.save(tmp_path / "weights.npy", np.ones(300))
    body = f"\nWEIGHTS = np.load({str(tmp_path / 'weights.npy')!r})\n{ON_TICK}        return float(WEIGHTS[self.n])\n"
    write(tmp_path, "weighs", body)
    found = looked(subject(tmp_path, "weighs", prints(tmp_path, 200)))
    assert (found.ok, found.kind) == (False, "files")
    assert "weights.npy (weighs.py:" in found.words


def test_a_program_or_a_database_it_asks_is_named(tmp_path: Path) -> None:
    body = ON_TICK + "        self.kept = getattr(self, 'kept', None) or sqlite3.connect(':memory:')\n        return 1.0\n"
    write(tmp_path, "asks", body, imports="import sqlite3\n")
    found = looked(subject(tmp_path, "asks", prints(tmp_path, 50)))
    assert found.kind == "files"
    assert "asks the database :memory:" in found.words


@pytest.mark.parametrize(
    ("imports", "wants"),
    [
        ("import random\n", "random.random()"),
        ("from time import time_ns\n", "float(time_ns() // 1_000_000 % 1000)"),
        ("from datetime import datetime\n", "float(datetime.now().minute)"),
        ("import builtins\n", "float(builtins.__dict__.setdefault('_seen_by_a_test', []).append(1) or len(builtins._seen_by_a_test))"),
    ],
)
def test_one_that_does_not_give_the_same_twice_is_called_that(tmp_path: Path, imports: str, wants: str) -> None:
    write(tmp_path, "chance", ON_TICK + f"        return {wants}\n", imports=imports)
    found = looked(subject(tmp_path, "chance", prints(tmp_path, 100)))
    assert (found.ok, found.kind) == (False, "chance")
    assert found.words.startswith("does not give the same twice")
    assert found.at is not None
    assert found.at.row == 1


def test_one_that_knows_times_by_heart_is_caught_at_the_first_it_knows(tmp_path: Path) -> None:
    known = {(1_700_000_040_000 + 1000 * k) * 1_000_000: 1.0 for k in (40, 50)}
    write(tmp_path, "heart", f"KNOWN = {known}\n{ON_TICK}        return KNOWN.get(tick.ts, 0.0)\n")
    found = looked(subject(tmp_path, "heart", prints(tmp_path, 100)))
    assert found.kind == "dates"
    assert found.at is not None
    assert (found.at.row, found.at.wanted, found.at.otherwise) == (41, 1.0, 0.0)


def test_one_that_goes_by_the_hour_and_the_weekday_passes(tmp_path: Path) -> None:
    body = (
        ON_TICK
        + "        now = datetime.fromtimestamp(tick.ts / 1e9, UTC)\n        return float(now.weekday() + now.minute % 2 + now.month)\n"
    )
    write(tmp_path, "hours", body, imports="from datetime import UTC, datetime\n")
    assert looked(subject(tmp_path, "hours", prints(tmp_path, 300))).ok


def test_bars_that_fall_on_other_times_in_another_year_are_not_tried_there(tmp_path: Path) -> None:
    found = looked(subject(tmp_path, "sma_crossover", bars(tmp_path, 300), interval="11m"))
    assert found.ok
    assert found.notes == ["bars of this length do not fall on the same times in another year: not tried with other dates"]


def test_one_that_goes_by_the_hour_in_a_time_zone_passes(tmp_path: Path) -> None:
    body = ON_TICK + "        return float(datetime.fromtimestamp(tick.ts / 1e9, ZONE).hour)\n"
    imports = "from datetime import datetime\nfrom zoneinfo import ZoneInfo\nZONE = ZoneInfo('America/New_York')\n"
    write(tmp_path, "zone", body, imports=imports)
    assert looked(subject(tmp_path, "zone", prints(tmp_path, 300))).ok


COMPILED = """
STATE = np.dtype([("n", "i8")])

def work(p):
    return 4

def step(s, mem, p, tick, out):
    s.n += 1
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "does"),
    [("out[0] = 1.0 if mem[s.n % 5] > 1.0 else 0.0", "reads outside"), ("mem[s.n % 5] = tick.price", "writes outside")],
)
def test_a_compiled_one_beyond_its_work_memory_is_caught_at_the_row(tmp_path: Path, line: str, does: str) -> None:
    write(tmp_path, "beyond", COMPILED + f"    if s.n >= 29:\n        {line}\n")
    found = looked(subject(tmp_path, "beyond", prints(tmp_path, 100)))
    assert found.kind == "memory"
    assert found.words.startswith(does)
    assert found.at is not None
    assert found.at.row == 29


def test_a_compiled_one_has_only_the_fields_of_its_row(tmp_path: Path) -> None:
    from core.errors import StrategyError

    write(tmp_path, "indexes", COMPILED + "    out[0] = tick[1].price\n")
    with pytest.raises(StrategyError, match="does not compile"):
        looked(subject(tmp_path, "indexes", prints(tmp_path, 20)))


@pytest.mark.slow
def test_a_price_of_the_file_compiled_in_as_a_constant_is_found(tmp_path: Path) -> None:
    source = prints(tmp_path, 60)
    body = FILE.format(path=str(source)) + "LAST = PRICES[-1]\n" + COMPILED + "    out[0] = 1.0 if LAST > tick.price else 0.0\n"
    write(tmp_path, "constant", body)
    found = looked(subject(tmp_path, "constant", source))
    assert found.kind == "future"
    assert found.at is not None
    assert found.at.row <= 60


@pytest.mark.slow
def test_state_that_differs_counts_although_nothing_is_wanted_yet(tmp_path: Path) -> None:
    body = COMPILED.replace("return 4", "return 1000") + "    if s.n == 50:\n        mem[3] = mem[1000]\n"
    write(tmp_path, "hoards", body)
    found = looked(subject(tmp_path, "hoards", prints(tmp_path, 300)))
    assert found.kind == "memory"
    assert found.at is not None
    assert found.at.row == 50


@pytest.mark.slow
def test_the_rows_are_as_they_were_after_a_check_and_after_one_that_was_cancelled(tmp_path: Path) -> None:
    from core.research.checks.trace import Tracer, World

    checked = subject(tmp_path, "rsi", prints(tmp_path, 3000), interval="30s")
    before = checked.rows.tobytes()
    looked(checked)
    assert checked.rows.tobytes() == before

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Tracer(checked, stop).run(World(factor=4.0))
    assert checked.rows.tobytes() == before


def test_a_run_of_a_check_wants_what_a_backtest_trades(tmp_path: Path) -> None:
    from core.research.backtest import run_backtest
    from core.research.checks.subject import TERMS
    from core.research.order import Order
    from core.strategy_files import builtin_folder

    source = bars(tmp_path, 400)
    trace = run_of(subject(tmp_path, "sma_crossover", source))
    given = trace.targets[~np.isnan(trace.targets)]
    changes = np.count_nonzero(np.diff(given, prepend=0.0))
    fills = run_backtest(Order([str(source)], "sma_crossover", [builtin_folder()], terms=TERMS)).figures["fills"]
    assert changes - 1 <= fills <= changes
