"""docs/copilot.md lists the rules as they are."""

from __future__ import annotations

from pathlib import Path

from core.copilot.rules import RULES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "copilot.md"


def test_the_page_says_of_every_rule_when_it_speaks_and_how_it_is_judged() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][2:]
    for rule, row in zip(RULES, rows, strict=True):
        whole = f"{rule.after_s / 60:g} min" if rule.after_s < 3600 else f"{rule.after_s / 3600:g} h"
        assert row == f"| {rule.name} | {rule.about} | {rule.line} | {whole}: {rule.judged} |"
