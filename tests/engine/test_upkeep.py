"""The engine cares for its tape while it trades: what is sealed or gone changes no strategy, no restart and no audit."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_rig import backtest, bits, exchange_of, running, until, write_recording

from core.engine import upkeep
from core.errors import StoreError
from core.research.audit import run_audit
from core.store.summary import sealed_ticks
from core.store.verify import verify


@pytest.mark.slow
async def test_strategies_restart_and_audit_over_a_sealed_tape(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "market.jsonl", prints=3000)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange:
        async with running(home, exchange) as rig:
            id_ = await rig.register("sma_crossover", params={"fast": 3, "slow": 8})
            await rig.play()
            state = rig.engine.upkeep.ask(start=True, whole=True)
            assert state["busy"]
            await until(lambda: not rig.engine.upkeep.busy, "sealed")
            found = rig.engine.upkeep.ask(start=False)
            assert (found["sealed"], found["trouble"]) == (6000, "")
            assert sealed_ticks(home / "tape.db") == rig.engine.tape.total == 6000
            await rig.engine.system.files.look()
            assert rig.engine.system.store().sealed == 6000
            fills = await rig.fills(id_)
            book = rig.engine.roster[id_].row()
        async with running(home, exchange) as rig:
            await rig.settle()
            after = rig.engine.roster[id_].row()
            assert (after.position, after.realised, after.fees) == (book.position, book.realised, book.fees)
            assert bits(await rig.fills(id_)) == bits(fills)
    assert len(fills) > 20
    assert bits(fills) == bits(backtest(home, "sma_crossover", "BTCUSDT", params={"fast": 3, "slow": 8}).fills)
    found = run_audit(home)
    assert (found.differences, found.fills, found.identical) == (0, len(fills), len(fills))
    assert verify(home / "tape.db", deep=True).ok(lambda _symbol: True)


async def test_what_is_older_than_is_kept_goes_while_the_engine_runs(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "market.jsonl", prints=3000)
    async with (
        exchange_of(recording) as exchange,
        running(tmp_path / "home", exchange, **{"store.keep_days": 1.0, "store.upkeep_every_s": 0.05}) as rig,
    ):
        await rig.play()  # of 2023
        await until(lambda: rig.engine.tape.total < 3000, "old ticks went")
        await until(lambda: not rig.engine.upkeep.busy, "the round ended")
    assert verify(tmp_path / "home" / "tape.db").ok(lambda _symbol: True)


async def test_a_round_that_fails_is_told_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_args: object, **_more: object) -> None:
        raise StoreError("the chunk of A from id 1 is damaged")

    async with exchange_of(write_recording(tmp_path / "market.jsonl", prints=50)) as exchange, running(tmp_path / "home", exchange) as rig:
        with monkeypatch.context() as patch:
            patch.setattr(upkeep, "seal", fails)
            await rig.engine.upkeep.round()
        assert rig.engine.upkeep.figures()["trouble"] == "the chunk of A from id 1 is damaged"
        assert [row.text for row in rig.engine.alarms.rows() if row.open] == [
            "old ticks are not sealed: the chunk of A from id 1 is damaged"
        ]
        await rig.engine.upkeep.round()
        assert not [row for row in rig.engine.alarms.rows() if row.open]
