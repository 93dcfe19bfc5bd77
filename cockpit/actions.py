"""Everything a person can do on the main screen, once: keys, the line of keys, the palette and the help are made from this."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider

from cockpit import levers, moves

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: Names of keys as people write them.
_WRITTEN = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "colon": ":",
}


class Action(NamedTuple):
    """One thing to do.

    Attributes:
        id: its name in keymaps.
        keys: Textual's names of its keys, with commas.
        word: beside the key at the bottom.
        sentence: in the palette and the help.
        run: does it.
        panes: where it is about what the cursor is on; empty: everywhere.
        rank: its place in the line of keys; 0 is not shown there.
    """

    id: str
    keys: str
    word: str
    sentence: str
    run: Callable[[CockpitApp], None]
    panes: frozenset[str] = frozenset()
    rank: int = 0

    @property
    def shown_keys(self) -> list[str]:
        """The keys as people write them."""
        return [_WRITTEN.get(key, key) for key in self.keys.split(",")]


_LEVERS = frozenset({"strategies", "trades"})
_TABLES = frozenset({"prices", "strategies"})

ACTIONS: tuple[Action, ...] = (
    Action("register", "r", "register", "Register a strategy", levers.register, rank=1),
    Action("pause", "p", "pause", "Pause the strategy under the cursor, or resume it", levers.pause, _LEVERS, rank=2),
    Action("flatten", "f", "flatten", "Close the position of the strategy under the cursor", levers.flatten, _LEVERS, rank=3),
    Action("unregister", "u", "unregister", "Take out the strategy under the cursor", levers.unregister, _LEVERS, rank=4),
    Action("open", "enter", "details", "Read everything about the row under the cursor", moves.read_row, rank=5),
    Action("symbols", "s", "symbols", "Add or take off symbols", levers.symbols, rank=6),
    Action("filter", "slash", "filter", "Show only rows that contain a text", moves.seek, rank=7),
    Action("sort", "o", "sort", "Sort by the next column", moves.sort, _TABLES, rank=8),
    Action("turn", "O", "turn", "Turn the order round", moves.turn, _TABLES),
    Action("maximise", "plus", "max", "Give this pane the whole screen, or give it back", moves.maximise, rank=9),
    Action("flatten_all", "F", "flatten all", "Close every position", levers.flatten_all),
    Action("pause_all", "P", "pause all", "Pause all strategies", levers.pause_all),
    Action("resume_all", "R", "resume all", "Resume all strategies", levers.resume_all),
    Action("prices", "1", "prices", "Go to the prices", lambda app: moves.go(app, 1)),
    Action("strategies", "2", "strategies", "Go to the strategies", lambda app: moves.go(app, 2)),
    Action("trades", "3", "trades", "Go to the trade log", lambda app: moves.go(app, 3)),
    Action("alerts", "4", "alerts", "Go to the alerts", lambda app: moves.go(app, 4)),
    Action("theme", "t", "theme", "Change the colours: dark, light, high contrast", moves.next_theme),
    Action("redraw", "ctrl+l", "redraw", "Draw the whole screen again", moves.redraw),
    Action("suspend", "ctrl+z", "shell", "Back to the shell; fg brings the cockpit back", lambda app: app.action_suspend_process()),
    Action("palette", "ctrl+p,colon", "palette", "Find any of these by name", moves.palette, rank=10),
    Action("help", "question_mark", "help", "What can be done here", moves.show_help, rank=11),
    Action("quit", "q,ctrl+q,ctrl+c", "quit", "Leave: the engine keeps running, or stop it", levers.leave, rank=12),
)

BY_ID = {action.id: action for action in ACTIONS}


def keys_for(pane: str) -> list[tuple[str, str]]:
    """The line of keys while this pane has the focus: what is about its rows, then the rest; quit is last."""
    ranked = sorted((action for action in ACTIONS if action.rank), key=lambda action: action.rank)
    mine = [action for action in ranked if not action.panes or pane in action.panes]
    return [(action.shown_keys[0], action.word) for action in mine]


def help_for(pane: str, title: str) -> list[tuple[str, list[Action]]]:
    """The actions in two groups: about this pane's rows, and everywhere."""
    here = [action for action in ACTIONS if pane in action.panes or action.id == "open"]
    return [(title, here), ("Everywhere", [action for action in ACTIONS if action not in here and action.id != "help"])]


class ActionProvider(Provider):
    """The actions in the command palette."""

    async def discover(self) -> Hits:
        for action in ACTIONS:
            yield DiscoveryHit(_named(action), self._runner(action))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in ACTIONS:
            score = matcher.match(f"{action.sentence} {action.word}")
            if score > 0:
                yield Hit(score, _named(action), self._runner(action))

    def _runner(self, action: Action) -> Callable[[], None]:
        return lambda: action.run(self.app)  # type: ignore[arg-type]  # the provider is only ever the cockpit's


def _named(action: Action) -> str:
    return f"{action.sentence} ({', '.join(action.shown_keys)})"
