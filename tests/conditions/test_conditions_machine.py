"""The phases of a strategy of conditions, told by hand: prints a second apart, an order filled on the print after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conditions_rig import BY_HAND, instance, rules, step_of, steps, terms

from core.kernels.records import FILL
from tests.kernels.loop_rig import prints

LOOKING = "looking for a signal"
FOUND = ("signal detected", "signal detected", 0.0)
ENTERING = ("entering", "signal and entry conditions hold", 1.0)
OPEN = ("position active", "position open", 1.0)


@pytest.mark.parametrize("jit", [False, True])
def test_a_signal_is_entered_held_closed_and_looked_for_again_after_the_cooldown(tmp_path: Path, jit: bool) -> None:
    made = instance(rules(tmp_path), jit=jit)
    found = steps(made, prints([100, 101, 102, 102, 105, 105, 101, 101, 101, 101, 101]))
    assert found == [
        ("monitoring", LOOKING, 0.0),
        FOUND,
        ENTERING,
        OPEN,  # bought at 102
        ("closing", "close conditions hold", 0.0),  # 105 is 2.9 % above
        *[("cooldown", "flat, waiting out the cooldown", 0.0)] * 5,
        FOUND,  # five seconds after it was flat
    ]


def test_cancelled_before_entry(tmp_path: Path) -> None:
    found = steps(instance(rules(tmp_path)), prints([100, 101, 98, 101]))
    assert found[1:] == [FOUND, ("monitoring", "signal cancelled", 0.0), FOUND]


def test_a_signal_that_timed_out_must_end_before_it_counts_again(tmp_path: Path) -> None:
    found = steps(instance(rules(tmp_path)), prints([100, 101, 101, 101, 101, 101, 101, 100, 101]))
    late = ("monitoring", "signal timed out before an entry", 0.0)
    assert found[1:] == [FOUND, FOUND, FOUND, FOUND, late, late, late, FOUND]


def test_an_emergency_leaves_at_once_and_waits_longer(tmp_path: Path) -> None:
    found = steps(instance(rules(tmp_path)), prints([101, 102, 102, 90, *[101] * 22]))
    assert found[3] == ("closing", "emergency conditions hold", 0.0)
    assert [step.phase for step in found[4:24]] == ["cooldown"] * 20
    assert found[24] == FOUND


def test_an_emergency_before_entry_calls_the_signal_off(tmp_path: Path) -> None:
    found = steps(instance(rules(tmp_path)), prints([101, 90, 101]))
    assert found[1:] == [("cooldown", "emergency before an entry", 0.0)] * 2


def test_a_position_is_left_after_six_seconds(tmp_path: Path) -> None:
    found = steps(instance(rules(tmp_path)), prints([102] * 10))
    assert found[0] == ENTERING
    assert found[1:7] == [OPEN] * 6
    assert found[7] == ("closing", "close conditions hold", 0.0)


def test_a_stop_of_the_registration_ends_the_position_and_spends_the_signal(tmp_path: Path) -> None:
    made = instance(rules(tmp_path), terms(stop_loss_pct=0.5))
    found = steps(made, prints([102, 102, 101, *[101] * 7, 100, 101]))
    ended = ("cooldown", "position ended by a stop, a limit or a person", 0.0)
    assert found[2:9] == [OPEN, *[ended] * 5, ("monitoring", LOOKING, 0.0)]
    assert found[9:] == [("monitoring", LOOKING, 0.0)] * 2 + [FOUND]


def test_a_person_flattens_it(tmp_path: Path) -> None:
    made = instance(rules(tmp_path))
    steps(made, prints([102, 102, 102]))
    made.flatten()
    assert [step.phase for step in steps(made, prints([102, 102], start=prints([0])["ts"][0] + 3_000_000_000))] == ["cooldown"] * 2
    assert float(made.books[0].position) == 0.0


def test_what_is_paused_goes_on_with_the_signal_of_then(tmp_path: Path) -> None:
    made = instance(rules(tmp_path))
    made.pause()
    found = steps(made, prints([102, 102, 100]))
    assert found == [ENTERING, ENTERING, ("monitoring", "the order was not taken", 0.0)]
    made.resume()
    reports = made.feed(prints([100, 102, 102], start=int(made.account[0].ts) + 1_000_000_000))
    assert reports["qty"][reports["kind"] == FILL].tolist() == [1.0]


def test_short_is_the_same_downwards(tmp_path: Path) -> None:
    text = BY_HAND.replace('[signal]\nall = ["price gte 101"]', '[signal]\nside = "short"\nall = ["price lte 103"]')
    found = steps(instance(rules(tmp_path, text)), prints([102, 102, 99.5, 99.5]))
    assert [step.target for step in found] == [-1.0, -1.0, 0.0, 0.0]
    assert found[2].reason == "close conditions hold"


@pytest.mark.parametrize(("position", "phase"), [(1.0, "position active"), (-1.0, "closing")])
def test_a_position_that_was_there_is_taken_over_or_closed(tmp_path: Path, position: float, phase: str) -> None:
    made = instance(rules(tmp_path))
    made.books["position"] = made.books["aim"] = position
    made.books["entry"] = 100.0
    assert steps(made, prints([100.5, 100.5]))[0].phase == phase
    assert float(made.books[0].position) == max(position, 0.0)


def test_nothing_is_decided_before_every_indicator_is_known(tmp_path: Path) -> None:
    text = BY_HAND.replace('["price gte 101"]', '["price gte 101", "sma gt 0"]').replace('"tick"', '"1s"')
    made = instance(rules(tmp_path, text), sma_period=3)
    found = steps(made, prints([102] * 5))
    assert [(step.phase, step.reason) for step in found[:3]] == [("inactive", "indicators are not all known yet")] * 3
    assert np.isnan(found[2].target)
    assert found[3] == ENTERING


def test_the_confidence_of_an_entry_is_the_share_of_conditions_that_hold(tmp_path: Path) -> None:
    text = BY_HAND.replace('all = ["price gte 101"]', 'any = ["price gte 101", "price lt 0"]')
    made = instance(rules(tmp_path, text))
    made.feed(prints([102]))
    assert step_of(made) == ENTERING
    assert float(made.state[0].confidence) == 0.5
