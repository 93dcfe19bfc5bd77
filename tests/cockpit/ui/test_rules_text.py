"""Rows of the dialog of conditions to TOML and back, nothing lost; files of rules written whole or not at all."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.rules_file import names_in, refuse_name, save, text_in
from cockpit.rules_text import GROUPS, Draft, condition_text, draft_of, indicator_line, nested, text_of
from core.conditions.__main__ import catalogue, wrong_with
from core.conditions.reading import read
from core.errors import UsageError
from tests.conditions.conditions_rig import BY_HAND, MIXED
from tests.conftest import REPO

SURGE = (REPO / "docs" / "surge.toml").read_text()

NAMES = st.sampled_from(["fast", "slow", "rsi", "price", "unrealized_pnl_pct"])
ROWS = st.one_of(
    st.builds(lambda left, op, right: f"{left} {op} {right}", NAMES, st.sampled_from(["gte", "lt"]), st.integers(-9, 99)),
    st.lists(
        st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=9).filter(lambda text: "{" not in text), min_size=1, max_size=3
    ).map(lambda texts: draft_of(text_of(Draft(groups={"signal": ("any", texts)}))).groups["signal"][1][0]),
    st.just('{ any = ["rsi lte 60", { all = ["price gt 1", "fast lt slow"] }] }'),
).filter(lambda row: row.startswith('{ any = ["rsi') or not row.startswith("{"))


@given(
    st.builds(
        Draft, sentence=st.text(max_size=20), side=st.sampled_from(["long", "short"]), interval=st.sampled_from(["tick", "1m"]),
        indicators=st.lists(st.sampled_from(["fast sma period=10", "slow ema period=4 interval=10s", "r returns share=0.5 on=true"]),
                            unique=True),
        groups=st.dictionaries(st.sampled_from(list(GROUPS)), st.tuples(st.sampled_from(["all", "any"]), st.lists(ROWS, min_size=1))),
        waits=st.fixed_dictionaries({"entry cooldown": st.sampled_from(["", "5m"]), "entry timeout": st.sampled_from(["", "4s"]),
                                     "emergency cooldown": st.sampled_from(["", "1h"])}),
    )
)  # fmt: skip
def test_what_is_written_is_read_again(draft: Draft) -> None:
    assert draft_of(text_of(draft)) == draft


@pytest.mark.parametrize("text", [SURGE, MIXED, BY_HAND], ids=["surge", "mixed", "by hand"])
def test_a_file_means_the_same_after_the_dialog(text: str) -> None:
    again = text_of(draft_of(text))
    assert tomllib.loads(again) == tomllib.loads(text) | {"signal": {"side": "long"} | tomllib.loads(text)["signal"]}
    assert repr(read(Path("x"), again).groups) == repr(read(Path("x"), text).groups)


def test_lines_that_only_a_person_reads_are_counted() -> None:
    assert draft_of('sentence = "a # b" # one\n# two # still two\n[signal] # three\nall = ["x # y"]').comments == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sentence = 3", "sentence is no text"),
        ("[other]\nx = 1", "it holds 'other'"),
        ("[signal]\nall = ['a']\nany = ['b']", "the dialog can show one list"),
        ("[signal]\nall = 'a'", "the dialog can show one list"),
        ("signal = 1", "signal is no table"),
        ("[indicators]\nfast = 1", "[indicators] holds 'fast'"),
        ('[indicators]\nfast = { indicator = "sma", interval = "a b" }', "the dialog cannot show 'interval=a b'"),
        ('[indicators]\nfast = { indicator = "sma", period = "10" }', "the dialog cannot show '10'"),
        ("a = = 1", "no TOML"),
    ],
)
def test_what_the_dialog_would_lose_it_does_not_open(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        draft_of(text)


def test_rows_that_cannot_be_any_say_what_one_looks_like() -> None:
    for row in ("fast", "fast period=3", "fast sma period", "fast sma =3", 'f"x sma', "fast sma Period=3"):
        with pytest.raises(ValueError, match=r"fast sma period=10|such as period=10|small letters"):
            indicator_line(row)
    for row in ("{", '{ any = ["x"] }\nside = "short"', "{ any = ["):
        with pytest.raises(ValueError, match="any"):
            nested(row)
    assert nested("rsi lte 3") == ""


def test_the_checker_says_where_and_what_and_knows_every_indicator() -> None:
    draft = draft_of(SURGE)
    assert wrong_with(text_of(draft)) == ("", "")
    where, what = wrong_with(condition_text("entry", "fast over slow", draft))
    assert where == "[entry]: 'fast over slow'"
    assert what.startswith("no operator 'over'")
    assert wrong_with("a = = 1")[0] == "the file"
    assert {"sma", "rsi", "spread"} <= {one["name"] for one in catalogue()}


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "strategies"
    save(folder, "mine", "one", None)
    assert names_in(folder) == ["mine"]
    assert [path.name for path in folder.iterdir()] == ["mine.toml"]
    for name, before in (("mine", None), ("mine", "two"), ("other", "one")):
        with pytest.raises(UsageError, match="is not what it was"):
            save(folder, name, "three", before)
    assert text_in(folder, "mine") == "one"
    save(folder, "mine", "four", "one")
    assert text_in(folder, "mine") == "four"
    (folder / "py.py").write_text("")
    for name in ("mine", "py", "Mine", "../x", "", "_x"):
        with pytest.raises(ValueError, match=r"is there already|in Python|small letters"):
            refuse_name(folder, name)
    with pytest.raises(UsageError, match="no file of rules"):
        text_in(folder, "none")
