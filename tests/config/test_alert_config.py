"""The configuration of alerts: channels that people name, and values that are repeated nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.config import load
from core.config_template import template
from core.errors import ConfigError

GOOD = '[alerts.webhook.ops]\nurl = "https://hooks.example.org/T0KEN?x=1"\nsecret = "file:ops.key"\n'


def home_with(folder: Path, text: str) -> Path:
    (folder / "cockpit.toml").write_text(text)
    return folder


def test_a_channel_is_a_section_under_a_name_of_ones_own(tmp_path: Path) -> None:
    home = home_with(tmp_path, GOOD + "per_minute = 5\n")
    env = {"COCKPIT_ALERTS__WEBHOOK__PAGER__URL": "env:U", "COCKPIT_ALERTS__WEBHOOK__PAGER__SECRET": "env:S"}
    effective = load(home, env, {})
    hooks = effective.config.alerts.webhook
    assert list(hooks) == ["ops", "pager"]
    assert (hooks["ops"].per_minute, hooks["pager"].per_minute) == (5, 20)
    assert effective.origin("alerts.webhook.pager.url") == "COCKPIT_ALERTS__WEBHOOK__PAGER__URL"


def test_the_listing_names_every_channel_and_shortens_what_may_be_secret(tmp_path: Path) -> None:
    rows = {key: value for key, value, _ in load(home_with(tmp_path, GOOD), {}).rows()}
    assert rows["alerts.webhook.ops.url"] == "https://hooks.example.org/…"
    assert rows["alerts.webhook.ops.secret"] == "file:ops.key"
    assert not [key for key in rows if "*" in key]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[alerts.webhook.ops]\nsecrt = 'hunter2'", "unknown key alerts.webhook.ops.secrt = …: did you mean alerts.webhook.ops.secret?"),
        ("[alerts.webhook.ops]\nsecret = 'hunter2'", "alerts.webhook.ops.secret = …: must be file:PATH (a file of mode 0600) or env:NAME"),
        ("[alerts.webhook.ops]\nurl = 'ftp://hunter2'", "alerts.webhook.ops.url = …: must be https://… without a user in it"),
        ("[alerts.webhook.ops]\nurl = 'https://me:hunter2@x'", "alerts.webhook.ops.url = …: must be https://"),
        ("[alerts.webhook.ops]\nurl = 'http://x/hunter2'\nsecret='env:A'", "[alerts.webhook.ops] url is http://: only https:// goes out"),
        ("[alerts.webhook.ops]\nurl = 'https://x:99999/hunter2'\nsecret='env:A'", "[alerts.webhook.ops] url is no address"),
        ("[alerts.webhook.ops]\nurl = 'https://x/hunter2'", "[alerts.webhook.ops] a webhook needs secret"),
        ("[alerts.webhook]\nops = 'hunter2'", "alerts.webhook.ops = …: alerts.webhook.ops is a section, written [alerts.webhook.ops]"),
        ("[alerts]\nwebhook = 'hunter2'", "alerts.webhook = …: alerts.webhook is a section"),
        ("[alerts.webhook.'a b']\nurl = 'hunter2'", "unknown key alerts.webhook.a b = …"),
        ("[alerts.webhook.'*']\nurl = 'hunter2'", "unknown key alerts.webhook.* = …"),
        ("[alerts.webhook.apprise]\nurl = 'https://x'\nsecret = 'env:A'", "[alerts] a webhook cannot be called apprise"),
        ("[alerts.apprise]\nurls = 'tgram://hunter2'", "alerts.apprise.urls = …: must be file:PATH"),
        ("[alerts]\nquiet = '22-7'", 'alerts.quiet = "22-7": must be such as 22:00-07:00'),
        ("[alerts]\nquiet = '07:00-07:00'", "[alerts] quiet = 07:00-07:00: begins when it ends"),
        ("[alerts]\nzone = 'Mars/Here'", "[alerts] zone is none that this machine knows"),
        ("[alerts]\nbell = 'loud'", 'alerts.bell = "loud": must be '),
    ],
)
def test_what_is_wrong_is_one_line_without_what_may_be_secret(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(home_with(tmp_path, text), {})
    message = str(refused.value)
    assert said in message
    assert "hunter2" not in message
    assert "\n" not in message


def test_a_wrong_variable_is_not_repeated_either_and_variables_that_hold_secrets_are_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, {"COCKPIT_ALERTS__WEBHOOK__OPS__SECRET": "hunter2"})
    assert "hunter2" not in str(refused.value)
    load(tmp_path, {"COCKPIT_SECRET_OPS": "hunter2"})


def test_the_first_file_shows_a_channel_as_it_is_written(tmp_path: Path) -> None:
    block = template().partition("# [alerts.webhook.NAME]\n")[2].partition("\n[")[0]
    keys = dict(re.findall(r"^#   (\w+) = (.*)$", block, re.MULTILINE))
    keys |= {"url": '"https://x"', "secret": '"env:A"'}
    text = "[alerts.webhook.ops]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
    (hook,) = load(home_with(tmp_path, text), {}).config.alerts.webhook.values()
    assert (hook.level, hook.per_minute, hook.allow_internal) == ("warning", 20, False)
