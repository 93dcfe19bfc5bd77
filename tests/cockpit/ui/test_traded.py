"""What is said of a symbol that the venue does not list."""

from __future__ import annotations

from cockpit.forms.traded import not_listed

LISTED = ("BTCUSDT", "ETHUSDT", "ETHBTC", "ETHEUR", "ETHTRY")


def test_a_listed_one_and_one_of_which_nobody_knows_pass() -> None:
    assert not_listed("BTCUSDT", LISTED) == not_listed("binance:BTCUSDT", LISTED) == not_listed("NOPE", ()) == ""


def test_what_begins_so_is_offered_then_what_looks_alike_then_all_where_they_are_few() -> None:
    assert not_listed("ETH", LISTED) == "ETH is not listed by the venue: did you mean ETHUSDT, ETHBTC, ETHEUR …?"
    assert not_listed("BTUSDT", LISTED).startswith("BTUSDT is not listed by the venue: did you mean BTCUSDT")
    assert not_listed("Q\x1b[2J", LISTED) == "Q is not listed by the venue, which lists BTCUSDT, ETHUSDT, ETHBTC, ETHEUR, ETHTRY"
    assert not_listed("Q", LISTED * 2) == "Q is not listed by the venue"
