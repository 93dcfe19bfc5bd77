"""What was found out about strategy files, kept by what stands in them: an edited file has no badge until it is checked again."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import tempfile
from pathlib import Path

import msgspec

from core.compile.machine_code import cache_folder
from core.strategy import Definition, source_hash


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """The newest check of one strategy.

    Attributes:
        lookahead, warmup: whether each was passed, in words too.
        source, rows: over what, and how many rows of it.
        params: the parameters that were given.
        checked: ISO-8601, when.
    """

    strategy: str
    lookahead: bool
    lookahead_words: str
    warmup: bool
    warmup_words: str
    source: str
    rows: int
    params: dict[str, str | int | float | bool]
    checked: str

    @property
    def words(self) -> str:
        """`lookahead ok · warm-up ok`."""
        return f"lookahead {_word(self.lookahead)} · warm-up {_word(self.warmup)}"


def _word(ok: bool) -> str:
    return "ok" if ok else "FAILED"


def badge_key(definition: Definition) -> str:
    """sha256 of a strategy's file and of the modules beside it that it imports."""
    files = [definition.path, *(Path(m.__file__) for _, m in sorted(definition.helpers.items()) if m.__file__)]
    return source_hash("\0".join(importlib.util.decode_source(file.read_bytes()) for file in files))


def keep_badge(key: str, badge: Badge) -> None:
    """Keep it, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path = _path(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(badge))
        os.replace(draft, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def find_badge(key: str) -> Badge | None:
    """What is known of files with this hash; None where they were never checked, or what was kept cannot be read."""
    try:
        return msgspec.json.decode(_path(key).read_bytes(), type=Badge)
    except (OSError, msgspec.DecodeError):
        return None


def _path(key: str) -> Path:
    return cache_folder() / "checks" / f"{key}.json"
