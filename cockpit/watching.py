"""What a person does about alerts: sets rules, acknowledges, snoozes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cockpit.panes.alerts import alert_key, wants_you
from cockpit.panes.prices import bare
from cockpit.text import clean
from core.commands import AckAlert, SnoozeAlert

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from cockpit.forms.alert import Around
    from core.alert_rules import AnyRule
    from core.view import AlertRow

#: How long `z` snoozes, in seconds: pressed again on one that is snoozed, the longer one.
SNOOZE_S, LONGER_S = 900, 3600


def new_rule(app: CockpitApp) -> None:
    """Open the form of a rule about what the cursor is on."""
    _edit(app, None)


def rules(app: CockpitApp) -> None:
    """Open the list of rules."""
    from cockpit.forms.rules import RulesList

    app.push_screen(RulesList(lambda: app.link.ask("alert_rules"), app.link.submit, lambda rule: _edit(app, rule)))


def _edit(app: CockpitApp, rule: AnyRule | None) -> None:
    from cockpit.forms.alert import AlertForm
    from cockpit.forms.recents import Recents

    def done(sentence: str | None) -> None:
        if sentence:
            app.say(sentence)

    async def ask(args: dict[str, Any]) -> Any:
        return await app.link.ask("alert_test", **args)

    app.push_screen(AlertForm(app.link.submit, around(app), recents=Recents(app.home, "alert"), rule=rule, ask=ask), done)


def around(app: CockpitApp) -> Around:
    """The market as the form sees it, and what the cursor is on."""
    from cockpit.forms.alert import Around

    live = app.live

    def market() -> dict[str, tuple[float | None, int]]:
        return {bare(symbol): (live.prices.last(symbol), live.prices.decimals(symbol) or 2) for symbol in live.prices.symbols}

    prices = market()
    row = live.chosen_strategy if app.deck is live else None
    symbol = bare(row.symbols[0]) if row is not None and row.symbols else bare(live.prices.listing.cursor_key)
    return Around(
        market,
        {row.id: row.capital for row in live.strategies.held},
        symbol=symbol if symbol in prices else next(iter(prices), ""),
        strategy=row.id if row is not None else "",
        kind="pnl" if row is not None and live.pane is live.strategies else "price",
    )


def acknowledge(app: CockpitApp) -> None:
    """The alert under the cursor was seen."""
    alert = _subject(app, "k acknowledges")
    if alert is None:
        return
    if not alert.open or alert.acked_ns:
        app.say("that one was seen, or is over")
    elif not alert.id:
        app.say("this engine does not know of acknowledging: restart it", "warning")
    else:
        rows = [row for row in app.live.alerts.held if wants_you(row)]
        after = rows[rows.index(alert) + 1 :] if alert in rows else []
        if after:  # k again is about the next one
            app.live.alerts.listing.want(alert_key(after[0]))
        app.submit(AckAlert(id=alert.id), f"seen: {clean(alert.text)}")


def acknowledge_all(app: CockpitApp) -> None:
    """All open alerts were seen."""
    count = app.live.alerts.open
    if count:
        app.submit(AckAlert(id=None), f"{count} alert{'' if count == 1 else 's'} acknowledged")
    else:
        app.say("nothing to acknowledge")


def snooze(app: CockpitApp) -> None:
    """Hear nothing of the alert under the cursor for a while, and of its rule; pressed again: for longer."""
    alert = _subject(app, "z snoozes")
    if alert is None:
        return
    if not alert.open:
        app.say("that one is over")
        return
    longer = bool(alert.snoozed_ns)
    words = f"snoozed for {'1 h' if longer else '15 min, z again: 1 h'}: {clean(alert.text)}"
    app.submit(SnoozeAlert(id=alert.id, seconds=LONGER_S if longer else SNOOZE_S), words)


def _subject(app: CockpitApp, what: str) -> AlertRow | None:
    """The alert the cursor is on; elsewhere the focus goes to the alerts, and nothing is done."""
    live = app.live
    if app.deck is live and live.pane is live.alerts and live.chosen_alert is not None:
        return live.chosen_alert
    app.show("live")
    app.live.go(live.alerts.NUMBER)
    app.say(f"{what} the alert under the cursor" if live.alerts.held else "there is no alert")
    return None
