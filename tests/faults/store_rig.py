"""Real processes for the faults of the store: a local exchange at speed, and `cockpit --record` on it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.client import Client
from core.store.tape_stats import tape_stats

REPO = Path(__file__).resolve().parents[2]

#: A recorder that tells often, so that what it said is never far behind what it did; with a backlog that may be small.
TALKATIVE = """
import os, sys
from core.engine import teller
from core.store.tape import Tape
teller.JSON_S = teller.LINE_S = 0.05
if "RIG_BACKLOG" in os.environ:
    Tape.open.__func__.__kwdefaults__["max_backlog"] = int(os.environ["RIG_BACKLOG"])
from core.engine.__main__ import main
sys.exit(main())
"""


def until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Wait for a condition and return it; fail by name when it does not come."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"did not happen within {seconds:g} s: {what}"
        time.sleep(0.02)
    return found


def scenario(path: Path, trades_per_s: float, symbols: int = 4) -> Path:
    """A generated market that trades so often in all."""
    each = trades_per_s / symbols
    blocks = [f'[[instruments]]\nbase = "S{n}"\nprice = {100.0 * (n + 1)}\n' for n in range(symbols)]
    path.write_text(f"trades_per_s = {each}\nhistory_hours = 2\n" + "".join(blocks))
    return path


@contextlib.contextmanager
def exchange(*words: str) -> Iterator[dict[str, str]]:
    """A local exchange; gives the environment that points an engine to it."""
    command = [sys.executable, "-P", "-m", "core.exchange", "--die-with-parent", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPO, env=_environment()) as process:
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            yield {"COCKPIT_VENUES__BINANCE__WS_URL": said["ws_url"], "COCKPIT_VENUES__BINANCE__REST_URL": said["rest_url"]}
        finally:
            process.kill()


def _environment() -> dict[str, str]:
    return {**{key: value for key, value in os.environ.items() if not key.startswith("COCKPIT_V")}, "PYTHONPATH": str(REPO)}


class Recorder:
    """An engine process that records, and the JSON lines it said so far."""

    def __init__(self, process: subprocess.Popen[str], home: Path) -> None:
        self.process = process
        self.home = home
        self.lines: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):  # the last one may be cut off
                self.lines.append(json.loads(line))

    def said(self, key: str) -> Any:
        """The newest value of one of the facts it tells; None before the first line."""
        return self.lines[-1].get(key) if self.lines else None

    def environment(self) -> dict[str, str]:
        """Of a `cockpit` that is to reach this engine."""
        return {**_environment(), "COCKPIT_HOME": str(self.home)}

    def command(self, *words: str, check: bool = True) -> Any:
        """What `cockpit … --json` answers about this engine."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "cockpit", *words, "--json"],
            env=self.environment(),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def troubles(self) -> str:
        """What `cockpit status` says is not well, in one line."""
        return ", ".join(trouble["text"] for trouble in self.command("status")["troubles"])

    def alerts(self) -> list[str]:
        """What alarms said so far, the open ones marked, oldest first; as a viewer sees them."""
        return asyncio.run(_alerts(self.home))

    def kill(self) -> None:
        """End it with no chance to do anything, and read what it had said."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join(10)

    def stop(self, seconds: float = 30.0) -> int:
        """End it in order; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        self._reader.join(10)
        return code


async def _alerts(home: Path) -> list[str]:
    client = await Client.connect(home, name="cli")
    try:
        view = await client.pull(["alerts"])
    finally:
        await client.close()
    return [("open: " if row.open else "") + row.text for row in sorted(view.alerts or [], key=lambda row: row.ts_ns)]


@contextlib.contextmanager
def recorder(home: Path, place: dict[str, str], *words: str, names: Sequence[str] = (), **environment: str) -> Iterator[Recorder]:
    """`cockpit --record --json` in a process of its own, gone at the end whatever happens."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-P", "-c", TALKATIVE, "--home", str(home), "--record", "--json", *words]
    if names:
        command += ["--symbols", ",".join(names)]
    errors = (home / "stderr.txt").open("a")
    with errors, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=REPO, env={**_environment(), **place, **environment}
    ) as process:  # fmt: skip
        try:
            yield Recorder(process, home)
        finally:
            process.kill()


def rows(path: Path, query: str, *values: Any) -> list[Any]:
    """What a query finds, read as anybody would: with plain sqlite3."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
        return db.execute(query, values).fetchall()


def whole(tape: Path, names: Sequence[str]) -> int:
    """Assert that the tape lacks no id of these symbols that is not listed in a gap; the number of its ticks."""
    stats = tape_stats(tape)
    assert sorted(one.symbol for one in stats) == [f"binance:{name}" for name in sorted(names)]
    assert [(one.symbol, one.missing, one.duplicates) for one in stats if one.missing or one.duplicates] == []
    assert rows(tape, "PRAGMA integrity_check") == [("ok",)]
    return sum(one.ticks for one in stats)


def newest_ids(path: Path) -> dict[str, int]:
    """The highest id of each symbol that another program can see in the rows."""
    return dict(rows(path, "SELECT symbol, max(id) FROM series JOIN tick_rows USING(series) GROUP BY series"))
