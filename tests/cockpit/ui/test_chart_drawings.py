"""Charts drawn on frozen data, compared cell by cell with what they looked like when somebody looked."""

from __future__ import annotations

import pytest
from chart_data import MINUTE, candles_of, points_of
from fake_engine import SECOND

from cockpit.panes.candles import INCOMPLETE, draw
from cockpit.panes.canvas import Canvas, narrow
from cockpit.panes.chart_text import bar_text
from cockpit.panes.curve import Span, draw_drawdown, draw_equity
from cockpit.panes.picture import Candle, Mark, Picture
from cockpit.panes.window import grouped, grouped_by
from core.codes import BarQuality

BARS = candles_of(40)
MARKS = (
    Mark(BARS[8].start + SECOND, True, "sma-1 buy 0.50 @ 61,650.00"),
    Mark(BARS[20].start, False, "sma-1 sell 0.50 @ 61,700.00 +25.00"),
)

MIDDLE = """
          │                        ┊
          │                  ╻╻    ┊     ╷╷
   61,750 ┤          sma-1 sell 0.50 @ 61,700.00 +25.00
          │                 ┃╹╹╏ ╷╻╽╽╽╽┃╿╹╹╿╹╏
          │                 ┃  ╏╻┃╹┊╵ ╵      ╹╏╽│
          │    ╷  ╷       ╻┃╹   │╵ ┊          ╵╿╏╽
   61,700 ┤    ┃╏┃╏╷ ╻╻ ╽╽┃        ┊             ╏╻
          │    ┃╵│╹╹╿╿╏┃╿╵         ┊              ╏╽
          │         ╵ ╵▲           ┊              │╏╻╽
          │                        ┊               ╹╹╏╽
   61,650 ┤                        ┊                  ╏
          │                        ┊                  ╏
61,625.86 ▸┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┊┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈╹┈
       18 ┤                       ▃┊         ▁   ▂   ▂█
          │    ▃▁▅▂▂▇▄▁▄▆▇▅▂█▅▁▁▂▁█▃▂▃▄▅▁▅▂▁▁█▅▇▃█▅▂▃██
          └───────────13:30 ────13:40 ────13:50 ────────
"""

SMALL = """
   61,800 ┤        ▼
          │ ╻┃╏╻   ╷╷╷ ╻╻┃╏╻╻╻
          │╻┃  ╏╻┃╿╹╹╹╹╹╵╵ ╹╹╹╏╽╻╷
   61,700 ┤╹    ╵              ╵╹╏╻╷
          │                       ╹╏┃╏╻
          │                           ╏
61,625.86 ▸┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈╹┈
       18 ┤▁▄▂▁▁▁▁▆▁▁▁▂▃▁▂▁▁▁▅▂▄▁▅▃▁▁▅█
          └─────13:40 ────13:50 ────────
"""

WIDE = """
          │                  ┊
   61,760 ┤          ╷   │   ┊
          │         ▐█▌ ▐▒▌  ┊
          │     ▗▄▖ ▐█▌ ▐▒▌ ▗▄▖ ▐█▌ ▐▒▌
   61,740 ┤      ╵   ╵      ▝▀▘ ▝▀▘ ▐▒▌
          │                  ┊      ▝▀▘ ▐▒▌  ╷   ╷
   61,720 ┤                  ┊          ▝▀▘ ▐▒▌ ▗▄▖
          │                  ┊               │  ▐▒▌ ▗▄▖
          │                  ┊                   │  ▐▒▌
   61,700 ┤                  ┊                      ▐▒▌ ▗▄▖
          │                  ┊                          ▐▒▌  ╷
   61,680 ┤                  ┊                          ▐▒▌ ▗▄▖
          │                  ┊                           │  ▐▒▌ ▗▄▖ ▗▄▖
          │                  ┊                              ▐▒▌ ▐█▌ ▐▒▌  ╷
   61,660 ┤                  ┊                                      ▐▒▌ ▗▄▖
          │                  ┊                                          ▐▒▌
   61,640 ┤                  ┊                                          ▐▒▌
          │                  ┊                                          ▐▒▌
61,625.86 ▸┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┊┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈▐▒▌┈
   61,620 ┤                  ┊
       18 ┤                  ┊                                           █
          │                  ┊       ▆       ▃       ▆               ▇   █
          │      ▁   ▇   ▃   ▁   ▁   █   ▇   █   ▄   █   █   ▃   ▄   █   █
          └──────────────13:50 ──────────────13:55 ──────────────14:00 ─────
"""

