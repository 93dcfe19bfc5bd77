"""Everything a person can do on the screens, once: keys, the line of keys, the palette and the help are made from this."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from textual.binding import Binding

from cockpit import advising, asking, charting, exporting, levers, moves, replaying, studying, watching
from cockpit.action import WRITTEN, Action
from cockpit.analyst_keys import ANALYST
from cockpit.desk_keys import DEALT, DESK
from cockpit.jump import jump

_CHART = frozenset({"chart"})
_LEVERS = frozenset({"strategies", "trades"})
_TABLES = frozenset({"prices", "strategies", "tape"})
_GRIDS = frozenset({"prices", "strategies", "trades", "alerts", "tape"})
_ALERTS = frozenset({"alerts"})
_ROWS = frozenset({"strategies", "trades", "alerts", "workers", "log", "runs", "run_trades", "ranking"})
_SORTED = frozenset({"runs", "ranking"})
_ADVICE = frozenset({"advice", "evidence", "past"})


def _to(deck: str, number: int, key: str, word: str, sentence: str) -> Action:
    """Going to a pane of a screen."""
    return Action(word, key, word, sentence, lambda app: moves.go(app, deck, number), deck=deck, reach=True)


ACTIONS: tuple[Action, ...] = (
    Action("register", "r", "register", "Register a strategy", levers.register, rank=1),
    Action("backtest", "b", "backtest", "Run a strategy over recorded data", asking.run, rank=4),
    Action("study", "s", "study", "Try many parameter sets of a strategy over recorded data", asking.study, rank=4, deck="lab", reach=True),
    Action("axes", "v", "axes", "Map of a study: two other parameters", studying.axes, frozenset({"map", "ranking", "findings"}), 8, "lab"),
    Action(
        "register_run",
        "r",
        "register",
        "Register what this run tested, with its parameters and terms",
        studying.register,
        rank=1,
        deck="lab",
    ),
    Action(
        "cancel_run",
        "x",
        "cancel",
        "Cancel the run or study under the cursor",
        studying.cancel,
        rank=2,
        deck="lab",
    ),
    Action("compare", "c", "compare", "Mark this run, and compare others with it", studying.compare, rank=3, deck="lab"),
    Action("sort_runs", "o", "sort", "Sort the rows by the next column", studying.sort, _SORTED, 12, "lab"),
    Action("turn_runs", "O", "turn", "Turn the order of the rows round", studying.turn, _SORTED, deck="lab"),
    Action(
        "export",
        "e",
        "write",
        "Write this result to files: a report (HTML), JSON and CSV",
        exporting.export,
        rank=6,
        deck="lab",
    ),
    Action(
        "pause",
        "p",
        "pause",
        "Pause the strategy under the cursor, or resume it (also failed)",
        levers.pause,
        _LEVERS,
        2,
        "live",
    ),
    Action("flatten", "f", "flatten", "Close the position of the strategy under the cursor", levers.flatten, _LEVERS, 3, "live"),
    Action("reduce", "c", "part", "Close a part of the position of the strategy under the cursor", levers.reduce, _LEVERS, 4, "live"),
    Action("stops", "v", "stops", "Set the stops of the strategy under the cursor", levers.stops, _LEVERS, 5, "live"),
    Action("unregister", "u", "unregister", "Take out the strategy under the cursor", levers.unregister, _LEVERS, 4, "live"),
    Action("open", "enter", "details", "Read everything about the row under the cursor", moves.read_row, _ROWS, 5),
    Action("symbols", "s", "symbols", "Add or take off symbols", levers.symbols, rank=6, deck="live", reach=True),
    Action("filter", "slash", "filter", "Show only rows that contain a text", moves.seek, _GRIDS, 7, "live"),
    Action("sort", "o", "sort", "Sort by the next column", moves.sort, _TABLES, 8, "live"),
    Action("turn", "O", "turn", "Turn the order round", moves.turn, _TABLES, deck="live"),
    Action("maximise", "plus", "max", "Give this pane the whole screen, or give it back", moves.maximise, rank=9),
    Action("acknowledge", "k", "seen", "Acknowledge the alert under the cursor", watching.acknowledge, _ALERTS, 2, "live"),
    Action("acknowledge_all", "K", "all seen", "Acknowledge every open alert", watching.acknowledge_all, _ALERTS, 3, "live", True),
    Action("snooze", "z", "snooze", "Hear nothing of this alert for 15 min; pressed again, for 1 h", watching.snooze, _ALERTS, 4, "live"),
    Action("alert", "a", "alert", "Set an alert rule: a price, a move, a loss, a silence", watching.new_rule, rank=6),
    Action("rules", "A", "rules", "The alert rules: switch, change, remove", watching.rules),
    Action("flatten_all", "F", "flatten all", "Close every position", levers.flatten_all),
    Action("pause_all", "P", "pause all", "Pause all strategies", levers.pause_all),
    Action("resume_all", "R", "resume all", "Resume all strategies", levers.resume_all),
    _to("live", 1, "1", "prices", "Go to the prices"),
    _to("live", 2, "2", "strategies", "Go to the strategies"),
    _to("live", 3, "3", "trades", "Go to the trade log"),
    _to("live", 4, "4", "alerts", "Go to the alerts"),
    _to("live", 5, "5", "chart", "Go to the chart"),
    _to("live", 6, "6", "tape", "Go to the tape: time and sales, in place of the trade log"),
    Action(
        "crosshair", "x", "crosshair", "Chart: read a bar: ← →, shift by ten, home, end, esc", charting.crosshair, _CHART, 1, "live", True
    ),
    Action("interval", "i", "interval", "Chart: longer bars, 1s to 1d", charting.longer, _CHART, 1, "live", True),
    Action("interval_back", "I", "shorter", "Chart: shorter bars", charting.shorter, _CHART, 0, "live", True),
    Action("chart_lines", "l", "lines", "Chart: indicators and the trend on it; their variants", charting.lines, _CHART, 1, "live", True),
    Action("fewer_bars", "left_square_bracket", "fewer", "Chart: fewer and wider bars", charting.fewer, _CHART, 2, "live", True),
    Action("more_bars", "right_square_bracket", "more", "Chart: more bars", charting.more, _CHART, 3, "live", True),
    Action("chart_kind", "m", "equity", "Chart: price, equity, drawdown", charting.next_kind, _CHART, 4, "live", True),
    Action(
        "chart_whose", "w", "whose", "Chart: equity of all, or of the strategy under the cursor", charting.whose, _CHART, 5, "live", True
    ),
    _to("lab", 1, "1", "runs", "Go to the runs"),
    _to("lab", 2, "2", "result", "Go to the result, or a study's verdict"),
    _to("lab", 3, "3", "equity", "Go to the equity curve, or a study's map"),
    _to("lab", 4, "4", "run_trades", "Go to the run's trades, or a study's ranking"),
    *ANALYST,
    *(Action(id_, keys, word, what, run, _ADVICE, rank, "copilot", True) for id_, keys, word, what, run, rank in advising.KEYS),
    _to("copilot", 1, "1", "advice", "Go to the advice"),
    _to("copilot", 2, "2", "evidence", "Go to the evidence of the advice under the cursor"),
    _to("copilot", 3, "3", "past", "Go to past advice and what came of it"),
    *DESK,
    _to("system", 1, "1", "workers", "Go to the worker processes"),
    _to("system", 2, "2", "feeds", "Go to the feeds"),
    _to("system", 3, "3", "store", "Go to the tape and the ledger"),
    _to("system", 4, "4", "latency", "Go to the latencies"),
    _to("system", 5, "5", "process", "Go to the engine's memory and loop"),
    _to("system", 6, "6", "commands", "Go to what the engine was told, and by whom"),
    _to("system", 7, "7", "coverage", "Go to what the tape holds over time"),
    _to("system", 8, "8", "log", "Go to the engine's log"),
    *(Action(id_, keys, word, f"Replay: {what}", run, rank=1, mode="replay") for id_, keys, word, what, run in replaying.KEYS),
    Action("demo", "d", "demo", "Open the demo: a generated market that needs no internet", levers.demo),
    Action("digest", "D", "digest", "What happened since you last detached", moves.show_digest),
    Action("layout", "L", "layout", "Share the room otherwise: even, a large chart, wide strategies", moves.next_layout, deck="live"),
    Action("theme", "t", "theme", "Change the colours: dark, light, high contrast, greys", moves.next_theme),
    Action("redraw", "ctrl+l", "redraw", "Draw the whole screen again", moves.redraw),
    Action("suspend", "ctrl+z", "shell", "Back to the shell; fg brings the cockpit back", lambda app: app.action_suspend_process()),
    Action("live", "f1", "live", "The live screen: prices, strategies, trades, alerts", lambda app: app.show("live"), rank=10),
    Action("lab", "f2", "lab", "The lab: backtests and studies, compared and registered", lambda app: app.show("lab"), rank=10),
    Action("analyst", "f3", "analyst", "The analyst: trends, pairs, correlations, indicators", lambda app: app.show("analyst"), rank=10),
    Action("copilot", "f4", "copilot", "The copilot: what changed, why it matters, what to do", lambda app: app.show("copilot"), rank=10),
    Action("desk", "f5", "desk", "The desk: positions, orders, signals, risk, the session", lambda app: app.show("desk"), rank=10),
    Action(
        "system",
        "f6",
        "system",
        "The system screen: workers, feeds, store, commands, tape, log",
        lambda app: app.show("system"),
        rank=11,
    ),
    Action("palette", "ctrl+p", "palette", "Find any of these by name", moves.palette, rank=12),
    Action("jump", "colon", "jump", "Go to a symbol, a strategy or a pane by its name", jump),
    Action("help", "question_mark", "help", "What can be done here", moves.show_help, rank=13),
    Action("quit", "q,ctrl+q,ctrl+c", "quit", "Leave: the engine keeps running, or stop it", levers.leave, rank=14),
)

BY_ID = {action.id: action for action in ACTIONS}

#: What changes something: not for a screen that only looks.
DOING = frozenset(
    {
        "register", "backtest", "study", "cancel_run", "export", "pause", "flatten", "reduce", "stops", "unregister", "symbols",
        "acknowledge", "acknowledge_all", "snooze", "alert", "rules", "flatten_all", "pause_all", "resume_all", "register_run",
        "register_pair", "backtest_trend", "scan", "scan_cancel", "add_variant", "edit_variant", "delete_variant",
        *(key[0] for key in replaying.KEYS), *(key[0] for key in advising.KEYS if key[0] != "read_advice"),
        *DEALT,
    }
)  # fmt: skip


def bindings_of(deck: str) -> list[Binding]:
    """The keys of one screen; of all screens for ''."""
    return [Binding(action.keys, f"app.act({action.id!r})", action.word, id=action.id) for action in ACTIONS if action.deck == deck]


def key_name(written: str) -> str:
    """Textual's name of a key as people write it: `?` is `question_mark`, `F2` is `f2`."""
    return next((name for name, shown in WRITTEN.items() if shown == written), written.lower() if len(written) > 1 else written)


