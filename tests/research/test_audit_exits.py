"""A strategy that ends its process is audited like one that raises: the audit's own process stays."""

from __future__ import annotations

import os

import pytest

from core.research.audit_run import own_exits


def test_who_would_end_the_process_ends_itself() -> None:
    real = os._exit
    with own_exits(), pytest.raises(SystemExit) as left:
        os._exit(3)
    assert left.value.code == 3
    assert os._exit is real
