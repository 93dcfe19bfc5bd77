"""The lock files: every package pinned and hashed, no index host named, nothing that pyproject asks for left out."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]).lower()


def pinned(name: str) -> dict[str, str]:
    """Each requirement of a lock file with its hash lines."""
    entries = re.findall(
        r"^([A-Za-z0-9][^\s=]*)==[^\\\n]*\\\n((?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", (REPO / name).read_text(), re.MULTILINE
    )
    return {canonical(requirement): hashes for requirement, hashes in entries}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_names_no_host(name: str) -> None:
    text = (REPO / name).read_text()
    assert "://" not in text
    assert "index" not in text


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_line_of_a_lock_file_is_a_pin_or_a_hash(name: str) -> None:
    wrong = [
        line
        for line in (REPO / name).read_text().splitlines()
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[^\s;]+(?: ; [^\\]+)? \\| {4}--hash=sha256:[0-9a-f]{64}(?: \\)?", line)
    ]
    assert wrong == []
    assert all(pinned(name).values())


def test_everything_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    needed = {canonical(line) for line in (*project["project"]["dependencies"], *project["dependency-groups"]["build"])}
    assert needed <= set(pinned("requirements.lock"))
    assert needed | {canonical(line) for line in project["dependency-groups"]["dev"]} <= set(pinned("requirements-dev.lock"))


def test_what_parquet_needs_is_in_the_dev_group_so_that_its_tests_run() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())
    extras = {canonical(line) for line in project["project"]["optional-dependencies"]["parquet"]}
    assert extras <= {canonical(line) for line in project["dependency-groups"]["dev"]}


def test_both_lock_files_agree() -> None:
    core, dev = (
        set(re.findall(r"^[A-Za-z0-9].*==.*$", (REPO / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert core <= dev
