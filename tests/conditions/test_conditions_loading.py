"""Files of rules among strategies: found, named when broken, hashed by their own text, and explained from a state record."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from conditions_rig import BY_HAND, MIXED, instance, rules, terms

from core.compile.blueprint import blueprint, live_variant
from core.conditions.explain import explain, phase_of
from core.conditions.indicators import NAMES, builtin
from core.conditions.loading import load as load_rules
from core.errors import StrategyError
from core.indicators.catalogue import discover as discover_indicators
from core.strategy_files import builtin_folder, discover, load, strategy_file
from tests.kernels.loop_rig import prints


def test_the_catalogue_lists_rules_beside_python(tmp_path: Path) -> None:
    rules(tmp_path, name="mine")
    (tmp_path / "bad.toml").write_text("sentence = 3")
    (tmp_path / "_draft.toml").write_text("")
    found = discover([builtin_folder(), tmp_path])
    assert found["mine"].sentence == "Buys at 102 after 101, and leaves two percent later."
    assert found["mine"].path == tmp_path / "mine.toml"
    assert found.broken == {
        "bad": f"{tmp_path}/bad.toml:1: sentence: say in one line of text what the strategy bets on, 400 characters at most"
    }
    assert strategy_file("mine", [builtin_folder(), tmp_path]) == tmp_path / "mine.toml"
    with pytest.raises(StrategyError, match=r"no strategy 'mnie'; there are: bad, mine$"):
        strategy_file("mnie", [tmp_path])


def test_of_two_files_of_one_name_the_one_in_python_goes_on_and_the_other_is_named(tmp_path: Path) -> None:
    rules(tmp_path, name="rsi")
    (tmp_path / "rsi.py").write_text((builtin_folder() / "rsi.py").read_text())
    found = discover([builtin_folder(), tmp_path])
    assert found["rsi"].path == tmp_path / "rsi.py" == strategy_file("rsi", [builtin_folder(), tmp_path])
    assert found.broken == {"rsi.toml": f"{tmp_path}/rsi.toml: rsi.py has the name already: rename one of them"}


def test_rules_shadow_a_built_in_of_their_name(tmp_path: Path) -> None:
    rules(tmp_path, name="rsi")
    assert discover([builtin_folder(), tmp_path])["rsi"].path == tmp_path / "rsi.toml" == strategy_file("rsi", [builtin_folder(), tmp_path])


@pytest.mark.parametrize(("data", "told"), [(None, "no strategy file"), (b"\xff\xfe", "cannot be read")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, data: bytes | None, told: str) -> None:
    path = tmp_path / "rules.toml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(StrategyError, match=told):
        load(path)


def test_an_edited_file_is_another_source(tmp_path: Path) -> None:
    how = live_variant(terms())
    before = blueprint(rules(tmp_path), {}, how)
    comment = blueprint(rules(tmp_path, BY_HAND + "# a note\n"), {}, how)
    edited = blueprint(rules(tmp_path, BY_HAND.replace('cooldown = "5s"', 'cooldown = "6s"')), {}, how)
    assert before.source == BY_HAND
    assert len({before.source_hash, comment.source_hash, edited.source_hash}) == 3
    assert before.text == comment.text  # the same code needs no compiling again


def test_a_kept_text_is_loaded_whatever_became_of_the_file(tmp_path: Path) -> None:
    definition = load_rules(tmp_path / "gone.toml", BY_HAND)
    assert (definition.name, definition.legs) == ("gone", 1)


def test_the_module_that_was_written_is_the_users_alone_and_put_right_when_altered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_CACHE", str(tmp_path / "cache"))
    file = Path(str(rules(tmp_path).module.__file__))
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    text = file.read_text()
    file.write_text("raise SystemExit")
    assert rules(tmp_path).module.__doc__ == "Buys at 102 after 101, and leaves two percent later."
    assert file.read_text() == text
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.slow
def test_every_built_in_indicator_can_be_a_condition(tmp_path: Path) -> None:
    assert sorted(discover_indicators().indicators) == list(NAMES)
    for name in NAMES:
        definition = rules(tmp_path, BY_HAND.replace('"price gte 101"', f'"{name} gte 1"').replace('"tick"', '"1s"'))
        made = instance(definition)
        made.feed(prints([100, 101, 102]))
        warm = builtin(name).warmup(builtin(name).params({})) > 1 and name != "vwap"  # it has a value from the first print on
        assert (explain(definition, made.state)[0]["verdict"] == "PENDING") == warm, name


def test_numbers_of_a_file_are_parameters_with_the_indicators_own_bounds(tmp_path: Path) -> None:
    definition = rules(tmp_path, MIXED)
    params = definition.params({"fast_period": "7", "signal_4_low": 0.01})
    assert definition.work(params) == 1 + 1 + 3 + 1 + 1 + 1 + 7 + 24
    assert definition.warmup(definition.params({})) == 15  # rsi: 15 bars; ema 4 of 10 s: 8 and 2; surge 22 s: 5 and 1
    for wrong, told in (
        ({"fast_period": 0}, "fast_period=0 is not allowed"),
        ({"signal_4_low": 1}, r"signal_4_low \(1\) must not be above signal_4_high"),
        ({"signal_2": "nan"}, "signal_2='nan' is not allowed"),
        ({"surge_recent_s": 0.3}, r"recent_s \(0.3\) must be a multiple"),
        ({"interval": "tick"}, "tick cannot be where a part looks back"),
    ):
        with pytest.raises(StrategyError, match=told):
            definition.params(wrong)


def test_explaining_says_of_each_condition_its_value_and_verdict(tmp_path: Path) -> None:
    text = BY_HAND.replace('["price gte 101"]', '["price gte 101", "sma gt price", "spread lt 1"]').replace('"tick"', '"1s"')
    definition = rules(tmp_path, text)
    made = instance(definition, signal_1=103.5, sma_period=2)
    assert {row["verdict"] for row in explain(definition, made.state)} == {"PENDING"}
    assert explain(definition, made.state)[0]["condition"] == "price.price gte 101"
    made.feed(prints([102]))
    rows = explain(definition, made.state)
    assert rows[:3] == [
        {"group": "signal", "condition": "price.price gte 103.5", "value": 102.0, "verdict": "FALSE"},
        {"group": "signal", "condition": "sma.sma gt price.price", "value": None, "verdict": "PENDING"},
        {"group": "signal", "condition": "spread.spread lt 1", "value": None, "verdict": "ERROR"},
    ]
    assert rows[4] == {"group": "entry", "condition": "price.price gte 102", "value": 102.0, "verdict": "TRUE"}
    assert rows[5]["verdict"] == "PENDING"  # no position to measure
    assert phase_of(definition, made.state) == {"phase": "inactive", "reason": "indicators are not all known yet"}


def test_what_is_no_file_of_rules_cannot_be_explained() -> None:
    rsi = load(builtin_folder() / "rsi.py")
    with pytest.raises(StrategyError, match=r"rsi is not made of conditions: rsi\.py"):
        explain(rsi, None)
