"""Ensembles among strategies: found, named when broken, another strategy when a member is edited, and explained from a state record."""

from __future__ import annotations

from pathlib import Path

import pytest
from ensembles_rig import LADDER, WHOLE, Heard, ensemble, folder_of, hear, plan_of, terms

from core.compile.instance import Instance
from core.ensembles.explain import explain
from core.ensembles.loading import load as load_ensemble
from core.ensembles.members import loaded, source_of
from core.errors import StrategyError
from core.research.checks.badges import badge_key
from core.strategy_files import builtin_folder, discover, load
from tests.indicators.indicator_rig import walk
from tests.kernels.loop_rig import prints

ONE = '[ensemble]\nsentence = "One of them."\ninterval = "1s"\n[members]\nit = {{ strategy = "{}" }}\n'


def test_the_catalogue_lists_ensembles_beside_rules_and_python(tmp_path: Path) -> None:
    ensemble(tmp_path)
    (tmp_path / "bad.toml").write_text("[ensemble]\nsentence = 3")
    found = discover([builtin_folder(), tmp_path])
    assert found["whole"].sentence == "Goes where several voices agree."
    assert {"whole", "rules", "ladder", "rsi"} <= set(found.strategies)
    assert found.broken == {
        "bad": f"{tmp_path}/bad.toml:2: [ensemble]: sentence: say in one line of text what the strategy bets on, 400 characters at most"
    }


@pytest.mark.slow
def test_every_built_in_strategy_of_one_symbol_can_be_a_member_and_trades_as_alone(tmp_path: Path) -> None:
    ticks = walk(400, seed=3)
    for path in sorted(builtin_folder().glob("[!_]*.py")):
        if load(path).legs > 1:
            continue
        made = Instance(plan_of(ensemble(tmp_path, ONE.format(path.stem))), terms(), jit=False)
        own = Instance(plan_of(load(path), interval="1s"), terms(), jit=False)
        made.feed(ticks.copy())
        own.feed(ticks.copy())
        assert made.state[0].of_it.state.tobytes() == own.state[0].tobytes(), path.stem


def test_an_edited_member_is_another_source_and_asks_for_another_badge(tmp_path: Path) -> None:
    definition = ensemble(tmp_path)
    before, badge = plan_of(definition), badge_key(definition)
    (tmp_path / "ladder.py").write_text(LADDER.replace("- 1.0", "- 2.0"))
    edited = load(tmp_path / "whole.toml")
    after = plan_of(edited)
    assert before.source == after.source == WHOLE
    assert before.source_hash != after.source_hash
    assert before.text != after.text
    assert badge_key(edited) != badge


def test_a_member_that_is_edited_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = folder_of(tmp_path) / "ladder.py"
    source = source_of(path)
    assert loaded(str(path), source).__doc__ == "Buys low, leaves two above its entry, sells high."
    path.write_text(LADDER + "# a note\n")
    with pytest.raises(StrategyError, match=r"ladder\.py was edited while it was read: try again"):
        loaded(str(path), source)


def test_a_kept_text_is_loaded_whatever_became_of_the_file(tmp_path: Path) -> None:
    definition = load_ensemble(folder_of(tmp_path) / "gone.toml", WHOLE)
    assert (definition.name, definition.legs) == ("gone", 1)


def test_warm_up_and_memory_are_those_of_all_parts(tmp_path: Path) -> None:
    definition = ensemble(tmp_path)
    assert definition.warmup(definition.params({})) == 30  # seconds of traded value
    assert definition.warmup(definition.params({"validator_liquidity_window_s": 2})) == 8  # rsi: 3 bars of 2 s, and one more
    assert definition.warmup(definition.params({"validator_trend_period": 40})) == 40
    alone = [load(builtin_folder() / f"{name}.py") for name in ("sma_crossover", "volume")]
    lengths = alone[0].work(alone[0].params({"fast": 2, "slow": 4})) + alone[1].work(alone[1].params({"recent": 1, "average": 2}))
    rules = load(tmp_path / "rules.toml")
    assert definition.work(definition.params({})) == 5 + lengths + rules.work(rules.params({})) + 60


def test_parameters_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    definition = ensemble(tmp_path)
    for wrong, told in (
        ({"trend_fast": 9}, r"fast \(9\) must be less than slow \(4\)"),
        ({"exit_threshold": 0.75}, r"exit_threshold \(0.75\) must not be above threshold \(0.5\)"),
        ({"quorum": 7}, r"quorum \(7\) must not be above the weight of all members \(6.25\)"),
        ({"validator_volatility_low": 3}, r"validator_volatility_low \(3\) must not be above validator_volatility_high \(2\)"),
        ({"interval": "tick"}, "tick cannot be where a part looks back over bars"),
        ({"validators": 2}, "validators=2 is not allowed"),
        ({"side": "up"}, "side='up' is not allowed"),
    ):
        with pytest.raises(StrategyError, match=told):
            definition.params(wrong)


def test_explaining_says_of_each_member_its_opinion_and_of_each_validator_its_verdict(tmp_path: Path) -> None:
    definition = ensemble(tmp_path)
    params = definition.params({"model_weight": 3.0})
    made = Instance(plan_of(definition, model_weight=3.0), terms(), jit=False)
    before = explain(definition, made.state, params)
    assert (before["vote"], before["target"], before["reason"]) == (None, "flat", "too few members have an opinion")
    ticks = prints([100.0], bid=99.9, ask=100.5)
    hear(made, Heard(0, -1.0, 0.5, 9), int(ticks["ts"][0]))
    made.feed(ticks)
    found = explain(definition, made.state, params)
    opinions = {row["member"]: (row["opinion"], row["share"]) for row in found["members"]}
    assert opinions["ladder"] == (1.0, 0.25)
    assert opinions["model"] == (-0.5, -0.375)
    assert opinions["trend"] == (None, None)
    assert (found["vote"], found["target"], found["reason"]) == (-0.125, "flat", "no side has the votes")
    verdicts = {row["validator"]: row["verdict"] for row in found["validators"]}
    assert verdicts["spread_pct"] == "FAILED"
    assert set(verdicts.values()) == {"FAILED", "UNKNOWN"}
    with pytest.raises(StrategyError, match=r"rsi is no ensemble: rsi\.py"):
        explain(load(builtin_folder() / "rsi.py"), None, params)