EQUITY = """
   10,150 ┤                      ⣀   ⡀
          │                   ⢀⣀⣴⠛⠳⠿⠿⢳⣤⡀
          │                  ⡴⠋⠛⠉     ⠉⠳⢧⣤   ⡞⠻⠶⢴⠶⣄   ⢠⣄
   10,100 ┤               ⢰⠶⡾⠁           ⠉⠿⣇⣸⠁    ⢹⡀⢸⢳⡞⠹⡄
          │              ⢸⠉                ⠘⠃      ⣇⡞   ⠹⡆  ⣀⡄
          │             ⡼⠛                         ⠈⠁    ⠹⣄⣠⠇⠉⣧⠼
          │           ⢠⡏⠁                                  ⠉
   10,050 ┤          ⢠⠏
          │   ⢀⡖⡆    ⡞
          │⣤⣠⣴⣸ ⠹⣴⢦⢠⡼⠁
   10,000 ┤⠻⠇┈┈┈┈┈⠘⠾⠁┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
      0 % ┤▀▀▔▀▔█████▔▔▔▔▔▔▀▔▔▔▀▀▀▀▀▀▀▀█████████████████████████
          │        ▀                     ▀▀█▀    ▀███▀▀█████████
  -0.75 % ┤                                        ▀    ▀███▀█▀▀
          └─────────────13:50 ──────────13:55 ──────────14:00 ──
"""

EQUITY_SMALL = """
   10,150 ┤           ⢀⣤⣤⡄
          │         ⢀⡞⠟⠈⠉⠙⠷⣤ ⣰⣶⣤⡄ ⢀⡀
   10,100 ┤        ⡞⠛⠁     ⠙⢳⡇  ⢹⣸⠋⢧⡄ ⡀
          │      ⢀⡼⠁            ⠈⠃  ⢧⡼⢳⡼
   10,050 ┤     ⢀⡟
          │ ⣀⣶⣀⡀⡼
   10,000 ┤⣿⠙⠃⠛⣿⠃┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
          └───────13:50 ────────────────
"""

DRAWDOWN = """
      0 % ┤█▀▀▀▀█████▔▀▔▔▔▔▀▀▀▔▀▀▀██████████████████████████████
          │▀    █████                ▀▀█████████████████████████
          │       ▀█▀                  ▀▀████ ▀▀████████████████
          │                              ▀▀█▀     ████ █████████
          │                                ▀      ██▀  ▀████████
          │                                        ▀    ▀███▀██▀
  -0.75 % ┤                                              ▀██ ▀▀
          └─────────────13:50 ──────────13:55 ──────────14:00 ──
"""


@pytest.mark.parametrize(
    ("cells", "lines", "pitch", "cross", "count", "wanted"),
    [(56, 16, 1, 20, 40, MIDDLE), (40, 9, 1, None, 28, SMALL), (76, 24, 4, 3, 15, WIDE)],
    ids=["middle, with a crosshair on a fill", "small", "wide candles"],
)
def test_candles_look_as_they_did(cells: int, lines: int, pitch: int, cross: int | None, count: int, wanted: str) -> None:
    canvas = Canvas(cells, lines)
    draw(canvas, Picture(BARS[-count:], MINUTE, 2, pitch, MARKS, BARS[-1].close, cross))
    assert canvas.text() == wanted[1:-1]


