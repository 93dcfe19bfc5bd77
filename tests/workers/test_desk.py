"""A worker's desk: what one strategy does or breaks is its own affair, and is told to the last fill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from core.commands import Terms
from core.compile.__main__ import build
from core.kernels.records import FILL, REPORT
from core.types import TICK, Records
from core.workers import frames
from core.workers.desk import Desk
from core.workers.frames import Assignment, Failure, Figures, Lever

HEAD = '"""Bets on nothing."""\nfrom msgspec import Struct\nclass Params(Struct, frozen=True, kw_only=True):\n    pass\n'


class Answers:
    """Every frame a desk sent, by kind."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, int, bytearray]] = []

    def __call__(self, data: bytes) -> None:
        self.frames += frames.Splitter().split(data)

    def of(self, kind: int) -> list[tuple[int, bytearray]]:
        return [(seq, payload) for found, seq, payload in self.frames if found == kind]

    def fills(self, id_: str) -> list[dict[str, Any]]:
        rows = []
        for _, payload in self.of(frames.REPORTS):
            size = int.from_bytes(payload[:2], "little")
            if payload[2 : 2 + size].decode() == id_:
                reports = np.frombuffer(payload[2 + size :], REPORT)
                rows += [
                    {name: row[name] for name in ("seq", "order", "qty", "price", "position")} for row in reports[reports["kind"] == FILL]
                ]
        return rows

    def failures(self) -> list[Failure]:
        return [msgspec.msgpack.decode(payload, type=Failure) for _, payload in self.of(frames.FAILED)]


class Bench:
    """A desk with strategies of this test's own text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = Answers()
        self.desk = Desk(self.answers)

    def assign(self, id_: str, body: str, legs: dict[int, int], **more: Any) -> None:
        (self.folder / f"{id_}.py").write_text(HEAD + body)
        plan = build([self.folder], id_, {})
        order = Assignment(id=id_, plan=plan, terms=Terms(qty=1, side="long_short"), legs=legs, **more)
        self.desk.handle(frames.ASSIGN, 0, bytearray(msgspec.msgpack.encode(order)))
        if order.snapshot is None:
            name = id_.encode()
            self.desk.handle(frames.WARM, 0, bytearray(len(name).to_bytes(2, "little") + name))

    def send(self, ticks: Records) -> None:
        self.desk.handle(frames.TICKS, int(ticks["seq"][-1]), bytearray(ticks.tobytes()))

    def pull(self, id_: str, lever: str) -> None:
        self.desk.handle(frames.LEVER, 0, bytearray(msgspec.msgpack.encode(Lever(id=id_, lever=lever))))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def ticks_of(count: int, *symbols: int, first: int = 1) -> Records:
    """Prints of several symbols in turn, a second apart; symbol k trades near 100 * (k + 1)."""
    ticks = np.zeros(count, TICK)
    ticks["seq"] = ticks["id"] = np.arange(first, first + count)
    ticks["ts"] = ticks["seq"] * 1_000_000_000
    ticks["symbol"] = np.resize(np.array(symbols), count)
    ticks["price"] = 100.0 * (ticks["symbol"] + 1) + ticks["seq"] % 7
    ticks["qty"] = 1.0
    ticks["bid"] = ticks["ask"] = np.nan
    return ticks


FLIPS = """
class Strategy:
    def __init__(self, params):
        self.seen = 0
    def on_tick(self, tick):
        self.seen += 1
        return 1.0 if self.seen // 3 % 2 else -1.0
"""


def test_a_python_strategy_on_the_first_symbol_sees_no_other_symbols_prints(bench: Bench, tmp_path: Path) -> None:
    bench.assign("flips", FLIPS, {0: 0})
    mixed = ticks_of(60, 0, 1)
    bench.send(mixed)
    (tmp_path / "alone").mkdir()
    alone = Bench(tmp_path / "alone")
    alone.assign("flips", FLIPS, {0: 0})
    alone.send(mixed[mixed["symbol"] == 0])
    assert bench.desk.posts["flips"].instance.strategy.seen == 30  # type: ignore[attr-defined]
    assert bench.answers.fills("flips") == alone.answers.fills("flips") != []


UNSAVABLE = """
class Strategy:
    def __init__(self, params):
        self.rule = lambda tick: 1.0
    def on_tick(self, tick):
        return self.rule(tick)
"""


def test_a_strategy_whose_state_cannot_be_saved_fails_alone(bench: Bench) -> None:
    bench.assign("flips", FLIPS, {0: 0})
    bench.assign("unsavable", UNSAVABLE, {0: 0})
    bench.desk.handle(frames.SNAP, 0, bytearray())
    assert [failure.id for failure in bench.answers.failures()] == ["unsavable"]
    assert set(bench.desk.posts) == {"flips"}


OWN_CLASS = """
class Memory:
    count = 0
