"""What is configured, which source wins, and what a wrong key or value says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import config_sources as sources
from core.commands import Terms
from core.config import Config, load
from core.config_keys import find_key, keys_of
from core.config_template import template
from core.errors import ConfigError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Puts a cockpit.toml into a home; answers the home."""

    def put(text: str) -> Path:
        (tmp_path / "cockpit.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return put


def refusal(home: Path, env: dict[str, str] | None = None, flags: dict[str, Any] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(home, env or {}, flags or {})
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_without_any_source_everything_is_a_default(tmp_path: Path) -> None:
    effective = load(tmp_path, {})
    assert effective.config == Config()
    assert {origin for _, _, origin in effective.rows()} == {"default"}


def test_the_file_beats_defaults_the_environment_the_file_and_a_flag_the_environment(write: Write) -> None:
    home = write('venue = "binance"\nsymbols = ["A"]\n[engine]\nworkers = 1\nsnapshot_every_s = 5\n')
    effective = load(home, {"COCKPIT_ENGINE__WORKERS": "2", "COCKPIT_SYMBOLS": "B, C"}, {"symbols": ["D"], "venue": None})
    assert effective.config.symbols == ["D"]
    assert effective.config.engine.workers == 2
    assert effective.config.engine.snapshot_every_s == 5.0
    assert effective.origin("symbols") == "--symbols"
    assert effective.origin("engine.workers") == "COCKPIT_ENGINE__WORKERS"
    assert effective.origin("engine.snapshot_every_s") == str(home / "cockpit.toml")
    assert effective.origin("ui.refresh_hz") == "default"


def test_a_venue_is_pointed_elsewhere_by_one_variable(tmp_path: Path) -> None:
    effective = load(tmp_path, {"COCKPIT_VENUES__BINANCE__WS_URL": "ws://127.0.0.1:8123"})
    assert effective.config.of_venue("binance").ws_url == "ws://127.0.0.1:8123"
    assert effective.config.of_venue("binance").rest_url is None


def test_variables_of_ours_that_are_no_keys_are_left_alone(tmp_path: Path) -> None:
    assert load(tmp_path, {"COCKPIT_HOME": "/x", "COCKPIT_DEBUG": "1", "OTHER": "x"}).config == Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[engine]\nworker = 3", "unknown key engine.worker = 3: did you mean engine.workers?"),
        ("refresh_hz = 5", "unknown key refresh_hz = 5: did you mean ui.refresh_hz?"),
        (
            "zzz = 1",
            "unknown key zzz = 1: allowed: venue, symbols, venues, engine, store, strategies, indicators, research, ",
        ),
        ("[venues.kraken]\nws_url = 'x'", "allowed in [venues]: binance"),
        ("[engine]\nworkers = -3", "engine.workers = -3: must be a whole number from 0 to 256"),
        ("[engine]\nworkers = '3'", 'engine.workers = "3": must be a whole number from 0 to 256'),
        ("[engine]\nworkers = true", "engine.workers = true: must be a whole number"),
        ("engine = 3", "engine = 3: engine is a section, written [engine]"),
        ("symbols = ['a b']", 'symbols = ["a b"]: must be a list of at least 1, each a symbol'),
        ("symbols = []", "symbols = []: must be a list of at least 1"),
        ("symbols = 'BTCUSDT'", 'symbols = "BTCUSDT": must be a list'),
        ("venue = 'binanec'", 'venue = "binanec": must be binance'),
        ("[venues.binance]\nstream = 'trad'", 'venues.binance.stream = "trad": must be aggTrade or trade'),
        ("[venues.binance]\nws_url = 'wss://x/ws'", "must be ws:// or wss:// and a host, without a path"),
        ("[venues.binance]\nrest_url = 'ws://x'", "must be http:// or https:// and a host, without a path"),
        ("[venues.binance]\nstale_after_s = nan", "venues.binance.stale_after_s = NaN: must be a number above 0"),
        ("[venues.binance]\nstale_after_s = 40", "[venues.binance] reconnect_after_s (30) must be at least stale_after_s (40)"),
        ("[paper]\nfee_bps = inf", "paper.fee_bps = Infinity: must be a number at least 0 and below 10,000"),
    ],
)
def test_a_wrong_key_or_value_in_the_file_is_one_line_naming_file_key_value_and_what_is_allowed(write: Write, text: str, said: str) -> None:
    message = refusal(write(text))
    assert said in message
    assert "cockpit.toml" in message


