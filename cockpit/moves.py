"""Moving about the screen: panes, filter, sorting, texts to read, themes. Nothing here reaches the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit import dealing, figures, studying
from cockpit.panes.grid import LiveGrid
from cockpit.panes.log import log_lines
from cockpit.panes.prices import bare
from cockpit.panes.workers import worker_lines
from cockpit.text import clean, clean_lines
from cockpit.tones import THEMES
from cockpit.welcome import recall
from core.view import AlertRow, StrategyRow, TradeRow

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


def go(app: CockpitApp, deck: str, number: int) -> None:
    """To a pane of a screen by its number."""
    app.show(deck)
    app.deck.go(number)


def maximise(app: CockpitApp) -> None:
    """One pane on the whole screen, and back."""
    app.deck.maximise()


def seek(app: CockpitApp) -> None:
    """Open the filter line of the pane."""
    deck = app.desk if app.deck is app.desk else app.live
    app.show(deck.NAME)
    deck.open_filter()


def sort(app: CockpitApp) -> None:
    """Sort the pane by its next column."""
    pane = app.deck.pane
    column = pane.cycle_sort() if isinstance(pane, LiveGrid) else ""
    app.say(f"sorted by {column}" if column else "in the engine's order")


def turn(app: CockpitApp) -> None:
    """Turn the pane's order round."""
    if isinstance(app.deck.pane, LiveGrid):
        app.deck.pane.flip_sort()


def next_layout(app: CockpitApp) -> None:
    """The next layout of the screen; remembered."""
    deck = app.live
    deck.lay_out(deck.LAYOUTS[(deck.LAYOUTS.index(deck.layout_name) + 1) % len(deck.LAYOUTS)])
    app.left.layouts[deck.NAME] = deck.layout_name
    wide = "" if deck.has_class("-tiled") else ": seen where there are 150 columns"
    app.say(f"layout: {deck.layout_name}{wide}")


def next_theme(app: CockpitApp) -> None:
    """The next theme."""
    names = [theme.name for theme in THEMES]
    app.theme = names[(names.index(app.theme) + 1) % len(names)] if app.theme in names else names[0]
    app.say(f"theme: {app.theme.removeprefix('cockpit-')}")


def redraw(app: CockpitApp) -> None:
    """Paint every cell again, for a terminal that lost some."""
    app.redraw()


def palette(app: CockpitApp) -> None:
    """Find an action by name."""
    from cockpit.finder import Finder

    if not isinstance(app.screen, Finder):
        app.push_screen(Finder(id="--command-palette"))


def show_help(app: CockpitApp) -> None:
    """What can be done in this pane."""
    from cockpit.actions import DOING, help_for
    from cockpit.forms.reading import Help

    deck = app.deck
    title = deck.pane.TITLE

    def run(chosen: str | None) -> None:
        if chosen:
            app.action_act(chosen)

    columns = deck.pane.columns if isinstance(deck.pane, LiveGrid) else ()
    words = [(column.title, column.means) for column in columns if column.means]
    without = {*(DOING if app.settings.read_only else ()), *(("demo",) if app.live.mode == "demo" else ())}
    groups = help_for(deck.NAME, deck.pane_name, title, without, deck.mode)
    app.push_screen(Help(f"{title}: what can be done here", groups, app.keymap, words), run)


def show_digest(app: CockpitApp) -> None:
    """What happened since the last viewer left."""
    app.run_worker(recall(app), group="digest", exclusive=True)


