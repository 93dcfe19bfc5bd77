"""What goes between the engine and a worker comes out as it went in, whatever pieces it travelled in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.workers import frames

FRAMES = st.lists(
    st.tuples(st.sampled_from([frames.TICKS, frames.LEVER, frames.PAST, frames.STATUS]), st.binary(min_size=1, max_size=40)), max_size=12
)


@given(FRAMES, st.lists(st.integers(1, 60), max_size=12))
def test_ticks_that_follow_each_other_are_taken_in_one_go_and_nothing_changes_its_place(
    said: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(frames.frame(kind, payload, seq) for seq, (kind, payload) in enumerate(said, 1))
    splitter, found = frames.Splitter(), []
    for cut in [*cuts, len(stream)]:
        piece, stream = stream[:cut], stream[cut:]
        found += list(frames.together(splitter.split(piece)))
    merged: list[tuple[int, int, bytes]] = []
    for kind, seq, payload in found:
        before = merged[-1] if merged else None
        if before is not None and before[0] == kind == frames.TICKS:  # they came in two pieces
            merged[-1] = (kind, seq, before[2] + payload)
        else:
            merged.append((kind, seq, bytes(payload)))
    expected: list[tuple[int, int, bytes]] = []
    for seq, (kind, payload) in enumerate(said, 1):
        if expected and expected[-1][0] == kind == frames.TICKS:
            expected[-1] = (kind, seq, expected[-1][2] + payload)
        else:
            expected.append((kind, seq, payload))
    assert merged == expected


def test_what_waits_in_one_piece_is_one_frame() -> None:
    stream = b"".join(frames.frame(frames.TICKS, bytes([number]), number) for number in (1, 2, 3))
    assert list(frames.together(frames.Splitter().split(stream))) == [(frames.TICKS, 3, bytearray(b"\1\2\3"))]
