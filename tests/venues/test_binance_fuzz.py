"""Golden frames with bytes changed: each is counted, none ends the parser, and a second decoder reads the same rows from the same bytes."""

from __future__ import annotations

import gzip
import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from binance_frames import RECV, agg_trade, book_ticker, combined, trade
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.errors import VenueError
from core.types import Symbols
from core.venues.binance import Binance, BinanceParser
from core.venues.venue import Parsed

#: What is put into a frame's place of a byte, or between two: what JSON is made of, digits, signs, control and high bytes.
BYTES = [b"", b"0", b"9", b"-", b".", b"e", b"E", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\0", b"\n", b"\x1b",
         b"\x7f", b"\x80", b"\xc2", b"\xff", b"null", b"NaN", b"1e999", b"@", b"a", b"T", "ü".encode()]  # fmt: skip


def golden(shared: Path | None = None) -> list[bytes]:
    """One frame of each kind as documented, and of the recordings a few of each stream."""
    frames = [
        combined("btcusdt@aggTrade", agg_trade()),
        combined("btcusdt@trade", trade()),
        combined("btcusdt@bookTicker", book_ticker()),
        json.dumps(agg_trade()).encode(),
        json.dumps(trade(), indent=1).encode(),
        json.dumps(book_ticker()).encode(),
        b'{"result":null,"id":1}',
        b'{"error":{"code":2,"msg":"Invalid request"},"id":2}',
        b'{"e":"serverShutdown","E":1770123456789}',
    ]
    if shared is None:
        return frames
    seen: dict[str, int] = {}
    logs = [*(shared / "raw_ws" / "binance_spot").glob("*.gz"), *(shared / "raw_ws" / "cryptofeed").glob("BINANCE*.ws.*.gz")]
    for path in sorted(logs):
        with gzip.open(path, "rt") as lines:
            for line in lines:
                stamp, _, text = line.rstrip("\n").partition(" ")
                kind = path.name + text.partition("@")[2].partition('"')[0]
                if stamp[:1].isdigit() and seen.setdefault(kind, 0) < 2:
                    seen[kind] += 1
                    frames.append(text.encode())
    catalogue = shared / "raw_ws" / "catalogue" / "crypto_msg_parser_messages.jsonl"
    cases = [case for case in map(json.loads, catalogue.read_text().splitlines()) if case["exchange"] == "binance"]
    return frames + [case["raw"].encode() for case in cases if case["case"] == "spot"]


def names_of(frames: list[bytes]) -> Symbols:
    """A table with the symbols of all frames."""
    names = {"BTCUSDT", "ETHUSDT"}
    for frame in frames:
        value = json.loads(frame)
        value = value.get("data", value) if isinstance(value, dict) else {}
        if isinstance(value, dict) and isinstance(value.get("s"), str):
            names.add(value["s"])
    return Symbols([f"binance:{name}" for name in sorted(names)])


def read(frame: bytes, symbols: Symbols) -> Parsed:
    parser = BinanceParser(symbols)
    parser.receive(frame, RECV)
    return parser.drain()


def accounted(frame: bytes, symbols: Symbols) -> None:
    """One frame is one thing at most, and what it gives is what it says."""
    out = read(frame, symbols)
    assert len(out.ticks) + len(out.quotes) + len(out.quarantined) + len(out.replies) + out.malformed + out.shutdown <= 1, frame
    assert len(out.unreadable) <= out.malformed, frame
    if len(out.ticks) or len(out.quotes):
        said = second_reading(frame)
        assert said is not None, frame
        (_tick_is if len(out.ticks) else _quote_is)(out, said, symbols, frame)


def second_reading(frame: bytes) -> dict[str, Any] | None:
    """The event in a frame as Python's own decoder reads it; None where it does not."""
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict) and "data" in value:
        value = value["data"]
    if isinstance(value, dict) and "event" in value:
        value = value["event"]
    return value if isinstance(value, dict) else None


def _tick_is(out: Parsed, said: dict[str, Any], symbols: Symbols, frame: bytes) -> None:
    tick = out.ticks[0]
    id_ = said["a"] if said["e"] == "aggTrade" else said["t"]
    assert symbols.names[tick["symbol"]] == f"binance:{said['s']}", frame
    assert (tick["price"], tick["qty"], tick["id"]) == (float(said["p"]), float(said["q"]), int(id_)), frame
    time = int(said["T"])
    assert tick["ts"] == time * (1_000_000 if time < 10**14 else 1000), frame
    assert tick["side"] == (-1 if said["m"] in (True, 1, "1", "true", "True", "TRUE", "t", "T") else 1), frame
    assert 0 < tick["price"] < math.inf, frame
    assert 0 < tick["qty"] < math.inf, frame
    assert tick["recv"] == RECV, frame


def _quote_is(out: Parsed, said: dict[str, Any], symbols: Symbols, frame: bytes) -> None:
    quote = out.quotes[0]
    assert symbols.names[quote["symbol"]] == f"binance:{said['s']}", frame
    assert quote["update_id"] == int(said["u"]), frame
    for field, key in (("bid", "b"), ("bid_qty", "B"), ("ask", "a"), ("ask_qty", "A")):
        value = float(said[key])
        assert quote[field] == value or (value == 0 and np.isnan(quote[field])), frame


