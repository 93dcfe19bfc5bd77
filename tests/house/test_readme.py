"""The README holds: its commands parse, every command is in it, its strategy loads and its files are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cockpit.cli.parser import build
from core.strategy_files import load

REPO = Path(__file__).resolve().parents[2]
README = (REPO / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def command_lines() -> list[str]:
    """What follows `cockpit` in the shell blocks and in the table."""
    shell = [line.split("#")[0] for block in blocks("sh") for line in block.splitlines()]
    cells = re.findall(r"^\|.*\| `(cockpit[^`]*)` \|$", README, re.MULTILINE)
    found = [re.split(r"\s\|\s", line)[0] for line in [*shell, *cells]]
    return [match[1].strip() for line in found if (match := re.search(r"(?:^|\s)cockpit( .*|)$", line.strip()))]


@pytest.mark.parametrize("line", command_lines())
def test_a_command_of_the_readme_is_one_the_command_line_takes(line: str) -> None:
    build().parse_args(shlex.split(line))


def test_every_command_is_in_the_readme() -> None:
    shown = {shlex.split(line)[0] for line in command_lines() if line and not line.startswith("-")}
    assert shown == set(build().commands)


def test_the_files_the_readme_names_are_there() -> None:
    for name in re.findall(r"\]\(([^)]+)\)|(data/\S+)", README):
        assert (REPO / (name[0] or name[1])).exists(), name


def test_the_strategy_of_the_readme_loads(tmp_path: Path) -> None:
    (code,) = blocks("python")
    (tmp_path / "mine.py").write_text(code)
    definition = load(tmp_path / "mine.py")
    assert definition.params({}).length == 100  # type: ignore[attr-defined]  # the field of the README's own Params


def test_every_make_target_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README)) - {"alone"}
    assert named <= targets
