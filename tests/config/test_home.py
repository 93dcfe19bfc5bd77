"""Who may use a home, for what, and where its parts lie."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import CockpitError, HomeLocked, UsageError
from core.home import (
    LONGEST_SOCKET_PATH,
    data_folder,
    default_home,
    demo_home,
    holder,
    lock_home,
    make_home,
    private_folder,
    read_stamp,
    reset_home,
    running,
    socket_path,
    stamp,
)

HOLD = """
import sys
from pathlib import Path
from core.home import lock_home
lock = lock_home(Path(sys.argv[1]), "paper")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_engine(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the home."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_environment_names_the_home_for_the_demo_too() -> None:
    env = {"COCKPIT_HOME": "/somewhere/else"}
    assert default_home(env) == demo_home(env) == Path("/somewhere/else")


def test_a_home_given_relative_or_with_a_tilde_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/users/me")
    assert default_home({"COCKPIT_HOME": "~/c"}) == Path("/users/me/c")
    assert default_home({"COCKPIT_HOME": "c"}).is_absolute()


def test_the_demo_has_a_home_of_its_own() -> None:
    assert default_home({}) != demo_home({})


def test_a_second_engine_is_refused_with_the_pid_of_the_first(tmp_path: Path, other_engine: subprocess.Popen[str]) -> None:
    with pytest.raises(HomeLocked, match=f"pid {other_engine.pid}"):
        lock_home(tmp_path)
    assert running(tmp_path) == other_engine.pid


def test_the_lock_ends_with_its_process_however_it_ends(tmp_path: Path, other_engine: subprocess.Popen[str]) -> None:
    other_engine.kill()
    other_engine.wait()
    assert running(tmp_path) is None
    with lock_home(tmp_path):
        assert running(tmp_path) == os.getpid()


def test_a_lock_names_its_holder_and_lets_go(tmp_path: Path) -> None:
    with lock_home(tmp_path, "demo") as lock:
        found = holder(tmp_path)
        assert found == lock.holder
        assert found is not None
        assert (found.pid, found.mode) == (os.getpid(), "demo")
    assert running(tmp_path) is None
    lock.close()


def test_looking_who_runs_does_not_keep_an_engine_from_starting(tmp_path: Path) -> None:
    for _ in range(20):
        assert running(tmp_path) is None
        with lock_home(tmp_path):
            assert running(tmp_path) == os.getpid()


def test_a_child_process_does_not_keep_the_home(tmp_path: Path) -> None:
    lock = lock_home(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, close_fds=False) as child:
        lock.close()
        assert running(tmp_path) is None
        child.kill()


def test_nobody_runs_where_there_is_no_home(tmp_path: Path) -> None:
    assert running(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_a_home_is_stamped_once_and_refuses_another_mode_or_venue(tmp_path: Path) -> None:
    assert stamp(tmp_path, "paper", ["binance"]) == read_stamp(tmp_path)
    assert stamp(tmp_path, "paper", ["binance"]).mode == "paper"
    with pytest.raises(UsageError, match="is a paper home and cannot run as demo"):
        stamp(tmp_path, "demo", ["binance"])
    with pytest.raises(UsageError, match="holds data of binance and cannot run on kraken"):
        stamp(tmp_path, "paper", ["kraken"])


def test_a_stamp_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("{")
    with pytest.raises(CockpitError, match=r"home\.json"):
        read_stamp(tmp_path)


def test_the_socket_lies_in_a_folder_only_its_user_can_enter(tmp_path: Path) -> None:
    short = Path("/tmp") / f"c{os.getpid()}"
    make_home(short)
    try:
        path = socket_path(short)
        assert path == short / "run" / "engine.sock"
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        (short / "run").rmdir()
        short.rmdir()


def test_a_long_home_has_a_short_socket_of_its_own(tmp_path: Path) -> None:
    homes = [make_home(tmp_path / ("x" * 120) / name) for name in ("a", "b")]
    paths = [socket_path(home) for home in homes]
    assert len(set(paths)) == 2
    assert all(len(os.fsencode(path)) <= LONGEST_SOCKET_PATH for path in paths)
    assert all(stat.S_IMODE(path.parent.stat().st_mode) == 0o700 for path in paths)


def test_a_socket_does_not_depend_on_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_home(tmp_path / ("x" * 120))
    first = socket_path(home)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert socket_path(home) == first


def test_asking_for_the_socket_of_a_missing_home_makes_nothing(tmp_path: Path) -> None:
    socket_path(tmp_path / "h")
    assert not (tmp_path / "h").exists()


def test_a_private_folder_is_made_private_and_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    assert stat.S_IMODE(private_folder(tmp_path / "open").stat().st_mode) == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "open")
    with pytest.raises(CockpitError, match="is not a folder of this user"):
        private_folder(tmp_path / "link")


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CockpitError, match=r"cannot use .* as a home"):
        make_home(tmp_path / "file" / "home")
    with pytest.raises(UsageError, match=r"cannot use .*file as a home: it is no folder"):
        make_home(tmp_path / "file")
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    with pytest.raises(UsageError, match=r"cannot use .*link as a home: it is a link to .*disk, which is not there"):
        make_home(tmp_path / "link")
    (tmp_path / "disk").mkdir()
    assert make_home(tmp_path / "link") == tmp_path / "link"


def test_a_lock_that_cannot_be_written_is_one_line_and_no_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "pwrite", full)
        with pytest.raises(CockpitError, match=r"cannot write .*engine\.lock: No space left on device"):
            lock_home(tmp_path)
    lock_home(tmp_path).close()


def test_a_fresh_demo_keeps_the_configuration_and_forgets_the_rest(tmp_path: Path) -> None:
    stamp(tmp_path, "demo", ["binance"])
    for name in ("tape.db", "tape.db-wal", "ledger.db", "cockpit.toml", "notes.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "engine.log").write_text("x")
    reset_home(tmp_path, "demo")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cockpit.toml", "engine.lock", "notes.txt"]


def test_only_a_demo_home_is_emptied(tmp_path: Path) -> None:
    stamp(tmp_path, "paper", ["binance"])
    (tmp_path / "tape.db").write_text("precious")
    with pytest.raises(UsageError, match="only a demo home"):
        reset_home(tmp_path, "demo")
    (tmp_path / "home.json").unlink()
    with pytest.raises(UsageError, match="not deleting it"):
        reset_home(tmp_path, "demo")
    assert (tmp_path / "tape.db").read_text() == "precious"


def test_a_running_demo_is_not_emptied(tmp_path: Path, other_engine: subprocess.Popen[str]) -> None:
    stamp(tmp_path, "demo", ["binance"])
    with pytest.raises(HomeLocked):
        reset_home(tmp_path, "demo")
    assert json.loads((tmp_path / "home.json").read_text())["mode"] == "demo"


def test_the_projects_data_is_found_in_a_checkout() -> None:
    assert (data_folder() / "README.md").is_file()