def _offered(deck: str, mode: str) -> list[Action]:
    """What can be done on a screen: its own actions, and those of all screens whose key it does not use otherwise."""
    own = {action.keys for action in ACTIONS if deck and action.deck == deck}
    meant = [action for action in ACTIONS if action.mode in ("", mode)]
    return [action for action in meant if action.deck == deck or (not action.deck and action.keys not in own)]


def keys_for(deck: str, pane: str, keymap: Mapping[str, str], *, looks_only: bool = False, mode: str = "") -> list[tuple[str, str]]:
    """The line of keys while this pane has the focus: what is about its rows, then the rest; quit is last."""
    ranked = sorted((action for action in _offered(deck, mode) if action.rank and action.id != deck), key=lambda action: action.rank)
    mine = [one for one in ranked if (not one.panes or pane in one.panes) and not (looks_only and one.id in DOING)]
    return [(action.shown_keys(keymap)[0], action.word) for action in mine]


def help_for(deck: str, pane: str, title: str, without: Collection[str] = (), mode: str = "") -> list[tuple[str, list[Action]]]:
    """The actions that do something here, in groups: about this pane's rows, on this screen, and everywhere; `without` those by id."""
    offered = [action for action in _offered(deck, mode) if action.id not in ("help", deck, *without)]
    here = [action for action in offered if pane in action.panes]
    rest = [action for action in offered if action not in here and (action.reach or not action.panes)]
    own = [action for action in rest if action.deck]
    replay = [action for action in rest if action.mode]
    everywhere = [action for action in rest if not action.deck and not action.mode]
    groups = ((title, here), (f"On the {deck} screen", own), ("The replay", replay), ("Everywhere", everywhere))
    return [group for group in groups if group[1]]


def findable(deck: str, mode: str = "") -> list[Action]:
    """What the palette finds: what can be done on this screen first, then what goes to another screen by itself."""
    meant = [action for action in ACTIONS if action.mode in ("", mode)]
    mine = [action for action in meant if action.deck in ("", deck)]
    return [*mine, *(action for action in meant if action.reach and action not in mine)]
