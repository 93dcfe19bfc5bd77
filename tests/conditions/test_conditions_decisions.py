"""The decisions of a strategy that sees its own book are all listed: its exits too, whatever filled or stopped it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from conditions_rig import MIXED, rules, terms

from core.commands import Terms
from core.compile.blueprint import backtest_variant, blueprint
from core.compile.instance import Instance
from core.research.decisions import decisions_of
from tests.indicators.indicator_rig import walk

TICKS = walk(3000, seed=11)


@pytest.mark.slow
@pytest.mark.parametrize("how", [terms(), terms(latency_ms=700, stop_loss_pct=0.02)])
def test_every_change_of_the_target_is_listed(tmp_path: Path, how: Terms) -> None:
    definition = rules(tmp_path, MIXED)
    plan = blueprint(definition, {}, backtest_variant(how, bars=False))
    alone = Instance(plan, how)
    found, held = [], math.nan
    for i in range(len(TICKS)):
        alone.feed(TICKS[i : i + 1])
        target = float(alone.wanted[0])
        if target == target and target != held:
            found.append((int(TICKS["ts"][i]), target))
            held = target
    told = decisions_of(Instance(plan, how), plan, definition, None)
    for batch in (TICKS[:1000].copy(), TICKS[1000:].copy()):
        told.begin(batch)
        told.feed(batch)
    assert told.signals is not None
    assert {target for _, target in found} == {0.0, 1.0}
    assert len(found) > 6
    assert list(zip(told.signals.fixed("ts_ns").tolist(), told.signals.fixed("new").tolist(), strict=True)) == found
