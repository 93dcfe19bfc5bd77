"""A first `cockpit.toml`: every key commented out at its default, with what it means and what is allowed."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from core.config import Config
from core.config_keys import keys_of

_HEAD = """\
# Configuration of cockpit. Every key is shown at its default: remove the # before one to change it.
# An environment variable of the same name (COCKPIT_ENGINE__WORKERS) or a flag overrides what stands here.
# `cockpit config` shows what is in force and where it came from.
"""


def template() -> str:
    """The text of the file; TOML that sets nothing as it stands."""
    lines = [_HEAD]
    section = ""
    for name, key in keys_of(Config).items():
        path, _, bare = name.rpartition(".")
        if path != section:
            # One that people name is not there until somebody names it.
            lines.append(f"# [{path.replace('*', 'NAME')}]" if "*" in path else f"[{path}]")
            section = path
        # `allowed` repeats a default of true or false, or says nothing of free text.
        bounds = "" if key.allowed in ("text", "true or false") else f" ({key.allowed})"
        mark = "#   " if "*" in path else "# "
        lines += [f"{mark}{line}" for line in textwrap.wrap(f"{key.meaning}{bounds}", 110)]
        lines.append(f"{mark}{bare} = {_toml(key.default)}\n")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if value is None:
        return '""'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)
