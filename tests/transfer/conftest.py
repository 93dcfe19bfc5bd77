"""A server of dumps for tests of downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from dump_server import DumpServer


@pytest.fixture
async def server() -> AsyncIterator[DumpServer]:
    """Runs for the length of a test."""
    found = DumpServer()
    await found.start()
    yield found
    await found.stop()
