"""Terms that say something of a rule are refused where that rule is off: who gives them expects something of them.

The words of a new command are held against this, whoever gives it. What a home has stored is not: it ran as it is.
"""

from __future__ import annotations

import msgspec

from core.errors import UsageError
from core.terms import Terms

#: By term the rules that it says something of, one of which must be on, and what turns each on: a word, or any number where a letter
#: stands for it.
DEPENDING: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("limit_offset_bps", "limit_ttl_ms", "limit_then"), (("entry", "limit"),)),
    **dict.fromkeys(("limit_fill", "maker_fee_bps"), (("entry", "limit"), ("exits", "resting"))),
    "exits": (("stop_loss_pct", "P"), ("take_profit_pct", "P"), ("trailing_pct", "P")),
    **dict.fromkeys(("trigger_offset_bps", "trigger_ttl_ms", "trigger_then"), (("entry", "stop"),)),
    **dict.fromkeys(("vol_half_life_hours", "max_leverage"), (("size", "vol_pct"),)),
    "impact_volume": (("impact_bps", "B"),),
    "funding_hours": (("funding_bps", "B"),),
}

_DEFAULTS = Terms()


def is_idle(terms: Terms, name: str) -> bool:
    """Whether every rule that a term says something of is off."""
    return not any(_on(getattr(terms, rule), word) for rule, word in DEPENDING[name])


def needs(name: str, form: str = "{name}={value}") -> str:
    """What must hold for a term to do something, as text.

    Args:
        form: how a term is written: `--{name} {value}` with a dash in its name, as flags have.
    """
    spelt = (rule.replace("_", "-") if form.startswith("--") else rule for rule, _ in DEPENDING[name])
    return " or ".join(form.format(name=rule, value=word) for rule, (_, word) in zip(spelt, DEPENDING[name], strict=True))


def refuse_idle(terms: Terms) -> None:
    """Let no term through that is set, and does nothing.

    Raises:
        UsageError: it names the first one, and what it needs.
    """
    for name in _set_idly(terms):
        raise UsageError(f"{name}={_text(getattr(terms, name))} does nothing without {needs(name)}")


def without_idle(terms: Terms) -> Terms:
    """The same terms; what does nothing in them is as if never said."""
    while idle := _set_idly(terms):  # what one of them turned on is off now
        terms = msgspec.structs.replace(terms, **{name: getattr(_DEFAULTS, name) for name in idle})
    return terms


def _set_idly(terms: Terms) -> list[str]:
    return [name for name in DEPENDING if is_idle(terms, name) and getattr(terms, name) != getattr(_DEFAULTS, name)]


def _on(value: float | str | None, word: str) -> bool:
    return value == word if isinstance(value, str) else value not in (None, 0.0)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
