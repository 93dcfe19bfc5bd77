"""`cockpit alerts send`: a test message through one channel, with an exit code that tells and no secret in what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_doubles import Run

from tests.channels.hook import SECRET, Hook, hook_in_thread


@pytest.fixture
def hook(home: Path) -> Iterator[Hook]:
    """A receiver, and a home that knows it."""
    home.mkdir(mode=0o700)
    (home / "ops.key").write_text(SECRET)
    (home / "ops.key").chmod(0o600)
    with hook_in_thread(lambda _post, _nth: 200) as found:
        (home / "cockpit.toml").write_text(
            f'[alerts.webhook.ops]\nurl = "{found.url}"\nsecret = "file:ops.key"\nallow_internal = true\n'
            '[alerts.webhook.away]\nurl = "https://127.0.0.1:9/t0k3n"\nsecret = "file:ops.key"\n'
        )
        yield found


def test_a_message_arrives_and_the_exit_code_says_so(run: Run, hook: Hook) -> None:
    outcome = run("alerts", "send", "--channel", "ops", "hello \x1b[31myou", "--level", "critical", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    answer = json.loads(outcome.out)
    (posted,) = hook.posts
    assert posted.is_signed
    assert (answer["channel"], answer["delivered"], answer["id"]) == ("ops", True, posted.message["id"])
    assert (posted.message["text"], posted.message["level"]) == ("hello  [31myou", "critical")


def test_one_that_does_not_arrive_is_a_failure_in_one_line(run: Run, hook: Hook) -> None:
    hook.does = lambda _post, _nth: 403
    outcome = run("alerts", "send", "--channel", "ops", "hello", "--json")
    assert outcome.code == 1
    assert "it answers HTTP 403" in json.loads(outcome.out)["error"]
    outcome = run("alerts", "send", "--channel", "away", "hello")
    assert outcome.code == 1
    assert outcome.err.startswith("cockpit: away (https://127.0.0.1:9/…): it leads to an internal address")


def test_a_channel_that_is_none_is_refused_with_those_there_are(run: Run, hook: Hook) -> None:
    outcome = run("alerts", "send", "--channel", "opps", "hello")
    assert (outcome.code, outcome.err) == (2, "cockpit: no channel 'opps': away, ops\n")


def test_the_doctor_looks_at_every_channel_and_sends_nothing(run: Run, hook: Hook, home: Path) -> None:
    (home / "cockpit.toml").write_text(
        (home / "cockpit.toml").read_text() + '[alerts.webhook.bare]\nurl = "https://x"\nsecret = "env:COCKPIT_SECRET_NONE"\n'
    )
    found = [row for row in json.loads(run("doctor", "--json").out)["findings"] if row["check"] == "alerts"]
    assert [(row["verdict"], row["text"].partition(":")[0]) for row in found] == [
        ("ok", "away to https"),
        ("fail", "[alerts.webhook.bare] secret"),
        ("ok", "ops to http"),
    ]
    assert not hook.posts


def test_no_secret_is_in_anything_the_command_line_says(run: Run, hook: Hook, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_SECRET_TG", "tgram://s3kr1t/chat")
    text = (home / "cockpit.toml").read_text()
    said = ""
    hook.does = lambda _post, _nth: 500
    for more in ("", "[alerts.apprise]\nurls = 'env:COCKPIT_SECRET_TG'\n", f"[alerts.webhook.x]\nsecret = '{SECRET}'\n",
                 f"[alerts.webhook.x]\nsecrt = '{SECRET}'\n", f"[alerts.webhook.x]\nurl = 'ftp://{SECRET}'\n",
                 f"[alerts.apprise]\nurls = 'tgram://{SECRET}'\n", f"[alerts.webhook]\nx = '{SECRET}'\n"):  # fmt: skip
        (home / "cockpit.toml").write_text(text + more)
        for words in (["config"], ["config", "--json"], ["alerts", "send", "--channel", "ops", "x"], ["doctor", "--json"], ["status"],
                      ["alerts", "send", "--channel", "apprise", "x", "--json"], ["alerts"]):  # fmt: skip
            outcome = run(*words)
            said += outcome.out + outcome.err
    (home / "cockpit.toml").write_text(text)
    (home / "ops.key").chmod(0o644)
    outcome = run("alerts", "send", "--channel", "ops", "x")
    assert outcome.code == 2
    assert "has mode 0644, others may use it: chmod 600" in outcome.err
    said += outcome.err
    for secret in (SECRET, "t0k3n", "s3kr1t/chat"):
        assert secret not in said
    assert "https://127.0.0.1:9/…" in said
