"""Which rows a grid shows, in what order, and where its cursor is."""

from __future__ import annotations

from cockpit.figures import NONE
from cockpit.panes.columns import Cell, Row
from cockpit.panes.listing import Listing


def rows(**figures: float | None) -> list[Row]:
    return [Row(name, (Cell(name), Cell(NONE if value is None else str(value), value=value))) for name, value in figures.items()]


def keys(listing: Listing) -> list[str]:
    return [row.key for row in listing.shown]


def test_rows_come_as_given_until_sorted_by_a_column() -> None:
    listing = Listing()
    listing.take(rows(b=1, a=3, c=2), 0)
    assert keys(listing) == ["b", "a", "c"]
    listing.sort_by(1)
    assert keys(listing) == ["a", "c", "b"]
    listing.flip()
    assert keys(listing) == ["b", "c", "a"]
    listing.sort_by(0)
    assert keys(listing) == ["a", "b", "c"]
    listing.sort_by(None)
    assert keys(listing) == ["b", "a", "c"]


def test_what_is_not_known_comes_last_either_way() -> None:
    listing = Listing()
    listing.take(rows(a=None, b=1, c=2), 0)
    listing.sort_by(1)
    assert keys(listing) == ["c", "b", "a"]
    listing.flip()
    assert keys(listing) == ["b", "c", "a"]


def test_a_sorted_grid_is_not_put_in_order_on_every_change() -> None:
    listing = Listing()
    listing.sort_by(1)
    listing.take(rows(a=1, b=2), 100.0)
    listing.take(rows(a=3, b=2), 100.5)
    assert keys(listing) == ["a", "b"]
    listing.take(rows(a=3, b=2), 103.0)
    assert keys(listing) == ["b", "a"]


def test_the_cursor_stays_on_its_row_when_rows_move() -> None:
    listing = Listing()
    listing.take(rows(a=1, b=2, c=3), 0)
    listing.choose(1)
    listing.take(rows(new=0, a=1, b=2), 1)
    assert listing.cursor_key == "b"
    assert listing.cursor == 2


def test_when_its_row_goes_the_cursor_stays_near() -> None:
    listing = Listing()
    listing.take(rows(a=1, b=2, c=3), 0)
    listing.choose(2)
    listing.take(rows(a=1, b=2), 1)
    assert listing.cursor_key == "b"
    listing.take([], 2)
    assert listing.cursor_key == ""


def test_a_log_stays_on_its_newest_row_until_the_cursor_leaves_it() -> None:
    log = Listing(follows=True)
    log.take(rows(b=1, a=2), 0)
    log.take(rows(c=0, b=1, a=2), 1)
    assert log.cursor_key == "c"
    log.choose(1)
    log.take(rows(d=0, c=0, b=1, a=2), 2)
    assert log.cursor_key == "b"


def test_in_a_log_the_cursor_goes_with_its_row_where_only_the_order_changes() -> None:
    log = Listing(follows=True)
    log.take(rows(a=1, b=2, c=3), 0)
    log.take(rows(b=2, c=3, a=1), 1)
    assert log.cursor_key == "a"
    log.take(rows(d=0, b=2, c=3, a=1), 2)
    assert log.cursor_key == "a"


def test_a_filter_shows_rows_that_contain_the_text_in_any_case() -> None:
    listing = Listing()
    listing.take(rows(BTCUSDT=1, ETHUSDT=2, ETHBTC=3), 0)
    listing.seek("btc")
    assert keys(listing) == ["BTCUSDT", "ETHBTC"]
    listing.seek("")
    assert len(listing.shown) == 3


def test_the_cursor_is_always_in_sight() -> None:
    listing = Listing()
    listing.lines = 3
    listing.take(rows(**{f"r{index}": index for index in range(10)}), 0)
    listing.choose(9)
    assert [row.key for row in listing.in_sight] == ["r7", "r8", "r9"]
    listing.choose(0)
    assert [row.key for row in listing.in_sight] == ["r0", "r1", "r2"]
    assert not listing.choose(-5)


def test_the_cursor_goes_to_a_wanted_row_as_soon_as_it_is_there() -> None:
    listing = Listing()
    listing.take(rows(a=1), 0)
    listing.want("new")
    assert listing.cursor_key == "a"
    listing.take(rows(a=1, new=2), 1)
    assert listing.cursor_key == "new"


def test_a_row_that_is_wanted_gets_the_cursor_when_it_comes_unless_a_person_moved_it_meanwhile() -> None:
    listing = Listing()
    listing.take(rows(a=1, b=2), 0)
    listing.want("new")
    listing.take(rows(new=0, a=1, b=2), 1)
    assert listing.cursor_key == "new"
    listing.want("later")
    listing.choose(1)
    listing.take(rows(later=0, new=0, a=1, b=2), 2)
    assert listing.cursor_key == "a"