@pytest.mark.parametrize(
    ("cells", "lines", "drawing", "wanted"),
    [(64, 15, draw_equity, EQUITY), (40, 8, draw_equity, EQUITY_SMALL), (64, 8, draw_drawdown, DRAWDOWN)],
    ids=["equity over drawdown", "equity alone where there is little room", "drawdown"],
)
def test_curves_look_as_they_did(cells: int, lines: int, drawing: type[draw_equity], wanted: str) -> None:
    points, canvas = points_of(200), Canvas(cells, lines)
    drawing(canvas, Span(points, points[0].ts, points[-1].ts, 10_000.0))
    assert canvas.text() == wanted[1:-1]


def test_a_rising_candle_is_told_from_a_falling_one_without_colours() -> None:
    rising, falling = Canvas(40, 12), Canvas(40, 12)
    draw(rising, Picture([Candle(0, 100.0, 110.0, 95.0, 108.0, 1.0)], MINUTE, 2))
    draw(falling, Picture([Candle(0, 108.0, 110.0, 95.0, 100.0, 1.0)], MINUTE, 2))
    assert "┃" in rising.text()
    assert "╏" not in rising.text()
    assert "╏" in falling.text()
    assert "┃" not in falling.text()


def test_marks_are_told_apart_by_letter_and_tone_and_those_out_of_sight_are_not_drawn() -> None:
    canvas = Canvas(56, 16)
    late = Mark(BARS[-1].start + MINUTE, True, "after the last bar")
    early = Mark(BARS[0].start - 1, True, "before the first")
    draw(canvas, Picture(BARS, MINUTE, 2, 1, (*MARKS, late, early)))
    tones = [part for y in range(16) for part in canvas.parts(y) if "▲" in part.text or "▼" in part.text]
    assert sorted((part.text.strip(), part.tone) for part in tones) == [("▲", "mark-up"), ("▼", "mark-down")]


def test_fills_of_other_strategies_than_the_one_looked_at_are_quiet() -> None:
    canvas = Canvas(56, 16)
    draw(canvas, Picture(BARS, MINUTE, 2, 1, (MARKS[0]._replace(other=True), MARKS[1])))
    tones = [part for y in range(16) for part in canvas.parts(y) if "▲" in part.text or "▼" in part.text]
    assert sorted((part.text.strip()[-1], part.tone) for part in tones) == [("▲", "muted"), ("▼", "mark-down")]


def test_several_fills_under_the_crosshair_are_counted() -> None:
    canvas = Canvas(76, 16)
    draw(canvas, Picture(BARS, MINUTE, 2, 1, (MARKS[0], MARKS[0], MARKS[0]), None, 8))
    assert "sma-1 buy 0.50 @ 61,650.00 (+2)" in canvas.text()


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (5, 3), (12, 4), (13, 200), (300, 5)])
def test_no_size_is_too_small_or_odd_to_draw_on(size: tuple[int, int]) -> None:
    canvas = Canvas(*size)
    draw(canvas, Picture(BARS[-3:], MINUTE, 2, 4, MARKS, BARS[-1].close, 1))
    points = points_of(5)
    for drawing in (draw_equity, draw_drawdown):
        drawing(canvas, Span(points, points[0].ts, points[-1].ts, 10_000.0))
    assert len(canvas.text().split("\n")) == max(1, size[1])


def test_prices_that_never_move_and_bars_without_volume_are_drawn() -> None:
    canvas = Canvas(40, 12)
    draw(canvas, Picture([Candle(n * MINUTE, 5.0, 5.0, 5.0, 5.0, 0.0) for n in range(9)], MINUTE, 8, 1, (), 5.0))
    assert "5.00000000 ▸" in canvas.text()
    points = [point._replace(equity=10_000.0, drawdown=0.0) for point in points_of(9)]
    draw_equity(canvas, Span(points, points[0].ts, points[-1].ts, 10_000.0))
    assert "10,000" in canvas.text()


def test_only_cells_that_differ_are_changes() -> None:
    old, new = Canvas(10, 2), Canvas(10, 2)
    old.put(0, 0, "abcdef", "up")
    new.put(0, 0, "abXYef", "up")
    new.put(4, 0, "e", "down")
    new.put(8, 1, "z", "up")
    assert [(x, y, part.text, part.tone) for x, y, part in new.changes(old)] == [
        (2, 0, "XY", "up"), (4, 0, "e", "down"), (8, 1, "z", "up"),
    ]  # fmt: skip
    assert list(new.changes(new)) == []


