"""The levers on the engine: register, pause, flatten, unregister, symbols, stop. What cannot be undone asks first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cockpit.dealing import held_by, holdings, real, subject
from cockpit.panes.prices import bare
from cockpit.shell_words import to_type
from cockpit.text import clean
from core.commands import Flatten, Pause, Reduce, Resume, Stop, Unregister
from core.view import StrategyRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from cockpit.app import CockpitApp


#: What a part may be: the key, and the percent.
_SHARES = (("1", 25), ("2", 50), ("3", 75))


def register(app: CockpitApp, strategy: str = "", symbols: str = "", typed: dict[str, str] | None = None) -> None:
    """Open the form that registers a strategy: this one on these symbols, with `typed` in the fields of its parameters, or any."""
    from cockpit.forms.recents import Recents
    from cockpit.forms.register import RegisterForm
    from cockpit.forms.traded import Streamed

    def started(strategy: str | None) -> None:
        if strategy:
            app.say(f"{clean(strategy)} is registered")
            app.show("live")
            app.live.go(2, strategy)

    feeds = app.live.header.feeds if app.live.header else []
    form = RegisterForm(
        app.catalogue,
        app.link.submit,
        partial(app.link.aside, "listed"),
        streamed=Streamed(feeds[0].venue if feeds else "", lambda: [bare(symbol) for symbol in app.live.prices.symbols]),
        symbol=symbols or bare(app.live.prices.listing.cursor_key),
        mode=app.live.mode,
        recents=Recents(app.home, "register"),
        last=app.live.prices.last_of,
        strategy=strategy,
        typed=typed,
    )
    app.push_screen(form, started)


def symbols(app: CockpitApp) -> None:
    """Open the list of symbols."""
    from cockpit.forms.recents import Recents
    from cockpit.forms.symbols import SymbolsForm

    listing = partial(app.link.aside, "listed")
    app.push_screen(SymbolsForm(lambda: app.live.prices.symbols, app.link.submit, listing, Recents(app.home, "symbols")))


def pause(app: CockpitApp) -> None:
    """Pause the strategy under the cursor; a paused one is resumed, one that failed begins anew."""
    row = _subject(app, "p pauses")
    if row is None:
        return
    name = clean(row.id)
    if row.state == "paused":
        app.submit(Resume(id=row.id), f"{name} is resumed")
    elif row.state == "failed":
        app.submit(Resume(id=row.id), f"{name} begins anew, with the position it had")
    else:
        app.submit(Pause(id=row.id), f"{name} is paused: its position and stops stay")


def pause_all(app: CockpitApp) -> None:
    """Pause everything."""
    app.submit(Pause(id=None), "all strategies are paused: positions and stops stay")


def resume_all(app: CockpitApp) -> None:
    """Resume everything."""
    app.submit(Resume(id=None), "all strategies are resumed")


def flatten(app: CockpitApp) -> None:
    """Close the position of the strategy under the cursor, after asking."""
    row = _subject(app, "f flattens")
    if row is None:
        return
    if row.position == 0:
        app.say(f"{clean(row.id)} holds nothing")
        return
    name = clean(row.id)
    answers = [("f", "flatten", f"close {held_by(row)} and stay flat until it changes its mind")]
    app.ask_person(f"Flatten {name}?{real(app)}", answers, {"f": lambda: app.submit(Flatten(id=row.id), f"{name} is flattening")})


def reduce(app: CockpitApp) -> None:
    """Close a part of what the strategy under the cursor holds; asks how much."""
    row = _subject(app, "c closes a part")
    if row is None:
        return
    name = clean(row.id)
    if row.position == 0:
        app.say(f"{name} holds nothing")
        return
    kept, holding = "keep the rest until it changes its mind", held_by(row)
    answers = [(key, f"{share} %", f"close {share} % of {holding}, {kept}") for key, share in _SHARES]
    acts: dict[str, Callable[[], object]] = {}
    for key, share in _SHARES:
        acts[key] = partial(app.submit, Reduce(id=row.id, pct=float(share)), f"{name} is reduced by {share} %")
    app.ask_person(f"Close a part of {name}?{real(app)}", answers, acts)


def stops(app: CockpitApp) -> None:
    """Open the form on the stops of the strategy under the cursor."""
    from cockpit.forms.recents import Recents
    from cockpit.forms.stops import StopsForm

    row = _subject(app, "v sets stops")
    if row is None:
        return

    def done(sentence: str | None) -> None:
        if sentence:
            app.say(sentence)

    app.push_screen(StopsForm(app.link.submit, Recents(app.home, "stops"), row), done)


def flatten_all(app: CockpitApp) -> None:
    """Close every position, after asking."""
    what = holdings(app)
    if not what:
        app.say("no strategy holds a position")
        return
    answers = [("f", "flatten all", f"close {what}")]
    app.ask_person(f"Flatten all strategies?{real(app)}", answers, {"f": lambda: app.submit(Flatten(id=None), "everything is flattening")})


def unregister(app: CockpitApp) -> None:
    """Take the strategy under the cursor out, after asking what becomes of its position."""
    row = _subject(app, "u unregisters")
    if row is None:
        return
    name = clean(row.id)
    if row.position == 0:
        answers = [("u", "unregister", "it holds nothing")]
    else:
        answers = [
            ("f", "flatten first", f"close {held_by(row)}, then take it out"),
            ("k", "keep the position", f"take it out and leave {held_by(row)} open, without its stops"),
        ]
    app.ask_person(
        f"Unregister {name}?{real(app)}",
        answers,
        {
            "u": lambda: app.submit(Unregister(id=row.id), f"{name} is unregistered"),
            "f": lambda: app.submit(Unregister(id=row.id), f"{name} is unregistered"),
            "k": lambda: app.submit(Unregister(id=row.id, keep=True), f"{name} is unregistered, its position is kept"),
        },
    )


def demo(app: CockpitApp) -> None:
    """Look at the demo instead, in a home of its own; asks where an engine is left behind."""
    if app.live.mode == "demo":
        app.say("this is the demo")
        return
    if app.live.mode == "replay":
        app.say("this is a replay: q leaves it, and `cockpit --demo` opens the demo")
        return

    def go() -> None:
        app.wants_demo = True
        app.exit()

    from core.home import demo_home

    here = "the engine here goes on" if app.link.up else "nothing here changes"
    what = f"a generated market, with strategies trading, in a home of its own ({demo_home({})}); {here}"
    app.ask_person("Open the demo?", [("d", "demo", what)], {"d": go})


def leave(app: CockpitApp) -> None:
    """Leave the screen: the engine goes on, or is stopped."""
    if not app.link.up:
        app.exit()
        return
    if app.settings.read_only:
        app.detach()
        return
    holding = sum(row.position != 0 for row in app.live.strategies.held)
    positions = f"{holding} position{'s' if holding != 1 else ''}" if holding else "no position"
    stays = f"; {positions} stay{'' if holding > 1 else 's'} open, as journalled" if holding else ""
    answers = [
        ("d", "detach", f"the engine keeps running; `{to_type(app.home, app.live.mode)}` brings you back"),
        ("s", "stop", f"end the engine{stays}{_goes_on(app)}"),
    ]
    if holding:
        answers.append(("f", "flatten and stop", f"close {positions} first, then end the engine"))
    app.ask_person(
        f"Leave the cockpit?{real(app)}",
        answers,
        {
            "d": app.detach,
            "s": lambda: app.submit(Stop(), "the engine is stopping", then=lambda: app.leave(f"The engine has stopped{stays}.")),
            "f": lambda: app.submit(
                Stop(flatten=True), "everything is flattening, then the engine stops", then=lambda: app.leave("The engine has stopped.")
            ),
        },
        insisted="d",
    )


def _subject(app: CockpitApp, what: str) -> StrategyRow | None:
    """The strategy the cursor is on; elsewhere the focus goes to the strategies, or the desk's positions, and nothing is done."""
    if app.deck is app.desk:
        return subject(app, what)
    row = app.live.chosen_strategy
    if row is None:
        app.show("live")
        app.live.go(2)
        app.say(f"{what} the strategy under the cursor" if app.live.strategies.held else "no strategy is registered: press r")
    return row


def _goes_on(app: CockpitApp) -> str:
    return f"; `{to_type(app.home, app.live.mode)}` plays on from here" if app.live.mode == "replay" else ""
