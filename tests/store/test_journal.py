"""The journal as a start and an audit read it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from core.commands import Reduce, Register, SetLimits, SetStops, Terms
from core.store.journal import Line, lines_of


def line(kind: str, payload: dict[str, Any], after: int | None = 7) -> Line:
    """One row, read."""
    (read,) = lines_of([{"kind": kind, "payload": json.dumps(payload), "after_seq": after, "ts_ns": 5}])
    return read


def test_a_registration_is_the_order_that_was_given() -> None:
    order = Register(name="rsi", symbols=["binance:BTCUSDT"], params={"length": 7}, terms=Terms(qty=0.5), id="rsi-1")
    payload = msgspec.to_builtins(order) | {"plan": {"values": {}, "source_hash": "ab"}}
    assert line("register", payload).order == order


@pytest.mark.parametrize(
    ("kind", "more", "lever"),
    [("pause", {}, "pause"), ("resume", {}, "resume"), ("flatten", {}, "flatten"), ("unregister", {"keep": False}, "close"),
     ("unregister", {"keep": True}, "drop")],
)  # fmt: skip
def test_a_lever_is_told_to_those_it_was_said_to(kind: str, more: dict[str, Any], lever: str) -> None:
    read = line(kind, {"id": None, "ids": ["a", "b"], **more})
    assert (read.after, read.ts_ns, read.ids, read.lever, read.order, read.said) == (7, 5, ["a", "b"], lever, None, None)


def test_limits_come_with_what_holds_from_there_on() -> None:
    limits = SetLimits(id="a", max_position=2.0, mode="reduce_only")
    read = line("limits", {**msgspec.to_builtins(limits), "ids": ["a"], "asked": "normal"})
    assert (read.lever, read.said, read.payload["asked"]) == ("limits", limits, "normal")


@pytest.mark.parametrize("said", [SetStops(id="a", stop_loss_pct=2.0, trailing_pct=0.5), Reduce(id="a", pct=40.0)])
def test_stops_and_shares_come_with_what_was_said(said: SetStops | Reduce) -> None:
    kind = str(msgspec.to_builtins(said)["type"])
    read = line(kind, {**msgspec.to_builtins(said), "ids": ["a"]})
    assert (read.lever, read.said, read.ids) == (kind, said, ["a"])


@pytest.mark.parametrize("kind", ["gone", "failed", "edited"])
def test_what_the_engine_noted_is_about_one_and_no_lever(kind: str) -> None:
    read = line(kind, {"id": "a", "line": "ValueError: no"}, after=None)
    assert (read.after, read.ids, read.lever, read.payload["line"]) == (None, ["a"], "", "ValueError: no")


def test_a_row_nobody_of_us_wrote_is_an_error() -> None:
    with pytest.raises(ValueError, match="name"):
        line("register", {"id": "a"})
