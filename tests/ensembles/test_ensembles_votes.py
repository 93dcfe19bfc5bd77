"""A vote told by hand: parrots say what the price is above 100, or nothing above 150; what it leads to, why, and what is told of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ensembles_rig import Heard, ensemble, hear, plan_of, terms

from core.compile.instance import Instance
from core.kernels.records import SIGNALLED
from core.strategy import Definition
from tests.kernels.loop_rig import prints

ALONE = """
[ensemble]
sentence = "Says what the parrot says."
interval = "tick"
[members]
parrot = { strategy = "parrot" }
model = { source = "mymodel" }
[vote]
threshold = 0.6
exit_threshold = 0.3
"""

#: Nothing passes that has no quotes, and nothing whose spread is above one percent.
NARROW = "[validators]\nspread_pct = 1\nfreshness_s = 5\n"

#: Prints of the parrot's words.
LONG, SHORT, FLAT, SILENT = 101.0, 99.0, 100.0, 200.0


def made_of(definition: Definition, **params: Any) -> Instance:
    return Instance(plan_of(definition, **params), terms(), jit=False)


def told(definition: Definition, reports: Any) -> list[tuple[int, float, float, str]]:
    """(print, target, confidence, reason) of each signal."""
    rows = reports[reports["kind"] == SIGNALLED]
    return [(int(row["tick_id"]), float(row["qty"]), round(float(row["fee"]), 3), definition.reasons[int(row["why"])]) for row in rows]


def test_nothing_is_wanted_before_anybody_has_an_opinion(tmp_path: Path) -> None:
    definition = ensemble(tmp_path, ALONE)
    made = made_of(definition)
    assert told(definition, made.feed(prints([SILENT, SILENT]))) == []
    assert math.isnan(made.wanted[0])
    assert told(definition, made.feed(prints([LONG]))) == [(0, 1.0, 1.0, "1 of 2 members for long")]


def test_a_side_is_taken_at_the_threshold_and_left_below_the_lower_one(tmp_path: Path) -> None:
    definition = ensemble(tmp_path, ALONE)
    made = made_of(definition, parrot_unsure=1.0)
    words = [(0.5, 0.0), (0.6, 1.0), (0.4, 1.0), (0.3, 1.0), (0.29, 0.0), (0.4, 0.0), (-0.6, -1.0), (0.6, 1.0), (-0.4, 0.0)]
    for i, (vote, target) in enumerate(words):
        hear(made, Heard(i, vote, 1.0, 10), int(prints([0] * 9)["ts"][i]))
        made.feed(prints([SILENT] * 9)[i : i + 1])
        assert (float(made.state[0].detail[0]), float(made.wanted[0])) == (vote, target), i


def test_members_who_abstain_do_not_vote_and_a_quorum_asks_for_some(tmp_path: Path) -> None:
    definition = ensemble(tmp_path, ALONE)
    made = made_of(definition, model_weight=3.0, quorum=2.0)
    ticks = prints([LONG] * 6)
    first = made.feed(ticks[:1])
    assert len(first) == 0
    hear(made, Heard(1, 1.0, 0.6, 3), int(ticks["ts"][1]))
    found = told(definition, made.feed(ticks[1:]))
    # (1 + 3 * 0.6) / 4; it counts up to the third second after it was said
    assert found == [(1, 1.0, 0.7, "2 of 2 members for long"), (5, 0.0, 0.0, "too few members have an opinion")]


def test_a_member_that_is_half_sure_counts_half(tmp_path: Path) -> None:
    definition = ensemble(tmp_path, ALONE)
    for sure, vote in ((0.5, 0.5), (3.0, 1.0), (-1.0, 0.0), (math.nan, 0.0)):
        made = made_of(definition)
        made._params[0].parrot_unsure = sure  # no file may say it, a strategy may
        made.feed(prints([LONG]))
        assert float(made.state[0].detail[0]) == vote


@pytest.mark.parametrize(("side", "targets"), [("long", [1.0, 0.0, 0.0]), ("short", [0.0, -1.0, 0.0]), ("both", [1.0, -1.0, 0.0])])
def test_a_side_that_is_not_taken_is_flat(tmp_path: Path, side: str, targets: list[float]) -> None:
    made = made_of(ensemble(tmp_path, ALONE), side=side)
    found = []
    for tick in np.split(prints([LONG, SHORT, FLAT]), 3):
        made.feed(tick)
        found.append(float(made.wanted[0]))
    assert found == targets


def test_an_entry_that_a_validator_holds_back_is_told_once_and_made_when_it_passes(tmp_path: Path) -> None:
    definition = ensemble(tmp_path, ALONE + NARROW)
    made = made_of(definition)
    ticks = prints(
        [LONG] * 7,
        at=[0, 1000, 2000, 8000, 9000, 10_000, 11_000],
        bid=[100, 100, 99, 99, 99, 100, 100],
        ask=[100.5, np.nan, 101, 101, 101, 100.5, 101.5],
    )
    assert told(definition, made.feed(ticks)) == [
        (0, 0.0, 1.0, "held back by freshness_s"),  # the first print: nobody knows how fresh it is
        (1, 0.0, 1.0, "held back by spread_pct"),  # no quotes: not known
        (5, 1.0, 1.0, "1 of 2 members for long"),  # 2: too wide, and told already; 3: that it is stale too was told for 0
    ]
    assert float(made.wanted[0]) == 1.0  # 6: a position is not asked for again


def test_what_is_not_known_passes_where_the_file_says_so_and_validators_can_be_off(tmp_path: Path) -> None:
    definition = ensemble(tmp_path, ALONE + NARROW + 'unknown = "pass"\n')
    assert told(definition, made_of(definition).feed(prints([LONG]))) == [(0, 1.0, 1.0, "1 of 2 members for long")]
    wide = prints([LONG, LONG], bid=90, ask=110)
    assert told(definition, made_of(definition).feed(wide)) == [(0, 0.0, 1.0, "held back by spread_pct")]
    assert told(definition, made_of(definition, validators=0).feed(wide)) == [(0, 1.0, 1.0, "1 of 2 members for long")]


def test_a_position_is_left_though_validators_hold_the_other_side_back(tmp_path: Path) -> None:
    definition = ensemble(tmp_path, ALONE + NARROW + 'unknown = "pass"\n')
    ticks = prints([LONG, SHORT, SHORT, FLAT, SHORT], bid=[100, 90, 90, 90, 90], ask=[100.5, 110, 110, 110, 110])
    assert told(definition, made_of(definition).feed(ticks)) == [
        (0, 1.0, 1.0, "1 of 2 members for long"),
        (1, 0.0, 1.0, "the vote has turned, but the other side is held back"),
        (2, 0.0, 1.0, "held back by spread_pct"),
        (4, 0.0, 1.0, "held back by spread_pct"),  # the vote for it was over between
    ]
