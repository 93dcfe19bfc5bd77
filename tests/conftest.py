"""Fixtures that tests of every part share."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core.research.search.crew import local_crew

# A busy machine is no fault of the code: examples are judged by what they show, not by how long they took.
# Laws are tried on fifteen examples where a test says nothing else, and on as many as wished with COCKPIT_EXAMPLES (`make laws`).
EXAMPLES = int(os.environ.get("COCKPIT_EXAMPLES", "15"))
settings.register_profile("cockpit", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=EXAMPLES)
settings.load_profile("cockpit")

#: Seconds a slow test may take that says nothing else of it.
SLOW_TIMEOUT = 1200

#: Tests of one module after which what is there is set aside.
FREEZE_EVERY = 10

_TESTS = pytest.StashKey[int]()

REPO = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests may take their time."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What tests leave for good, modules and compiled loops above all, is set aside: each collection, and each engine makes one as it
    starts, would look through all of it again."""
    done = item.config.stash[_TESTS] = item.config.stash.get(_TESTS, 0) + 1
    if done % FREEZE_EVERY == 1 or (nextitem is not None and nextitem.path != item.path):
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings (`COCKPIT_SHARED_DATA`, else `../shared/data`); the test is skipped where it is absent."""
    folder = Path(os.environ.get("COCKPIT_SHARED_DATA") or REPO.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}")
    return folder


@pytest.fixture(scope="session", autouse=True)
def kernel_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where strategies compile to in tests and their child processes, once for all that run at the same time: never the user's own
    cache; a set `COCKPIT_CACHE` is kept."""
    given = os.environ.get("COCKPIT_CACHE")
    own = tmp_path_factory.getbasetemp()
    folder = Path(given) if given else (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "kernels"
    os.environ["COCKPIT_CACHE"] = str(folder)
    yield folder
    if given is None:
        del os.environ["COCKPIT_CACHE"]


@pytest.fixture(autouse=True)
def trials_take_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests keep all processors busy: processes of a study that took only what nobody else wants would wait for very long."""
    monkeypatch.setitem(local_crew.__wrapped__.__kwdefaults__, "idle", False)  # type: ignore[attr-defined]
