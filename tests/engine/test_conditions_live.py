"""How strategies of conditions stand, asked of a running engine; and what they saw at a moment, found again in its files."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from core.commands import Pause, SetLimits, Terms
from core.conditions.standing import Standing, view_of
from core.desk_view import ConditionsView, WhyView
from core.engine.requests import Requests
from core.errors import UsageError
from core.research.inquest.why import inquire
from core.research.inquest.words import Inquiry
from core.strategy_files import builtin_folder
from core.types import TICK, Symbols
from core.workers import frames
from core.workers.desk import Desk
from core.workers.frames import Assignment
from tests.conditions.conditions_rig import MIXED, instance, rules
from tests.engine.engine_rig import START_MS, Rig, exchange_of, running, write_recording

PARAMS = {"interval": "1s", "entry_cooldown_s": 1.0, "signal_2": 0.0, "emergency_cooldown_s": 2.0, "close_3": 20.0}
TERMS = Terms(side="long_short", qty=0.5, fee_bps=2, latency_ms=150)


def home_with(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "strategies").mkdir(parents=True, mode=0o700)
    (home / "strategies" / "mixed.toml").write_text(MIXED)
    return home


async def ask(rig: Rig, what: str, **args: Any) -> Any:
    return await Requests(rig.engine).ask(what, args)


async def looked(rig: Rig, words: dict[str, Any]) -> dict[str, Any]:
    """The answer to `why`, once there is one."""
    async with asyncio.timeout(120):
        while (answer := await ask(rig, "why", **words))["state"] == "running":  # noqa: ASYNC110 - asked as a screen asks
            await asyncio.sleep(0.05)
    return dict(answer)


def why(home: Path, id_: str, at_ns: int) -> WhyView:
    return inquire(Inquiry(home=str(home), id=id_, at_ns=at_ns, folders=[str(builtin_folder()), str(home / "strategies")]))


@pytest.mark.slow
async def test_the_tree_is_asked_of_the_worker_and_the_past_is_the_same_tree_from_the_files(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    recording = write_recording(tmp_path / "frames", prints=1500)
    async with exchange_of(recording) as exchange, running(home, exchange) as rig:
        id_ = await rig.register("mixed", terms=TERMS, params=PARAMS)
        before: ConditionsView = await ask(rig, "conditions", id=id_)
        await rig.play()
        live: ConditionsView = await ask(rig, "conditions", id=id_)
        fills = await rig.fills(id_)
        at_ns = live.at_ns + 1
        answer = await looked(rig, {"id": id_, "at_ns": at_ns})
        others = [{"id": id_, "at_ns": at_ns - k * 10**9} for k in range(1, 5)]
        first = [await ask(rig, "why", **words) for words in others]
        assert [one["note"] for one in first] == ["", "", "", "other moments are looked into first"]
        assert (await ask(rig, "why", **others[0], cancel=True))["state"] == "cancelled"
        found_too = [await looked(rig, words) for words in others[1:]]
        assert [one["found"]["at_ns"] for one in found_too] == [words["at_ns"] for words in others[1:]]
        with pytest.raises(UsageError, match="no strategy 'nobody'"):
            await ask(rig, "conditions", id="nobody")
        with pytest.raises(UsageError, match="still to come"):
            await ask(rig, "why", id=id_, at_ns=time.time_ns() + 10**12)
    assert [row.text for row in before.rows if row.depth == 0] == ["all", "any", "all", "any", "any"]
    assert {row.verdict for row in before.rows} == {"PENDING"}
    assert before.phase == "inactive"
    assert live.phase != "inactive"
    assert 0 < live.since_ns <= live.at_ns
    assert {row.verdict for row in live.rows if row.group == "signal"} <= {"TRUE", "FALSE", "ERROR"}
    assert all(row.value is not None for row in live.rows if row.text.startswith("fast "))
    assert answer["state"] == "done", answer["note"]
    asked = msgspec.convert(answer["found"], WhyView)
    found = why(home, id_, at_ns)
    assert asked == found
    assert found.conditions == live
    assert found.position == fills[-1]["position"]
    assert found.basis.startswith("replayed ")


@pytest.mark.slow
async def test_every_moment_of_the_past_has_an_answer(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    recording = write_recording(tmp_path / "frames", prints=1500)
    async with exchange_of(recording) as exchange, running(home, exchange) as rig:
        mixed = await rig.register("mixed", terms=TERMS, params=PARAMS)
        plain = await rig.register("sma_crossover", terms=TERMS)
        await rig.play()
        fills, other = await rig.fills(mixed), await rig.fills(plain)
        with pytest.raises(UsageError, match="not made of conditions"):
            await ask(rig, "conditions", id=plain)
        await rig.engine.commands.submit(Pause(id=plain), "tui")
        await rig.engine.commands.submit(SetLimits(id=mixed, max_position=0.1), "cli")
        await rig.settle()
    assert len(fills) > 4
    for k in range(0, len(fills), 3):
        assert why(home, mixed, fills[k]["ts_ns"]).position == fills[k]["position"]
        early = why(home, mixed, fills[k]["ts_ns"] - 1)
        assert early.position == (fills[k - 1]["position"] if k else 0.0)
        assert early.conditions is not None
        assert early.conditions.at_ns < fills[k]["ts_ns"]
        assert early.answer.startswith(("an order works", early.conditions.phase, "its target was not ordered"))
    kinds = {row.kind for row in why(home, plain, other[5]["ts_ns"]).near}
    assert {"signal", "order", "fill"} <= kinds
    last = why(home, plain, time.time_ns())
    assert last.answer.startswith("paused since ")
    assert last.answer.endswith(" by tui: targets are not ordered")
    assert last.position == other[-1]["position"]
    assert last.signal is not None
    assert [row.text for row in why(home, mixed, time.time_ns()).held if row.kind == "limits"] == ["position 0.1 at most"]
    assert why(home, plain, fills[0]["ts_ns"] - 10**15).answer.startswith("it did not run then: it first ran at ")
    with pytest.raises(UsageError, match="no strategy 'other'"):
        why(home, "other", 10**18)


async def test_where_no_snapshot_can_be_taken_up_it_is_warmed_up_and_says_so(tmp_path: Path) -> None:
    home = home_with(tmp_path)
    recording = write_recording(tmp_path / "frames", prints=1500)
    async with exchange_of(recording, held=False) as exchange, running(home, exchange) as rig:
        await exchange.finished.wait()
        id_ = await rig.register("mixed", terms=TERMS, params=PARAMS)
        await rig.settle()
    found = why(home, id_, (START_MS + 200_000) * 10**6)
    assert found.basis.endswith("with empty books: it did not run then")
    assert found.conditions is not None
    assert {row.verdict for row in found.conditions.rows if row.group == "signal"} <= {"TRUE", "FALSE", "ERROR"}
    assert why(home, id_, 10**18).basis.startswith("from the ledger alone: it did not run then; ")


def test_a_worker_answers_within_a_millisecond_and_of_others_nothing(tmp_path: Path) -> None:
    sent: list[bytes] = []
    desk = Desk(sent.append)
    made = instance(rules(tmp_path, MIXED))
    desk.assign(Assignment(id="m-1", plan=made.plan, terms=made.terms, legs={0: 0}))
    ticks = np.zeros(4000, TICK)
    ticks["seq"] = np.arange(1, 4001)
    ticks["ts"] = 10**18 + ticks["seq"] * 10**8
    ticks["price"] = 100 + np.sin(ticks["seq"] / 50)
    ticks["qty"] = 1.0
    ticks["symbol"] = Symbols().add("x:Y")
    desk.trade(ticks, 4000)
    sent.clear()
    times = []
    for _ in range(20):
        began = time.perf_counter()
        desk.handle(frames.STANDS, 0, bytearray(b"m-1"))
        times.append(time.perf_counter() - began)
    assert min(times) < 0.001
    ((kind, _, payload), *_) = frames.Splitter().split(b"".join(sent))
    assert kind == frames.STANDING
    found = msgspec.msgpack.decode(payload, type=Standing)
    view = view_of(made.plan.outline, made.plan.values, found)
    assert view.at_ns == int(ticks["ts"][-1])
    assert len(payload) < 16_384
    sent.clear()
    desk.handle(frames.STANDS, 0, bytearray(b"gone"))
    ((_, _, payload),) = frames.Splitter().split(b"".join(sent))
    assert msgspec.msgpack.decode(payload, type=Standing) == Standing("gone")