class Strategy:
    def __init__(self, params):
        self.memory = Memory()
    def on_tick(self, tick):
        self.memory.count += 1
        return 1.0
"""


def test_two_strategies_of_one_file_save_state_of_its_own_classes_and_take_it_up(bench: Bench) -> None:
    bench.assign("own", OWN_CLASS, {0: 0})
    first = bench.desk.posts.pop("own")
    bench.desk.posts["one"] = first
    first.id = "one"
    bench.assign("own", OWN_CLASS, {0: 0})
    bench.send(ticks_of(10, 0))
    data = first.instance.snapshot()
    bench.assign("own", OWN_CLASS, {0: 0}, snapshot=data, layout=first.instance.layout)
    assert bench.answers.failures() == []
    assert bench.desk.posts["own"].instance.strategy.memory.count == 10  # type: ignore[attr-defined]


EXITS = """
class Strategy:
    def __init__(self, params):
        self.seen = 0
    def on_tick(self, tick):
        self.seen += 1
        if self.seen > 8:
            WHAT
        return 1.0 if self.seen // 3 % 2 else -1.0
"""


@pytest.mark.parametrize("what", ["raise SystemExit(3)", "raise ValueError('no')", "return float('inf')", "return 'long'"])
def test_a_strategy_that_raises_or_exits_fails_alone_and_its_fills_until_then_are_told(bench: Bench, what: str) -> None:
    bench.assign("exits", EXITS.replace("WHAT", what), {0: 0})
    bench.assign("flips", FLIPS, {0: 0})
    bench.send(ticks_of(30, 0))
    whole = [fill["seq"] for fill in bench.answers.fills("exits")]
    assert [failure.id for failure in bench.answers.failures()] == ["exits"]
    assert set(bench.desk.posts) == {"flips"}
    again = Bench(bench.folder)
    again.assign("exits", EXITS.replace("WHAT", what), {0: 0})
    for tick in ticks_of(30, 0).reshape(30, 1):
        again.send(tick)
    if "'long'" not in what:  # a batch of targets is turned into numbers at once
        assert whole == [fill["seq"] for fill in again.answers.fills("exits")] != []


def test_closing_again_does_not_start_over(bench: Bench) -> None:
    bench.assign("flips", FLIPS, {0: 0})
    bench.send(ticks_of(5, 0))
    bench.pull("flips", "close")
    state = bench.desk.posts["flips"].instance.snapshot()
    bench.pull("flips", "close")
    assert bench.desk.posts["flips"].instance.books.tobytes() in state
    bench.pull("flips", "resume")
    bench.send(ticks_of(5, 0, first=6))
    assert "flips" not in bench.desk.posts
    assert bench.answers.fills("flips")[-1]["position"] == 0


def test_a_strategy_taken_up_while_it_closes_leaves_when_it_is_told_to_close_again(bench: Bench) -> None:
    bench.assign("flips", FLIPS, {0: 0})
    bench.send(ticks_of(5, 0))
    bench.pull("flips", "close")
    post = bench.desk.posts["flips"]
    data, layout, orders = post.instance.snapshot(), post.instance.layout, int(post.account.orders)
    bench.assign("flips", FLIPS, {0: 0}, snapshot=data, layout=layout)
    bench.pull("flips", "close")
    bench.send(ticks_of(5, 0, first=6))
    assert "flips" not in bench.desk.posts
    assert bench.answers.fills("flips")[-1]["order"] == orders


def test_figures_bear_the_number_of_the_question(bench: Bench) -> None:
    bench.desk.handle(frames.STATUS, 7, bytearray())
    assert [seq for seq, _ in bench.answers.of(frames.FIGURES)] == [7]


SAYS = """
class Strategy:
    def __init__(self, params):
        self.said = {said}
    def on_tick(self, tick):
        return self.said
"""


def test_a_strategy_that_never_gave_a_target_is_told_from_one_that_wants_to_be_flat(bench: Bench) -> None:
    bench.assign("silent", SAYS.format(said=None), {0: 0})
    bench.assign("flat", SAYS.format(said=0.0), {0: 0})

    def quiet() -> dict[str, bool]:
        bench.answers.frames.clear()
        bench.desk.handle(frames.STATUS, 0, bytearray())
        ((_, payload),) = bench.answers.of(frames.FIGURES)
        return {row.id: row.quiet for row in msgspec.msgpack.decode(payload, type=list[Figures])}

    assert quiet() == {"silent": True, "flat": True}
    bench.send(ticks_of(10, 0))
    assert quiet() == {"silent": True, "flat": False}
    for id_ in ("silent", "flat"):
        instance = bench.desk.posts.pop(id_).instance
        said = None if id_ == "silent" else 0.0
        bench.assign(id_, SAYS.format(said=said), {0: 0}, snapshot=instance.snapshot(), layout=instance.layout)
    assert quiet() == {"silent": True, "flat": False}, "a restart does not make it forget"
