"""What a source answered: its bytes as a signal, or one line on what is wrong with them."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from core.errors import one_line

#: So much of a reason, in characters, and of metadata, in bytes of JSON, is kept.
MOST_REASON, MOST_METADATA = 500, 2000

_SIDES = {"BUY": ("buy", 1.0), "SELL": ("sell", -1.0), "HOLD": ("hold", 0.0)}


class _Answer(Struct, frozen=True):
    signal: Literal["BUY", "SELL", "HOLD"]
    confidence: Annotated[float, Meta(ge=0, le=1)]
    reason: str = ""
    metadata: dict[str, Any] = {}


class Opinion(NamedTuple):
    """What a source thinks of a symbol, or that it abstains.

    Attributes:
        side: buy | sell | hold | abstain.
        sign: of the side, as `core.kernels.heard` has it; NaN where it abstains.
        confidence: 0 to 1; None where it abstains.
        reason: in its own words, one line; where it abstains, what was wrong.
        metadata: a JSON object.
    """

    side: str
    sign: float
    confidence: float | None
    reason: str
    metadata: str = "{}"


def abstains(why: str) -> Opinion:
    """It said nothing that could be used."""
    return Opinion("abstain", math.nan, None, one_line(why, MOST_REASON))


def read_opinion(body: bytes) -> Opinion:
    """An answer read; never raises: where it is no signal, the source abstains and `reason` says what was wrong."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
        metadata = msgspec.json.encode(answer.metadata)
    except msgspec.ValidationError as error:
        return abstains(f"its answer is no signal: {error}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return abstains(f"its answer is no JSON: {str(error).removeprefix('JSON is malformed: ')}")
    except (RecursionError, msgspec.EncodeError):
        return abstains("its answer is no signal: metadata is too deep")
    if len(metadata) > MOST_METADATA:
        metadata = msgspec.json.encode({"left_out_bytes": len(metadata)})
    side, sign = _SIDES[answer.signal]
    return Opinion(side, sign, answer.confidence, one_line(answer.reason, MOST_REASON), metadata.decode())
