"""`cockpit keys`: every key of every screen, as the person who asks has set them. docs/keys.md is this command's --markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cockpit.cli.parser import Commands

if TYPE_CHECKING:
    from cockpit.action import Action
    from cockpit.cli.call import Call

#: What keys without an action do: Textual's own, and those of dialogs.
MOVES = (
    ("↑ ↓ PgUp PgDn Home End", "move the cursor, or scroll"),
    ("tab, shift+tab", "the next pane, the pane before"),
    ("esc", "leave a dialog, a filter or a crosshair: nothing is done"),
)

_PREFACE = """# Keys

Every key, by screen; where a line names panes, it works while one of them has the focus. `?` on a screen lists what can be done
there and does it on enter; `ctrl+p` finds it by name, and `:` goes to a symbol, a strategy or a pane. The list is what
`cockpit keys` prints; other keys are set in `cockpit.toml`, by the name in the last column:

```toml
[ui.keys]
flatten_all = "ctrl+f"
help = "F9,?"
```

"""


def add(commands: Commands) -> None:
    """keys."""
    parser = commands.add("keys", keys, "every key of every screen")
    parser.add_argument("--markdown", action="store_true", help="as a page of the documentation, with the keys nobody has changed")


def keys(call: Call) -> int:
    """List them."""
    from cockpit.cli.call import table
    from cockpit.settings import settings_of

    if call.options.markdown:
        return call.answer({"page": page()}, page().splitlines())
    keymap = settings_of(call.configuration()).keymap
    document = [
        {"screen": deck, "panes": panes_of(action), "keys": action.shown_keys(keymap), "does": action.sentence, "action": action.id}
        for deck, actions in by_screen()
        for action in actions
    ]
    heads = ("screen", "panes", "key", "does", "action")
    rows = [(row["screen"], ", ".join(row["panes"]) or "all", " ".join(row["keys"]), row["does"], row["action"]) for row in document]
    return call.answer(document, table(heads, rows))


def by_screen() -> Iterator[tuple[str, list[Action]]]:
    """The actions: those of all screens, then each screen's own."""
    from cockpit.actions import ACTIONS

    for deck in dict.fromkeys(["", *(action.deck for action in ACTIONS)]):
        yield deck or "all", [action for action in ACTIONS if action.deck == deck and not action.mode]
    yield "replay", [action for action in ACTIONS if action.mode == "replay"]


def panes_of(action: Action) -> list[str]:
    """The panes it works in; none where it works in all of them."""
    return [] if action.reach else sorted(action.panes)


def page(keymap: Mapping[str, str] | None = None) -> str:
    """docs/keys.md."""
    parts = [_PREFACE]
    for deck, actions in by_screen():
        title = {"all": "Everywhere", "replay": "On every screen of a replay"}.get(deck, f"On the {deck} screen")
        parts.append(f"## {title}\n\n| key | what it does | in | action |\n| --- | --- | --- | --- |\n")
        for action in actions:
            shown = " ".join(f"`{key}`" for key in action.shown_keys(keymap or {}))
            parts.append(f"| {shown} | {action.sentence} | {', '.join(panes_of(action))} | `{action.id}` |\n")
        if deck == "all":
            parts += [f"| {names} | {what[0].upper() + what[1:]} | | |\n" for names, what in MOVES]
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"