def read_row(app: CockpitApp) -> None:
    """Everything about the row under the cursor."""
    from cockpit.forms.reading import Reading

    if app.deck is app.lab:
        studying.read(app)
        return
    if app.deck is app.desk:
        dealing.read(app)
        return
    if app.deck is app.system:
        worker, line = app.system.pool.chosen, app.system.engine_log.chosen
        if app.system.pane_name == "workers" and worker is not None:
            app.push_screen(Reading(f"Worker {worker.number}", worker_lines(worker)))
        elif app.system.pane_name == "log" and line is not None:
            app.push_screen(Reading("A line of the log", log_lines(line)))
        return
    live = app.live
    strategy, trade, alert = live.chosen_strategy, live.chosen_trade, live.chosen_alert
    if live.pane_name == "strategies" and strategy is not None:
        app.push_screen(Reading(strategy_title(strategy), strategy_lines(strategy)))
    elif live.pane_name == "trades" and trade is not None:
        app.push_screen(Reading(f"Trade of {clean(trade.strategy_id)}", trade_lines(trade)))
    elif live.pane_name == "alerts" and alert is not None:
        app.push_screen(Reading(f"{figures.clock(alert.ts_ns)}Z", alert_lines(alert)))


def strategy_title(row: StrategyRow) -> str:
    """`sma-1: sma_crossover on BTCUSDT`."""
    return f"{clean(row.id)}: {clean(row.name)} on {', '.join(bare(symbol) for symbol in row.symbols)}"


def strategy_lines(row: StrategyRow) -> list[str]:
    """State, parameters, figures, and the traceback of a failed one."""
    lines = [f"{clean(row.state)}{': ' + clean(row.detail) if row.detail else ''}", ""]
    if row.traceback:
        return [*lines, *clean_lines(row.traceback)]
    lines += [f"  {clean(str(name)):<14} {clean(str(value))}" for name, value in row.params.items()]
    facts = (
        ("position", figures.quantity(row.position, sign=True)),
        ("entry", figures.number(row.entry)),
        ("unrealised", figures.signed(row.unrealised)),
        ("realised", f"{figures.signed(row.realised)} before fees"),
        ("fees", figures.number(row.fees)),
        ("net", f"{figures.signed(row.realised - row.fees)} realised less fees"),
        ("trades", f"{row.trades}, {row.wins} won"),
        ("equity", f"{figures.number(row.equity)} of {figures.number(row.capital)}"),
        ("drawdown", f"{figures.magnitude(row.drawdown_pct)} %"),
        (
            "Sharpe",
            f"{figures.number(row.sharpe)} of daily changes, a year's worth"
            if row.sharpe is not None
            else "from the first midnight (UTC) on that it has run for two days",
        ),
    )
    return [*lines, "", *(f"  {name:<14} {value}" for name, value in facts)]


def trade_lines(trade: TradeRow) -> list[str]:
    """A fill, a blocked order or funding, in full."""
    done = f"{clean(trade.side)} {figures.quantity(trade.qty)} at {trade.price:,.8g}"
    facts = (
        ("time", f"{figures.moment(trade.ts_ns, 0)}Z"),
        ("symbol", clean(trade.symbol)),
        ("what", {"blocked": "blocked", "funding": "funding"}.get(trade.kind, done)),
        ("why", clean(trade.reason)),
        ("fee", figures.number(trade.fee, 4)),
        ("realised", figures.signed(trade.realised)),
        ("position after", figures.quantity(trade.position, sign=True)),
        ("fill", clean(trade.fill_id)),
    )
    return [f"  {name:<14} {value}" for name, value in facts if value]


def alert_lines(alert: AlertRow) -> list[str]:
    """An alert in full."""
    facts = (
        ("time", f"{figures.moment(alert.ts_ns, 0)}Z"),
        ("rule", f"{clean(alert.rule)} (A shows the rules)" if alert.rule else ""),
        ("fired", f"{alert.times:,} times before anybody saw it" if alert.rule and alert.times > 1 else ""),
        ("seen", f"{figures.moment(alert.acked_ns, 0)}Z" if alert.acked_ns else ""),
        ("snoozed", f"until {figures.moment(alert.snoozed_ns, 0)}Z" if alert.snoozed_ns else ""),
        ("id", clean(alert.id)),
    )
    return [
        f"{clean(alert.level)}, {'open' if alert.open else 'settled'}",
        "",
        *clean_lines(alert.text),
        "",
        *(f"  {name:<14} {value}" for name, value in facts if value),
    ]
