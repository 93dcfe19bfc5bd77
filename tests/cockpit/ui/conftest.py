"""The style sheets of Textual and of ours are parsed once for all tests, not once for each screen that is opened."""

from __future__ import annotations

from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_PARSED: dict[tuple[Any, ...], list[RuleSet]] = {}
_parse_rules = Stylesheet._parse_rules


def _parsed_once(self: Stylesheet, css: str, *rest: Any, **more: Any) -> list[RuleSet]:
    key = (css, *rest, *sorted(more.items()), frozenset(self._variables.items()))
    if key not in _PARSED:
        _PARSED[key] = _parse_rules(self, css, *rest, **more)
    return _PARSED[key]


@pytest.fixture(autouse=True, scope="session")
def style_sheets() -> None:
    """As said above."""
    Stylesheet._parse_rules = _parsed_once  # type: ignore[method-assign]
