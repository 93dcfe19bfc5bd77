"""The keys of the desk."""

from __future__ import annotations

from cockpit import dealing, levers, moves, sessions
from cockpit.action import Action
from cockpit.conditions_keys import keys_of

_POSITIONS = frozenset({"positions"})
_ORDERS = frozenset({"orders"})
_TABLES = frozenset({"positions", "orders"})
_GRIDS = frozenset({"positions", "orders", "signals"})


def _to(number: int, word: str, sentence: str) -> Action:
    """Going to a pane."""
    return Action(word, str(number), word, sentence, lambda app: moves.go(app, "desk", number), deck="desk", reach=True)


#: What changes something at the desk: not for a screen that only looks.
DEALT = frozenset(
    {"deal_stops", "deal_part", "deal_flatten", "deal_pause", "stop_new", "reduce_only", "flatten_account", "normal", "session",
     "session_hold", "session_end"}
)  # fmt: skip

DESK: tuple[Action, ...] = (
    Action("deal_stops", "v", "stops", "Set the stops of the strategy whose position is under the cursor", levers.stops, _POSITIONS, 1,
           "desk"),
    Action("deal_part", "c", "part", "Close a part of the position under the cursor", levers.reduce, _POSITIONS, 1, "desk"),
    Action("deal_flatten", "f", "flatten", "Close the position under the cursor", levers.flatten, _POSITIONS, 1, "desk"),
    Action("deal_pause", "p", "pause", "Pause the strategy whose position is under the cursor, or resume it", levers.pause, _POSITIONS, 2,
           "desk"),
    Action("desk_open", "enter", "details", "Read everything about the row under the cursor", moves.read_row, _GRIDS, 3, "desk"),
    Action("stop_new", "S", "stop-new", "Account: open nothing new", dealing.stop_new, rank=3, deck="desk", reach=True),
    Action("reduce_only", "E", "reduce only", "Account: positions only get smaller", dealing.reduce_only, rank=3, deck="desk", reach=True),
    Action("flatten_account", "F", "flatten all", "Account: close every position and open nothing, or halt", dealing.flatten_all, rank=3,
           deck="desk", reach=True),
    Action("normal", "N", "normal", "Account: trade as usual again", dealing.normal, rank=3, deck="desk", reach=True),
    Action("nets", "n", "nets", "Positions: what the account holds of each symbol, or by strategy again", dealing.nets, _POSITIONS, 5,
           "desk", True),
    Action("working", "w", "working", "Orders: only those that work, or all", dealing.working, _ORDERS, 3, "desk", True),
    Action("session", "s", "session", "Start a session, or change the limits of the one that runs", sessions.settings, rank=3, deck="desk",
           reach=True),
    Action("session_hold", "h", "hold", "Session: pause it, or resume it", sessions.hold, rank=6, deck="desk", reach=True),
    Action("session_end", "x", "end", "Session: end it, and keep or flatten what it holds", sessions.end, rank=6, deck="desk", reach=True),
    Action("desk_filter", "slash", "filter", "Show only rows that contain a text", moves.seek, _GRIDS, 8, "desk"),
    Action("desk_sort", "o", "sort", "Sort by the next column", moves.sort, _TABLES, 9, "desk"),
    Action("desk_turn", "O", "turn", "Turn the order round", moves.turn, _TABLES, deck="desk"),
    _to(1, "positions", "Go to the positions"),
    _to(2, "orders", "Go to the orders"),
    _to(3, "signals", "Go to the signals"),
    _to(4, "risk", "Go to the lever, the limits and what was held back"),
    _to(5, "conditions", "Go to the conditions of the strategy"),
    *keys_of("desk", lambda app: app.desk.conditions),
)  # fmt: skip
