"""Panels under the volume: lines that are no prices, each unit on a scale of its own. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cockpit import figures
from cockpit.panes.canvas import Canvas
from cockpit.panes.legend import entry_of, put_legend
from cockpit.panes.overlaid import Curve, draw_curves
from cockpit.panes.scale import Scale, scale_of

#: Lines of a panel with its head, at least and at most; and how many the candles with their volume keep.
LEAST, MOST, KEPT = 3, 7, 5

#: Units that say between which values they lie: `0-100`, `ratio 0-1`, `ratio -1..1`.
_BOUNDED = re.compile(r"(?:^|\s)(-?\d+)(?:-|\.\.)(\d+)$")


class Panel(NamedTuple):
    """Lines that share a scale."""

    unit: str
    curves: tuple[Curve, ...]


class Rooms(NamedTuple):
    """How the lines of a chart are shared: legend, candles with their volume, and each of the panels."""

    legend: int
    upper: int
    panels: tuple[int, ...]


def panels_of(curves: Sequence[Curve]) -> list[Panel]:
    """Lines of one indicator and unit together, and all lines whose unit says between which values they lie."""
    found: dict[tuple[str, str], list[Curve]] = {}
    for curve in curves:
        found.setdefault(("" if bounds_of(curve.unit) else curve.owner, curve.unit), []).append(curve)
    return [Panel(unit, tuple(curve._replace(place=place) for place, curve in enumerate(mine))) for (_, unit), mine in found.items()]


def bounds_of(unit: str) -> tuple[float, float] | None:
    """Between which values a unit says that it lies; None where it does not say."""
    found = _BOUNDED.search(unit)
    return (float(found[1]), float(found[2])) if found else None


def rooms_of(lines: int, legend: int, panels: int) -> Rooms:
    """Share the lines of a drawing, less that of the time axis, where its legend should have so many."""
    legend = legend if lines - 1 > KEPT + legend else 0
    spare = lines - 1 - legend
    shown = max(0, min(panels, (spare - KEPT) // LEAST))
    each = min(max(spare * 2 // 5 // shown, LEAST), MOST) if shown else 0
    return Rooms(legend, spare - shown * each, (each,) * shown)


def draw_panel(canvas: Canvas, panel: Panel, axis: int, left: int, pitch: int) -> None:
    """A line that names what is drawn, then the drawing with its values at the left; the canvas is all of the panel's lines."""
    canvas.put(axis - 1, 0, "├" + "─" * (canvas.cells - axis), "faint")
    put_legend(canvas, axis + 1, 0, [entry_of(curve) for curve in panel.curves])
    body = canvas.part(1, canvas.lines - 1)
    scale = scale_for(panel, body.lines)
    for y in range(scale.lines):
        body.put(axis - 1, y, "│", "faint")
    if scale.low < 0 < scale.high:
        body.fill(axis, scale.line(0.0), "┈", "faint", body.cells)
    for value in scale.round_values():
        text = figures.number(value, scale.decimals)
        text = text if len(text) <= axis - 2 else figures.short(value)
        body.put(0, scale.line(value), f"{text:>{axis - 2}} ┤", "muted")
    draw_curves(body, panel.curves, scale, left, pitch)


def scale_for(panel: Panel, lines: int) -> Scale:
    """From the lowest to the highest value in sight, and at least all that the unit says."""
    known = [value for curve in panel.curves for value in curve.known]
    bounds = bounds_of(panel.unit)
    known += bounds or (() if known else (0.0, 1.0))
    return scale_of(min(known), max(known), lines)
