"""Sources of signals are configured under names of their own; what may be a secret is repeated nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import load
from core.errors import ConfigError


def loaded(tmp_path: Path, text: str) -> dict[str, object]:
    (tmp_path / "cockpit.toml").write_text(text)
    return {name: value for name, value, _ in load(tmp_path, {}).rows() if name.startswith("sources.")}


def test_each_has_its_own_terms_and_its_address_is_shortened_where_it_is_shown(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, '[sources.a]\nurl = "http://127.0.0.1:8000/T0KEN"\nevery_s = 5\n[sources.b]\nurl = "env:WHERE"\nsecret = "file:k"'
    )
    assert (found["sources.a.url"], found["sources.a.every_s"], found["sources.a.fresh_s"]) == ("http://127.0.0.1:8000/…", 5.0, 120.0)
    assert (found["sources.b.url"], found["sources.b.secret"], found["sources.b.header"]) == ("env:WHERE", "file:k", "Authorization")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[sources.m]\nevery_s = 3", "[sources.m] a source needs url"),
        ("[sources.m]\nurl = 'ftp://hunter2'", "sources.m.url = …: must be https://…"),
        ("[sources.m]\nurl = 'http://me:hunter2@x'", "sources.m.url = …: must be https://…"),
        ("[sources.m]\nurl = 'http://x:99999/hunter2'", "[sources.m] url is no address"),
        ("[sources.m]\nurl = 'http://x'\nsecret = 'hunter2'", "sources.m.secret = …: must be file:PATH"),
        ("[sources.m]\nurl = 'http://x'\nsecrte = 'hunter2'", "unknown key sources.m.secrte = …: did you mean sources.m.secret?"),
        ("[sources.m]\nurl = 'http://x'\nheader = 'Host'", "[sources.m] header = Host: that one is not free"),
        ("[sources.m]\nurl = 'http://x'\nheader = 'a b'", "sources.m.header = "),
        ("[sources.m]\nurl = 'http://x'\ninterval = '2d'", "[sources.m] interval = 2d: a bar is a day long at most"),
        ("[sources.m]\nurl = 'http://x'\nevery_s = 0", "sources.m.every_s = 0: must be a number from 0.1 to 604,800"),
        ("[sources.m]\nurl = 'http://x'\nbars = 1000", "sources.m.bars = 1000: must be a whole number from 0 to 500"),
    ],
)
def test_what_cannot_be_is_one_line_that_repeats_no_secret(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert why in str(refused.value)
    assert "hunter2" not in str(refused.value)
