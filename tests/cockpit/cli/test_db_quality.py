"""`cockpit db quality` says how good a stretch of the tape is, to people and to programs, and refuses what is not there in a line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cockpit.cli import main
from core.store.tape import Tape
from core.types import SECOND, TICK, Records, Symbols

START = 1_723_075_200 * SECOND  # 2024-08-08T00:00Z


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """A home whose tape holds 200 prints, one of them missing and one listed as a gap."""
    async with await Tape.open(tmp_path / "tape.db", Symbols(["binance:BTCUSDT"])) as tape:
        tape.append(prints(), "aggTrade")
        tape.record_gap("binance:BTCUSDT", "aggTrade", 150, 150, from_ns=0, to_ns=0, state="lost", cause="quarantined")
        await tape.flush()
    return tmp_path


def prints() -> Records:
    ticks = np.zeros(202, TICK)
    ticks["id"], ticks["seq"] = np.arange(202), 1 + np.arange(202)
    ticks["ts"] = START + np.arange(202) * SECOND
    ticks["recv"] = ticks["ts"] + 7_000_000
    ticks["price"], ticks["qty"], ticks["bid"], ticks["ask"] = 100 + np.arange(202) % 3 / 100, 1.0, np.nan, np.nan
    return ticks.compress(~np.isin(ticks["id"], [100, 150]))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["db", "quality", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


async def test_a_person_reads_the_report(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "btcusdt", "--home", str(home))
    assert (code, err) == (0, "")
    assert "prints      200, ids 0 to 201" in out
    assert "missing     2 ids in 2 ranges, 1 of them not listed as gaps" in out
    assert "100 to 100 (1)  not listed" in out
    assert "p50 7.0" in out


async def test_a_program_reads_one_document(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "BTCUSDT@2024-08-08T00:01:00..2024-08-08T00:02:00", "--home", str(home), "--json")
    found = json.loads(out)
    assert (code, found["symbol"], found["stream"], found["ticks"]) == (0, "binance:BTCUSDT", "aggTrade", 59)
    assert found["missing"]["unlisted"] == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["DOGEUSDT"], 2, "DOGEUSDT: not on the tape in"),
        (["BTCUSDT@2020-01-01..2020-01-02"], 2, "no prints of binance:BTCUSDT there: the tape holds them from 2024-08-08T00:00:00Z to"),
        (["BTCUSDT@soon..later"], 2, "cockpit: BTCUSDT@soon..later: "),
        (["BTCUSDT@2024-08-09..2024-08-08"], 2, "FROM must be before TO"),
        ([""], 2, "cockpit: a tape is SYMBOL or SYMBOL@FROM..TO, such as BTCUSDT@2024"),
        (["\x1b]52;c;x\x07"], 2, "not on the tape"),
        ([], 2, "the following arguments are required"),
    ],
)
async def test_what_is_not_there_is_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    found, out, err = run(capsys, *words, "--home", str(home))
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert said in err
    assert "\x1b" not in err


async def test_a_home_without_a_tape_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "BTCUSDT", "--home", str(tmp_path)) == (2, "", f"cockpit: no tape in {tmp_path}: record one with cockpit --record\n")


async def test_db_alone_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db"]) == 2
    assert "say what to do" in capsys.readouterr().err
