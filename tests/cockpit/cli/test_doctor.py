"""The doctor: each thing a machine may lack is found, said in words, with what to do."""

from __future__ import annotations

import getpass
import os
import resource
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from cli_doubles import FakeEngine, Run

from cockpit.cli import doctor, doctor_disk, doctor_machine
from cockpit.cli.finding import judged

CHECKS = [
    "python", "packages", "home", "sqlite", "disk", "file system", "fsync", "kernels", "terminal", "engine",
    "processors", "memory", "swap", "open files", "clock", "logout", "config", "streams", "rest",
]  # fmt: skip


@pytest.fixture
def no_venue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens where the venue would be."""
    for key, scheme in (("WS", "ws"), ("REST", "http")):
        monkeypatch.setenv(f"COCKPIT_VENUES__BINANCE__{key}_URL", f"{scheme}://127.0.0.1:1")


def test_everything_is_looked_at_and_the_worst_verdict_is_the_whole_ones(run: Run, no_venue: None) -> None:
    document = run("doctor", "--json").document
    assert [finding["check"] for finding in document["findings"]] == CHECKS
    verdicts = {finding["verdict"] for finding in document["findings"]}
    assert document["verdict"] == ("fail" if "fail" in verdicts else "warn")


def test_what_is_not_well_says_what_to_do_after_a_colon(run: Run, no_venue: None) -> None:
    for finding in run("doctor", "--json").document["findings"]:
        if finding["verdict"] != "ok":
            assert ": " in finding["text"], finding


def test_each_source_is_looked_for_and_a_secret_that_is_not_there_is_said(
    run: Run, home: Path, no_venue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        sections = (f"http://127.0.0.1:{port}/t0k3n", "http://127.0.0.1:1/t0k3n", f"http://127.0.0.1:{port}/", "env:COCKPIT_SECRET_URL")
        text = "".join(f'[sources.s{n}]\nurl = "{url}"\n' + 'secret = "env:NO_SUCH"\n' * (n == 2) for n, url in enumerate(sections))
        (home / "cockpit.toml").write_text(text)
        monkeypatch.setenv("COCKPIT_SECRET_URL", f"http://127.0.0.1:{port}/hidden")
        found = [one for one in run("doctor", "--json").document["findings"] if one["check"] == "source"]
    assert [one["verdict"] for one in found] == ["ok", "warn", "fail", "ok"]
    assert found[0]["text"].startswith(f"s0: 127.0.0.1:{port} answers in ")
    assert found[1]["text"] == "s1: 127.0.0.1:1 cannot be reached: Connection refused; strategies that listen to it abstain"
    assert found[2]["text"] == "[sources.s2] secret: the environment variable NO_SUCH is not set"
    assert "t0k3n" not in str(found)
    assert "hidden" not in str(found)


def test_people_get_a_line_each_and_a_sum(run: Run, no_venue: None) -> None:
    lines = run("doctor").out.splitlines()
    assert len(lines) == len(CHECKS) + 1
    assert lines[-1].endswith("broken")


@pytest.mark.parametrize(("free", "verdict"), [(10**12, "ok"), (10**9, "warn"), (10**8, "fail")])
def test_a_disk_that_will_be_full_is_said_before_it_is(free: int, verdict: str, tmp_path: Path) -> None:
    assert doctor_disk.room(free, tmp_path).verdict == verdict


@pytest.mark.parametrize(("name", "verdict"), [("ext4", "ok"), ("nfs4", "fail"), ("fuse.sshfs", "fail"), ("tmpfs", "warn")])
def test_file_systems_a_database_cannot_live_on_are_known(name: str, verdict: str, tmp_path: Path) -> None:
    mounts, home = tmp_path / "mountinfo", tmp_path / "a home"
    home.mkdir()
    place = str(home).replace(" ", "\\040")
    mounts.write_text(f"1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:9 / {place} rw,nosuid shared:7 - {name} x:/y rw\nnonsense\n")
    found = doctor_disk.kind(home, mounts)
    assert (found.verdict, found.text.partition(":")[0]) == (verdict, name)
    assert doctor_disk.kind(tmp_path, mounts).text == "ext4"
    assert doctor_disk.kind(home, tmp_path / "none").verdict == "ok"


def test_a_sync_is_timed_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found = doctor_disk.sync(tmp_path)
    assert "ms, the longest of 20" in found.text
    assert list(tmp_path.iterdir()) == []


def test_a_slow_disk_is_a_warning_and_one_that_cannot_be_written_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_disk, "SYNC_WARN_S", 0.0)
    assert doctor_disk.sync(tmp_path).verdict == "warn"

    def refuse(**_where: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert doctor_disk.sync(tmp_path).text == f"cannot write at {tmp_path}: Permission denied"
    assert doctor_disk.sync(tmp_path).verdict == "fail"


def test_the_databases_are_sized_and_a_log_that_only_grows_is_said(tmp_path: Path) -> None:
    assert list(doctor_disk.databases(tmp_path)) == []
    (tmp_path / "tape.db").write_bytes(bytes(3_000_000))
    with (tmp_path / "tape.db-wal").open("wb") as log:
        log.truncate(2 * doctor_disk.LOG_WARN)
    (tmp_path / "ledger.db").touch()
    tape, ledger = doctor_disk.databases(tmp_path)
    assert (tape.verdict, tape.text.partition(":")[0]) == ("warn", "3.0 MB and 200.0 MB in its log")
    assert (ledger.verdict, ledger.text) == ("ok", "0.0 MB")


def test_an_old_sqlite_is_no_fault_but_says_who_may_write() -> None:
    assert doctor_disk.sqlite((3, 40, 1)).verdict == "ok"
    assert "no other program write" in doctor_disk.sqlite((3, 40, 1)).text
    assert doctor_disk.sqlite((3, 52, 0)).text == "SQLite 3.52.0"


@pytest.mark.parametrize(
    ("cores", "workers", "load", "verdict"), [(4, 4, 1.0, "ok"), (1, 2, 0.0, "ok"), (2, 8, 0.0, "warn"), (2, 2, 9.0, "warn")]
)
def test_too_many_workers_and_busy_processors_are_said(cores: int, workers: int, load: float, verdict: str) -> None:
    assert doctor_machine.processors(cores, workers, load).verdict == verdict


@pytest.mark.parametrize(("available", "verdict"), [(None, "ok"), (8000.0, "ok"), (600.0, "warn"), (300.0, "fail")])
def test_memory_is_compared_with_what_the_workers_need(available: float | None, verdict: str) -> None:
    assert doctor_machine.memory(available, 2).verdict == verdict


def test_a_machine_that_swaps_is_short_of_memory() -> None:
    assert doctor_machine.swap({}).verdict == "ok"
    assert doctor_machine.swap({"SwapTotal": 1000, "SwapFree": 900}).verdict == "ok"
    assert doctor_machine.swap({"SwapTotal": 1000, "SwapFree": 100}).verdict == "warn"


def test_few_open_files_are_said() -> None:
    assert doctor_machine.files(256).text.endswith("ulimit -n 1024")
    assert doctor_machine.files(resource.RLIM_INFINITY).verdict == doctor_machine.files(1024).verdict == "ok"


@pytest.mark.parametrize(("said", "verdict"), [(False, "warn"), (True, "ok"), (None, "ok")])
def test_a_clock_that_nobody_sets_right_is_a_warning(said: bool | None, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "synchronised", lambda: said)
    assert doctor_machine.clock().verdict == verdict


def test_a_clock_before_the_program_itself_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    assert doctor_machine.clock().verdict == "fail"


def test_a_system_that_ends_what_a_user_left_running_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert doctor_machine.logout(tmp_path, tmp_path).verdict == "ok"
    (tmp_path / "logind.conf").write_text("[Login]\n#KillUserProcesses=no\nKillUserProcesses=yes\n")
    assert doctor_machine.logout(tmp_path, tmp_path).text.endswith("loginctl enable-linger ann")
    (tmp_path / "logind.conf.d").mkdir()
    (tmp_path / "logind.conf.d" / "50.conf").write_text("KillUserProcesses = no\n")
    assert doctor_machine.logout(tmp_path, tmp_path).verdict == "ok"
    (tmp_path / "logind.conf.d" / "60.conf").write_text("KillUserProcesses=true\n")
    assert doctor_machine.logout(tmp_path, tmp_path).verdict == "warn"
    (tmp_path / "ann").touch()
    assert doctor_machine.logout(tmp_path, tmp_path).verdict == "ok"


def test_a_cache_that_cannot_be_written_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_CACHE", str(tmp_path / "cache"))
    assert doctor.kernels().verdict == "ok"
    assert list((tmp_path / "cache").iterdir()) == []
    (tmp_path / "file").touch()
    monkeypatch.setenv("COCKPIT_CACHE", str(tmp_path / "file"))
    assert doctor.kernels().verdict == "warn"


def test_a_home_others_can_write_in_is_said(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert doctor.folder(home).text == f"{home} will be made"
    home.mkdir()
    home.chmod(0o777)
    assert doctor.folder(home).verdict == "warn"
    home.chmod(0o700)
    assert doctor.folder(home).verdict == "ok"
    assert doctor.folder(Path(__file__)).verdict == "fail"


def test_a_running_engine_is_asked_how_it_is(engine: FakeEngine, run: Run, no_venue: None) -> None:
    for health, verdict in (("ok", "ok"), ("degraded", "warn")):
        engine.answers["status"] = {"health": health}
        found = next(f for f in run("doctor", "--json").document["findings"] if f["check"] == "engine")
        assert found["verdict"] == verdict
        assert "runs and answers in" in found["text"]


def test_the_worse_advice_wins() -> None:
    assert judged("x", "a").verdict == "ok"
    assert judged("x", "a", warn="b").text == "a: b"
    assert (judged("x", "a", warn="b", fail="c").verdict, judged("x", "a", warn="b", fail="c").text) == ("fail", "a: c")
