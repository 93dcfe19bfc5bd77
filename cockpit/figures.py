"""Figures as a trader reads them: thousands grouped, signs shown, ages and sizes short, sparklines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

#: "Not known", everywhere.
NONE = "\N{EN DASH}"

# Without the full block, which would touch the line above.
_BLOCKS = "▁▂▃▄▅▆▇"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def number(value: float | None, decimals: int = 2) -> str:
    """`61686.01` as `61,686.01`."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{value:,.{decimals}f}"


def signed(value: float | None, decimals: int = 2) -> str:
    """`+42.10`, `-3.20`, and `0.00` without a sign, also for what rounds to it."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:+,.{decimals}f}"
    return text[1:] if not text.strip("+-0.,") else text


def magnitude(value: float | None, decimals: int = 2) -> str:
    """`number`, but what is too small for its decimals is not called nothing: `<0.01`."""
    if value is None or not math.isfinite(value) or not 0 < value < 0.5 * 10**-decimals:
        return number(value, decimals)
    return f"<{10**-decimals:.{decimals}f}"


def quantity(value: float, *, sign: bool = False) -> str:
    """A size with the decimals it has, at least two and at most eight: `0.50`, `2.00`, `0.00012`; zero is `0`."""
    if not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    text = f"{value:+,.8f}" if sign else f"{value:,.8f}"
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def short(value: float | None) -> str:
    """Three or four digits of a large number: `18.2k`, `1.1M`."""
    if value is None or not math.isfinite(value):
        return NONE
    for scale, letter in _SCALES:
        # A hundredth of a per cent under the scale already rounds up to it.
        if abs(value) >= scale * 0.99995:
            return f"{value / scale:.1f}{letter}"
    return f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.1f}"


def age(seconds: float | None) -> str:
    """`<1 s`, `12 s`, `3 min`, `2 h`, `4 d`; never is a dash.

    No tenths: under a second every tick would change them, and a column that flickers says less than one that stands.
    """
    if seconds is None:
        return NONE
    if seconds < 1:
        return "<1 s"
    for limit, unit, name in ((100, 1, "s"), (6000, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // unit)} {name}"
    return f"{int(seconds // 86_400)} d"


def uptime(seconds: float) -> str:
    """Two units: `2d 04h`, `3h 07m`, `4m 09s`."""
    whole = max(0, int(seconds))
    days, hours, minutes = whole // 86_400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days}d {hours:02d}h"
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {whole % 60:02d}s"


def span(us: float | None) -> str:
    """A duration given in microseconds, three digits and a unit: `12.3 µs`, `1.20 ms`, `3.40 s`."""
    if us is None or not math.isfinite(us):
        return NONE
    for limit, scale, unit in ((1e3, 1.0, "µs"), (1e6, 1e3, "ms")):
        if abs(us) < limit * 0.9995:
            return f"{_digits(us / scale)} {unit}"
    return f"{_digits(us / 1e6)} s"


def _digits(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 9.995 else f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"


def size(count: float | None) -> str:
    """Bytes as `48.2 MB`, in powers of ten."""
    if count is None:
        return NONE
    for scale, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= scale * 0.99995:
            return f"{count / scale:.1f} {unit}"
    return f"{count:.0f} B"


def many(count: int, one: str, more: str = "") -> str:
    """`1 chunk`, `2 chunks`; the plural where it is not made with an s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def bar(share: float, cells: int) -> str:
    """A share (0 to 1) of so many cells, filled from the left by eighths; anything above nothing is seen."""
    eighths = min(8 * cells, max(round(8 * cells * share), share > 0))
    whole, rest = divmod(int(eighths), 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(cells)


def clock(ns: int) -> str:
    """`14:02:09`, UTC."""
    seconds = ns // 1_000_000_000 % 86_400
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def date(ns: int) -> str:
    """`2024-08-09`, UTC."""
    return f"{datetime.fromtimestamp(ns // 1_000_000_000, UTC):%Y-%m-%d}"


def moment(ns: int, now_ns: int) -> str:
    """The time of day, with the date when it was not today (UTC)."""
    day = 86_400_000_000_000
    if ns // day == now_ns // day:
        return clock(ns)
    return f"{datetime.fromtimestamp(ns // 1_000_000_000, UTC):%m-%d %H:%M:%S}"


def spark(values: Sequence[float], cells: int) -> str:
    """The latest values in so many cells, lowest to highest of them; a flat line sits low in the middle.

    More values than cells are thinned to the last of each stretch, so that the right end is always now.
    """
    known = [value for value in values if math.isfinite(value)]
    if not known or cells <= 0:
        return " " * cells
    if len(known) > cells:
        known = [known[(index + 1) * len(known) // cells - 1] for index in range(cells)]
    if min(known) == max(known):
        return (_BLOCKS[2] * len(known)).rjust(cells)
    return "".join(_BLOCKS[round(share * (len(_BLOCKS) - 1))] for share in _shares(known)).rjust(cells)


def curve(values: Sequence[float], cells: int, lines: int) -> list[str]:
    """A line drawn in dots (braille, 2 x 4 a cell) in so many cells and lines, top line first, lowest to highest value."""
    known = [value for value in values if math.isfinite(value)]
    if len(known) < 2 or cells <= 0 or lines <= 0:
        return [" " * max(0, cells)] * max(0, lines)
    steps, shares = 4 * lines - 1, _shares(known)
    heights = [steps - round(_at(shares, x / (2 * cells - 1)) * steps) for x in range(2 * cells)]
    dots = [[0] * cells for _ in range(lines)]
    before = heights[0]
    for x, here in enumerate(heights):
        # A jump is drawn as a stroke, so that the line never breaks.
        for y in range(min(before, here) + (1 if before < here else 0), max(before, here) + (0 if before > here else 1)):
            dots[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
        before = here
    return ["".join(chr(0x2800 + dot) if dot else " " for dot in line) for line in dots]


def _shares(values: Sequence[float]) -> list[float]:
    """Where each value lies between the lowest (0) and the highest (1); in the middle where all are equal."""
    # Halved, so that the span of the largest floats is still one.
    low, span = min(values) / 2, max(values) / 2 - min(values) / 2
    return [(value / 2 - low) / span if span > 0 else 0.5 for value in values]


def _at(values: Sequence[float], share: float) -> float:
    """The value at a share (0 to 1) of the way, between its neighbours."""
    place = share * (len(values) - 1)
    left = min(int(place), len(values) - 2)
    return values[left] + (values[left + 1] - values[left]) * (place - left)
