"""A real engine's socket: another user, a second engine, and callers that attack it while it records."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from core.client import call
from core.engine.footprint import resident
from core.home import socket_path
from core.view import Ask, Pull
from tests.faults.store_rig import REPO, Recorder, exchange, recorder, rows, scenario, until, whole

pytestmark = pytest.mark.slow

NAMES = ("S0USDT", "S1USDT")
NOBODY = 65534

#: Becomes another user, knocks as a viewer does, and says what it was answered.
STRANGER = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
with socket.socket(socket.AF_UNIX) as knock:
    knock.settimeout(20)
    knock.connect(sys.argv[1])
    knock.sendall(b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                  b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n")
    told = b""
    while more := knock.recv(4096):
        told += more
    sys.stdout.write(told.decode())
"""

#: A connection that has opened; the engine never sees who is behind it.
OPENING = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A short one: a socket's path must fit into 108 bytes."""
    made = Path(tempfile.mkdtemp(prefix="ck", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[dict[str, str]]:
    with exchange("--scenario", str(scenario(tmp_path / "market.toml", 100, 2))) as place:
        yield place


def live(engine: Recorder) -> None:
    until(lambda: engine.said("feed") == "live" and engine.said("ticks_total") > 20, "live", 60)


def log_of(home: Path) -> str:
    return (home / "logs" / "engine.log").read_text()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another user for a moment")
def test_another_user_on_the_socket_is_refused_and_logged(home: Path, market: dict[str, str]) -> None:
    with recorder(home, market, names=NAMES) as engine:
        live(engine)
        path = socket_path(home)
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        for reachable, mode in ((home, 0o755), (path.parent, 0o755), (path, 0o666)):
            reachable.chmod(mode)  # what protects it else is taken away
        stranger = subprocess.run([sys.executable, "-c", STRANGER, str(path), str(NOBODY)], capture_output=True, text=True, timeout=60)
        assert stranger.stdout.startswith("HTTP/1.1 403"), stranger.stderr
        assert "another user" in log_of(home)
        for private in (home, path.parent):
            private.chmod(0o700)
        status = engine.command("status")
        assert status["pid"] == engine.process.pid, "its own user is let in"
        assert status["door"]["refused"] == {"another user": 1}
        assert engine.stop() == 0


def test_a_second_engine_on_a_home_is_refused_with_the_pid_of_the_first_which_goes_on(home: Path, market: dict[str, str]) -> None:
    with recorder(home, market, names=NAMES) as engine:
        live(engine)
        environment = {**engine.environment(), **market}
        for words in (["core.engine", "--home", str(home), "--record"], ["cockpit", "--record", "--duration", "5s"]):
            second = subprocess.run(
                [sys.executable, "-P", "-m", *words], capture_output=True, text=True, timeout=60, cwd=REPO, env=environment
            )
            assert second.returncode == 1, second.stderr
            assert str(engine.process.pid) in second.stderr
            assert len(second.stderr.strip().splitlines()) == 1
        before = engine.said("ticks_total")
        until(lambda: engine.said("ticks_total") > before, "the first records on")
        assert engine.command("status")["pid"] == engine.process.pid
        assert engine.stop() == 0
    assert whole(home / "tape.db", NAMES) > 0


def test_a_home_whose_engine_was_killed_is_free_again(home: Path, market: dict[str, str]) -> None:
    with recorder(home, market, names=NAMES) as engine:
        live(engine)
        engine.kill()
    with recorder(home, market, names=NAMES) as engine:
        live(engine)
        assert engine.command("status")["pid"] == engine.process.pid
        assert engine.stop() == 0


class Attack(threading.Thread):
    """Does harm over connections of its own until told to stop."""

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(daemon=True)
        self.path, self.kind = path, kind
        self.over = threading.Event()
        self.rounds = 0

    def run(self) -> None:
        while not self.over.is_set():
            try:
                with socket.socket(socket.AF_UNIX) as knock:
                    knock.settimeout(2.0)
                    knock.connect(str(self.path))
                    knock.sendall(OPENING)
                    self.harm(knock)
            except OSError:
                time.sleep(0.01)  # thrown out: once more
            self.rounds += 1

    def harm(self, knock: socket.socket) -> None:
        pull = _frame(msgspec.msgpack.encode(Pull(dict.fromkeys(("header", "prices", "strategies", "trades", "alerts"), -1))))
        sent = {"flood": pull, "never reads": pull * 50, "junk": _frame(b"\x00" * (1 << 20)), "broken": os.urandom(4096), "idle": b""}[
            self.kind
        ]
        while not self.over.is_set():
            knock.sendall(sent)
            if self.kind == "flood":
                knock.recv(1 << 20)
            elif self.kind == "idle":
                time.sleep(0.2)


def _frame(payload: bytes) -> bytes:
    """A masked binary frame (RFC 6455, 5.2); the mask is zeros."""
    size = len(payload)
    head = bytes([0x82, 0x80 | 126]) + size.to_bytes(2, "big") if size < 1 << 16 else bytes([0x82, 0x80 | 127]) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def test_an_engine_under_attack_records_answers_and_keeps_its_memory(home: Path, market: dict[str, str]) -> None:
    with recorder(home, market, names=NAMES) as engine:
        live(engine)
        before = sum(resident([engine.process.pid]).values())
        kinds = ["flood"] * 4 + ["never reads"] * 4 + ["junk"] * 2 + ["broken"] * 2 + ["idle"] * 20
        attacks = [Attack(socket_path(home), kind) for kind in kinds]
        try:
            for attack in attacks:
                attack.start()
            until(lambda: all(attack.rounds for attack in attacks if attack.kind == "junk"), "the attack is on", 60)
            told = engine.said("ticks_total")
            until(lambda: engine.said("ticks_total") > told + 200, "it records on", 60)
            assert call(home, Ask("status"))["pid"] == engine.process.pid
            held = sum(resident([engine.process.pid]).values())
        finally:  # or it would go on against every test behind this one
            for attack in attacks:
                attack.over.set()
            for attack in attacks:
                attack.join(10)
        assert held < before + (64 << 20)
        assert engine.stop() == 0
    assert rows(home / "tape.db", "SELECT count(*) FROM gaps")[0][0] == 0
    assert whole(home / "tape.db", NAMES) > 0
