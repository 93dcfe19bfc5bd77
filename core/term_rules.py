"""Terms that say something of a rule are refused where that rule is off: who gives them expects something of them.

The words of a new command are held against this, whoever gives it. What a home has stored is not: it ran as it is.
"""

from __future__ import annotations

import msgspec

from core.errors import UsageError
from core.terms import Terms

#: By term the rule that it says something of, and what turns that on.
DEPENDING = {
    **dict.fromkeys(("limit_offset_bps", "limit_fill", "limit_ttl_ms", "limit_then", "maker_fee_bps"), ("entry", "limit")),
    "impact_volume": ("impact_bps", "B"),
    "funding_hours": ("funding_bps", "B"),
}

_DEFAULTS = Terms()


def is_idle(terms: Terms, name: str) -> bool:
    """Whether the rule that a term says something of is off."""
    rule = DEPENDING[name][0]
    return bool(getattr(terms, rule) == getattr(_DEFAULTS, rule))


def refuse_idle(terms: Terms) -> None:
    """Let no term through that is set, and does nothing.

    Raises:
        UsageError: it names the first one, and what it needs.
    """
    for name in _set_idly(terms):
        rule, words = DEPENDING[name]
        raise UsageError(f"{name}={_text(getattr(terms, name))} does nothing without {rule}={words}")


def without_idle(terms: Terms) -> Terms:
    """The same terms; what does nothing in them is as if never said."""
    return msgspec.structs.replace(terms, **{name: getattr(_DEFAULTS, name) for name in _set_idly(terms)})


def _set_idly(terms: Terms) -> list[str]:
    return [name for name in DEPENDING if is_idle(terms, name) and getattr(terms, name) != getattr(_DEFAULTS, name)]


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
