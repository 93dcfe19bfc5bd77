"""Where configuration values come from: the file, the environment and the flags, each read into settings that name their source."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config_keys import Key, find_key, is_section
from core.errors import ConfigError

PREFIX = "COCKPIT_"

#: Names of variables that hold a secret; configuration keys only say which one.
SECRETS = "COCKPIT_SECRET_"

#: Variables of ours that are no configuration keys.
RESERVED = frozenset({"COCKPIT_HOME", "COCKPIT_CACHE", "COCKPIT_DEBUG", "COCKPIT_SHARED_DATA"})


#: What is said in place of what may be a secret.
HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value someone gave: its dotted key, where it was given, and whether it is text to be read as the key's type.

    `private`: it may be a secret, and is not repeated.
    """

    key: str
    value: Any
    origin: str
    is_text: bool
    private: bool = False

    def __str__(self) -> str:
        if self.origin.startswith(PREFIX):
            return f"{self.origin}={HIDDEN if self.private else _shown(self.value)}"
        if self.origin.startswith("--"):
            return f"{self.origin} {_shown(self.value)}"
        return f"{self.origin}: {self.key} = {HIDDEN if self.private else _written(self.value)}"


def _shown(value: Any) -> str:
    """As a person types it in a shell."""
    if isinstance(value, dict):
        return ",".join(name if given is None else f"{name}={given}" for name, given in value.items())
    return _short(",".join(map(str, value)) if isinstance(value, list) else str(value))


def _written(value: Any) -> str:
    """As it stands in a file; control characters are spelt out."""
    return _short(json.dumps(value, default=str))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def refused(setting: Setting, allowed: str) -> ConfigError:
    """The one line for a value that cannot be."""
    return ConfigError(f"{setting}: must be {allowed}")


def from_file(path: Path, keys: Mapping[str, Key]) -> Iterator[Setting]:
    """The settings of a TOML file; none where there is no file.

    Raises:
        ConfigError: it cannot be read, is not TOML (the message names the line), or holds an unknown key.
    """
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {line} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    for key, value in _walk(document, "", str(path), keys):
        yield Setting(key, value, str(path), is_text=False, private=_is_private(key, keys))


def _walk(table: Mapping[str, Any], path: str, origin: str, keys: Mapping[str, Key]) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        dotted = f"{path}{name}"
        said = HIDDEN if _is_private(dotted, keys) else _written(value)
        if find_key(keys, dotted) is not None:
            yield dotted, value
        elif not is_section(keys, dotted):
            shown = dotted if dotted.isprintable() else json.dumps(dotted)
            raise ConfigError(f"{origin}: unknown key {_short(shown)} = {said}: {_advice(dotted, keys)}")
        elif isinstance(value, dict):
            yield from _walk(value, f"{dotted}.", origin, keys)
        else:
            raise ConfigError(f"{origin}: {dotted} = {said}: {dotted} is a section, written [{dotted}]")


def _is_private(dotted: str, keys: Mapping[str, Key]) -> bool:
    """Whether what is given there may be a secret: also where a key beside one is misspelt, or a table is in its place."""
    key = find_key(keys, dotted)
    if key is not None:
        return key.private
    sections = {name.rpartition(".")[0] for name, known in keys.items() if known.private}
    return any(f"{dotted}.".startswith(f"{section.removesuffix('.*')}.") for section in sections)


def from_env(env: Mapping[str, str], keys: Mapping[str, Key]) -> Iterator[Setting]:
    """The settings among the environment variables: `COCKPIT_ENGINE__WORKERS` is `engine.workers`; lists by commas.

    Raises:
        ConfigError: a `COCKPIT_*` variable that is no key.
    """
    for name, text in sorted(env.items()):
        if not name.startswith(PREFIX) or name.startswith(SECRETS) or name in RESERVED:
            continue
        dotted = name.removeprefix(PREFIX).lower().replace("__", ".")
        key, private = find_key(keys, dotted), _is_private(dotted, keys)
        if key is None:
            raise ConfigError(f"{name}={HIDDEN if private else _shown(text)}: unknown key {dotted}: {_advice(dotted, keys)}")
        yield Setting(dotted, _read_text(text, key), name, is_text=True, private=private)


def _read_text(text: str, key: Key) -> Any:
    if isinstance(key.default, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(key.default, dict):
        parts = (part.partition("=") for part in text.split(",") if part.strip())
        return {name.strip(): value.strip() if sign else None for name, sign, value in parts}
    return text


def from_flags(flags: Mapping[str, Any], keys: Mapping[str, Key]) -> Iterator[Setting]:
    """The settings given as flags; None means not given."""
    for key, value in flags.items():
        if value is not None:
            yield Setting(
                key,
                _read_text(value, keys[key]) if isinstance(value, str) else value,
                "--" + key.rpartition(".")[2].replace("_", "-"),
                is_text=True,
            )


def _advice(wrong: str, keys: Iterable[str]) -> str:
    """The closest key, else the keys of the same section."""
    parts = wrong.split(".")
    keys = [".".join(_named(key.split("."), parts)) for key in keys]
    by_name = [key for key in keys if key.rpartition(".")[2] == wrong.rpartition(".")[2]]
    close = difflib.get_close_matches(wrong, keys, n=1, cutoff=0.7) or by_name
    if close:
        return f"did you mean {close[0]}?"
    section = wrong.rpartition(".")[0]
    below = f"{section}." if section else ""
    here = dict.fromkeys(key.removeprefix(below).partition(".")[0] for key in keys if key.startswith(below))
    return f"allowed{f' in [{section}]' if below and here else ''}: {', '.join(here or sorted({key.partition('.')[0] for key in keys}))}"


def _named(pattern: list[str], parts: list[str]) -> list[str]:
    """A key's name with what was written in place of a part that people choose."""
    return [(parts[at] if at < len(parts) - 1 else "NAME") if part == "*" else part for at, part in enumerate(pattern)]
