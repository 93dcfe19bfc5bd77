"""`cockpit db export` and `db import` as a person and a shell see them."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_doubles import FakeEngine, Run

from cockpit.cli import doctor
from core.feed.backoff import Backoff
from core.home import lock_home, make_home
from core.home_lock import IMPORT
from core.store.ledger import Ledger
from core.store.tape import Tape
from core.transfer.fetch import TRIES
from core.types import TICK, Records, Symbols

START = 1_722_470_400_000_000_000


def ticks_of(count: int, step_ns: int = 1_000_000_000) -> Records:
    ticks = np.zeros(count, TICK)
    ticks["id"] = np.arange(1, count + 1)
    ticks["seq"] = ticks["id"]
    ticks["ts"] = ticks["recv"] = START + np.arange(count) * step_ns
    ticks["price"] = 60_000 + ticks["id"] % 700 / 100
    ticks["qty"] = ticks["bid"] = ticks["ask"] = 0.5
    ticks["side"] = 1
    return ticks


async def write_tape(home: Path, ticks: Records) -> None:
    make_home(home)
    async with await Tape.open(home / "tape.db", Symbols(["binance:BTCUSDT"])) as tape:
        for start in range(0, len(ticks), 20_000):
            await tape.wait_room()
            tape.append(ticks[start : start + 20_000], "aggTrade")


@pytest.fixture
async def tape(home: Path) -> Path:
    """A home with 600 ticks of ten minutes."""
    await write_tape(home, ticks_of(600))
    return home


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_ticks_are_what_is_exported_unless_something_else_is_named(run: Run, tape: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    found = run("db", "export", "--symbol", "btcusdt", "-o", str(path), "--json").document
    assert (found["what"], found["symbol"], found["rows"], found["form"]) == ("ticks", "binance:BTCUSDT", 600, "csv")
    assert found["bytes"] == path.stat().st_size
    rows = rows_of(path)
    assert rows[0] == {
        "time": "2024-08-01T00:00:00.000000000Z", "ts_ns": str(START), "symbol": "binance:BTCUSDT", "stream": "aggTrade", "trade_id": "1",
        "price": "60000.01", "qty": "0.5", "side": "buy", "bid": "0.5", "ask": "0.5", "recv_ns": str(START), "seq": "1", "origin": "live",
    }  # fmt: skip


def test_a_dash_is_stdout_and_its_csv_is_that_of_a_file(run: Run, tape: Path, tmp_path: Path) -> None:
    words = ("db", "export", "--symbol", "BTCUSDT", "-o")
    run(*words, str(tmp_path / "a.csv"))
    outcome = run(*words, "-")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (tmp_path / "a.csv").read_text()
    refused = run(*words, "-", "--json")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "the document of --json" in refused.document["error"]


def test_a_reader_that_has_had_enough_of_stdout_is_no_failure(home: Path) -> None:
    asyncio.run(write_tape(home, ticks_of(20_000)))
    command = [sys.executable, "-m", "cockpit", "db", "export", "--symbol", "BTCUSDT", "-o", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"time,ts_ns,symbol")
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_times_and_bars(run: Run, tape: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    words = ["db", "export", "bars", "--symbol", "BTCUSDT", "--interval", "5m", "-o", str(path)]
    assert "2 bars of binance:BTCUSDT" in run(*words).out
    assert [(row["time"], row["trades"], row["interval"]) for row in rows_of(path)] == [
        ("2024-08-01T00:00:00.000000000Z", "300", "5m"), ("2024-08-01T00:05:00.000000000Z", "300", "5m"),
    ]  # fmt: skip
    assert run(*words, "--from", "2024-08-01T00:00:01").code == 0
    assert [row["start_ns"] for row in rows_of(path)] == [str(START + 300_000_000_000)]
    assert "no bar of 5m lies wholly between" in run(*words, "--from", "2024-08-01T00:01", "--to", "2024-08-01T00:07").err


def test_a_backtest_runs_over_exported_bars(run: Run, tape: Path, tmp_path: Path) -> None:
    from core.research.sources import open_source

    path = tmp_path / "a.csv"
    run("db", "export", "bars", "--symbol", "BTCUSDT", "--interval", "1m", "-o", str(path))
    source = open_source(str(path))
    assert (source.symbol, source.kind, source.interval_ns, len(source.load())) == ("binance:BTCUSDT", "bars", 60_000_000_000, 10)


def test_indicators_and_variants_by_name(run: Run, tape: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    words = ["--symbol", "BTCUSDT", "--interval", "1m", "-o", str(path)]
    assert run("indicators", "add", "low", "bollinger", "--param", "period=3", "interval=2m", "--line", "lower").code == 0
    asked = ["--indicator", "sma:3", "--indicator", "bollinger:3,2", "--indicator", "low", "--indicator", "price_window:from_s=30"]
    outcome = run("db", "export", "indicators", *words, *asked)
    assert (outcome.code, outcome.err) == (0, "")
    rows = rows_of(path)
    assert list(rows[0])[:13] == [
        "time", "start_ns", "end_ns", "symbol", "stream", "interval", "close", "sma_3", "bollinger_3_2_middle", "bollinger_3_2_upper",
        "bollinger_3_2_lower", "bollinger_3_2_z", "low",
    ]  # fmt: skip
    closes = [float(row["close"]) for row in rows]
    assert [row["sma_3"] for row in rows[:2]] == ["", ""]
    assert float(rows[2]["sma_3"]) == pytest.approx(sum(closes[:3]) / 3)
    assert float(rows[2]["sma_3"]) == pytest.approx(float(rows[2]["bollinger_3_2_middle"]))
    assert [bool(row["low"]) for row in rows] == [number >= 5 for number in range(len(rows))]
    assert "name at least one" in run("db", "export", "indicators", *words).err
    assert "given twice" in run("db", "export", "indicators", *words, "--indicator", "sma:3", "--indicator", "sma:3").err
    assert "sma: period='0' is not allowed" in run("db", "export", "indicators", *words, "--indicator", "sma:0").err
    assert "no indicator 'smma'; did you mean sma?" in run("db", "export", "indicators", *words, "--indicator", "smma").err
    assert "sma takes period, interval" in run("db", "export", "indicators", *words, "--indicator", "sma:3,4").err


def test_a_span_of_indicators_is_warm_from_its_first_bar_through_its_last(run: Run, tape: Path, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    words = ["db", "export", "indicators", "--symbol", "BTCUSDT", "--indicator", "sma:3", "--interval"]
    run(*words, "1m", "-o", str(whole))
    assert run(*words, "1m", "-o", str(part), "--from", "2024-08-01T00:04", "--to", "2024-08-01T00:07").code == 0
    assert rows_of(part) == [row for row in rows_of(whole) if "00:04" <= row["time"][11:16] < "00:07"]
    run(*words, "tick", "-o", str(part), "--to", "2024-08-01T00:00:10")
    assert len(rows_of(part)) == 10
    assert list(rows_of(part)[0]) == ["time", "ts_ns", "symbol", "stream", "sma_3"]
    run(*words, "tick:50", "-o", str(part))
    closes = [float(row["close"]) for row in rows_of(part)]
    assert float(rows_of(part)[4]["sma_3"]) == pytest.approx(sum(closes[2:5]) / 3)
    assert rows_of(part)[0]["interval"] == "tick:50"


async def test_fills_are_the_ledgers_and_their_texts_are_inert(run: Run, home: Path, tmp_path: Path) -> None:
    numbers = {
        "order_id": "o",
        "side": "buy",
        "mode": "paper",
        "qty": 0.1,
        "price": 61_712.25,
        "fee": 0.1 + 0.2,
        "realised": -3.0,
        "position": 0.5,
        "ts_ns": START,
    }
    fills: list[dict[str, Any]] = [
        numbers | {"fill_id": f"{id_}:{n}", "strategy_id": id_, "symbol": symbol, "seq": n, "tick_id": n or None}
        for n, (id_, symbol) in enumerate([("=cmd", "binance:BTCUSDT"), ("b", "binance:ETHUSDT")])
    ]  # fmt: skip
    async with await Ledger.open(home / "ledger.db") as ledger:
        await ledger.add_fills(fills)
    path = tmp_path / "a.csv"
    assert "2 fills" in run("db", "export", "fills", "-o", str(path)).out
    first, _ = rows_of(path)
    assert first["tick_id"] == ""
    assert (first["strategy_id"], first["fill_id"], first["fee"], first["realised"]) == ("'=cmd", "'=cmd:0", repr(0.1 + 0.2), "-3.0")
    run("db", "export", "fills", "--symbol", "ETHUSDT", "-o", str(path))
    assert [(row["strategy_id"], row["tick_id"]) for row in rows_of(path)] == [("b", "1")]
    before = path.read_text()
    refused = run("db", "export", "fills", "--strategy", "none", "-o", str(path))
    assert (refused.code, refused.err) == (2, "cockpit: none: no fills of it; there are of =cmd, b\n")
    assert path.read_text() == before
    assert run("db", "export", "fills", "--strategy", "b", "--to", "2024-01-01", "-o", str(path)).code == 0
    assert rows_of(path) == []
    assert (
        "no fills of it; there are binance:BTCUSDT, binance:ETHUSDT" in run("db", "export", "fills", "--symbol", "X", "-o", str(path)).err
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "-o", "a.csv"), "say whose with --symbol"),
        (("export", "--symbol", "XRPUSDT", "-o", "a.csv"), "not on the tape"),
        (("export", "--symbol", "BTCUSDT", "-o", "a.txt"), "end the name with .csv, .csv.gz or .parquet"),
        (("export", "--symbol", "BTCUSDT", "-o", "a.csv", "--format", "parquet"), "the name says csv and --format says parquet"),
        (("export", "--symbol", "BTCUSDT", "-o", "a.csv", "--interval", "1m"), "--interval is for bars and indicators"),
        (("export", "bars", "--symbol", "BTCUSDT", "-o", "a.csv", "--interval", "1x"), "no kind of bar"),
        (("export", "--symbol", "BTCUSDT", "-o", "a.csv", "--from", "2024-08-02", "--to", "2024-08-01"), "--from must be before --to"),
        (("export", "fills", "-o", "a.csv"), "no ledger"),
        (("export", "--symbol", "BTCUSDT", "-o", "-", "--format", "parquet"), "only CSV goes to stdout"),
        (("exprt",), "did you mean export?"),
        (("import",), "name files or folders"),
        (("import", "--symbols", "BTCUSDT"), "needs --symbols and --from"),
        (("import", "--venue", "kraken", "--symbols", "X", "--from", "2024-08-01"), "dumps are known of binance"),
        (("import", "a.csv", "--venue", "binance", "--symbols", "X", "--from", "2024-08-01"), "not both"),
        (("import", "--symbols", "BTCUSDT", "--from", "2024-08-01", "--url", "ftp://x"), "--url ftp://x: must be http:// or https://"),
        (("import", "--symbols", "BTCUSDT", "--from", "2024-08-01", "--url", ""), "--url: give an address"),
        (("import", "--symbols", "BTCUSDT", "--from", "2124-08-01", "--url", "http://127.0.0.1:1"), "--from must be before today"),
        (("import", "none.csv"), "no such file"),
    ],
)
def test_wrong_usage_is_one_line_and_leaves_no_file(
    run: Run, tape: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run("db", *words)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert os.listdir(tmp_path) == ["home"]


def test_parquet_without_its_reader_says_how_to_get_it(run: Run, tape: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    outcome = run("db", "export", "--symbol", "BTCUSDT", "-o", str(tmp_path / "a.parquet"))
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "pip install 'cockpit[parquet]'" in outcome.err
    assert os.listdir(tmp_path) == ["home"]


def test_an_import_prints_what_became_of_it(run: Run, tape: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("db", "export", "--symbol", "BTCUSDT", "-o", str(tmp_path / "a.csv"))
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "other"))
    assert "600 new prints, 0 were there already" in run("db", "import", str(tmp_path / "a.csv")).out
    found = run("db", "import", str(tmp_path / "a.csv"), "--json").document
    assert (found["files"], found["new"], found["there"], found["holes"]) == (1, 0, 600, 0)


def test_an_import_beside_a_running_engine_is_refused(run: Run, engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT-aggTrades-2024-08-01.csv").write_text("1,60000.1,0.1,1,1,1722470400000,True,True\n")
    outcome = run("db", "import", str(tmp_path / "BTCUSDT-aggTrades-2024-08-01.csv"), "--json")
    assert outcome.code == 1
    assert "stop it with `cockpit stop`" in outcome.document["error"]


def as_at_a_terminal() -> None:
    """Ctrl-c is heard, also where these tests run in the background and it is not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_no_half_file(home: Path, tmp_path: Path, signum: int, code: int) -> None:
    asyncio.run(write_tape(home, ticks_of(400_000, 1_000_000)))
    folder = tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-m", "cockpit", "db", "export", "--symbol", "BTCUSDT", "-o", str(folder / "a.csv")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=as_at_a_terminal) as process:
        end = time.monotonic() + 60
        while not any(path.stat().st_size for path in folder.iterdir()):
            assert process.poll() is None
            assert time.monotonic() < end
        process.send_signal(signum)
        _, err = process.communicate(timeout=60)
        assert process.returncode == code
        assert err.decode() == f"stopped: {folder / 'a.csv'} was not written\n"
    assert os.listdir(folder) == []