def every_change(frame: bytes) -> Any:
    """The frame cut at each place, and with each byte replaced or preceded by each of `BYTES`."""
    for at in range(len(frame)):
        yield frame[:at]
        for byte in BYTES:
            yield frame[:at] + byte + frame[at + 1 :]
            yield frame[:at] + byte + frame[at:]


@pytest.mark.parametrize("number", range(len(golden())))
def test_any_one_change_of_a_documented_frame_is_accounted_for(number: int) -> None:
    frames = golden()
    symbols = names_of(frames)
    for changed in every_change(frames[number]):
        accounted(changed, symbols)


def _flip(frame: bytearray, rng: random.Random) -> None:
    frame[rng.randrange(len(frame))] ^= 1 << rng.randrange(8)


def _put(frame: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(frame))
    frame[at : at + rng.randrange(3)] = rng.choice(BYTES)


def _cut(frame: bytearray, rng: random.Random) -> None:
    del frame[rng.randrange(1, len(frame) + 1) :]


def _repeat(frame: bytearray, rng: random.Random) -> None:
    a, b = sorted(rng.randrange(len(frame)) for _ in range(2))
    frame[b:b] = frame[a:b]


def _move(frame: bytearray, rng: random.Random) -> None:
    a, b = sorted(rng.randrange(len(frame)) for _ in range(2))
    part = frame[a:b]
    del frame[a:b]
    at = rng.randrange(len(frame) + 1)
    frame[at:at] = part


CHANGES: list[Callable[[bytearray, random.Random], None]] = [_flip, _put, _cut, _repeat, _move]


def test_every_recorded_frame_is_accounted_for_however_its_bytes_are_changed(shared_data: Path) -> None:
    frames = golden(shared_data)
    assert len(frames) > 20
    symbols, rng = names_of(frames), random.Random(7)
    for frame in frames:
        accounted(frame, symbols)
        for _ in range(400):
            changed = bytearray(frame)
            for _ in range(rng.choice((1, 1, 1, 2, 5))):
                if changed:
                    rng.choice(CHANGES)(changed, rng)
            accounted(bytes(changed), symbols)


@settings(max_examples=150, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(st.tuples(st.sampled_from(golden()), st.integers(0, 2**32 - 1)), min_size=1, max_size=12))
def test_what_a_bad_frame_leaves_behind_does_not_change_the_good_ones(run: list[tuple[bytes, int]]) -> None:
    symbols = names_of(golden())
    parser, alone = BinanceParser(symbols), BinanceParser(symbols)
    good = combined("btcusdt@aggTrade", agg_trade())
    for frame, seed in run:
        changed = bytearray(frame)
        _flip(changed, random.Random(seed))
        parser.receive(bytes(changed), RECV)
        if len(parser.drain().quotes):  # stamped on what comes after it, until the next one
            for either in (parser, alone):
                either.receive(combined("btcusdt@bookTicker", book_ticker()), RECV)
                either.drain()
        parser.receive(good, RECV)
        alone.receive(good, RECV)
        assert parser.drain().ticks.tobytes() == alone.drain().ticks.tobytes()


@pytest.mark.parametrize("time", [9_672_515_782_130, 2**63 // 1_000_000 + 1, 10**14 - 1, 2**63 // 1000, 10**18])
@pytest.mark.parametrize("price", ["16500.10", "NaN"])
def test_a_time_that_no_tape_can_hold_makes_no_row(time: int, price: str) -> None:
    out = read(combined("btcusdt@aggTrade", agg_trade(T=time, p=price)), names_of(golden()))
    assert (len(out.ticks), out.malformed + len(out.quarantined)) == (0, 1)
    assert all(bad.ts < 2**63 for bad in out.quarantined)
    assert all("time" in bad.reason or "Expected" in bad.reason for bad in out.unreadable)


PAGE = json.dumps([{key: value for key, value in agg_trade(a=n, p=f"16500.{n}").items() if key in "apqflTmM"} for n in range(3)]).encode()


def test_a_page_of_prints_with_any_byte_changed_is_refused_or_read_as_a_second_decoder_does() -> None:
    venue = Binance(Symbols(["binance:BTCUSDT"]))
    refused = 0
    for changed in every_change(PAGE):
        try:
            page = venue.parse_page("BTCUSDT", changed, RECV)
        except VenueError:
            refused += 1
            continue
        rows = json.loads(changed.decode(errors="replace"))  # fields that are not read may be of any bytes
        assert len(page.ticks) + len(page.quarantined) == len(rows)
        good = [row for row in rows if 0 < float(row["p"]) < math.inf and 0 < float(row["q"]) < math.inf]
        assert page.ticks["id"].tolist() == [int(row["a"]) for row in good]
        assert page.ticks["price"].tolist() == [float(row["p"]) for row in good]
        times = [int(row["T"]) for row in good]
        assert page.ticks["ts"].tolist() == [time * (1_000_000 if time < 10**14 else 1000) for time in times]
    assert refused > 1000
