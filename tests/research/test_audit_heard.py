"""What a strategy heard of a source comes out of an audit again, at its place between two ticks; what is no longer kept is said."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.research.audit import Findings, run_audit
from core.store import heard
from tests.research.audit_rig import Session, change, market
from tests.research.listener import listener

#: What happens next in the life of a strategy: so many ticks, something heard, another lever, a snapshot, a kill.
EVENTS = st.one_of(
    st.integers(1, 9),
    st.tuples(st.sampled_from(["buy", "sell", "hold", "abstain"]), st.floats(0, 1), st.floats(0.1, 5.0)),
    st.sampled_from(["pause", "resume", "flatten", "snap", "crash"]),
)


async def live(home: Path, file: Path, events: list[object]) -> None:
    """One strategy through these events; a crash is a session's end without a word, and the next takes it up from its snapshot."""
    ticks, at, registered = market(2000), 0, False
    pending = list(events)
    while pending or not registered:
        async with Session(home) as session:
            if registered:
                await session.take_up("a", file)
            else:
                session.register("a", file, params={})
                registered = True
            session._clock = max(session._clock, int(ticks[at]["ts"]))
            while pending:
                event = pending.pop(0)
                if event == "crash":  # what was heard after the newest snapshot is on the ledger alone
                    session.snap()
                    session.hear("a", "sell", 0.5, fresh_s=1.0)
                    session.crash()
                    break
                if isinstance(event, int):
                    session.feed(ticks[at : at + event], pieces=2)
                    at += event
                elif isinstance(event, tuple):
                    session._clock = max(session._clock, int(ticks[at]["ts"]))
                    session.hear("a", event[0], event[1], fresh_s=event[2])
                elif event == "snap":
                    session.snap()
                else:
                    session.pull(str(event), "a")
            else:
                session.feed(ticks[at : at + 5])


def proven(found: Findings) -> bool:
    return found.details == [] and found.fills == found.identical and found.books["compared"] == found.books["identical"]


@pytest.mark.slow
def test_any_life_of_a_listener_comes_out_again(tmp_path: Path) -> None:
    file, number = listener(tmp_path), itertools.count()

    @settings(max_examples=12)
    @given(st.lists(EVENTS, min_size=3, max_size=14))
    def law(events: list[object]) -> None:
        home = tmp_path / f"home-{next(number)}"
        asyncio.run(live(home, file, events))
        found = run_audit(home)
        assert proven(found), found.details
        assert found.not_auditable == []

    law()


LONG: list[object] = [part for k in range(30) for part in (20, ("buy" if k % 2 else "sell", 0.5, 60.0), *(["snap"] if k % 5 == 0 else []))]


async def test_it_trades_what_it_heard_and_a_row_that_was_altered_or_lost_is_found_out(tmp_path: Path) -> None:
    await live(tmp_path / "home", listener(tmp_path), LONG)
    found = run_audit(tmp_path / "home")
    assert proven(found)
    assert found.fills > 20
    change(tmp_path / "home", "UPDATE heard SET confidence = 0.75 WHERE heard_id = 20")
    assert not run_audit(tmp_path / "home").proven
    change(tmp_path / "home", "UPDATE heard SET confidence = 0.5 WHERE heard_id = 20")
    assert run_audit(tmp_path / "home").proven
    change(tmp_path / "home", "DELETE FROM heard WHERE heard_id = 20")
    assert not run_audit(tmp_path / "home").proven


async def test_what_was_heard_and_is_no_longer_kept_is_said_and_the_rest_is_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heard, "HEARD_KEPT", 10)
    home = tmp_path / "home"
    await live(home, listener(tmp_path), LONG)
    found = run_audit(home)
    assert found.details == []
    assert found.identical == found.fills > 2
    (left,) = found.not_auditable
    assert left["reason"].startswith("what it heard through seq ")
    assert left["reason"].endswith(" is no longer kept")
    assert left["fills"] > 10


async def test_many_things_heard_while_nothing_is_printed_are_compared_in_a_fixed_space(tmp_path: Path) -> None:
    events: list[object] = [
        30,
        "snap",
        *[("buy", k / 200, 1e6) for k in range(200)],
        "snap",
        *[("sell", k / 200, 1e6) for k in range(200)],
        30,
    ]
    await live(tmp_path / "home", listener(tmp_path), events)
    found = run_audit(tmp_path / "home")
    assert proven(found)
    assert found.books["compared"] >= 3