def test_what_is_put_outside_is_cut_and_wide_letters_are_replaced() -> None:
    canvas = Canvas(4, 1)
    canvas.put(-2, 0, "abcd", "up")
    canvas.put(3, 0, "xyz", "up")
    canvas.put(0, 7, "nowhere", "up")
    assert canvas.text() == "cd x"
    assert narrow("sma-한", 20) == "sma-?"
    assert narrow("abcdef", 4) == "abc…"


def test_a_candle_with_prints_missing_is_dim_and_marked_on_the_axis() -> None:
    whole, torn = Candle(0, 100.0, 110.0, 95.0, 108.0, 1.0), Candle(MINUTE, 108.0, 110.0, 95.0, 100.0, 1.0, BarQuality.INCOMPLETE)
    canvas = Canvas(40, 12)
    left = draw(canvas, Picture([whole, torn], MINUTE, 2, pitch=2))
    assert [canvas.at(left, 11), canvas.at(left + 2, 11)] == ["─", INCOMPLETE]
    assert INCOMPLETE in "".join(canvas.at(x, 11) for x in range(40))


def test_a_time_on_the_axis_gives_way_to_a_mark_unless_there_are_many() -> None:
    bars = candles_of(40)
    canvas = Canvas(70, 16)
    left = draw(canvas, Picture(bars, MINUTE, 2))
    whole = "".join(canvas.at(x, 15) for x in range(70))
    at = whole.index(":") - left
    for step, marked in ((1000, 1), (2, 20)):
        torn = [bar._replace(quality=BarQuality.INCOMPLETE) if abs(n - at) % step == 0 else bar for n, bar in enumerate(bars)]
        draw(again := Canvas(70, 16), Picture(torn, MINUTE, 2))
        axis = "".join(again.at(x, 15) for x in range(70))
        assert (axis.count(INCOMPLETE) == marked) == (marked == 1)
        assert (axis[left + at] == INCOMPLETE) == (marked == 1)


def test_the_line_under_a_chart_says_what_a_bar_is_made_of() -> None:
    live = Candle(0, 100.0, 110.0, 95.0, 108.0, 4.0, BarQuality.LIVE, 101.25, 1.0, 1234)
    assert bar_text(live, 2, MINUTE, 0, 200).endswith("V 4.0 +8.00 % live vwap 101.25 buys 25 % 1,234 prints")
    torn = live._replace(quality=BarQuality.LIVE | BarQuality.BACKFILL | BarQuality.INCOMPLETE)
    assert bar_text(torn, 2, MINUTE, 0, 200).startswith("00:00 ✖ incomplete O 100.00")
    assert bar_text(torn, 2, MINUTE, 0, 24) == "00:00 ✖ incomplete"
    assert bar_text(live._replace(quality=BarQuality.LIVE | BarQuality.BACKFILL), 2, MINUTE, 0, 200).startswith("00:00 fetched O 100.00")
    assert "00:00 the venue's O" in bar_text(live._replace(quality=BarQuality.VENUE, vwap=None, trades=0), 2, MINUTE, 0, 200)


def test_candles_put_together_add_up_and_are_no_better_than_the_worst_of_them() -> None:
    one = Candle(0, 100.0, 110.0, 95.0, 108.0, 1.0, BarQuality.LIVE, 100.0, 1.0, 5)
    two = Candle(7, 108.0, 112.0, 90.0, 91.0, 3.0, BarQuality.INCOMPLETE, 104.0, 0.5, 6)
    both = Candle(0, 100.0, 112.0, 90.0, 91.0, 4.0, BarQuality.LIVE | BarQuality.INCOMPLETE, 103.0, 1.5, 11)
    assert grouped_by([one, two, one], 2) == [both, one]
    assert grouped([one, two], MINUTE) == [both]
