"""What a person does to the chart of the live screen, from whatever pane."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from cockpit.panes.chart import ChartPane


def _chart(app: CockpitApp) -> ChartPane:
    """The chart of what the cursor is on now, brought in sight where it is not."""
    app.show("live")
    app.live.follow_cursor()
    if not app.live.in_sight(app.live.chart):
        app.live.go(5)
    return app.live.chart


def crosshair(app: CockpitApp) -> None:
    """To the chart, with the crosshair on its newest bar, where the arrow keys move it; pressed there again, without it."""
    chart = _chart(app)
    if app.live.pane is chart and chart.crossed:
        chart.action_leave()
        return
    app.live.go(5)
    chart.action_cross(0)


def longer(app: CockpitApp) -> None:
    """The next longer interval; after the longest the shortest."""
    _chart(app).step_interval(1)


def shorter(app: CockpitApp) -> None:
    """The next shorter interval."""
    _chart(app).step_interval(-1)


def fewer(app: CockpitApp) -> None:
    """Fewer bars, drawn wider."""
    _chart(app).resize_bars(-1)


def more(app: CockpitApp) -> None:
    """More bars."""
    _chart(app).resize_bars(1)


def next_kind(app: CockpitApp) -> None:
    """Price, equity, drawdown."""
    _chart(app).next_kind()


def whose(app: CockpitApp) -> None:
    """Equity of all, or of one strategy."""
    if not _chart(app).step_whose() and not app.live.strategies.held:
        app.say("no strategy is registered yet: r registers one")


def lines(app: CockpitApp) -> None:
    """Choose what is drawn on the price: indicators, their variants, the trend."""
    from cockpit.forms.drawn import DrawnList, Edits
    from cockpit.forms.variant import add_variant, delete_variant, edit_variant

    chart = _chart(app)
    chart.show_price()
    edits = Edits(
        lambda name, then: add_variant(app, name, then=then),
        lambda name, then: edit_variant(app, name, then=then),
        lambda name, then: delete_variant(app, name, then=then),
    )
    app.push_screen(DrawnList(partial(app.link.aside, "indicators"), chart.indicated, chart.update_drawing, edits))
