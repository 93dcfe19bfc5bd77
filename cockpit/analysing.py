"""What a person does on the analyst's screen: read the evidence, choose and register a pair, scan, backtest what fits a trend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cockpit import asking, levers
from cockpit.analyst_view import Answer, Suggestion, Trend
from cockpit.inquiry import read as read_answer
from cockpit.inquiry import words_of
from cockpit.panes.grid import LiveGrid
from cockpit.panes.indicator_values import value_lines
from cockpit.panes.pair_text import pair_lines
from cockpit.panes.prices import bare
from cockpit.panes.scanner import why_lines
from cockpit.text import clean
from core.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.app import CockpitApp

#: Cells of what is read, its frame included, at most.
READING = 130

#: The strategy that trades a pair.
PAIRS = "pairs"


def read(app: CockpitApp) -> None:
    """Everything about what the cursor is on; from the correlations and the scanner to the pair."""
    from cockpit.forms.reading import Reading

    deck = app.analyst
    if deck.pane is deck.trends:
        app.run_worker(_read_trend(app), group="trend", exclusive=True)
    elif deck.pane is deck.pair:
        found, spec = deck.pair.question.found, deck.pair.spec
        if found is not None and found.verdicts:
            title = f"{spec.name}, bars of {spec.interval}"
            app.push_screen(Reading(title, pair_lines(found, spec.method, spec.window, min(READING, app.size.width) - 6)))
        else:
            app.say(f"nothing is known of {spec.name} yet" if spec.name else "no pair is chosen: / chooses one")
    elif deck.pane is deck.indicators:
        value = deck.indicators.chosen
        if value is not None:
            app.push_screen(Reading(clean(value.variant), value_lines(value, deck.indicators.symbol)))
        else:
            app.say("no variant is under the cursor: n makes one")
    elif deck.pair_here is not None:
        deck.draw_pair()
        deck.go(2)


async def _trend(app: CockpitApp) -> Trend | None:
    """All of the cell under the cursor; where there is none, that is said."""
    symbol, interval = app.analyst.trends.cursor
    if not symbol:
        return None
    try:
        found = read_answer(await app.link.study("trend", symbol=symbol, interval=interval), Trend)
    except CockpitError as error:
        app.say(words_of(error), "warning")
        return None
    if found.state != "ready" or (found.trend is None and not found.evidence):
        why = found.note or found.status or f"the analyst is {found.state}"
        app.say(f"{bare(symbol)} {interval}: {clean(why)}", "warning" if found.state == "failed" else "information")
        return None
    return found


async def _read_trend(app: CockpitApp) -> None:
    from cockpit.forms.evidence import EvidenceDialog

    symbol, interval = app.analyst.trends.cursor
    found = await _trend(app)
    if found is None or not app.uncovered:
        return

    def chosen(number: str | None) -> None:
        if number is not None:
            backtest_of(app, symbol, interval, found.suggestions[int(number)])

    app.push_screen(EvidenceDialog(bare(symbol), interval, found), chosen)


def backtest(app: CockpitApp) -> None:
    """Open the form of a run: of what fits the trend under the cursor best, else of the symbol the cursor is on."""
    deck = app.analyst
    if deck.pane is deck.trends:
        app.run_worker(_backtest_trend(app), group="trend", exclusive=True)
        return
    symbol = deck.symbol if deck.pane is deck.indicators else (deck.pair_here or (deck.symbol,))[0]
    asking.run(app, ("", {"source": f"tape:{bare(symbol)}"} if symbol else {}, ""))


async def _backtest_trend(app: CockpitApp) -> None:
    symbol, interval = app.analyst.trends.cursor
    found = await _trend(app)
    if app.uncovered and found is not None:
        backtest_of(app, symbol, interval, next(iter(found.suggestions), None))


def backtest_of(app: CockpitApp, symbol: str, interval: str, fit: Suggestion | None) -> None:
    """Open the form of a run of a suggestion over what was recorded of the symbol, on the interval it was suggested for."""
    typed = {"source": f"tape:{bare(symbol)}", "interval": interval}
    if fit is None:
        asking.run(app, ("", typed, ""))
        return
    side = {"side": fit.side} if fit.side else {}
    asking.run(app, (fit.strategy, {**typed, **side, **asking.shown(fit.params)}, ""))


def register(app: CockpitApp) -> None:
    """Open the form of a strategy: of `pairs` with the pair under the cursor, where the catalogue has it."""
    pair = app.analyst.pair_here
    if pair is None:
        levers.register(app)
        return
    app.run_worker(_register_pair(app, *pair), group="catalogue", exclusive=True)


async def _register_pair(app: CockpitApp, a: str, b: str) -> None:
    try:
        offers = app.catalogue.offers or await app.catalogue.fetch()
    except (CockpitError, ValueError) as error:
        app.say(clean(str(error)), "error")
        return
    if not any(offer.name == PAIRS for offer in offers):
        app.say(f"no strategy `{PAIRS}` is in the catalogue: a file {PAIRS}.py in the strategies folder of the home adds one", "warning")
        return
    spec = app.analyst.pair.spec._replace(**app.analyst.bars_here)
    typed = {"interval": spec.interval, "window": str(spec.window), "method": spec.method, "side": "long_short"}
    if app.uncovered:
        levers.register(app, PAIRS, f"{bare(a)}, {bare(b)}", typed)


def scan(app: CockpitApp) -> None:
    """Start a scan of all pairs; its progress is in the scanner."""
    deck = app.analyst
    if deck.scanner.running:
        app.say("a scan is under way: x cancels it")
    else:
        deck.go(4)
        _tell(app, "scan", {"interval": deck.scanner.interval, "window": deck.pair.spec.window})


def cancel(app: CockpitApp) -> None:
    """Cancel the scan."""
    if app.analyst.scanner.running:
        _tell(app, "scan_cancel", {})
    else:
        app.say("no scan is under way: s starts one")


def _tell(app: CockpitApp, what: str, args: dict[str, Any]) -> None:
    async def ask() -> None:
        try:
            found = read_answer(await app.link.ask(what, **args), Answer)
        except CockpitError as error:
            app.say(words_of(error), "warning")
        else:
            if found.note or found.state == "failed":
                app.say(clean(found.note or "the analyst failed"), "warning")
            app.analyst.scanner.question.ask_soon()

    app.run_worker(ask(), group="scan")


def choose(app: CockpitApp) -> None:
    """Ask for the symbols of a pair, and how to look at it."""
    from cockpit.forms.pair import PairForm
    from cockpit.forms.recents import Recents

    deck = app.analyst
    if len(deck.symbols) < 2:
        app.say("a pair needs two symbols: F1, then s adds some")
        return
    named: dict[str, str] = {bare(symbol): symbol for symbol in deck.symbols}

    async def take(asked: dict[str, Any]) -> None:
        deck.pair.choose(**asked | {"a": named[asked["a"]], "b": named[asked["b"]]})

    app.push_screen(PairForm(take, deck.pair.spec, list(named), Recents(app.home, "pair")), lambda done: deck.go(2) if done else None)


def longer(app: CockpitApp) -> None:
    """The next longer interval of the pane."""
    _step(app, 1)


def shorter(app: CockpitApp) -> None:
    """The next shorter interval of the pane."""
    _step(app, -1)


def _step(app: CockpitApp, steps: int) -> None:
    deck = app.analyst
    if deck.pane is deck.correlations:
        deck.correlations.step(steps)
    elif deck.pane is deck.scanner:
        deck.scanner.step(steps)
        app.say(f"the next scan is on bars of {deck.scanner.interval}")
    elif deck.pane is deck.pair:
        deck.pair.step_interval(steps)
    else:
        app.say("i changes the bars of the pair (2), the correlations (3) and the next scan (4)")


def window(app: CockpitApp) -> None:
    """Another window of the z-score; in the scanner, why pairs were not tested."""
    from cockpit.forms.reading import Reading

    deck = app.analyst
    if deck.pane is deck.scanner and deck.scanner.scan is not None:
        app.push_screen(Reading("Pairs that were not tested", why_lines(deck.scanner.scan)))
    else:
        deck.pair.step_window()


def method(app: CockpitApp) -> None:
    """Another way to get the hedge ratio."""
    app.analyst.pair.step_method()


def sort(app: CockpitApp) -> None:
    """Sort the pane by its next column."""
    if isinstance(pane := app.analyst.pane, LiveGrid):
        column = pane.cycle_sort()
        app.say(f"sorted by {column}" if column else "in the analyst's order")


def turn(app: CockpitApp) -> None:
    """Turn the pane's order round."""
    if isinstance(pane := app.analyst.pane, LiveGrid):
        pane.flip_sort()
