"""`cockpit pairs`: one document or a table, on files, folders and the tape; one line for whatever cannot be."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from cli_doubles import Run

from core.home import make_home
from core.store.tape import Tape
from core.types import MINUTE, TICK, Symbols

T0_MS = 1_723_075_200_000
KEYS = {"hedge_ratio", "zscore", "half_life", "correlation", "adf", "coint", "hurst", "n"}


def logs(count: int, seed: int) -> dict[str, Any]:
    """Three markets: BBB wanders, AAA is tied to it, CCC has nothing to do with them."""
    rng = np.random.default_rng(seed)
    b, c = (np.cumsum(rng.normal(0, 1e-3, count)) for _ in range(2))
    tied = np.zeros(count)
    for i in range(1, count):
        tied[i] = 0.9 * tied[i - 1] + rng.normal(0, 1e-3)
    return {"AAAUSDT": 3.0 + 0.7 * b + tied, "BBBUSDT": 5.0 + b, "CCCUSDT": 1.0 + c}


def write_bars(folder: Path, name: str, values: Any, *, skip: frozenset[int] = frozenset(), first: int = 0) -> Path:
    folder.mkdir(exist_ok=True)
    prices = np.exp(values)
    lines = [f"{T0_MS + 60_000 * (first + k)},{p:.9f},{p:.9f},{p:.9f},{p:.9f},1" for k, p in enumerate(prices.tolist()) if k not in skip]
    path = folder / f"{name}-1m.csv"
    path.write_text("\n".join(["open_time,open,high,low,close,volume", *lines]) + "\n")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "market"
    for name, values in logs(600, 1).items():
        write_bars(path, name, values)
    return path


def test_one_document_with_the_keys_others_rely_on(run: Run, folder: Path) -> None:
    outcome = run("pairs", str(folder), "--legs", "AAAUSDT,BBBUSDT", "--interval", "1m", "--window", "60", "--method", "ols", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    found = outcome.document
    assert set(found) >= KEYS
    assert set(found["hedge_ratio"]) == {"ols", "huber", "theil_sen", "kalman"}
    assert set(found["adf"]) == set(found["coint"]) == {"stat", "pvalue"}
    assert found["legs"] == ["binance:AAAUSDT", "binance:BBBUSDT"]
    assert found["n"] == 600
    assert found["hedge_ratio"]["ols"] == pytest.approx(0.7, abs=0.1)
    assert found["coint"]["pvalue"] < 0.01
    assert found["half_life_s"] == pytest.approx(60 * found["half_life"])
    assert (found["from"][:16], found["to"][:16]) == ("2024-08-08T00:00", "2024-08-08T10:00")


def test_files_named_one_by_one_are_the_folder(run: Run, folder: Path) -> None:
    files = [str(folder / f"{name}-1m.csv") for name in ("BBBUSDT", "AAAUSDT")]
    words = ("--legs", "AAAUSDT,BBBUSDT", "--json")
    assert run("pairs", *files, *words).document == run("pairs", str(folder), *words).document


def test_the_order_of_the_legs_is_the_order_asked_for(run: Run, folder: Path) -> None:
    turned = run("pairs", str(folder), "--legs", "BBBUSDT,AAAUSDT", "--json").document
    assert turned["legs"] == ["binance:BBBUSDT", "binance:AAAUSDT"]
    assert turned["hedge_ratio"]["ols"] > 1.0


def test_people_get_a_table_with_units_and_sentences(run: Run, folder: Path) -> None:
    outcome = run("pairs", str(folder), "--legs", "AAAUSDT,BBBUSDT")
    assert outcome.code == 0
    for words in ("hedge ratio, Theil-Sen", "deviations of the last 60 bars", "cointegrated: p = below 0.001", "Hurst exponent"):
        assert words in outcome.out
    assert " nan" not in outcome.out


def test_longer_bars_are_made_of_shorter_ones(run: Run, folder: Path) -> None:
    found = run("pairs", str(folder), "--legs", "AAAUSDT,BBBUSDT", "--interval", "5m", "--to", "2024-08-08T09:58", "--json").document
    assert (found["interval"], found["n"]) == ("5m", 119), "the last interval is not over"


def test_spans_that_differ_and_holes_are_counted_and_told(run: Run, tmp_path: Path) -> None:
    values = logs(300, 2)
    write_bars(tmp_path / "m", "AAAUSDT", values["AAAUSDT"], skip=frozenset({100, 101, 102}))
    write_bars(tmp_path / "m", "BBBUSDT", values["BBBUSDT"], first=50)
    words = ("pairs", str(tmp_path / "m"), "--legs", "AAAUSDT,BBBUSDT", "--allow-gaps", "--json")
    found = run(*words).document
    assert found["n"] == 247
    assert found["bars"] == {"span": 250, "left_out": 3, "carried": 0, "carry": 0}
    assert any("50 bars of binance:AAAUSDT lie outside the span" in note for note in found["notes"])
    carried = run(*words, "--carry", "2").document
    assert (carried["n"], carried["bars"]["carried"]) == (249, 2)
    refused = run(*words[:-2])
    assert refused.code == 2
    assert "3 bars are missing" in refused.err


def test_too_few_bars_are_pending_and_no_failure(run: Run, tmp_path: Path) -> None:
    for name, values in logs(46, 3).items():
        write_bars(tmp_path / "m", name, values)
    outcome = run("pairs", str(tmp_path / "m"), "--legs", "AAAUSDT,BBBUSDT")
    assert outcome.code == 0
    assert "PENDING: 14 more bars needed" in outcome.out
    assert run("pairs", str(tmp_path / "m"), "--legs", "AAAUSDT,BBBUSDT", "--json").document["zscore"] is None


def test_legs_that_never_meet_are_told_in_words(run: Run, tmp_path: Path) -> None:
    values = logs(50, 4)
    write_bars(tmp_path / "m", "AAAUSDT", values["AAAUSDT"])
    write_bars(tmp_path / "m", "BBBUSDT", values["BBBUSDT"], first=100)
    outcome = run("pairs", str(tmp_path / "m"), "--legs", "AAAUSDT,BBBUSDT")
    assert outcome.code == 0
    assert "no common span" in outcome.out
    assert "binance:AAAUSDT ends 2024-08-08T00:50" in outcome.out


def test_the_tape_is_a_source(run: Run, home: Path) -> None:
    table = Symbols(["binance:AAAUSDT", "binance:BBBUSDT"])
    markets = [values for name, values in logs(400, 5).items() if name != "CCCUSDT"]

    async def record() -> None:
        async with await Tape.open(home / "tape.db", table) as tape:
            ticks = np.zeros(800, TICK)
            ticks["ts"] = np.repeat(T0_MS * 1_000_000 + np.arange(400) * MINUTE, 2) + 1_000_000
            ticks["recv"], ticks["seq"], ticks["id"] = ticks["ts"], np.arange(1, 801), np.repeat(np.arange(1, 401), 2)
            ticks["symbol"], ticks["qty"] = np.tile([0, 1], 400), 1.0
            ticks["price"] = np.exp(np.stack(markets, axis=1)).ravel().round(8)
            ticks["bid"] = ticks["ask"] = np.nan
            tape.append(ticks, "trade")

    make_home(home)
    asyncio.run(record())
    found = run("pairs", "tape:", "--legs", "AAAUSDT,BBBUSDT", "--json").document
    assert (found["interval"], found["n"]) == ("1m", 399), "the last minute is not over"
    assert found["coint"]["pvalue"] < 0.01
    both = run("pairs", "tape:AAAUSDT", "tape:BBBUSDT", "--legs", "AAAUSDT,BBBUSDT", "--json").document
    assert both["hedge_ratio"] == found["hedge_ratio"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--legs A,B: which two to put beside each other"),
        (("--legs", "AAAUSDT"), "two legs, not 1"),
        (("--legs", "AAAUSDT,BBBUSDT,CCCUSDT"), "two legs, not 3"),
        (("--legs", "AAAUSDT,ZZZUSDT"), "no rows of ZZZUSDT"),
        (("--legs", "AAAUSDT,binance:AAAUSDT"), "both are binance:AAAUSDT"),
        (("--legs", "AAAUSDT,BBBUSDT", "--method", "magic"), "--method magic: there are: ols, huber, theil_sen, kalman"),
        (("--legs", "AAAUSDT,BBBUSDT", "--window", "2"), "--window 2: 3 bars or more"),
        (("--legs", "AAAUSDT,BBBUSDT", "--window", "x"), "a whole number from 1"),
        (("--legs", "AAAUSDT,BBBUSDT", "--prices", "raw"), "--prices raw: log or plain"),
        (("--legs", "AAAUSDT,BBBUSDT", "--interval", "tick"), "'tick' is no length of a bar"),
        (("--legs", "AAAUSDT,BBBUSDT", "--interval", "30s"), "bars of 1m do not make bars of 30s"),
        (("--scan", "--legs", "AAAUSDT"), "--scan --legs needs two symbols"),
        (("--scan", "--method", "huber"), "--scan is by least squares"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_exit_code_2(run: Run, folder: Path, words: tuple[str, ...], said: str) -> None:
    outcome = run("pairs", str(folder), *words, "--json")
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert said in outcome.document["error"]


def test_a_scan_ranks_every_pair(run: Run, folder: Path) -> None:
    found = run("pairs", str(folder), "--scan", "--json", "--jobs", "1").document
    assert found["tested"] == 3
    assert found["pairs"][0]["legs"] == ["binance:AAAUSDT", "binance:BBBUSDT"]
    alone = run("pairs", str(folder), "--legs", "AAAUSDT,BBBUSDT", "--json").document
    assert found["pairs"][0]["coint"] == pytest.approx(alone["coint"], rel=1e-9)
    assert found["pairs"][0]["zscore"] == pytest.approx(alone["zscore"], rel=1e-9)
    assert [row["q"] >= row["coint"]["pvalue"] for row in found["pairs"]] == [True] * 3
    text = run("pairs", str(folder), "--scan", "--top", "1", "--legs", "BBBUSDT,AAAUSDT,CCCUSDT")
    assert "3 pairs of 3 symbols tested" in text.out
    assert "binance:BBBUSDT / binance:AAAUSDT" in text.out
    assert "OPENBLAS" not in text.err


def ctrl_c(*_args: Any, **_more: Any) -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("words", "work"),
    [(("--legs", "AAAUSDT,BBBUSDT"), "core.analytics.pairs.figures.measure"), (("--scan",), "core.analytics.pairs.scan_pool.scan")],
)
def test_ctrl_c_says_what_is_kept(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], work: str) -> None:
    monkeypatch.setattr(work, ctrl_c)
    outcome = run("pairs", str(folder), *words)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "stopped: nothing of this is kept\n")


LONG_SCAN = """
import signal
import numpy as np
from core.analytics.pairs.closes import Closes
from core.analytics.pairs.figures import How
from core.analytics.pairs.scan_pool import scan
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are started deaf to it
rng, times = np.random.default_rng(1), np.arange(4000, dtype=np.int64)
legs = [Closes(f"x:{k}", 1, times, np.exp(np.cumsum(rng.normal(0, 1e-3, 4000)))) for k in range(200)]
scan(legs, How(), jobs=2, told=lambda done, total: print(done, flush=True))
"""


def workers_of(pid: int) -> list[int]:
    """Processes of the pool of a process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"spawn_main" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")
def test_a_scan_that_is_stopped_leaves_no_process() -> None:
    words = [sys.executable, "-c", LONG_SCAN]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as scan:
        assert scan.stdout is not None
        try:
            assert any(int(line) > 0 for line in scan.stdout), "it is under way"
            workers = workers_of(scan.pid)
            scan.send_signal(signal.SIGINT)
            _, said = scan.communicate(timeout=60)
        finally:
            scan.kill()
    assert said.strip().endswith("KeyboardInterrupt")
    assert len(workers) == 2
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


def test_real_markets_have_every_figure(run: Run, shared_data: Path) -> None:
    folder = str(shared_data / "ohlcv" / "binance_usdm_1m_2025")
    found = run("pairs", folder, "--legs", "BTCUSDT,ETHUSDT", "--interval", "15m", "--json").document
    assert found["absent"] == {}
    assert found["n"] > 2800
    assert 0.2 < found["hedge_ratio"]["ols"] < 0.5
    assert 0.6 < found["correlation"] < 0.95
    scanned = run("pairs", folder, "--scan", "--interval", "15m", "--json").document
    assert scanned["tested"] == 15
