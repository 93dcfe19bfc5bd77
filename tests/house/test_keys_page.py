"""docs/keys.md is what the program prints of itself."""

from __future__ import annotations

from pathlib import Path

from cockpit.actions import ACTIONS
from cockpit.cli.keys import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"


def test_the_page_of_keys_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run make docs"


def test_every_action_is_on_it_and_a_persons_own_keys_are_shown() -> None:
    shown = page({"help": "f9"})
    assert all(f"| `{action.id}` |" in shown for action in ACTIONS)
    assert "| `F9` | What can be done here |" in shown