def _size(path: Path) -> int:
    """Bytes of a file that another process may make and delete meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.mark.slow
def test_an_import_that_is_stopped_says_how_far_it_came_and_goes_on(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-aggTrades-2024-08-01.csv"
    count = 900_000
    path.write_text("".join(f"{n},60000.1,0.1,{n},{n},{1722470400000 + n},True,True\n" for n in range(1, count + 1)))
    command = [sys.executable, "-m", "cockpit", "db", "import", str(path), "--json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=as_at_a_terminal) as process:
        end = time.monotonic() + 60
        while _size(home / "tape.db-wal") < 1 << 20:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().startswith("stopped: 0 of 1 file done, ")
    done = subprocess.run(command, capture_output=True, check=True, timeout=100)
    found = json.loads(done.stdout)
    assert found["new"] + found["there"] == count
    assert found["there"] > 0
    assert found["holes"] == 0


def test_a_venue_that_cannot_be_asked_is_told_once_a_try(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def soon(self: Backoff, retry_after: float = 0.0) -> float:
        self.attempts += 1
        return 0.02

    monkeypatch.setattr(Backoff, "next", soon)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        outcome = run("db", "import", "--symbols", "BTCUSDT", "--from", "2024-08-01", "--to", "2024-08-02", "--url", url)
    *waits, last = outcome.err.splitlines()
    assert outcome.code == 1
    assert len(waits) == TRIES - 1
    assert all(line.startswith("BTCUSDT 2024-08-01: ") and line.endswith(", again in 0 s") for line in waits)
    assert f"{TRIES} times in a row" in last


def test_while_an_import_runs_there_is_no_engine_and_none_is_started(run: Run, home: Path) -> None:
    with lock_home(home, IMPORT):
        assert run("status").code == 3
        assert "an import holds" in run("db", "import", str(home.parent / "x.csv")).err
        found = doctor.engine(home)
        assert (found.verdict, found.text) == ("ok", f"not running while an import does (pid {os.getpid()})")
