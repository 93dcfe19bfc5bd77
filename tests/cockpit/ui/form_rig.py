"""The forms of the lab in a test: their fields, what is refused while it is typed, and what is sent."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TypeVar

from fake_engine import FakeEngine
from screen_rig import eventually, line_with
from textual.pilot import Pilot

from cockpit.app import CockpitApp
from cockpit.forms.entry import Entry

#: Words from outside that would do harm if a terminal or the screen took them for more than words.
HOSTILE = "\x1b]52;c;ZXZpbA==\x07[bold red]EVIL[/] \x1b[2J\u202e[@click=app.quit]x[/]"

Sent = TypeVar("Sent")


def entry(app: CockpitApp, name: str) -> Entry:
    """A field of the form that is open."""
    return next(found for found in app.screen.query(Entry) if found.field.name == name)


async def in_study_form(app: CockpitApp, pilot: Pilot[None]) -> None:
    """The form of a study, once it can be sent and knows what it offers."""
    await pilot.press("f2", "s")
    await eventually(lambda: line_with(app, "Enter tries"))
    await eventually(lambda: all(worker.is_finished for worker in app.workers if worker.group == "sources"))


async def told_of(app: CockpitApp, cases: Iterable[tuple[str, str, str]]) -> None:
    """Type each (field, text, words) and wait for the words that say what is wrong with it; then take it back."""
    for name, text, words in cases:
        before = entry(app, name).text
        entry(app, name).text = text
        await eventually(partial(line_with, app, words))
        entry(app, name).text = before


async def sent(engine: FakeEngine, pilot: Pilot[None], kind: type[Sent]) -> Sent:
    """What enter sends, the first command of all."""
    await pilot.press("enter")
    await eventually(lambda: bool(engine.commands))
    command = engine.commands[0]
    assert isinstance(command, kind)
    return command
