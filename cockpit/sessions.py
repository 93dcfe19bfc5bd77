"""The desk's session: starting one, changing its limits, pausing, ending it. What cannot be undone asks first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit.dealing import real
from cockpit.text import clean
from core.desk_orders import PauseSession, ResumeSession, Settings, StopSession
from core.desk_view import SessionRow
from core.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.app import CockpitApp


def settings(app: CockpitApp) -> None:
    """Open the form that starts a session, or changes the limits of the one there is."""
    session = _session(app)
    if session is not None and session.state in ("running", "paused"):
        app.run_worker(_change(app), group="session", exclusive=True)
    elif session is not None:
        _open(app, None, "")


async def _change(app: CockpitApp) -> None:
    """Ask the engine for the settings in force, and open the form on them."""
    try:
        answer: Any = await app.link.look("session")
        now = msgspec.convert(answer["settings"], Settings)
    except (CockpitError, msgspec.ValidationError, KeyError, TypeError) as error:
        app.say(f"the engine does not tell the session's settings: {clean(str(error))}", "error")
        return
    if app.uncovered:
        _open(app, now, str(answer.get("name", "")))


def _open(app: CockpitApp, now: Settings | None, name: str) -> None:
    from cockpit.forms.recents import Recents
    from cockpit.forms.session import SessionForm
    from cockpit.panes.prices import bare

    def done(sentence: str | None) -> None:
        if sentence:
            app.say(sentence)

    form = SessionForm(
        app.catalogue,
        app.link.submit,
        partial(app.link.aside, "listed"),
        streamed=lambda: [bare(symbol) for symbol in app.live.prices.symbols],
        recents=Recents(app.home, "session"),
        mode=app.live.mode,
        now=now,
        name=name,
    )
    app.push_screen(form, done)


def hold(app: CockpitApp) -> None:
    """Pause the session, or resume it."""
    session = _session(app)
    if session is None:
        return
    if session.state == "running":
        app.submit(PauseSession(), "the session is paused: positions and stops stay")
    elif session.state == "paused":
        app.submit(ResumeSession(), "the session is resumed: its strategies trade again")
    else:
        app.say("no session runs: s starts one")


def end(app: CockpitApp) -> None:
    """End the session, after asking what becomes of what it holds."""
    session = _session(app)
    if session is None:
        return
    if session.state not in ("running", "paused"):
        app.say("no session runs: s starts one")
        return
    held = [row for row in app.desk.positions.held if row.qty]
    if not held:
        answers = [("e", "end", "take its strategies out; nothing is held")]
    else:
        answers = [
            ("f", "flatten and end", "close what its strategies hold at the market, then take them out"),
            ("k", "keep and end", "take its strategies out and leave their positions open, without stops"),
        ]
    name = f" {clean(session.name)}" if session.name else ""
    app.ask_person(
        f"End the session{name}?{real(app)}",
        answers,
        {
            "e": lambda: app.submit(StopSession(), "the session is over"),
            "f": lambda: app.submit(StopSession(), "everything is flattening, then the session is over"),
            "k": lambda: app.submit(StopSession(keep=True), "the session is over, its positions are kept"),
        },
    )


def _session(app: CockpitApp) -> SessionRow | None:
    """The session as it stands; where it is not followed yet the desk is shown first, and nothing is done."""
    if app.deck is app.desk and app.desk.view is not None:
        return app.desk.view.session
    app.show("desk")
    app.say("the desk shows the session: press the key again")
    return None
