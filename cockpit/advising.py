"""What a person does about advice: one of the things it offers, after asking; waving it away; hearing nothing of its kind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cockpit.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from cockpit.app import CockpitApp

DAY_NS = 86_400 * 1_000_000_000

#: What else a key does where the advice offers nothing on it.
_OTHERWISE = {"b": "backtest", "a": "alert"}


def act(app: CockpitApp, key: str) -> None:
    """Do what the advice under the cursor offers on this key, after asking."""
    row = app.copilot.chosen
    action = next((action for action in row["actions"] if action["key"] == key), None) if row is not None else None
    if action is None and key in _OTHERWISE:
        app.action_act(_OTHERWISE[key])
    elif action is None:
        app.say("no advice under the cursor" if row is None else f"this advice offers nothing on {key}: enter shows what it does")
    else:
        name, real = clean(action["name"]), " This is REAL MONEY." if app.live.mode == "live" else ""
        app.ask_person(f"{name[0].upper()}{name[1:]}?{real}", [(key, name, clean(action["does"]))], {key: partial(_do, app, action)})


def _do(app: CockpitApp, action: dict[str, Any]) -> None:
    import msgspec

    from core.commands import Command

    try:
        command: Any = msgspec.convert(action["order"], Command)
    except msgspec.ValidationError as error:
        app.say(f"the engine offers what this screen does not know: {clean(str(error))}", "error")
        return
    app.submit(command, f"{clean(action['name'])}: done", then=app.copilot.ask_soon)


def dismiss(app: CockpitApp) -> None:
    """Wave the advice under the cursor away."""
    from core.advice_orders import DismissAdvice

    row = app.copilot.chosen
    if row is None:
        app.say("no advice under the cursor")
        return
    app.submit(DismissAdvice(id=row["id"]), "dismissed: it comes back where it gets clearly worse", then=app.copilot.ask_soon)


def mute(app: CockpitApp) -> None:
    """Hear nothing of the rule, or of the subject, for a day; asks which."""
    from core.advice_orders import MuteAdvice

    row, answer = app.copilot.chosen, app.copilot.answer
    if answer is None or (row is None and not answer["mutes"]):
        app.say("no advice under the cursor")
        return
    until = answer["asof_ns"] + DAY_NS

    def muted(rule: str | None, subject: str | None, words: str) -> Callable[[], object]:
        command = MuteAdvice(rule=rule, subject=subject, until_ns=until)
        return lambda: app.submit(command, words, then=app.copilot.ask_soon)

    answers: list[tuple[str, str, str]] = []
    acts: dict[str, Callable[[], object]] = {}
    if row is not None:
        rule, subject = clean(row["rule"]), clean(row["subject"])
        answers += [
            ("t", "this", f"nothing of “{rule}” about {subject} for a day"),
            ("r", "the rule", f"nothing of “{rule}” about anything for a day"),
            ("s", "the subject", f"nothing at all about {subject} for a day"),
        ]
        acts |= {
            "t": muted(row["rule"], row["subject"], f"“{rule}” about {subject} is muted for a day"),
            "r": muted(row["rule"], None, f"“{rule}” is muted for a day"),
            "s": muted(None, row["subject"], f"{subject} is muted for a day"),
        }
    if answer["mutes"]:
        names = ", ".join(clean(" ".join(filter(None, (one["rule"], one["subject"])))) for one in answer["mutes"][:4])
        answers.append(("u", "unmute", f"hear of everything again: {names}"))
        acts["u"] = partial(_unmute, app, answer["mutes"])
    app.ask_person("Hear nothing of this?", answers, acts)


def _unmute(app: CockpitApp, mutes: list[dict[str, Any]]) -> None:
    from core.advice_orders import MuteAdvice

    for one in mutes:
        app.tell(MuteAdvice(rule=one["rule"], subject=one["subject"], until_ns=0), app.copilot.ask_soon)
    app.say("nothing is muted any more")


def read(app: CockpitApp) -> None:
    """To the evidence of the advice under the cursor, and back."""
    copilot = app.copilot
    copilot.go((3 if copilot.has_class("-past") else 1) if copilot.pane is copilot.evidence else 2)


#: Name, key, word, sentence, what does it, and rank in the line of keys.
KEYS: tuple[tuple[str, str, str, str, Callable[[CockpitApp], None], int], ...] = (
    ("advised_pause", "p", "pause", "Pause, or resume, as the advice under the cursor offers", partial(act, key="p"), 1),
    ("advised_flatten", "f", "flatten", "Flatten as the advice under the cursor offers", partial(act, key="f"), 2),
    ("advised_reduce", "c", "part", "Close the part that the advice under the cursor offers to", partial(act, key="c"), 2),
    ("advised_stops", "v", "stops", "Set the stops that the advice under the cursor offers", partial(act, key="v"), 3),
    ("advised_backtest", "b", "backtest", "Backtest what the advice under the cursor is about", partial(act, key="b"), 3),
    ("advised_alert", "a", "alert", "Set the alert that the advice under the cursor offers", partial(act, key="a"), 3),
    ("advised_seen", "k", "seen", "Acknowledge the alerts the advice under the cursor is about", partial(act, key="k"), 3),
    ("dismiss_advice", "x", "dismiss", "Dismiss this advice: it comes back where it gets clearly worse", dismiss, 4),
    ("mute_advice", "m", "mute", "Hear nothing of this rule, or of this subject, for a day; or of everything again", mute, 5),
    ("read_advice", "enter", "evidence", "To the evidence of the advice under the cursor, and back", read, 6),
)
