"""Variants in a home's `indicators.toml`: written, read, and named by line where they cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from indicator_rig import FOUND
from msgspec import structs

from core.errors import ConfigError, UsageError
from core.indicators.variant_file import FILE, add_variant, read_variants, remove_variant
from core.indicators.variant_names import VariantNames
from core.indicators.variants import TYPES, Variant, flagged

FAST = Variant(name="fast_rsi", indicator="rsi", type="risk", params={"period": 7, "interval": "5m"}, symbols=["BTCUSDT"])


def test_what_is_added_is_read_again_with_its_line(tmp_path: Path) -> None:
    add_variant(tmp_path, FAST, FOUND)
    add_variant(tmp_path, Variant(name="upper", indicator="bollinger", type="price", params={"k": 2.5}, line="upper"), FOUND)
    read = read_variants(tmp_path, FOUND)
    assert read.wrong == []
    assert read.found["fast_rsi"] == structs.replace(FAST, line="rsi")
    assert (read.found["upper"].line, read.found["upper"].symbols) == ("upper", None)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_can_be_written_and_read(tmp_path: Path, kind: str) -> None:
    add_variant(tmp_path, structs.replace(FAST, type=kind), FOUND)
    assert read_variants(tmp_path, FOUND).found["fast_rsi"].type == kind


def test_a_home_without_a_file_has_no_variants(tmp_path: Path) -> None:
    read = read_variants(tmp_path, FOUND)
    assert (read.found, read.wrong) == ({}, [])


def test_the_written_head_documents_the_format_and_is_no_variant(tmp_path: Path) -> None:
    add_variant(tmp_path, FAST, FOUND)
    head = (tmp_path / FILE).read_text().partition("\n[")[0]
    assert "symbols" in head
    assert all(line.startswith("#") or not line for line in head.splitlines())


def test_comments_and_order_of_a_hand_written_file_stay(tmp_path: Path) -> None:
    text = '# mine\n[one]\nindicator = "sma"  # slow\n\n# about two\n[two]\nindicator = "ema"\n[two.params]\nperiod = 9\n# the end\n'
    (tmp_path / FILE).write_text(text)
    assert read_variants(tmp_path, FOUND).found["two"].params == {"period": 9}
    add_variant(tmp_path, FAST, FOUND)
    assert (tmp_path / FILE).read_text().startswith(text.rstrip())
    remove_variant(tmp_path, "one")
    after = (tmp_path / FILE).read_text()
    assert "# about two\n[two]" in after
    assert "[one]" not in after
    assert list(read_variants(tmp_path, FOUND).found) == ["two", "fast_rsi"]
    remove_variant(tmp_path, "two")
    assert list(read_variants(tmp_path, FOUND).found) == ["fast_rsi"]


def test_bad_entries_are_named_by_line_and_stop_no_other(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(
        "stray = 1\n"
        '[good]\nindicator = "sma"\n'
        '[unknown]\nindicator = "smma"\n'
        '[bounds]\nindicator = "sma"\nparams = {period = 0}\n'
        '[param]\nindicator = "sma"\nparams = {perod = 3}\n'
        '[line]\nindicator = "sma"\nline = "middle"\n'
        '[type]\nindicator = "sma"\ntype = "risky"\n'
        '[key]\nindicator = "sma"\nfoo = 1\n'
        '[broken]\nindicator = = "sma"\n'
        '[good]\nindicator = "ema"\n'
        '[rsi]\nindicator = "rsi"\n'
        "[kind]\nindicator = 3\n"
    )
    read = read_variants(tmp_path, FOUND)
    assert list(read.found) == ["good"]
    said = [
        "line 1: 'stray = 1' is in no table",
        "line 4: unknown: no indicator 'smma'; did you mean sma?",
        "line 6: bounds: sma: period=0 is not allowed: expected `int` >= 1",
        "line 9: param: sma has no parameter 'perod'",
        "line 12: line: sma has no line 'middle'; it has: sma",
        "line 15: type: 'risky' is no type of a variant: general, risk, price, stop_loss, take_profit, close_order",
        "line 18: key: unknown key 'foo'",
        "[broken]: not TOML: Invalid value (at line 22, column 13)",
        "line 23: there is another variant called good",
        "line 25: rsi is an indicator: give the variant another name",
        "line 27: kind: expected `str`, got `int`",
    ]
    assert len(read.wrong) == len(said)
    for wrong, words in zip(read.wrong, said, strict=True):
        assert wrong.startswith(f"{path}: {words}"), wrong


def test_a_name_is_given_once(tmp_path: Path) -> None:
    add_variant(tmp_path, FAST, FOUND)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(UsageError, match="there is another variant called fast_rsi"):
        add_variant(tmp_path, FAST, FOUND)
    assert (tmp_path / FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "=cmd"}, "'=cmd' is no name of a variant"),
        ({"name": "ema"}, "ema is an indicator"),
        ({"type": "profit"}, "'profit' is no type"),
        ({"params": {"period": "x"}}, "period='x' is not allowed"),
        ({"symbols": ["a b"]}, "'a b' is no symbol"),
    ],
)
def test_a_variant_that_cannot_be_is_not_written(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        add_variant(tmp_path, structs.replace(FAST, **change), FOUND)
    assert not (tmp_path / FILE).exists()


def test_what_is_not_there_cannot_be_removed(tmp_path: Path) -> None:
    add_variant(tmp_path, FAST, FOUND)
    with pytest.raises(UsageError, match="no variant 'slow'; there are: fast_rsi"):
        remove_variant(tmp_path, "slow")


def test_a_file_that_is_no_text_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"# fine\n\xff\xfe\n")
    with pytest.raises(ConfigError, match="line 2 is not UTF-8 text"):
        read_variants(tmp_path, FOUND)


def test_a_risk_outside_0_to_100_is_flagged_and_other_types_are_not() -> None:
    values = np.array([-0.1, 0.0, 50.0, 100.0, 100.1, np.nan])
    assert flagged(FAST, values).tolist() == [True, False, False, False, True, False]
    assert not flagged(structs.replace(FAST, type="price"), values).any()


def test_names_and_what_each_follows_are_those_of_the_file_as_it_is_now(tmp_path: Path) -> None:
    names = VariantNames(tmp_path)
    assert names.read() == {}
    (tmp_path / FILE).write_text('[all]\nindicator = "sma"\n["of one"]\nindicator = "none"\nsymbols = ["btcusdt"]\n')
    assert names.read() == {"all": None, "of one": ["BTCUSDT"]}
    remove_variant(tmp_path, "all")
    assert names.read() == {"of one": ["BTCUSDT"]}
    (tmp_path / FILE).unlink()
    assert names.read() == {}


def test_a_table_that_cannot_be_read_hides_no_other_and_is_what_it_was(tmp_path: Path) -> None:
    names = VariantNames(tmp_path)
    (tmp_path / FILE).write_text('[one]\nsymbols = ["ETHUSDT"]\n')
    names.read()
    (tmp_path / FILE).write_text("[one]\nsymbols = [\n[never]\nline =\n[two]\n")
    assert names.read() == {"one": ["ETHUSDT"], "two": None}
    (tmp_path / FILE).write_bytes(b"[three]\xff\n")
    assert names.read() == {"one": ["ETHUSDT"], "two": None}
