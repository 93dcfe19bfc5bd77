"""A source that lacks data is refused in a line, unless it is allowed; then the result says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from market_files import agg_lines, market, write

from core.commands import Terms
from core.research.backtest import Result, run_backtest
from core.research.job import run
from core.research.order import Order
from core.research.service import Request, Wrong
from core.research.source_tape_gaps import REFUSED
from core.research.source_verdict import GapsError
from core.research.sources import open_source
from core.store.gaps import GapState
from core.store.tape import Tape
from core.types import SECOND, TICK, Symbols

TRADES = market(400)
T0 = 1_723_075_200 * SECOND

EVERY = '''"""Is long on every other print."""
from msgspec import Struct
class Params(Struct, frozen=True, kw_only=True):
    depth: int = 1
class Strategy:
    def __init__(self, params):
        self.n = 0
    def on_tick(self, tick):
        self.n += 1
        return float(self.n % 2)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "every.py").write_text(EVERY)
    return tmp_path / "strategies"


def holey(tmp_path: Path) -> Path:
    return write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(TRADES[:100] + TRADES[110:]))


def made(source: Path | str, folder: Path, **more: Any) -> Result:
    return run_backtest(Order([str(source)], "every", [folder], terms=Terms(qty=0.01), **more))


def test_a_file_with_holes_is_refused_and_the_line_says_how_to_go_on(tmp_path: Path, folder: Path) -> None:
    path = holey(tmp_path)
    with pytest.raises(GapsError) as caught:
        made(path, folder)
    assert str(caught.value) == (
        f"{path}: 10 trade ids are missing in 1 place from 2024-08-08T00:01:09Z to 2024-08-08T00:01:17Z; "
        "get what is missing, or go on without it: --allow-gaps"
    )


def test_a_file_with_holes_that_are_allowed_is_run_and_flagged(tmp_path: Path, folder: Path) -> None:
    result = made(holey(tmp_path), folder, allow_gaps=True)
    assert result.figures["ticks"] == 390
    assert result.figures["gaps"]["missing"] == 10
    assert "gaps were allowed: 10 trade ids are missing in 1 place" in result.source.notes[-1]


def test_a_whole_file_is_run_without_a_word(tmp_path: Path, folder: Path) -> None:
    result = made(write(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", agg_lines(TRADES)), folder)
    assert "gaps" not in result.figures
    assert result.source.notes == []


def test_a_hole_outside_the_span_that_is_asked_for_refuses_nothing(tmp_path: Path, folder: Path) -> None:
    result = made(holey(tmp_path), folder, from_ns=TRADES[200].ms * 1_000_000)
    assert result.figures["ticks"] == 200


def test_a_run_of_the_lab_is_refused_as_no_trial(tmp_path: Path, folder: Path) -> None:
    request = Request(
        sources=[str(holey(tmp_path))], strategy="every", folders=[str(folder)], home=str(tmp_path), detail=str(tmp_path / "runs" / "x")
    )  # fmt: skip
    said = run(request, lambda _: None)
    assert isinstance(said, Wrong)
    assert said.gaps
    assert not (tmp_path / "runs").exists()


async def taped(home: Path, state: GapState, cause: str, ids: range = range(100, 111), *, timed: bool = True) -> str:
    """A tape of 400 prints less those ids, which its table of gaps lists."""
    rows = np.zeros(400, TICK)
    rows["id"] = rows["seq"] = 1 + np.arange(400)
    rows["ts"] = T0 + SECOND * np.arange(400)
    rows["price"] = 100 + np.arange(400) % 7
    rows["qty"] = 1
    rows["bid"] = rows["ask"] = np.nan
    around = (T0 + SECOND * (ids[0] - 2), T0 + SECOND * ids[-1]) if timed else (None, None)
    async with await Tape.open(home / "tape.db", Symbols(["binance:BTCUSDT"])) as tape:
        tape.append(rows.compress(~np.isin(rows["id"], list(ids))), "agg")
        tape.record_gap("binance:BTCUSDT", "agg", ids[0], ids[-1], from_ns=around[0], to_ns=around[1], state=state, cause=cause)
        await tape.flush()
    return "tape:BTCUSDT"


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("state", ["open", "lost"])
async def test_a_tape_with_open_or_lost_ids_in_the_span_is_refused(tmp_path: Path, folder: Path, state: GapState, timed: bool) -> None:
    source = await taped(tmp_path, state, "not sent", timed=timed)
    with pytest.raises(GapsError, match="tape:BTCUSDT: 11 trade ids are missing in 1 place"):
        made(source, folder, home=tmp_path)
    assert made(source, folder, home=tmp_path, allow_gaps=True).figures["gaps"]["missing"] == 11
    assert made(f"{source}@..2024-08-08T00:01", folder, home=tmp_path).figures["ticks"] == 60


async def test_what_strategies_were_given_lacks_what_they_were_not_given(tmp_path: Path, folder: Path) -> None:
    result = made(await taped(tmp_path, "lost", "not sent"), folder, home=tmp_path, as_delivered=True)
    assert result.figures["ticks"] == 389
    assert any("as they were when this was live" in note for note in result.source.notes)


@pytest.mark.parametrize(("state", "cause"), [("filled", "not sent"), ("lost", REFUSED)])
async def test_ids_that_came_or_were_no_market_data_are_no_holes(tmp_path: Path, folder: Path, state: GapState, cause: str) -> None:
    assert made(await taped(tmp_path, state, cause), folder, home=tmp_path).figures["ticks"] == 389


async def test_ids_listed_beyond_the_newest_print_are_no_hole_inside(tmp_path: Path) -> None:
    source = open_source(await taped(tmp_path, "open", "not sent", range(390, 401)), home=tmp_path)
    source.load()
    assert source.verdict is not None
    assert source.verdict.verdict == "good"
