"""What a typed text means for a parameter, and what is wrong with it in words."""

from __future__ import annotations

import pytest
from fake_engine import CATALOGUE, TERMS

from cockpit.forms.fields import Field, Value, read_catalogue, read_symbols
from core.types import interval_ns

LOOKBACK = Field(name="lookback", type="int", default=5, ge=1, le=1000, description="bars of the move")
THRESHOLD = Field(name="threshold", type="float", default=0.5, gt=0, lt=100)
STOP = Field(name="stop", type="float", default=None, gt=0)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (LOOKBACK, " 20 ", 20),
        (LOOKBACK, "1,000", 1000),
        (THRESHOLD, "2", 2.0),
        (THRESHOLD, "1e-3", 0.001),
        (STOP, "", None),
        (Field(name="on", type="bool", default=False), "yes", True),
        (Field(name="side", type="choice", default="a", choices=["a", "b"]), "b", "b"),
        (Field(name="interval", type="interval", default="1m"), "5m", "5m"),
        (Field(name="note", default=""), "x y", "x y"),
    ],
)
def test_a_text_that_fits_becomes_its_value(field: Field, text: str, value: Value) -> None:
    assert field.read(text) == value


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [
        (LOOKBACK, "0", "must be at least 1"),
        (LOOKBACK, "1001", "must be at most 1,000"),
        (LOOKBACK, "2.5", "must be a whole number"),
        (LOOKBACK, "", "needs a value: ≥ 1, ≤ 1,000 · bars of the move"),
        (THRESHOLD, "0", "must be above 0"),
        (THRESHOLD, "100", "must be below 100"),
        (THRESHOLD, "nan", "must be a number"),
        (THRESHOLD, "inf", "must be a number"),
        (THRESHOLD, "ten", "must be a number"),
        (Field(name="interval", type="interval", default="1m"), "1 minute", "is not an interval: tick, or such as 1s, 5m, 1h"),
        (Field(name="side", type="choice", default="a", choices=["a", "b"]), "c", "must be one of a, b"),
    ],
)
def test_a_text_that_does_not_fit_is_refused_in_words(field: Field, text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        field.read(text)


@pytest.mark.parametrize("text", ["tick", "1s", "500ms", "15m", "4h", "1d", "2w", "0s", "01m", "m", "1y", "1234567s", "1 m", ""])
def test_intervals_are_those_the_engine_knows(text: str) -> None:
    field = Field(name="interval", type="interval", default="1m")
    try:
        interval_ns(text)
    except Exception:
        with pytest.raises(ValueError, match=r"interval|value"):
            field.read(text)
    else:
        assert field.read(text) == text


def test_the_hint_tells_bounds_and_meaning() -> None:
    assert LOOKBACK.hint() == "≥ 1, ≤ 1,000 · bars of the move"


def test_a_default_reads_back_as_itself() -> None:
    for field in (field for offer in read_catalogue(CATALOGUE) for field in (*offer.params, *offer.terms)):
        assert field.read(field.shown(field.default)) == field.default


def test_the_catalogue_is_read_with_terms_of_its_own_or_shared() -> None:
    shared = read_catalogue(CATALOGUE)
    assert [offer.name for offer in shared] == ["momentum", "sma_crossover"]
    assert [field.name for field in shared[1].params] == ["fast", "slow", "interval", "confirm"]
    own = read_catalogue([{"name": "x", "sentence": "", "params": [], "terms": TERMS}])
    assert own[0].terms == shared[0].terms


def test_a_catalogue_of_another_shape_is_an_error_in_words() -> None:
    with pytest.raises(ValueError, match="catalogue cannot be read"):
        read_catalogue([{"sentence": 3}])


def test_symbols_are_read_once_each_in_capitals() -> None:
    assert read_symbols(" btcusdt, ETHUSDT btcusdt,Binance:solusdt ") == ["BTCUSDT", "ETHUSDT", "binance:SOLUSDT"]


@pytest.mark.parametrize("text", ["", " , ", "BTC\x1b[2JUSDT", "binance:", "A" * 41])
def test_what_cannot_be_a_symbol_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="symbol"):
        read_symbols(text)
