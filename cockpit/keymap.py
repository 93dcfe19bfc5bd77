"""Keys of one's own: `[ui.keys]` in cockpit.toml maps an action to the keys that do it, checked before the screen opens."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from cockpit.action import Action
from cockpit.actions import ACTIONS, BY_ID, key_name
from core.errors import ConfigError

_KEY = re.compile(r"((ctrl|alt|shift)\+)*([a-zA-Z0-9]|[a-z_]{2,}[0-9]*|f[0-9]{1,2})")


def keymap_of(wanted: Mapping[str, str], where: str = "cockpit.toml") -> dict[str, str]:
    """Textual's names of the keys of every action that gets others: {action's id: names with commas}.

    Args:
        wanted: keys as people write them (`x`, `ctrl+x`, `F9`, `?`), several with commas, by the action's id.
        where: what set them, for the message.

    Raises:
        ConfigError: there is no such action or key, or one key would do two things; one line.
    """
    keymap: dict[str, str] = {}
    for id_, text in wanted.items():
        if id_ not in BY_ID:
            near = difflib.get_close_matches(id_, BY_ID, 1)
            hint = f"did you mean {near[0]}?" if near else f"the actions are {', '.join(sorted(BY_ID))}"
            raise ConfigError(f"{where}: ui.keys.{id_}: there is no such action; {hint}")
        names = list(dict.fromkeys(key_name(part.strip()) for part in text.split(",")))
        for name in names:
            if not _KEY.fullmatch(name):
                raise ConfigError(f"{where}: ui.keys.{id_} = {text!r}: allowed are keys such as x, ctrl+x, F9 or ?, with commas between")
        keymap[id_] = ",".join(names)
    for one, other, key in _clashes(keymap):
        raise ConfigError(f"{where}: ui.keys: {key} would do both {one.id} and {other.id}: give one of them another key")
    return keymap


def _clashes(keymap: Mapping[str, str]) -> Iterator[tuple[Action, Action, str]]:
    """Pairs of actions that could be meant by one key on one screen."""
    taken: dict[str, list[Action]] = {}
    for action in ACTIONS:
        for key in action.keys_in(keymap):
            for other in taken.setdefault(key, []):
                # A screen's own action may have a key of all screens, as we made them.
                as_made = all(keymap.get(one.id, one.keys) == one.keys for one in (action, other))
                if action.deck == other.deck or ("" in (action.deck, other.deck) and not as_made):
                    yield other, action, key
            taken[key].append(action)
