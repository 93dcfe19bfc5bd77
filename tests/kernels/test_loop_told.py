"""What the loop tells a strategy of its own book, and others of each target that changes. Every number by hand."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_rig import FULL, LEAN, NO, Run, feed_in_parts, made, plan, play, prints, report_room, scripted, terms

from core.compile.blueprint import blueprint
from core.compile.instance import Instance
from core.errors import StrategyError
from core.kernels.records import DETAIL, SIGNALLED
from core.strategy_files import load

TOLD = msgspec.structs.replace(FULL, signals=True)


def signals(run: Run) -> list[tuple[int, float]]:
    """(tick, target) of each signal."""
    return [(int(row["tick_id"]), float(row["qty"])) for row in run.of(SIGNALLED)]


@pytest.mark.parametrize("jit", [False, True])
def test_a_strategy_sees_its_book_as_of_the_tick_before_with_what_is_due_filled(jit: bool) -> None:
    told = made(plan("ladder", FULL, 1), terms(), jit=jit)
    run = Run(told, told.feed(prints([100, 100, 99, 98, 103, 104, 104])))
    # flat on 0; holds 1 at 100 on 1; at a loss on 2, adds on 3 at 98; entry 99 then; at a gain on 4, out on 5; on 5 it is flat
    assert run.fills == [(1, 1.0, 100.0), (3, 1.0, 98.0), (5, -2.0, 104.0), (6, 1.0, 104.0)]


def test_an_own_book_shows_the_order_that_works_as_its_aim() -> None:
    told = made(plan("ladder", FULL, 1), terms(latency_ms=5000), jit=False)
    told.feed(prints([100, 100, 100]))
    assert (float(told.state[0].own.position), float(told.state[0].own.aim)) == (0.0, 1.0)


@pytest.mark.parametrize("jit", [False, True])
def test_each_target_that_changes_is_told_with_its_confidence_and_reason(jit: bool) -> None:
    told = made(plan("ladder", TOLD, 1), terms(), jit=jit)
    run = Run(told, told.feed(prints([100, 100, 99, 98, 103, 104])))
    rows = [(int(r["tick_id"]), float(r["qty"]), float(r["fee"]), int(r["why"]), float(r["price"])) for r in run.of(SIGNALLED)]
    assert rows == [(0, 1.0, 0.5, 0, 100.0), (2, 2.0, 0.25, 1, 99.0), (4, 0.0, 1.0, 2, 103.0), (5, 1.0, 0.5, 0, 104.0)]


def test_a_target_that_is_said_again_or_not_at_all_is_told_once() -> None:
    run = play(prints([100] * 6), [NO, 1, 1, NO, 1, 0], terms(), variant=TOLD)
    assert signals(run) == [(1, 1.0), (5, 0.0)]
    assert np.isnan(run.of(SIGNALLED)["fee"]).all()


def test_a_short_target_of_who_trades_long_only_is_told_as_flat() -> None:
    assert signals(play(prints([100] * 4), [1, -1, -2, 1], terms(side="long_flat"), variant=TOLD)) == [(0, 1.0), (1, 0.0), (3, 1.0)]


def test_targets_are_told_while_paused_and_halted_too() -> None:
    told = scripted([1, 1, 0, 1], terms(), variant=TOLD)
    ticks = prints([100] * 4)
    told.feed(ticks[:2])
    told.pause()
    assert signals(Run(told, told.feed(ticks[2:]))) == [(2, 0.0), (3, 1.0)]


def test_both_legs_of_two_are_told_each_at_its_own_price() -> None:
    run = play(prints([100, 50, 101], symbol=[0, 1, 0]), [[1, NO], [1, -1], [2, -1]], terms(), variant=TOLD)
    rows = [(int(r["tick_id"]), int(r["leg"]), float(r["qty"]), float(r["price"])) for r in run.of(SIGNALLED)]
    assert rows == [(0, 0, 1.0, 100.0), (1, 1, -1.0, 50.0), (2, 0, 2.0, 101.0)]


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0, NO]), min_size=1, max_size=40), st.data())
def test_telling_changes_no_trade_and_is_the_same_however_ticks_are_split(targets: list[float], data: st.DataObject) -> None:
    ticks = prints(np.linspace(100, 110, len(targets)))
    how = terms(stop_loss_pct=2, latency_ms=1500)
    plain, whole = play(ticks, targets, how), play(ticks, targets, how, variant=TOLD)
    assert np.array_equal(whole.reports[whole.reports["kind"] != SIGNALLED], plain.reports)
    cuts = data.draw(st.lists(st.integers(0, len(targets)), max_size=4))
    with report_room(10):
        parts = feed_in_parts(scripted(targets, how, variant=TOLD), ticks, cuts)
    assert parts.tobytes() == whole.reports.tobytes()


JUDGED = '''"""Wants nothing where the price is odd, and says which prices it held back."""

import numpy as np
from msgspec import Struct

STATE = np.dtype([("confidence", "f8"), ("reason", "i8"), ("rejected", "i8"), ("detail", "f8", (2,))])
REASONS = ("low", "high")
DETAILS = ("price", "seen.last")


class Params(Struct, frozen=True, kw_only=True):
    n: int = 1


def step(s, mem, p, tick, out):
    s.rejected = np.int64(tick.price) - 100
    s.reason = 1 if tick.price > 101.0 else 0
    s.detail[1] = s.detail[0] if s.detail[0] > 0.0 else np.nan
    s.detail[0] = tick.price
    if tick.price < 105.0:
        out[0] = 1.0 if tick.price == 104.0 else 0.0
'''


@pytest.mark.parametrize("jit", [False, True])
def test_what_is_held_back_is_told_when_it_changes_with_the_target_as_it_stays_and_every_signal_has_its_details(
    tmp_path: Path, jit: bool
) -> None:
    (tmp_path / "judged.py").write_text(JUDGED)
    judged = blueprint(load(tmp_path / "judged.py"), {}, TOLD)
    told = Instance(judged, terms(), jit=jit)
    run = Run(told, told.feed(prints([100, 101, 101, 102, 100, 104, 106, 103])))
    rows = [(int(r["tick_id"]), float(r["qty"]), float(r["realised"]), int(r["why"])) for r in run.of(SIGNALLED)]
    # 0: the first target; 1 and 3: held back; 4: nothing held back; 5: another target; 6: nothing said; 7: the target, and something
    # else held back
    assert str(rows) == "[(0, 0.0, nan, 0), (1, 0.0, 0.0, 0), (3, 0.0, 0.0, 1), (5, 1.0, 0.0, 1), (7, 0.0, 1.0, 1)]"
    details = run.of(DETAIL)
    assert details["n"].tolist() == [0, 1] * 5
    assert str(details["price"].tolist()) == "[100.0, nan, 101.0, 100.0, 102.0, 101.0, 104.0, 100.0, 103.0, 106.0]"
    assert judged.details == ("price", "seen.last")


def test_names_of_details_that_do_not_fit_the_state_are_refused(tmp_path: Path) -> None:
    (tmp_path / "judged.py").write_text(JUDGED.replace("(2,)", "(3,)"))
    with pytest.raises(StrategyError, match="DETAILS is a tuple of texts, one for each number of the state's field `detail`"):
        blueprint(load(tmp_path / "judged.py"), {}, TOLD)


def test_who_asks_for_nothing_of_it_has_nothing_of_it_in_the_code() -> None:
    asked = plan("ladder", TOLD, 1).text
    assert ".own.position = " in asked
    assert "= s.confidence" in asked
    for text in (plan("script", FULL, 512).text, plan("script", LEAN, 512).text):
        assert ".own." not in text
        assert "confidence" not in text
        assert "rejected" not in text
        assert "book__detail" not in text
    assert "= s.confidence" not in plan("ladder", FULL, 1).text
