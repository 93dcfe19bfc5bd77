"""An answer is a signal or one line on what is wrong with it, whatever its bytes are."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.channels.opinion import MOST_METADATA, MOST_REASON, Opinion, read_opinion

DEEP = b'{"signal":"BUY","confidence":0.5,"metadata":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(st.none() | st.booleans() | NUMBERS | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def of(**given: Any) -> bytes:
    return json.dumps(given).encode()


@pytest.mark.parametrize(("signal", "side", "sign"), [("BUY", "buy", 1.0), ("SELL", "sell", -1.0), ("HOLD", "hold", 0.0)])
def test_a_signal_is_read(signal: str, side: str, sign: float) -> None:
    found = read_opinion(of(signal=signal, confidence=0.25, reason="two\nlines", metadata={"a": [1]}, more="passed over"))
    assert found == Opinion(side, sign, 0.25, "two lines", '{"a":[1]}')
    assert read_opinion(of(signal=signal, confidence=1)).confidence == 1.0


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "its answer is no JSON: Input data was truncated"),
        (b"<html>", "its answer is no JSON: invalid character (byte 0)"),
        (b'{"signal":"BUY","confidence":NaN}', "its answer is no JSON: invalid character (byte 29)"),
        (b'{"signal":"BUY","confidence":Infinity}', "its answer is no JSON: invalid character (byte 29)"),
        (of(signal="BUY"), "its answer is no signal: Object missing required field `confidence`"),
        (of(signal="BUY", confidence=1.5), "its answer is no signal: Expected `float` <= 1.0 - at `$.confidence`"),
        (of(signal="BUY", confidence="0.5"), "its answer is no signal: Expected `float`, got `str` - at `$.confidence`"),
        (of(signal="buy", confidence=0.5), "its answer is no signal: Invalid enum value 'buy' - at `$.signal`"),
        (of(signal="BUY", confidence=0.5, metadata=[]), "its answer is no signal: Expected `object`, got `array` - at `$.metadata`"),
        (b"[]", "its answer is no signal: Expected `object`, got `array`"),
        (DEEP, "its answer is no signal: metadata is too deep"),
    ],
)
def test_what_is_no_signal_is_said_in_one_line(body: bytes, why: str) -> None:
    found = read_opinion(body)
    assert (found.side, found.confidence, found.reason) == ("abstain", None, why)
    assert math.isnan(found.sign)


def test_long_words_are_cut_and_metadata_that_is_long_is_left_out() -> None:
    found = read_opinion(of(signal="BUY", confidence=0.5, reason="x" * 60_000, metadata={"a": "y" * MOST_METADATA}))
    assert len(found.reason) == MOST_REASON
    assert json.loads(found.metadata) == {"left_out_bytes": MOST_METADATA + len('{"a":""}')}


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b'{"signal":"BUY","confidence":0.5,"reason":"\xff"}')
@example(b'{"signal":"BUY","confidence":0.5,"reason":"\\ud800"}')
@example(b'{"signal":"BUY","confidence":1e-400,"metadata":{"x":1e400}}')
def test_no_bytes_break_it(body: bytes) -> None:
    found = read_opinion(body)
    assert found.side in ("buy", "sell", "hold", "abstain")
    assert (found.confidence is None) == (found.side == "abstain") == math.isnan(found.sign)
    assert found.confidence is None or 0.0 <= found.confidence <= 1.0
    assert len(found.reason) <= MOST_REASON
    assert found.reason.isprintable()
    assert isinstance(json.loads(found.metadata), dict)


@given(
    st.sampled_from(["BUY", "SELL", "HOLD"]), st.floats(0, 1), st.text(max_size=50), st.dictionaries(st.text(max_size=9), JSON, max_size=4)
)
def test_every_signal_is_taken_as_it_is(signal: str, confidence: float, reason: str, metadata: dict[str, Any]) -> None:
    found = read_opinion(of(signal=signal, confidence=confidence, reason=reason, metadata=metadata))
    assert (found.side, found.confidence) == (signal.lower(), confidence)
