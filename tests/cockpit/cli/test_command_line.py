"""Words in; an exit code and one line, or one document, out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_doubles import FakeEngine, Run

from cockpit.cli import status


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["regster"], "no command 'regster': did you mean register?"),
        (["qqqq"], "no command 'qqqq': cockpit --help lists them"),
        (["db", "qqqq"], "no command 'qqqq': cockpit db --help lists them"),
        (["alert", "snooze", "x", "-1h"], "'-1h' is no duration: a number above 0"),
        (["status", "--hme", "/x"], "did you mean --home?"),
        (["register", "rsi"], "required: --symbols"),
        (["register", "rsi", "--symbols", ","], "give at least one, separated by commas"),
        (["register", "rsi", "--symbols", "A", "--param", "period"], "--param period: write name=value"),
        (["register", "rsi", "--symbols", "A", "--param", "a=1", "a=2"], "a is given twice"),
        (["register", "rsi", "--symbols", "A", "--qty", "0"], "--qty 0: must be a number above 0"),
        (["register", "rsi", "--symbols", "A", "--qty", "nan"], "--qty nan: must be a number above 0"),
        (["register", "rsi", "--symbols", "A", "--side", "up"], "--side up: must be long_flat or long_short"),
        (["register", "rsi", "--symbols", "A", "--stop-loss-pct", "null"], "--stop-loss-pct null: must be a number above 0 and below 100"),
        (["pause"], "name one strategy by its ID, or all of them with --all"),
        (["flatten", "x", "--all"], "name one strategy by its ID, or all of them with --all"),
        (["reduce"], "name one strategy by its ID, or all of them with --all"),
        (["reduce", "x", "--pct", "100"], "--pct 100: must be a number above 0 and below 100; `cockpit flatten` closes all of it"),
        (["reduce", "x", "--pct", "nan"], "--pct nan: must be a number above 0 and below 100"),
        (["stops", "x", "--stop-loss-pct", "120"], "--stop-loss-pct 120: must be a number above 0 and below 100"),
        (["stops", "x", "--trailing-pct", "no"], "--trailing-pct no: must be a number above 0 and below 100"),
        (["--speed", "2"], "--speed goes with --demo"),
        (["--fresh"], "--fresh goes with --demo"),
        (["--duration", "60s"], "--duration goes with --record"),
        (["--record", "--duration", "soon"], "'soon' is no duration"),
        (["--record", "--duration", "0s"], "'0s' is no duration"),
        (["--demo", "--speed", "inf"], "'inf' is no speed: a number above 0, or max"),
        (["--demo", "--recording", "/no/such/file"], "no recording /no/such/file"),
        (["--symbols", "A", "status"], "--symbols goes without a command, or after status"),
        (["--venue", "nyse"], "--venue nyse: must be binance"),
        (["logs", "-n", "-5"], "-n -5: must be 0 or more"),
        (["--json"], "the cockpit is a screen"),
        ([], "the cockpit needs a terminal"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(run: Run, words: list[str], said: str) -> None:
    outcome = run(*words)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.startswith("cockpit: ")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["stop"],
        ["register", "rsi", "--symbols", "BTCUSDT"],
        ["unregister", "x"],
        ["pause", "x"],
        ["resume", "--all"],
        ["flatten", "--all"],
        ["reduce", "x"],
        ["stops", "x"],
        ["status"],
    ],
)
def test_without_an_engine_the_line_says_so_and_the_exit_code_is_3(run: Run, home: Path, words: list[str]) -> None:
    outcome = run(*words)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == f"cockpit: no engine runs in {home}: start one with `cockpit start`\n"
    assert not home.exists()


@pytest.mark.parametrize("command", ["status", "stop", "digest"])
def test_the_advice_is_for_the_home_that_was_asked_for(run: Run, tmp_path: Path, command: str) -> None:
    other = str(tmp_path / "an other")
    assert run(command, "--demo").err.endswith("start one with `cockpit start --demo`\n")
    assert run(command, "--home", other).err.endswith(f"no engine runs in {other}: start one with `cockpit start --home '{other}'`\n")
    assert run("--home", "/no/where", "--demo", command).err.endswith("start one with `cockpit start --demo --home /no/where`\n")


def test_the_status_of_a_stopped_engine_is_a_document_and_exit_3(run: Run) -> None:
    outcome = run("status", "--json")
    assert (outcome.code, outcome.document) == (3, {"state": "stopped"})


def test_a_failure_under_json_is_one_document_too(run: Run) -> None:
    outcome = run("pause", "x", "--json")
    assert outcome.code == 3
    assert outcome.document["exit_code"] == 3
    assert outcome.err == f"cockpit: {outcome.document['error']}\n"


def test_a_wrong_configuration_is_one_line_and_exit_2(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "cockpit.toml").write_text("[engine]\nworker = 3\n")
    outcome = run("config")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"cockpit: {home}/cockpit.toml: unknown key engine.worker = 3: did you mean engine.workers?\n"


WRONG_KEYS = [
    ('pause = "x"\nflatten = "x"', "ui.keys: x would do both pause and flatten: give one of them another key"),
    ('pausee = "x"', "ui.keys.pausee: there is no such action; did you mean pause?"),
    ('pause = "nokey!"', "ui.keys.pause = 'nokey!': allowed are keys such as x, ctrl+x, F9 or ?, with commas between"),
]


@pytest.mark.parametrize(("keys", "said"), WRONG_KEYS, ids=["twice", "unknown", "no key"])
def test_wrong_keys_of_ones_own_are_found_before_the_screen_opens(
    run: Run, home: Path, keys: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, scheme in (("WS", "ws"), ("REST", "http")):
        monkeypatch.setenv(f"COCKPIT_VENUES__BINANCE__{key}_URL", f"{scheme}://127.0.0.1:1")
    home.mkdir()
    (home / "cockpit.toml").write_text(f"[ui.keys]\n{keys}\n")
    line = f"{home}/cockpit.toml: {said}"
    outcome = run("config")
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"cockpit: {line}\n")
    outcome = run("doctor", "--json")
    found = {finding["check"]: (finding["verdict"], finding["text"]) for finding in outcome.document["findings"]}
    assert (outcome.code, found["config"]) == (1, ("fail", line))
    assert "rest" in found  # the rest is looked at all the same


def test_keys_of_ones_own_are_listed_with_the_configuration(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "cockpit.toml").write_text('[ui.keys]\nflatten_all = "ctrl+f,ctrl+f"\n')
    outcome = run("config")
    assert outcome.code == 0
    assert "flatten_all = ctrl+f" in outcome.out


def test_the_home_flag_beats_the_environment(run: Run, tmp_path: Path) -> None:
    for words in (["config", "--json", "--home", str(tmp_path / "a")], ["--home", str(tmp_path / "a"), "config", "--json"]):
        assert run(*words).document["home"] == str(tmp_path / "a")


def test_control_characters_in_what_was_typed_do_not_reach_the_terminal(run: Run) -> None:
    outcome = run("register", "rsi", "--symbols", "A", "--qty", "\x1b]52;c;AAAA\x07")
    assert outcome.code == 2
    assert outcome.err.strip().isprintable()
    assert "52;c" not in outcome.err


def test_help_and_version_end_well(run: Run) -> None:
    assert run("--help").out.startswith("usage: cockpit")
    assert run("register", "--help").out.startswith("usage: cockpit register")
    outcome = run("--version")
    assert (outcome.code, outcome.out.split()[0]) == (0, "cockpit")


def test_an_unforeseen_error_is_one_line_and_its_details_are_in_a_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "lines", lambda answer: 1 / 0)
    monkeypatch.setattr("cockpit.cli.call.Call.ask", lambda self, what: {})
    outcome = run("status")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "ZeroDivisionError" in outcome.err
    report = Path(outcome.err.rpartition(" ")[2].strip())
    assert "Traceback" in report.read_text()
    report.unlink()


def test_an_unforeseen_error_is_raised_for_those_who_debug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DEBUG", "1")
    monkeypatch.setattr("cockpit.cli.call.Call.ask", lambda self, what: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("status")


def test_an_interruption_is_silent_and_exit_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cockpit.cli.call.Call.ask", interrupted)
    outcome = run("status")
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cockpit", "config"], stdout=write, stderr=subprocess.PIPE, check=False, env=os.environ
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs a device that is always full")
def test_a_disk_that_is_full_is_one_line_and_a_letter_a_terminal_lacks_is_no_error(home: Path) -> None:
    words = [sys.executable, "-P", "-m", "cockpit", "keys"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"cockpit: what was to be printed could not be: No space left on device\n")
    told = subprocess.run(words, capture_output=True, check=True, timeout=60, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert b"? " in told.stdout


def test_the_status_of_a_running_engine_is_its_own_answer(run: Run, engine: FakeEngine) -> None:
    assert run("status", "--json").document == engine.answers["status"]
    assert "equity" in run("status").out


def test_an_engine_that_holds_the_home_and_does_not_answer_is_a_failure(run: Run, home: Path) -> None:
    from core.home import lock_home

    with lock_home(home):
        outcome = run("status", "--json")
        assert outcome.code == 1
        assert outcome.document == {"state": "not answering", "pid": os.getpid()}


def test_the_first_configuration_is_written_once(run: Run, home: Path) -> None:
    assert run("config", "--init", "--json").document == {"file": str(home / "cockpit.toml")}
    written = (home / "cockpit.toml").read_text()
    outcome = run("config", "--init")
    assert (outcome.code, (home / "cockpit.toml").read_text()) == (1, written)
    assert "not overwriting" in outcome.err
    assert run("config").code == 0


def test_the_configuration_is_shown_with_its_origins(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_ENGINE__WORKERS", "3")
    document = run("config", "--json").document
    assert document["values"]["engine.workers"] == {"value": 3, "origin": "COCKPIT_ENGINE__WORKERS"}
    assert document["values"]["venue"] == {"value": "binance", "origin": "default"}
    assert "COCKPIT_ENGINE__WORKERS" in run("config").out


def test_the_doctor_says_plainly_that_a_venue_cannot_be_reached(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, scheme in (("WS", "ws"), ("REST", "http")):
        monkeypatch.setenv(f"COCKPIT_VENUES__BINANCE__{key}_URL", f"{scheme}://127.0.0.1:1")
    document = run("doctor", "--json").document
    found = {finding["check"]: finding for finding in document["findings"]}
    assert found["rest"]["verdict"] == "warn"
    assert "cannot be reached: Connection refused" in found["rest"]["text"]
    assert found["python"]["verdict"] == found["packages"]["verdict"] == "ok"
    assert run("doctor").code == (1 if document["verdict"] == "fail" else 0)


def test_the_doctor_names_a_broken_configuration_and_fails(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "cockpit.toml").write_text("nonsense")
    outcome = run("doctor", "--json")
    assert outcome.code == 1
    assert {"check": "config", "verdict": "fail"}.items() <= outcome.document["findings"][-1].items()
    json.dumps(outcome.document)
