"""What strategies want is on the ledger: every change of a target, once, whether it was traded or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.commands import SetLimits, Terms
from core.compile.blueprint import blueprint, live_variant
from core.compile.instance import Instance
from core.kernels.records import SIGNALLED
from core.store.ledger_reader import read_signals
from core.store.reader import ticks_since
from core.strategy_files import builtin_folder, load
from core.types import Symbols
from tests.engine.engine_rig import exchange_of, running, until, write_recording

TERMS = Terms(side="long_short")
PARAMS: dict[str, dict[str, str | int | float | bool]] = {
    "sma_crossover": {"interval": "1s"},
    "volume": {"interval": "1s", "average": 10, "recent": 3, "surge": 1.1, "fade": 1.0, "move": 0.0},
}


def alone(home: Path, name: str, symbol: str) -> list[tuple[int, float, float]]:
    """(seq, target, confidence) of each signal of a strategy that runs by itself over the tape from its beginning."""
    symbols = Symbols()
    ticks = np.concatenate(list(ticks_since(home / "tape.db", 0, symbols=symbols)))
    told = Instance(blueprint(load(builtin_folder() / f"{name}.py"), PARAMS[name], live_variant(TERMS)), TERMS)
    told.trade({symbols.add(symbol): 0})
    reports = told.feed(np.ascontiguousarray(ticks))
    rows = reports[reports["kind"] == SIGNALLED]
    return [(int(row["seq"]), float(row["qty"]), float(row["fee"])) for row in rows]


@pytest.mark.slow
async def test_every_change_of_a_target_is_on_the_ledger_once_through_a_restart_and_a_halt(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames", prints=3000)
    home = tmp_path / "home"
    async with exchange_of(recording, speed=40.0) as exchange:
        async with running(home, exchange) as rig:
            ids = {name: await rig.register(name, params=PARAMS[name], terms=TERMS) for name in PARAMS}
            await rig.engine.commands.submit(SetLimits(id=ids["sma_crossover"], mode="halt"), "test")
            exchange.resume()
            await until(lambda: rig.engine.market.ticks_total > 2000, "a part of it")
        async with running(home, exchange) as rig:
            await until(lambda: exchange.finished.is_set(), "all of it")
            await rig.settle()
            assert await rig.fills(ids["sma_crossover"]) == []
    for name, id_ in ids.items():
        rows = read_signals(home / "ledger.db", id_)
        found = [(row["seq"], row["target"], np.nan if row["confidence"] is None else row["confidence"]) for row in rows]
        assert len(found) > 3
        assert np.array_equal(np.array(found), np.array(alone(home, name, "binance:BTCUSDT")), equal_nan=True)
        assert [row["before"] for row in rows] == [None, *(row["target"] for row in rows[:-1])]
        assert all(
            row["side"] == ("buy" if row["target"] > (row["before"] or 0.0) else "sell") for row in rows if row["before"] is not None
        )
        assert {bool(row["reason"]) for row in rows} == {name == "volume"}