def test_broken_toml_names_the_line(write: Write) -> None:
    message = refusal(write("venue = 'binance'\n[engine\n"))
    assert "cockpit.toml" in message
    assert "line 2" in message


def test_a_file_that_is_no_text_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "cockpit.toml").write_bytes(b"venue = 'binance'\n# \xff\n")
    assert "line 2 is not UTF-8 text" in refusal(tmp_path)


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "cockpit.toml").write_bytes(b"\xef\xbb\xbf[engine]\nworkers = 3\n")
    assert load(tmp_path, {}).config.engine.workers == 3


def test_a_folder_in_place_of_the_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cockpit.toml").mkdir()
    assert "cannot be read" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"COCKPIT_FOO": "1"}, "COCKPIT_FOO=1: unknown key foo"),
        ({"COCKPIT_ENGINE__WORKER": "1"}, "did you mean engine.workers?"),
        ({"COCKPIT_ENGINE__WORKERS": "abc"}, "COCKPIT_ENGINE__WORKERS=abc: must be a whole number"),
        ({"COCKPIT_VENUES__BINANCE__STALE_AFTER_S": "nan"}, "must be a number above 0"),
        ({"COCKPIT_UI__KEYS": "quit"}, "COCKPIT_UI__KEYS=quit: must be a table"),
    ],
)
def test_a_wrong_variable_is_one_line_naming_it(tmp_path: Path, env: dict[str, str], said: str) -> None:
    assert said in refusal(tmp_path, env)


def test_a_wrong_flag_is_one_line_naming_it(tmp_path: Path) -> None:
    assert refusal(tmp_path, flags={"venue": "binanec"}) == "--venue binanec: must be binance"


def test_an_empty_text_unsets_what_may_be_unset(write: Write) -> None:
    home = write("[strategies]\nfolder = '/x'\n[venues.binance]\nws_url = ''\n")
    config = load(home, {"COCKPIT_STRATEGIES__FOLDER": ""}).config
    assert config.strategies.folder is None
    assert config.of_venue("binance").ws_url is None


def test_a_relative_strategy_folder_is_taken_from_the_home(write: Write) -> None:
    home = write("[strategies]\nfolder = 'mine'\n")
    assert load(home, {}).config.strategy_folder(home) == home / "mine"
    assert Config().strategy_folder(home) == home / "strategies"


def test_the_first_file_sets_nothing_and_every_line_of_it_is_valid(write: Write) -> None:
    home = write(template())
    assert load(home, {}).config == Config()
    home = write(re.sub(r"^# (\w+ = )", r"\1", template(), flags=re.MULTILINE))
    effective = load(home, {})
    assert effective.config == Config()
    assert {origin for _, _, origin in effective.rows()} == {str(home / "cockpit.toml")}


def test_every_key_says_what_it_means() -> None:
    assert [name for name, key in keys_of(Config).items() if not key.meaning] == []


def test_the_configured_terms_are_the_terms_of_a_strategy() -> None:
    terms = keys_of(Terms)
    for name, key in keys_of(Config).items():
        if name.startswith("paper.") and name != "paper.filters":
            theirs = terms[name.removeprefix("paper.")]
            assert (key.default, key.allowed) == (theirs.default, theirs.allowed)


@given(st.integers(-(2**70), 2**70))
def test_an_integer_is_taken_within_its_bounds_and_refused_outside(value: int) -> None:
    nowhere = Path("/nonexistent")
    if 0 <= value <= 256:
        assert load(nowhere, {"COCKPIT_ENGINE__WORKERS": str(value)}).config.engine.workers == value
    else:
        assert "from 0 to 256" in refusal(nowhere, {"COCKPIT_ENGINE__WORKERS": str(value)})


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=3)
NAMES = st.text(max_size=6) | st.sampled_from(sorted({part for key in keys_of(Config) for part in key.split(".")}))


@given(st.dictionaries(NAMES, st.recursive(VALUES, lambda inner: st.dictionaries(NAMES, inner, max_size=3)), max_size=4))
def test_whatever_a_file_holds_is_settings_of_known_keys_or_one_printable_line(document: dict[str, Any]) -> None:
    def read() -> list[str]:
        return [key for key, _ in sources._walk(document, "", "cockpit.toml", keys_of(Config))]

    try:
        found = read()
    except ConfigError:
        with pytest.raises(ConfigError) as caught:
            read()
        assert str(caught.value).isprintable()
    else:
        assert all(find_key(keys_of(Config), key) for key in found)


def test_the_configuration_survives_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(Config()), type=Config) == Config()
