"""Frames as small as their changes.

Textual 8.2 repaints a changed stretch from the left edge of the widget it lies in; over SSH most of a price
pane's bytes are then cells that did not change. This sends the stretch alone.
"""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate


class TightUpdate(CompositorUpdate):
    """The same spans as a partial update of Textual's compositor, cropped on both sides."""

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self.render_segments(console))

    def render_segments(self, console: Console) -> str:
        """Terminal sequences of the changed stretches."""
        pieces: list[str] = []
        update = self._update
        for y, x1, x2 in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                left, right = max(x, x1), min(end, x2)
                part = strip if (left, right) == (x, end) else strip.crop(left - x, right - x)
                pieces.append(f"\x1b[{y + 1};{left + 1}H{part.render(console)}")
        return "".join(pieces)


def tighten(update: RenderableType | None) -> RenderableType | None:
    """A partial update without the cells that did not change; anything else as it is."""
    return TightUpdate(update) if isinstance(update, ChopsUpdate) else update
