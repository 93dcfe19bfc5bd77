"""Only what a venue filled is evidence: a home's own models are counted and left aside, whatever file they come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calibration_rig import BTC, T0, Venue, keep, market, record, traded

from core.errors import UsageError
from core.research.calibration.evidence import of_file, of_ledger, orders_of
from core.research.calibration.measure import calibrate
from core.store.venue_fills import VenueFill
from core.types import SECOND

FILL = {"symbol": BTC, "side": "buy", "qty": 1.0, "price": 100.0, "ts_ns": T0}


async def test_fills_of_a_ledger_come_with_the_time_their_order_was_decided(tmp_path: Path) -> None:
    fills = traded(market(600), Venue(), count=40)
    path = await keep(tmp_path, fills)
    found = of_ledger(path)
    assert [(one.ts_ns, one.price, one.decided_ns, one.maker) for one in found.fills] == [
        (one.ts_ns, one.price, one.decided_ns, None) for one in sorted(fills, key=lambda one: one.ts_ns)
    ]
    assert found.modelled == {}
    middle = found.fills[20].ts_ns
    assert [len(of_ledger(path, *span).fills) for span in ((None, middle), (middle, None), (middle, middle + 1))] == [20, 20, 1]
    assert of_ledger(tmp_path / "none.db").fills == []


@pytest.mark.parametrize("mode", ["paper", "demo", "replay"])
async def test_what_our_own_rules_filled_is_no_evidence(tmp_path: Path, mode: str) -> None:
    ticks = market(600)
    path = await keep(tmp_path, traded(ticks, Venue(), count=40), mode)
    found = of_ledger(path)
    assert (found.fills, found.modelled) == ([], {mode: 40})
    assert calibrate(found, await record(tmp_path, ticks), "home").symbols == []


async def test_fills_written_by_the_command_measure_alike(tmp_path: Path) -> None:
    ticks = market()
    tape = await record(tmp_path, ticks)
    fills = traded(ticks, Venue(impact=8.0))
    file = tmp_path / "mine.jsonl"
    names = VenueFill._fields
    file.write_text("\n".join(json.dumps(dict(zip(names, one, strict=True)) | {"realised": 0.0}) for one in reversed(fills)) + "\n\n")
    of_both = [calibrate(one, tape, "x").symbols for one in (of_file(file), of_ledger(await keep(tmp_path, fills)))]
    assert of_both[0] == of_both[1] != []


def test_a_file_says_what_it_knows_and_times_and_modes_choose_of_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    rows = [FILL, FILL | {"ts_ns": T0 + SECOND, "maker": True, "fee": -0.01}, FILL | {"mode": "paper"}]
    file.write_text("\n".join(map(json.dumps, rows)))
    found = of_file(file)
    assert [(one.maker, one.fee, one.decided_ns) for one in found.fills] == [(None, None, None), (True, -0.01, None)]
    assert found.modelled == {"paper": 1}
    assert len(of_file(file, T0 + 1).fills) == len(of_file(file, None, T0 + 1).fills) == 1
    assert len(orders_of(found.fills)) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "line 2"),
        (json.dumps(FILL | {"side": "long"}), "side"),
        (json.dumps(FILL | {"qty": 0}), "qty"),
        (json.dumps(FILL | {"mode": "real"}), "mode"),
        (json.dumps({"symbol": BTC}), "side"),
    ],
)
def test_a_line_that_is_no_fill_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(f"{json.dumps(FILL)}\n{line}\n")
    with pytest.raises(UsageError, match=r"mine\.jsonl, line 2") as error:
        of_file(file)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*none\.jsonl: No such file or directory"):
        of_file(tmp_path / "none.jsonl")
