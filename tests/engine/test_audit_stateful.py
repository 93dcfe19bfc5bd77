"""Whatever order prints, commands, crashes and restarts come in, an audit of what was saved finds every fill and every book again."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from core.research.audit import run_audit
from tests.engine.test_stateful import PROFILE, Life, inline

__all__ = ["inline"]  # a fixture: workers and compiler in this process


class AuditedLife(Life):
    """The same life, told by the audit whether it is what it seems."""

    async def _compare(self) -> None:
        await super()._compare()
        engine = self.there
        alive = {entry.id for entry in engine.roster if entry.state != "failed"}
        found = await asyncio.to_thread(run_audit, self.home, horizon=engine.last_seq, running=alive)
        assert found.details == []
        assert (found.differences, found.not_auditable) == (0, [])
        assert found.fills == found.identical
        assert found.books["compared"] == found.books["identical"]


@pytest.mark.slow
def test_whatever_happens_an_audit_finds_what_was_saved() -> None:
    run_state_machine_as_test(AuditedLife, settings=settings(PROFILE, max_examples=3))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_whatever_happens_often_an_audit_finds_what_was_saved() -> None:
    run_state_machine_as_test(AuditedLife, settings=settings(PROFILE, max_examples=150, stateful_step_count=50, derandomize=False))
