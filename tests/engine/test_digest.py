"""What happened since the last viewer left: counted from that moment, which survives the engine that noted it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import msgspec
from engine_rig import Rig, exchange_of, running, until, write_recording

from cockpit.digest import read_digest
from core.commands import Terms
from core.engine import presence as presence_module
from core.engine.digest import digest
from core.engine.presence import Moment, Presence

TERMS = Terms(side="long_short", fee_bps=10.0)


@dataclass
class Viewers:
    """A door with nobody at it, yet."""

    viewers: int = 0


async def left(presence: Presence) -> None:
    """Somebody came and went."""
    presence.look(1)
    presence.look(0)
    assert presence.left is not None
    await asyncio.to_thread(presence._write, presence.left)


async def trading(rig: Rig) -> str:
    """A strategy that will trade on the recording."""
    id_ = await rig.register("sma_crossover", params={"fast": 2, "slow": 5, "interval": "1s"}, terms=TERMS)
    await until(lambda: rig.engine.roster[id_].figures is not None, "its figures came")
    return id_


async def test_fills_and_money_since_somebody_left_add_up_to_the_ledger(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames.log", prints=400)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        id_ = await trading(rig)
        presence = Presence(rig.engine)
        await left(presence)
        await rig.play()
        answer = await digest(rig.engine, presence)
        fills = await rig.fills(id_)
        assert len(fills) > 0
        assert (answer["since"], answer["fills"]) == ("detached", len(fills))
        assert answer["by_strategy"].keys() == {id_}
        assert answer["realised"] == sum(fill["realised"] for fill in fills)
        assert answer["fees"] == sum(fill["fee"] for fill in fills)
        figures = rig.engine.roster[id_].figures
        assert figures is not None
        assert abs(answer["pnl_change"] - (figures.equity - TERMS.capital)) < 1e-6
        asked = await digest(rig.engine, presence, 0)
        assert (asked["unrealised"], asked["unrealised_change"]) == (figures.unrealised, None)
        assert figures.unrealised != 0
        await left(presence)
        assert (await digest(rig.engine, presence))["fills"] == 0
        assert (await digest(rig.engine, presence, 0))["fills"] == len(fills)


async def test_a_viewer_that_is_there_is_told_of_the_time_before_it_came(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames.log", prints=400)
    async with exchange_of(recording) as exchange, running(tmp_path / "home", exchange) as rig:
        await trading(rig)
        presence = Presence(rig.engine)
        await left(presence)
        await rig.play()
        presence.look(1)
        presence.look(2)
        answer = await digest(rig.engine, presence)
        assert answer["fills"] > 0
        assert answer["arrived_ns"] > answer["from_ns"]


async def test_without_a_viewer_before_there_is_nothing_to_tell(tmp_path: Path) -> None:
    async with exchange_of(write_recording(tmp_path / "frames.log", prints=5)) as exchange, running(tmp_path / "home", exchange) as rig:
        answer = await digest(rig.engine, Presence(rig.engine))
        assert (answer["since"], answer["from_ns"], answer["fills"]) == ("nobody", 0, 0)
        assert not read_digest(answer).worth_showing


async def test_an_engine_killed_while_somebody_watched_counts_from_when_they_were_last_seen(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "frames.log", prints=5)
    home = tmp_path / "home"
    async with exchange_of(recording) as exchange:
        async with running(home, exchange) as rig:
            engine, door = rig.engine, Viewers(1)
            watch = asyncio.create_task(Presence(engine).run(door))  # type: ignore[arg-type]  # its viewers are all that is looked at
            await until((home / "seen.json").exists, "the moment is on file")
            watch.cancel()
            await asyncio.wait([watch])
            moment = msgspec.json.decode((home / "seen.json").read_bytes(), type=Moment)
            assert moment.watched
        async with running(home, exchange) as rig:
            answer = await digest(rig.engine, Presence(rig.engine))
            assert (answer["since"], answer["from_ns"]) == ("last seen", moment.ts_ns)
            assert (answer["engine_restarts"], answer["engine_kills"]) == (1, 0)


async def test_leaving_is_noted_when_the_engine_stops_in_the_same_moment(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames.log", prints=5)) as exchange, running(home, exchange) as rig:
        presence, door = Presence(rig.engine), Viewers(1)
        watch = asyncio.create_task(presence.run(door))  # type: ignore[arg-type]  # as above
        await until((home / "seen.json").exists, "the moment is on file")
        door.viewers = 0
        watch.cancel()
        await asyncio.wait([watch])
        assert Presence(rig.engine).left is not None
        assert not Presence(rig.engine).left.watched  # type: ignore[union-attr]  # as the line above says


async def test_a_file_that_is_no_moment_is_as_if_nobody_was_ever_here(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with exchange_of(write_recording(tmp_path / "frames.log", prints=5)) as exchange, running(home, exchange) as rig:
        for text in (b"", b"{", b'{"ts_ns": "x"}'):
            (home / "seen.json").write_bytes(text)
            assert Presence(rig.engine).left is None
        assert presence_module.unrealised(rig.engine) == 0.0
