"""What a person does at the desk: the account's three levers and back, which rows are shown, and reading one in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit import figures
from cockpit.panes.prices import bare
from cockpit.panes.risk import mode_of
from cockpit.text import clean
from core.desk_orders import SetMode
from core.view import StrategyRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from cockpit.app import CockpitApp

_BACK = "N sets it back"


def subject(app: CockpitApp, what: str) -> StrategyRow | None:
    """The strategy of the position under the cursor; elsewhere the focus goes to the positions, and nothing is done."""
    desk = app.desk
    row, position = desk.chosen_strategy, desk.positions.chosen
    if row is not None:
        return row
    if desk.pane is desk.positions and position is not None:
        app.say(f"{clean(position.strategy_id)} is not registered any more")
        return None
    desk.go(1)
    if desk.positions.held:
        turned = ": n shows positions by strategy" if desk.positions.netted else ""
        app.say(f"{what} what the strategy under the cursor holds{turned}")
    else:
        app.say("nothing is held")
    return None


def nets(app: CockpitApp) -> None:
    """What the account holds of each symbol in the place of the strategies' positions, and back."""
    app.show("desk")
    app.desk.go(1)
    app.desk.turn_over(app.desk.positions)
    app.say("nets by symbol: n shows the positions again" if app.desk.positions.netted else "positions by strategy")


def working(app: CockpitApp) -> None:
    """Only orders that work, or all of them."""
    app.show("desk")
    app.desk.go(2)
    app.desk.turn_over(app.desk.orders)
    app.say("only orders that work: w shows all again" if app.desk.orders.working_only else "all orders")


def stop_new(app: CockpitApp) -> None:
    """Nothing is opened any more, after asking."""
    does = "no strategy opens or turns a position round from here on; what is held may grow, exits, stops and what you close go on"
    _pull(app, "s", "stop-new", "Open nothing new?", does, SetMode(mode="stop_new"))


def reduce_only(app: CockpitApp) -> None:
    """Positions only get smaller, after asking."""
    does = "no strategy opens, adds to or turns a position round from here on; exits, stops and what you close go on"
    _pull(app, "e", "reduce only", "Let positions only get smaller?", does, SetMode(mode="reduce_only"))


def flatten_all(app: CockpitApp) -> None:
    """Every position is closed and none opened again, after asking."""
    held = holdings(app)
    answers: list[tuple[str, str, str]] = []
    acts: dict[str, Callable[[], object]] = {}
    if held and _mode(app) != "halt":
        answers.append(("f", "flatten all", f"close {held} at the market, and open nothing, until {_BACK}"))
        said = f"everything is flattening, and nothing is opened: {_BACK}"
        acts["f"] = lambda: app.submit(SetMode(mode="reduce_only", flatten=True), said)
    close = f"close {held} at the market, and let" if held else "nothing is held; let"
    answers.append(("h", "flatten and halt" if held else "halt", f"{close} nothing trade, exits and stops neither, until {_BACK}"))
    done = f"everything is flattening, then nothing trades: {_BACK}" if held else f"nothing trades: {_BACK}"
    acts["h"] = lambda: app.submit(SetMode(mode="halt", flatten=bool(held)), done)
    app.ask_person(f"Flatten the whole account?{real(app)}", answers, acts)


def normal(app: CockpitApp) -> None:
    """Strategies trade as they decide again; where the lever is not in sight the desk is shown, and nothing is done."""
    mode = _mode(app)
    if not mode:
        app.show("desk")
        app.say(f"the desk shows the lever as it stands: {_BACK}")
        return
    if mode == "normal":
        app.say("no lever is set: S stop-new, E reduce only, F flatten all")
        return
    app.submit(SetMode(mode="normal"), "back to normal: strategies open and close as they decide")


def _pull(app: CockpitApp, key: str, name: str, question: str, does: str, command: SetMode) -> None:
    if _mode(app) == command.mode:
        app.say(f"{name} is set already: {_BACK}")
        return
    answers = [(key, name, f"{does}, until {_BACK}")]
    app.ask_person(f"{question}{real(app)}", answers, {key: lambda: app.submit(command, f"{mode_of(command.mode)[0]} is set: {_BACK}")})


def _mode(app: CockpitApp) -> str:
    """The lever as it stands; '' where nobody knows, since it is followed only while the desk is shown."""
    return app.desk.view.risk.mode if app.deck is app.desk and app.desk.view is not None else ""


def holdings(app: CockpitApp) -> str:
    """What strategies hold: `sma-1 long 0.50 BTCUSDT, …`; '' nothing."""
    found = [f"{clean(row.id)} {held_by(row)}" for row in app.live.strategies.held if row.position != 0]
    return ", ".join(found[:4]) + (" …" if len(found) > 4 else "")


def held_by(row: StrategyRow) -> str:
    """What one holds: `long 0.50 BTCUSDT`."""
    side = "long" if row.position > 0 else "short"
    return f"{side} {figures.quantity(abs(row.position))} {'+'.join(bare(symbol) for symbol in row.symbols)}"


def real(app: CockpitApp) -> str:
    """What is added to a question where it is about real money."""
    return " This is REAL MONEY." if app.live.mode == "live" else ""


def read(app: CockpitApp) -> None:
    """Everything about the row under the cursor."""
    from cockpit.desk_text import net_lines, order_lines, position_lines, signal_lines
    from cockpit.forms.reading import Reading

    desk, decimals = app.desk, app.live.prices.decimals
    if desk.pane is desk.positions and (position := desk.positions.chosen) is not None:
        title = f"{clean(position.strategy_id)} on {bare(position.symbol)}"
        app.push_screen(Reading(title, position_lines(position, app.live.trades.held, decimals, _now(app))))
    elif desk.pane is desk.positions and (net := desk.positions.chosen_net) is not None:
        app.push_screen(Reading(f"{bare(net.symbol)}, all strategies", net_lines(net, desk.positions.held, decimals)))
    elif desk.pane is desk.orders and (order := desk.orders.chosen) is not None:
        app.push_screen(Reading(f"Order {clean(order.order_id)}", order_lines(order)))
    elif desk.pane is desk.signals and (signal := desk.signals.chosen) is not None:
        app.push_screen(Reading(f"Signal of {clean(signal.strategy_id)}", signal_lines(signal)))


def _now(app: CockpitApp) -> int:
    return app.desk.header.now_ns if app.desk.header is not None else 0
